// What changed, in sentences for the audience. Pure: compares the documents before and after.

import { isOver } from "./store.js";

const ONE_BY_ONE = 3;
const LONG = 70;
const SUMMARY = [
  ["moved", "moved"],
  ["cancelled", "cancelled"],
  ["added", "new"],
  ["removed", "removed"],
  ["restored", "back"],
  ["changed", "changed"],
];

/**
 * @typedef {{id: string, kind: string, room: string|null, session: string|null, text: string, at: string|null,
 *   everywhere: boolean}} Announcement `everywhere`: also shown to viewers of another room
 */

/**
 * The announcements that a change makes. `times` writes instants for the reader.
 * @returns {Announcement[]}
 */
export function announce(before, change, after, times) {
  const at = change.at ?? null;
  if (change.kind === "notice" && change.notice) return change.notice.withdrawn ? [] : [notice(change.notice, after, at)];
  const id = `${change.epoch}:${change.revision}`;
  if (change.kind === "timetable") return differences(before, after, times, id, at);
  if (!change.kind?.startsWith("session.") || !change.session) return [];
  const said = new Comparison(before, after, times, at).say(change.session.id, change.kind);
  return said ? [{ id, at, ...said }] : [];
}

/** One of the crew's own words. Its id is the notice's: however often it is sent, it is one. */
export function notice({ id, room = null, text }, state, at) {
  const named = room && state.rooms.size > 1 ? `${roomName(state, room)}: ${text}` : String(text);
  return { id: `notice:${id}`, at, kind: "notice", room, session: null, text: named, everywhere: true };
}

/** What is different between two states that no single change explains: a new timetable, or a long absence. */
export function differences(before, after, times, id, at) {
  const comparison = new Comparison(before, after, times, at);
  const found = [];
  for (const sessionId of new Set([...before.sessions.keys(), ...after.sessions.keys()])) {
    const said = comparison.say(sessionId, "timetable");
    if (said) found.push({ id: `${id}:${sessionId}`, at, ...said });
  }
  if (found.length <= ONE_BY_ONE) return found;
  const parts = SUMMARY.map(([kind, word]) => [found.filter((one) => one.kind === kind).length, word])
    .filter(([number]) => number > 0)
    .map(([number, word], index) => `${number}${index === 0 ? (number === 1 ? " session" : " sessions") : ""} ${word}`);
  const text = `The programme has changed: ${parts.join(", ")}.`;
  return [{ id, at, kind: "programme", room: null, session: null, text, everywhere: true }];
}

class Comparison {
  #before;
  #after;
  #times;
  #at;

  constructor(before, after, times, at) {
    this.#before = before;
    this.#after = after;
    this.#times = times;
    this.#at = at;
  }

  /** The announcement about a session, null where there is none. */
  say(sessionId, kind) {
    const was = this.#before.sessions.get(sessionId);
    const is = this.#after.sessions.get(sessionId);
    const words = this.#sentence(was, is, kind);
    if (!words) return null;
    const [meaning, text] = words;
    const everywhere = meaning !== "started" && meaning !== "ended";
    return { kind: meaning, text, room: (is ?? was).room, session: sessionId, everywhere };
  }

  #sentence(was, is, kind) {
    if (!is) return !was || isOver(was) ? null : ["removed", `${quoted(was)} is no longer in the programme.`];
    const place = roomName(this.#after, is.room);
    if (kind === "session.live") {
      const again = was?.state === "ended" ? "continues" : "has started";
      return ["started", `${quoted(is)} ${again} in ${place}.${is.stream === false ? " It is not streamed." : ""}`];
    }
    if (kind === "session.ended") return ["ended", `${quoted(is)} in ${place} has ended.`];
    if (kind === "session.held") return ["held", `${quoted(is)} in ${place} runs over its time.`];
    if (!was) return isOver(is) ? null : ["added", `New in ${place}, ${this.#when(is)}: ${quoted(is)}.`];
    if (is.state === "cancelled") {
      return was.state === "cancelled"
        ? null
        : ["cancelled", `${quoted(is)} (${this.#when(was)}, ${roomName(this.#before, was.room)}) is cancelled.`];
    }
    if (was.state === "cancelled")
      return ["restored", `${quoted(is)} takes place after all: ${this.#when(is)}, ${place}.`];
    return this.#moved(was, is, place) ?? consent(was, is) ?? this.#renamed(was, is, place);
  }

  /** From where to where. An end that is set to now gets no sentence: the end itself is announced next. */
  #moved(was, is, place) {
    if (is.state === "ended") return null;
    if (was.room !== is.room) {
      return ["moved", `${quoted(is)} moves from ${roomName(this.#before, was.room)} to ${place}, ${this.#when(is)}.`];
    }
    if (Date.parse(was.start) !== Date.parse(is.start)) {
      return ["moved", `${quoted(is)} in ${place} is now ${this.#when(is)} (was ${this.#when(was, is.start)}).`];
    }
    const over = this.#at !== null && Date.parse(is.end) <= Date.parse(this.#at);
    if (over || Date.parse(was.end) === Date.parse(is.end)) return null;
    return [
      "moved",
      `${quoted(is)} in ${place} now ends at ${this.#times.clock(is.end)} (was ${this.#times.clock(was.end)}).`,
    ];
  }

  #renamed(was, is, place) {
    if (was.title === is.title) return null;
    return ["changed", `${quoted(was)} (${this.#when(is)}, ${place}) is now called ${quoted(is)}.`];
  }

  /** "10:30–11:00", with the day in front where it is not that of `near`, which is today if nothing else. */
  #when({ start, end }, near = this.#at) {
    const range = this.#times.range(start, end);
    const plain = near !== null && this.#times.dayKey(near) === this.#times.dayKey(start);
    return plain ? range : `${this.#times.shortDay(start)}, ${range}`;
  }
}

function consent(was, is) {
  if (was.stream !== false && is.stream === false) return ["changed", `${quoted(is)} is not streamed.`];
  if (was.stream === false && is.stream !== false) return ["changed", `${quoted(is)} is streamed after all.`];
  return null;
}

/** The title in quotes, cut at a word where it is long. */
function quoted({ title }) {
  if (title.length <= LONG) return `“${title}”`;
  const start = title.slice(0, LONG);
  return `“${start.replace(/\s+\S*$/u, "") || start}…”`;
}

function roomName(state, id) {
  return state.rooms.get(id)?.name || id;
}

/** Remembers what was announced, so that a replay repeats nothing. */
export class Announced {
  #seen = new Set();

  /** The announcements not yet seen; they are from now on. */
  fresh(announcements) {
    return announcements.filter(({ id }) => {
      if (this.#seen.has(id)) return false;
      this.#seen.add(id);
      return true;
    });
  }
}
