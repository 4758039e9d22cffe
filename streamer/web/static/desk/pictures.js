// The rooms' thumbnails: each is fetched again every two seconds while its room is monitored and the page is seen.

const EVERY = 2000;
const AGAIN = 6000;

export class Pictures {
  #due = new Map();

  /** Fetch what is due below `root`; called every second. `now` in ms of any steady clock. */
  refresh(root, now) {
    for (const image of root.querySelectorAll("img[data-thumbnail]")) {
      const room = image.dataset.thumbnail;
      if (image.dataset.loading || (this.#due.get(image) ?? 0) > now || document.hidden) continue;
      if (image.dataset.seen !== "yes") {
        image.hidden = true;
        continue;
      }
      image.dataset.loading = "yes";
      this.#fetch(image, room, now);
    }
  }

  async #fetch(image, room, now) {
    let wait = AGAIN;
    try {
      const answer = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/thumbnail.jpg`, { cache: "no-store" });
      if (answer.ok) {
        const url = URL.createObjectURL(await answer.blob());
        const former = image.src;
        image.src = url;
        image.hidden = false;
        if (former.startsWith("blob:")) URL.revokeObjectURL(former);
        wait = EVERY;
      } else {
        image.hidden = true;
      }
    } catch {
      image.hidden = true; // the server can't be reached, and the page says so
    }
    this.#due.set(image, now + wait);
    delete image.dataset.loading;
  }
}
