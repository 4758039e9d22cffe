// The wall: a tile for every room, all on one screen. Tiles with an alarm are larger and come first.

import { el, keyed, setText } from "../dom.js";
import { situation } from "../situation.js";
import { fitting } from "./fitting.js";
import { alarmsOf, roomState, timeLeft, worst } from "./tile_words.js";

const FEW = 3;

export class Wall {
  #list;
  #levels;
  #pictures;
  #choose;
  #acknowledge;
  #size = "";

  /** `choose(room)` opens a room, `acknowledge(alarm)` answers an alarm. */
  constructor(list, levels, pictures, { choose, acknowledge }) {
    this.#list = list;
    this.#levels = levels;
    this.#pictures = pictures;
    this.#choose = choose;
    this.#acknowledge = acknowledge;
    new ResizeObserver(() => this.#fit()).observe(list.parentElement);
  }

  render(state, venue, now) {
    const jobs = byRoom(state.jobs.values());
    const tiles = [...state.rooms.values()].map((room, index) => {
      const here = situation(state, room.id, venue, now);
      const alarms = alarmsOf(state, room.id);
      return { room, index, here, alarms, loud: worst(alarms), jobs: jobs.get(room.id) ?? [] };
    });
    const rank = { error: 0, warning: 1 };
    tiles.sort((a, b) => (rank[a.loud] ?? 2) - (rank[b.loud] ?? 2) || a.index - b.index);
    keyed(this.#list, tiles, {
      key: (tile) => tile.room.id,
      signature: (tile) => signature(tile, venue, now),
      make: (tile) => el("li", { class: "tile", "data-room": tile.room.id }),
      fill: (tile, node) => this.#fill(tile, node, tiles.length, venue, now),
    });
    for (const tile of tiles) this.#tick(tile, now);
    this.#list.dataset.cells = tiles.length + (tiles.length >= FEW ? tiles.filter((tile) => tile.loud).length : 0);
    this.#fit();
  }

  #fill({ room, index, here, alarms, loud, jobs }, node, rooms, venue, now) {
    const { mood, word, detail } = roomState(room, here, jobs, now);
    node.className = ["tile", mood, loud && `alarm-${loud}`, loud && rooms >= FEW && "wide"].filter(Boolean).join(" ");
    const seen = jobs.some((job) => job.kind === "monitor" && job.state === "running");
    const shown = here.current ?? here.next;
    const after = here.current ? here.next : null;
    return [
      el(
        "div",
        { class: "tile-head" },
        index < 10 && el("kbd", { title: "Press this key to open the room" }, String((index + 1) % 10)),
        el(
          "button",
          { type: "button", class: "tile-name", on: { click: () => this.#choose(room.id) } },
          room.name || room.id,
        ),
        el("span", { class: `tile-state ${mood}` }, word, detail && el("span", { class: "detail" }, ` · ${detail}`)),
      ),
      el(
        "div",
        { class: "tile-picture", on: { click: () => this.#choose(room.id) } },
        this.#pictures.image(room.id, seen),
        el("p", { class: "tile-blank" }, seen ? "No picture yet" : (shown?.title ?? "")),
        this.#levels.make(room.id),
      ),
      loud && alarmBox(alarms[0], this.#acknowledge),
      el(
        "div",
        { class: "tile-text" },
        el("p", { class: "tile-title", title: shown?.title ?? "" }, shown?.title ?? idle(here.phase)),
        el(
          "p",
          { class: "tile-times" },
          el("span", {}, shown ? venue.range(shown.start, shown.end) : ""),
          el("strong", { class: "tile-left" }),
        ),
        el("p", { class: "tile-next" }, after ? `then ${venue.clock(after.start)} ${after.title}` : ""),
      ),
    ];
  }

  /** What runs with the clock. */
  #tick({ room, here }, now) {
    const node = this.#list.querySelector(`[data-room="${CSS.escape(room.id)}"].tile`);
    if (!node) return;
    const { text, over } = timeLeft(here, now);
    const left = node.querySelector(".tile-left");
    setText(left, text);
    left.classList.toggle("over", over);
    node.classList.toggle("stale", this.#levels.isStale(room.id, performance.now()));
  }

  /** Choose the columns with which all tiles fit on the screen. */
  #fit() {
    const cells = Number(this.#list.dataset.cells) || 1;
    const top = this.#list.getBoundingClientRect().top + window.scrollY;
    const width = this.#list.clientWidth;
    const height = Math.max(240, window.innerHeight - top - 8);
    const size = `${cells} ${width} ${height}`;
    if (size === this.#size || width === 0) return;
    this.#size = size;
    const { count, picture } = fitting(cells, width, height);
    this.#list.dataset.columns = String(count);
    this.#list.style.setProperty("--columns", String(count));
    this.#list.style.setProperty("--picture", `${Math.floor(picture)}px`);
    this.#list.dataset.small = width / count < 260 ? "yes" : "no";
  }
}

function byRoom(documents) {
  const rooms = new Map();
  for (const one of documents) rooms.set(one.room, [...(rooms.get(one.room) ?? []), one]);
  return rooms;
}

function signature({ room, index, here, alarms, loud, jobs }, venue, now) {
  const { current, next, phase } = here;
  const states = jobs.map((job) => [job.kind, job.state]);
  return JSON.stringify([room, index, phase, current, next, alarms[0], loud, states, roomState(room, here, jobs, now)]);
}

/** An alarm with what to do, and the way to say that somebody is on it. */
export function alarmBox(alarm, acknowledge) {
  return el(
    "div",
    { class: `tile-alarm ${alarm.severity}`, role: "group", "aria-label": "Alarm" },
    el("p", { class: "tile-alarm-message" }, alarm.message),
    el("p", { class: "tile-alarm-hint" }, alarm.hint ?? ""),
    alarm.acknowledged
      ? el("p", { class: "faint" }, `${alarm.acknowledged.by} is on it`)
      : el(
          "button",
          { type: "button", on: { click: () => acknowledge(alarm) } },
          "Acknowledge ",
          el("kbd", {}, "A"),
        ),
  );
}

function idle(phase) {
  return { over: "The day is over", done: "Nothing more today" }[phase] ?? "No sessions";
}
