// One room in full: its picture and sound, its time, what can be done, what happened, and what its processes do.

import { byId, el, keyed, refill, setText } from "../dom.js";
import { Player } from "../player.js";
import { jobLine } from "./job_lines.js";
import { situation } from "../situation.js";
import { actionOf, offered } from "./actions.js";
import { alarmsOf, inTitles, roomState, timeLeft } from "./tile_words.js";
import { alarmBox } from "./wall.js";

const PAST = 40;

export class RoomView {
  #section = byId("room");
  #levels;
  #steering;
  #acknowledge;
  #player;
  #room = null;
  #place = null;
  #listening = false;

  constructor(levels, steering, acknowledge) {
    this.#levels = levels;
    this.#steering = steering;
    this.#acknowledge = acknowledge;
    this.#player = new Player(byId("room-video"), (state) => this.#heard(state));
    byId("room-listen").addEventListener("click", () => this.listen());
  }

  /** Show a room, or none (null). */
  open(room) {
    if (room === this.#room) return;
    this.#room = room;
    this.#place = null;
    this.#section.hidden = room === null;
    byId("room-video").muted = true;
    this.#listening = false;
    this.#player.open(null);
    if (room !== null) {
      byId("room-levels").replaceChildren(this.#levels.make(room));
      byId("room-heading").focus({ preventScroll: true });
    }
  }

  /** Hear the room, or no longer. */
  listen() {
    if (this.#room === null) return;
    this.#listening = !this.#listening;
    if (this.#listening) this.#player.unmute();
    else byId("room-video").muted = true;
  }

  /** Carry out the action of a key; whether there is one. */
  press(key) {
    const action = this.#place && actionOf(key, this.#place);
    if (action) this.#steering.act(action, this.#place);
    return Boolean(action);
  }

  /** The first alarm of the room that nobody has acknowledged. */
  get alarm() {
    return this.#place?.alarms.find((alarm) => !alarm.acknowledged) ?? null;
  }

  render(state, venue, now) {
    const room = this.#room === null ? undefined : state.rooms.get(this.#room);
    if (!room) return;
    const here = situation(state, room.id, venue, now);
    const jobs = [...state.jobs.values()].filter((job) => job.room === room.id);
    const alarms = alarmsOf(state, room.id);
    this.#place = { room, ...here, muted: room.state === "muted", alarms, now };
    const { mood, word, detail } = roomState(room, here, jobs, now);
    setText(byId("room-heading"), room.name || room.id);
    byId("room-state").className = `tile-state ${mood}`;
    setText(byId("room-state"), [word, detail].filter(Boolean).join(" · "));
    this.#session(here, venue, now);
    this.#actions();
    refill(byId("room-alarms"), JSON.stringify(alarms), () => alarms.map((one) => alarmBox(one, this.#acknowledge)));
    keyed(byId("room-jobs"), jobs, {
      key: (job) => job.id,
      signature: (job) => JSON.stringify(job),
      make: () => el("li"),
      fill: (job) => [...jobLine(job).childNodes],
    });
    byId("room-clock").href = `/clock/${encodeURIComponent(room.id)}`;
    this.#happened(state, room, venue);
    const captured = jobs.some((job) => job.kind === "capture" && job.state === "running");
    this.#player.open(captured ? `/api/v1/rooms/${encodeURIComponent(room.id)}/preview/index.m3u8` : null);
  }

  #session(here, venue, now) {
    const shown = here.current ?? here.next;
    setText(byId("room-title"), shown?.title ?? "No sessions");
    setText(byId("room-times"), shown ? venue.range(shown.start, shown.end) : "");
    const { text, over } = timeLeft(here, now);
    setText(byId("room-left"), text);
    byId("room-left").classList.toggle("over", over);
    const { current, next } = here;
    setText(byId("room-next"), current && next ? `then ${venue.clock(next.start)} ${next.title}` : "");
  }

  #actions() {
    const place = this.#place;
    const actions = offered(place);
    const signature = JSON.stringify([actions.map((one) => one.id), place.current?.id, place.next?.id]);
    refill(byId("room-actions"), signature, () =>
      actions.map((action) =>
        el(
          "button",
          {
            type: "button",
            class: `act ${action.mood}`,
            "data-action": action.id,
            on: {
              click: () => this.#steering.act(action, this.#place),
              pointerenter: () => this.#preview(action),
              focus: () => this.#preview(action),
            },
          },
          action.label,
          action.key && " ",
          action.key && el("kbd", {}, action.key.toUpperCase()),
        ),
      ),
    );
  }

  async #preview(action) {
    if (action.fields) return refill(byId("room-follows"), action.id, () => []);
    let lines;
    try {
      lines = await this.#steering.preview(action, this.#place, {});
    } catch (error) {
      lines = [error.sentence ?? String(error)];
    }
    refill(byId("room-follows"), `${action.id} ${lines.join()}`, () => [
      el("strong", {}, `${action.label}: `),
      lines.join(" "),
    ]);
  }

  #happened(state, room, venue) {
    const decisions = [...state.overrides.values()]
      .filter((one) => one.room === room.id)
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      .slice(0, PAST);
    keyed(byId("room-log"), decisions, {
      key: (one) => one.id,
      signature: (one) => JSON.stringify([one, inTitles(one, state)]),
      make: () => el("li"),
      fill: (one, node) => decision(one, node, state, venue, (which) => this.#steering.undo(which)),
    });
    byId("room-log-empty").hidden = decisions.length > 0;
  }

  #heard({ picture, muted }) {
    const words = { playing: "the room itself, some seconds behind", absent: "no picture yet", none: "not captured" };
    setText(byId("room-caption"), words[picture] ?? "fetching the picture…");
    byId("room-listen").setAttribute("aria-pressed", String(!muted));
  }
}

/** A decision in the log, with its undo. */
function decision(one, node, state, venue, undo) {
  node.className = one.undone ? "decision undone" : "decision";
  return [
    el("time", { class: "numbers", datetime: one.at }, venue.clockWithSeconds(one.at)),
    " ",
    el("span", { class: "said-words" }, `${one.by}: ${inTitles(one, state)}`),
    " ",
    one.undone
      ? el("span", { class: "faint" }, `undone at ${venue.clock(one.undone)}`)
      : el("button", { type: "button", class: "undo", on: { click: () => undo(one) } }, "Undo"),
  ];
}
