// The bar below a picture: the session's window as the venue's clocks count it, with all that the report points out.

import { el, refill, setAttribute } from "./dom.js";
import { hms } from "./format.js";
import { KINDS, markWords, marksAt } from "./timeline_marks.js";

const PAGE = 60;
const STEP = 5;
const THIN = 0.004; // of the bar's width: a mark is never too thin to be hit

/** One bar; `seek(at)` gets each instant (ms) that the user selects, `point(text)` what the pointer is on. */
export class Timeline {
  #bar;
  #played;
  #head;
  #lanes;
  #seek;
  #point;
  #venue = null;
  #marks = [];
  #start = 0;
  #end = 0;
  #now = 0;
  #dragging = false;

  constructor(place, { seek, point }) {
    this.#seek = seek;
    this.#point = point;
    this.#played = el("span", { class: "timeline-played" });
    this.#head = el("span", { class: "timeline-head" });
    this.#lanes = el("span", { class: "timeline-marks" });
    this.#bar = el(
      "div",
      { class: "timeline-bar", role: "slider", tabindex: "0", "aria-label": "Timeline" },
      this.#played,
      this.#lanes,
      this.#head,
    );
    place.replaceChildren(this.#bar);
    this.#bar.addEventListener("keydown", (event) => this.#pressed(event));
    this.#bar.addEventListener("pointerdown", (event) => this.#dragged(event, true));
    this.#bar.addEventListener("pointermove", (event) => this.#hovered(event));
    for (const type of ["pointerup", "pointercancel"]) {
      this.#bar.addEventListener(type, () => {
        this.#dragging = false;
      });
    }
    this.#bar.addEventListener("pointerleave", () => this.#tell());
  }

  /** What it spans (ms) and points out; the playhead stays where it was, within. */
  show({ start, end, marks, venue }) {
    [this.#start, this.#end, this.#marks, this.#venue] = [start, Math.max(end, start + 1), marks, venue];
    refill(this.#lanes, JSON.stringify([start, end, marks]), () =>
      marks.map((mark) => {
        const node = el("span", { class: `timeline-mark ${mark.kind}`, "data-kind": KINDS[mark.kind].one });
        const from = this.#share(mark.start);
        node.style.left = `${from * 100}%`;
        node.style.width = `${Math.max(0, this.#share(mark.end) - from) * 100}%`;
        return node;
      }),
    );
    this.at(this.#now);
  }

  /** The instant (ms) that is being shown. */
  at(now) {
    this.#now = Math.min(this.#end, Math.max(this.#start, now));
    const share = `${this.#share(this.#now) * 100}%`;
    this.#played.style.width = share;
    this.#head.style.left = share;
    setAttribute(this.#bar, "aria-valuemin", 0);
    setAttribute(this.#bar, "aria-valuemax", Math.round((this.#end - this.#start) / 1000));
    setAttribute(this.#bar, "aria-valuenow", Math.round((this.#now - this.#start) / 1000));
    const inside = marksAt(this.#marks, this.#now).map((mark) => KINDS[mark.kind].one);
    const said = `${this.#venue.clockWithSeconds(this.#now)}, ${hms((this.#now - this.#start) / 1000)} in`;
    setAttribute(this.#bar, "aria-valuetext", [said, ...inside].join(", "));
  }

  #share(at) {
    return Math.min(1, Math.max(0, (at - this.#start) / (this.#end - this.#start)));
  }

  #instant(event) {
    const { left, width } = this.#bar.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
    return this.#start + share * (this.#end - this.#start);
  }

  #dragged(event, begins = false) {
    if (begins) {
      if (event.button !== 0) return;
      this.#dragging = true;
      this.#bar.setPointerCapture(event.pointerId);
    }
    this.#seek(this.#instant(event));
  }

  #hovered(event) {
    if (this.#dragging) this.#dragged(event);
    const at = this.#instant(event);
    const found = marksAt(this.#marks, at, THIN * (this.#end - this.#start));
    this.#tell(found.length > 0 ? markWords(found[0], this.#venue) : this.#venue.clockWithSeconds(at));
  }

  #tell(text = "") {
    this.#point(text);
  }

  /** Arrows are the player's, wherever the focus is; these are the slider's own. */
  #pressed(event) {
    const to = {
      Home: this.#start,
      End: this.#end,
      PageUp: this.#now + PAGE * 1000,
      PageDown: this.#now - PAGE * 1000,
      ArrowUp: this.#now + STEP * 1000,
      ArrowDown: this.#now - STEP * 1000,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#seek(Math.min(this.#end, Math.max(this.#start, to)));
  }
}
