// Takes decisions: previews them, asks where they have consequences, sends them, says what came of it, undoes them.

import { inWords, postJson } from "../asking.js";
import { el } from "../dom.js";
import { consequences } from "./consequences.js";
import { inTitles } from "./tile_words.js";

const SAID_FOR = 12_000;

export class Steering {
  #confirmation;
  #form;
  #said;
  #look;
  #busy = new Set();
  #last = null;

  /** `look()` gives {state, venue, now} (ms); `said` is where the outcome is told. */
  constructor({ confirmation, form, said, look }) {
    this.#confirmation = confirmation;
    this.#form = form;
    this.#said = said;
    this.#look = look;
  }

  /** Carry an action out, after asking where it has consequences or needs more words. */
  act(action, place) {
    if (action.fields) {
      this.#form.open(action, place, {
        preview: (body) => this.preview(action, place, body),
        send: (body) => this.#send(action, place, body),
      });
    } else if (action.ask) {
      const asked = action.ask(place);
      this.#confirmation.ask(asked, () => this.#send(action, place, {}));
      this.preview(action, place, {}).then(
        (lines) => this.#confirmation.add(asked, lines),
        () => {}, // what can't be previewed is refused with its reason when it is sent
      );
    } else {
      this.#send(action, place, {}).catch((error) => this.say(inWords(error), "bad"));
    }
  }

  /** What would follow, in sentences. Raises Problem. */
  async preview(action, place, body) {
    if (action.decides === false) return ["The whole crew sees an alarm until somebody acknowledges it."];
    const answer = await postJson(`${action.path(place)}?preview=1`, { ...action.body?.(place), ...body });
    const { state, venue, now } = this.#look();
    return consequences(state, answer, venue, new Date(now).toISOString());
  }

  async #send(action, place, body) {
    const path = action.path(place);
    if (this.#busy.has(path)) return; // a key that bounces decides once
    this.#busy.add(path);
    try {
      const answer = await postJson(path, { ...action.body?.(place), ...body });
      if (action.decides === false) return this.say("The crew has been called.", "good");
      this.#last = answer.override;
      const [first, ...others] = answer.conflicts.map((conflict) => conflict.message);
      const more = others.length > 0 ? ` There are ${others.length} more.` : "";
      const conflicts = first ? ` Conflict: ${first}.${more}` : "";
      this.say(`Done: ${this.#words(answer.override)}.${conflicts}`, "good", answer.override);
    } finally {
      this.#busy.delete(path);
    }
  }

  /** Drop a decision; without one the last that was taken here. */
  async undo(override = this.#last) {
    if (!override) return this.say("You have decided nothing since this page was opened.", "bad");
    try {
      const answer = await postJson(`/api/v1/overrides/${encodeURIComponent(override.id)}/undo`, {});
      if (this.#last?.id === override.id) this.#last = null;
      this.say(`Undone: ${this.#words(answer.override)}.`, "good");
    } catch (error) {
      this.say(inWords(error), "bad");
    }
  }

  #words(override) {
    return inTitles(override, this.#look().state);
  }

  /** Say a sentence to the crew for a moment, with a way to undo `override`. */
  say(text, mood, override = null) {
    const undo =
      override &&
      el("button", { type: "button", on: { click: () => this.undo(override) } }, "Undo ", el("kbd", {}, "Z"));
    const toast = el("div", { class: `said ${mood}` }, el("p", {}, text), undo);
    this.#said.replaceChildren(toast);
    setTimeout(() => toast.remove(), SAID_FOR);
  }
}
