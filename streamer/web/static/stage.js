// The picture and the words around it, for the room that was chosen.

import { billing, nextLine } from "./billing.js";
import { byId, el, refill, setText } from "./dom.js";
import { Player } from "./player.js";
import { roomWord, situation } from "./situation.js";

const SCREEN_WORDS = {
  none: "This room has no picture.",
  loading: "Fetching the picture…",
  absent: "No picture yet. Trying again…",
  stopped: "The picture has stopped. Fetching it again…",
  unavailable: "This browser cannot show the picture. A current Firefox, Chrome, Edge or Safari can.",
};

export class Stage {
  #screen = byId("screen");
  #message = byId("screen-message");
  #unmute = byId("unmute");
  #start = byId("start");
  #live = byId("go-live");
  #quality = byId("quality");
  #qualityLabel = byId("quality-label");
  #pill = byId("pill");
  #player;
  #picture = { picture: "none" };

  constructor() {
    this.#player = new Player(byId("video"), (picture) => this.#told(picture));
    this.#unmute.addEventListener("click", () => {
      this.#player.unmute();
      byId("video").focus();
    });
    this.#start.addEventListener("click", () => this.#player.unmute());
    this.#live.addEventListener("click", () => this.#player.live());
    this.#quality.addEventListener("change", () => this.#player.quality(Number(this.#quality.value)));
  }

  /** The server can be reached again. */
  retry() {
    this.#player.retry();
  }

  render(state, roomId, times, venue, now) {
    const here = situation(state, roomId, venue, now);
    this.#player.open(here.room?.stream ?? null);
    const name = here.room?.name || roomId || "";
    setText(byId("room-name"), name);
    const chip = byId("room-state");
    chip.className = `chip ${here.room?.state ?? "idle"}`;
    setText(chip, roomWord(state, here));
    const words = billing(here, times, venue, now);
    for (const part of ["kicker", "title", "speakers", "when", "note"]) {
      const node = byId(`now-${part}`);
      setText(node, words[part]);
      node.hidden = words[part] === "";
    }
    setText(this.#pill, words.pill);
    this.#pill.hidden = words.pill === "";
    const next = nextLine(here, times, now);
    byId("next").hidden = next === null;
    if (next) {
      setText(byId("next-title"), next.title);
      setText(byId("next-when"), next.when);
      setText(byId("next-wait"), next.wait);
    }
    document.title = `${here.phase === "live" ? "● " : ""}${[name, state.conference.title].filter(Boolean).join(" – ")}`;
  }

  #told(picture) {
    this.#picture = picture;
    this.#screen.dataset.picture = picture.picture;
    const words = SCREEN_WORDS[picture.picture] ?? "";
    setText(this.#message, words);
    this.#message.hidden = words === "";
    this.#start.hidden = picture.picture !== "blocked";
    this.#unmute.hidden = !picture.muted || picture.picture !== "playing";
    this.#live.hidden = !picture.behind;
    this.#qualityLabel.hidden = picture.levels.length < 2;
    refill(this.#quality, JSON.stringify([picture.levels, picture.level]), () =>
      [{ index: -1, label: "Auto" }, ...picture.levels].map(({ index, label }) =>
        el("option", { value: index, selected: index === picture.level }, label),
      ),
    );
  }
}
