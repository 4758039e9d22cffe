// What a room's page says at an instant: what is on, what comes next, what there is to wait for. Pure.

import { isRunning, talks } from "./store.js";

/**
 * The situation of one room. `phase` is one of
 *   "live"       a session is running and viewers see it
 *   "unstreamed" a session is running that is not streamed
 *   "waiting"    the next session's time has come and its media has not
 *   "soon"       the next session is on this day of the venue
 *   "later"      the next session is on another day
 *   "done"       nothing more in this room, but elsewhere
 *   "unused"     this room has no sessions, others have
 *   "over"       nothing more anywhere
 *   "empty"      the programme has no sessions
 * `wait` is the time to the next session's start in milliseconds, null without one.
 */
export function situation(state, roomId, venue, now) {
  const room = state.rooms.get(roomId);
  const all = talks(state);
  const here = all.filter((session) => session.room === roomId);
  const current = sessionOn(state, room, here);
  const next = sessionNext(here, now);
  const wait = next ? Date.parse(next.start) - now : null;
  return {
    room,
    current,
    next,
    wait,
    trouble: trouble(room),
    phase: phase(current, next, wait, all, here, venue, now),
  };
}

function sessionOn(state, room, here) {
  const named = room?.session ? state.sessions.get(room.session) : undefined;
  if (named && isRunning(named)) return named;
  return here.filter(isRunning).at(-1) ?? null;
}

/** A session that is due and has no media yet is still the next one, even if the room's document names another. */
function sessionNext(here, now) {
  return here.find((session) => session.state === "scheduled" && Date.parse(session.end) > now) ?? null;
}

function phase(current, next, wait, all, here, venue, now) {
  if (current) return current.on_air || current.stream !== false ? "live" : "unstreamed";
  if (next) {
    if (wait <= 0) return "waiting";
    return venue.dayKey(next.start) === venue.dayKey(now) ? "soon" : "later";
  }
  if (all.length === 0) return "empty";
  if (all.some((session) => session.state === "scheduled" || isRunning(session)))
    return here.length > 0 ? "done" : "unused";
  return "over";
}

function trouble(room) {
  return room?.state === "muted" || room?.state === "fault" ? room.state : null;
}

/** A room's state in one or two words, for a viewer. `here` is its situation. */
export function roomWord(state, { room, phase, current }) {
  if (!room) return "";
  if (room.state === "live") return "Live";
  if (room.state === "muted") return "Paused";
  if (room.state === "fault") return "Problem";
  if (current) return "Not streamed";
  if (phase === "waiting") return "Starting";
  const begun = talks(state).some((session) => session.room === room.id && session.state === "ended");
  if (phase === "soon") return begun ? "Break" : "Not started";
  if (phase === "later") return begun ? "Closed" : "Not started";
  return begun ? "Finished" : "Closed";
}

/** The room to open where the address names none: one that is live, else the one where something starts first. */
export function firstRoom(state) {
  const rooms = [...state.rooms.values()];
  const live = rooms.find((room) => room.state === "live");
  if (live) return live.id;
  const next = talks(state).find((session) => session.state === "scheduled" && state.rooms.has(session.room));
  return next?.room ?? rooms.find((room) => room.stream)?.id ?? rooms[0]?.id ?? null;
}
