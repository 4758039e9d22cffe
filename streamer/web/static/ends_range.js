// Two handles on one bar: where a recording begins and ends, between the first and the last instant that is kept.

import { dragged } from "./bounds_times.js";
import { byId, el, refill, setText } from "./dom.js";

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class EndsRange {
  #handles = { start: byId("bounds-start-range"), end: byId("bounds-end-range") };
  #bounds = null;
  #ends = null;

  /** `move(which, at)` gets where the user drags the "start" or the "end" (ms). */
  constructor(move) {
    for (const [which, handle] of Object.entries(this.#handles)) {
      handle.addEventListener("input", () => move(which, dragged(Number(handle.value), this.#bounds)));
      handle.addEventListener("keydown", (event) => {
        const seconds = KEYS[event.key];
        if (seconds === undefined) return;
        event.preventDefault();
        move(which, this.#ends[which] + seconds * 1000);
      });
    }
  }

  /** Show `ends` within `bounds`, and the session's own as ticks. */
  show(ends, bounds, venue) {
    [this.#ends, this.#bounds] = [ends, bounds];
    const { earliest, latest, sessionStart, sessionEnd } = bounds;
    const share = (at) => `${(Math.min(1, Math.max(0, (at - earliest) / (latest - earliest))) * 100).toFixed(3)}%`;
    for (const [which, handle] of Object.entries(this.#handles)) {
      handle.min = 0;
      handle.max = latest - earliest;
      handle.value = ends[which] - earliest;
      handle.setAttribute("aria-valuetext", venue.clockWithSeconds(ends[which]));
    }
    byId("bounds-chosen").style.left = share(ends.start);
    byId("bounds-chosen").style.right = `calc(100% - ${share(ends.end)})`;
    refill(byId("bounds-ticks"), JSON.stringify(bounds), () =>
      [sessionStart, sessionEnd].map((at) => {
        const tick = el("span", { class: "ends-tick" });
        tick.style.left = share(at);
        return tick;
      }),
    );
    setText(byId("bounds-earliest"), `kept from ${venue.clockWithSeconds(earliest)}`);
    setText(byId("bounds-latest"), `to ${venue.clockWithSeconds(latest)}`);
  }
}
