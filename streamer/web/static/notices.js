// Notices: the newest for a moment in a corner, all of them in a list. Says each to a screen reader once.

import { el, keyed } from "./dom.js";

const SHOWN = 3;
const KEPT = 50;
const MOMENT = 14_000;

export class Notices {
  #corner;
  #list;
  #empty;
  #all = [];
  #timers = new Map();

  constructor({ corner, list, empty }) {
    this.#corner = corner;
    this.#list = list;
    this.#empty = empty;
  }

  /** Add an announcement to the list, and where `aloud` show and say it. The crew's own words stay until dismissed. */
  add(announcement, at, aloud) {
    this.#all.unshift({ ...announcement, at });
    this.#all.length = Math.min(this.#all.length, KEPT);
    if (aloud) this.#show(announcement);
  }

  /** Remove what the crew withdrew, from the corner and from the list. */
  withdraw(id) {
    this.#all = this.#all.filter((one) => one.id !== id);
    for (const toast of [...this.#corner.children]) if (toast.dataset.id === id) this.#hide(toast);
  }

  #show({ id, kind, text }) {
    const close = el("button", { type: "button", class: "quiet", "aria-label": "Dismiss this notice" }, "×");
    const toast = el("div", { class: `toast ${kind}`, "data-id": id }, el("p", {}, text), close);
    close.addEventListener("click", () => this.#hide(toast));
    this.#corner.append(toast);
    while (this.#corner.children.length > SHOWN) this.#hide(this.#corner.firstElementChild);
    if (kind === "notice") return;
    const timer = setInterval(() => {
      if (!toast.matches(":hover, :focus-within") && !document.hidden) this.#hide(toast);
    }, MOMENT);
    this.#timers.set(toast, timer);
  }

  #hide(toast) {
    clearInterval(this.#timers.get(toast));
    this.#timers.delete(toast);
    toast.remove();
  }

  /** Write the list; `times` says when each was. */
  render(times) {
    this.#empty.hidden = this.#all.length > 0;
    keyed(this.#list, this.#all, {
      key: (one) => one.id,
      signature: (one) => `${times.zone} ${one.at} ${one.text}`,
      make: (one) => el("li", { class: one.kind }),
      fill: (one) => [
        el("time", { datetime: new Date(one.at).toISOString() }, times.clock(one.at)),
        el("span", {}, one.text),
      ],
    });
  }
}
