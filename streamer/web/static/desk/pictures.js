// The rooms' thumbnails: each is fetched again every two seconds while its room is monitored and the page is seen.

import { el } from "../dom.js";

const EVERY = 2000;
const AGAIN = 6000;

/** One picture a room, which stays the same element however often its tile is written. */
export class Pictures {
  #rooms = new Map();

  /** A room's picture; `seen` while there may be one. */
  image(room, seen) {
    let known = this.#rooms.get(room);
    if (!known) {
      known = { image: el("img", { alt: "", hidden: true }), due: 0, loading: false, seen: false };
      this.#rooms.set(room, known);
    }
    known.seen = seen;
    if (!seen) known.image.hidden = true;
    return known.image;
  }

  /** Fetch what is due; called every second. `now` in ms of any steady clock. */
  refresh(now) {
    if (document.hidden) return;
    for (const [room, known] of this.#rooms) {
      if (known.seen && known.image.isConnected && !known.loading && known.due <= now) this.#fetch(room, known, now);
    }
  }

  async #fetch(room, known, now) {
    known.loading = true;
    known.due = now + AGAIN;
    try {
      const answer = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/thumbnail.jpg`, { cache: "no-store" });
      known.image.hidden = !answer.ok;
      if (answer.ok) {
        const former = known.image.src;
        known.image.src = URL.createObjectURL(await answer.blob());
        if (former.startsWith("blob:")) URL.revokeObjectURL(former);
        known.due = now + EVERY;
      }
    } catch {
      known.image.hidden = true; // the server can't be reached, and the page says so
    }
    known.loading = false;
  }
}
