// The fields for one end of a recording: its clock, steps, places to jump to, and the picture that is there.

import { el, setText } from "./dom.js";
import { FrameView } from "./frame_view.js";

const STEPS = [-10, -1, 1, 10];

export class EndFields {
  #clock;
  #word;
  #frame = new FrameView();

  /**
   * Fill a fieldset. `names` are the words on the jumps: {session, farthest}. `hear` has `typed(text)`, `stepped(s)`,
   * `jumped("session"|"farthest")`.
   */
  constructor(place, label, names, hear) {
    this.#clock = el("input", {
      type: "text",
      class: "clock-input numbers",
      "aria-label": `${label}, as the venue's clocks show it`,
      autocomplete: "off",
      spellcheck: "false",
      on: {
        change: () => hear.typed(this.#clock.value),
        keydown: (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault(); // a user who typed a time first looks at the picture, then saves
          hear.typed(this.#clock.value);
        },
      },
    });
    this.#word = el("p", { class: "end-word faint" });
    const step = (seconds) =>
      el(
        "button",
        {
          type: "button",
          class: "numbers",
          "aria-label": `${label} ${Math.abs(seconds)} s ${seconds < 0 ? "earlier" : "later"}`,
          on: { click: () => hear.stepped(seconds) },
        },
        `${seconds < 0 ? "−" : "+"}${Math.abs(seconds)} s`,
      );
    const jump = (where) => el("button", { type: "button", on: { click: () => hear.jumped(where) } }, names[where]);
    const [back, forth] = [STEPS.filter((s) => s < 0), STEPS.filter((s) => s > 0)];
    place.append(
      this.#frame.node,
      el("div", { class: "end-clock" }, ...back.map(step), this.#clock, ...forth.map(step)),
      el("div", { class: "end-jumps" }, jump("session"), jump("farthest")),
      this.#word,
    );
  }

  /** Show an instant: `clock` and `day` in words, and the picture at `url`, or why there is none. */
  show({ clock, word, url, missing }) {
    if (this.#clock.value !== clock) this.#clock.value = clock;
    setText(this.#word, word);
    if (missing) this.#frame.say(missing);
    else this.#frame.show(url, clock);
  }

  close() {
    this.#frame.close();
  }
}
