// What the server has said: a snapshot, and the changes that followed it. Pure; a state is never altered.

/**
 * @typedef {{id: string, name: string, state: string, session: string|null, next: string|null,
 *   stream: string|null}} Room
 * @typedef {{id: string, room: string, title: string, start: string, end: string, scheduled_start: string,
 *   scheduled_end: string, state: string, on_air: boolean, record: boolean|null, stream: boolean|null,
 *   recording: string, revision: number, kind?: string, speakers?: unknown[]}} Session
 * @typedef {{epoch: string, revision: number, conference: {title: string, timezone: string,
 *   privacy_notice: string|null}, rehearsal: boolean, rooms: Map<string, Room>, sessions: Map<string, Session>,
 *   jobs: Map<string, object>, alarms: Map<string, object>, overrides: Map<string, object>,
 *   recordings: Map<string, object>, cues: object[], remarks: object[], unknownRooms: object[],
 *   feed: object|null}} State
 */

const CREW = { jobs: "job", alarms: "alarm", overrides: "override", recordings: "recording" };

/** The state that a snapshot describes. What only the crew is sent is empty for viewers. */
export function fromSnapshot(snapshot) {
  return {
    epoch: snapshot.epoch,
    revision: snapshot.revision,
    conference: { title: "", timezone: "UTC", privacy_notice: null, ...snapshot.conference },
    rehearsal: Boolean(snapshot.rehearsal),
    rooms: indexed(snapshot.rooms),
    sessions: indexed(snapshot.sessions),
    jobs: indexed(snapshot.jobs),
    alarms: indexed(snapshot.alarms),
    overrides: indexed(snapshot.overrides),
    recordings: indexed(snapshot.recordings),
    cues: snapshot.cues ?? [],
    remarks: snapshot.remarks ?? [],
    unknownRooms: snapshot.unknown_rooms ?? [],
    feed: snapshot.feed?.source === undefined ? null : snapshot.feed,
  };
}

/**
 * The state after a change. `outcome` is "applied", "known" (it was already: nothing changes) or "gap": changes in
 * between were missed, or it belongs to another epoch, and only a fresh snapshot helps.
 */
export function apply(state, change) {
  if (change.epoch !== state.epoch) return { state, outcome: "gap" };
  if (change.revision <= state.revision) return { state, outcome: "known" };
  if (change.revision !== state.revision + 1) return { state, outcome: "gap" };
  const next = { ...state, revision: change.revision };
  if (change.conference) next.conference = { ...state.conference, ...change.conference };
  const whole = change.kind === "timetable";
  for (const [collection, single] of [
    ["rooms", "room"],
    ["sessions", "session"],
  ]) {
    if (Array.isArray(change[collection])) {
      next[collection] = whole ? indexed(change[collection]) : upserted(next[collection], change[collection]);
    }
    if (isDocument(change[single])) next[collection] = upserted(next[collection], [change[single]]);
  }
  for (const [collection, single] of Object.entries(CREW)) {
    if (Array.isArray(change[collection])) next[collection] = indexed(change[collection]);
    if (isDocument(change[single])) next[collection] = upserted(next[collection], [change[single]]);
  }
  if (Array.isArray(change.cues)) next.cues = change.cues;
  if (change.feed?.source !== undefined) {
    next.feed = change.feed;
    next.unknownRooms = change.feed.unknown_rooms ?? state.unknownRooms;
  }
  return { state: next, outcome: "applied" };
}

function isDocument(value) {
  return typeof value === "object" && value !== null && identity(value) !== undefined;
}

/** A recording goes by its session, everything else by its own id. */
function identity(document) {
  return document.id ?? document.session;
}

function indexed(documents) {
  return upserted(new Map(), documents ?? []);
}

/** Documents replaced or added whole, in place; one that is gone goes. */
function upserted(collection, documents) {
  const result = new Map(collection);
  for (const document of documents) {
    if (isGone(document)) result.delete(identity(document));
    else result.set(identity(document), document);
  }
  return result;
}

/** Its last word: a session removed from the programme, an alarm cleared, a job whose process has ended for good. */
function isGone(document) {
  return document.removed === true || document.cleared === true || ("pid" in document && document.state === "exited");
}

/** The sessions that are not breaks, by start. */
export function talks(state) {
  return [...state.sessions.values()]
    .filter((session) => session.kind !== "break")
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start) || (a.id < b.id ? -1 : 1));
}

export function isOver(session) {
  return session.state === "ended" || session.state === "cancelled";
}

export function isRunning(session) {
  return session.state === "live" || session.state === "held";
}
