// The room chooser: each room with what is on or next, as links that can be shared.

import { byId, el, keyed } from "./dom.js";
import { roughly } from "./countdown.js";
import { roomWord, situation } from "./situation.js";

const FEW = 8;
const SOON = 45 * 60_000;

export class RoomChooser {
  #nav = byId("rooms");
  #list = byId("room-list");
  #all = byId("all-rooms");
  #expanded = false;

  constructor(changed) {
    this.#all.addEventListener("click", () => {
      this.#expanded = !this.#expanded;
      changed();
    });
  }

  render(state, chosen, times, venue, now) {
    const rows = [...state.rooms.values()].map((room) => row(state, room, chosen, times, venue, now));
    this.#nav.hidden = rows.length < 2;
    const many = rows.length > FEW;
    this.#all.hidden = !many;
    this.#all.textContent = this.#expanded ? "Fewer rooms" : `All ${rows.length} rooms`;
    this.#all.setAttribute("aria-expanded", String(this.#expanded));
    keyed(this.#list, many && !this.#expanded ? rows.filter((one) => one.soon) : rows, {
      key: (one) => one.id,
      signature: (one) => JSON.stringify(one),
      make: () => el("li"),
      fill: (one, node) => fill(one, node),
    });
  }
}

function row(state, room, chosen, times, venue, now) {
  const here = situation(state, room.id, venue, now);
  const { current, next, wait } = here;
  const line = current
    ? { label: "Now", title: current.title, when: "" }
    : next
      ? {
          label: "Next",
          title: next.title,
          when: wait < 12 * 3_600_000 ? `${times.clock(next.start)}, ${roughly(wait)}` : times.shortDay(next.start),
        }
      : { label: "", title: "", when: "" };
  const word = roomWord(state, here);
  const soon = room.id === chosen || current !== null || (next !== null && wait < SOON);
  return {
    id: room.id,
    name: room.name || room.id,
    chosen: room.id === chosen,
    state: room.state,
    word,
    soon,
    ...line,
  };
}

/** The link stays the same node, so that keyboard focus survives what changes in it. */
function fill(one, node) {
  const link = node.firstElementChild ?? el("a");
  link.href = `#room=${encodeURIComponent(one.id)}`;
  if (one.chosen) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  link.replaceChildren(
    el(
      "span",
      { class: "room-head" },
      el("span", { class: "room-name" }, one.name),
      el("span", { class: `chip ${one.state}` }, one.word),
    ),
    el("span", { class: "room-line" }, one.label ? `${one.label}: ${one.title}` : "No more sessions"),
    one.when ? el("span", { class: "room-when" }, one.when) : "",
  );
  return [link];
}
