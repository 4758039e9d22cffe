// What happens next, for the crew. Pure. A snapshot lists the cues; changes only bring sessions, so a cue is kept as
// its distance from its session's start or end and follows them.

import { isOver, talks } from "./store.js";

/** Distances in milliseconds, by action: "capture.start" is so long before its session's start. */
function distances(cues, sessions) {
  const found = new Map();
  for (const { at, session, action } of cues) {
    const bound = boundOf(sessions.get(session), action);
    if (bound !== null && !found.has(action)) found.set(action, Date.parse(at) - bound);
  }
  return found;
}

function boundOf(session, action) {
  if (!session) return null;
  return Date.parse(action.endsWith(".start") ? session.start : session.end);
}

/** Learns the distances from a snapshot's document, whose cues and sessions belong together. */
export function learnCues(document) {
  return distances(document.cues ?? [], new Map((document.sessions ?? []).map((session) => [session.id, session])));
}

/**
 * The next `most` cues after `now`, in order. `learnt` is what learnCues gave.
 * @returns {{at: number, action: string, session: object}[]}
 */
export function upcoming(state, learnt, now, most) {
  const found = [];
  for (const session of talks(state)) {
    if (session.state === "cancelled" || (isOver(session) && Date.parse(session.end) < now - 3_600_000)) continue;
    for (const [action, distance] of learnt) {
      if (!concerns(action, session, state.rooms.get(session.room))) continue;
      const at = boundOf(session, action) + distance;
      if (at > now) found.push({ at, action, session });
    }
  }
  return found.sort((a, b) => a.at - b.at || (a.session.id < b.session.id ? -1 : 1)).slice(0, most);
}

function concerns(action, session, room) {
  if (action.startsWith("session.")) return true;
  if (!room?.stream) return false;
  if (action.startsWith("slate.")) return session.stream === false && session.record === false;
  if (action.startsWith("livestream.")) return session.stream !== false;
  if (action.startsWith("recording.")) return session.record !== false;
  return session.stream !== false || session.record !== false;
}
