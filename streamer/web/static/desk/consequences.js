// What follows from a decision, in sentences, from the answer to its preview. Pure.

import { differences } from "../announcements.js";

/** The state with the sessions of an answer in place of the present ones. */
export function imagined(state, answer) {
  const sessions = new Map(state.sessions);
  for (const session of answer.sessions) sessions.set(session.id, session);
  return { ...state, sessions };
}

/**
 * The sentences of a preview: what attendees will read, and the conflicts that arise. `times` writes instants for the
 * crew, `now` is the server's time (ISO 8601).
 */
export function consequences(state, answer, times, now) {
  const told = differences(state, imagined(state, answer), times, "preview", now).map((one) => one.text);
  const moved = answer.sessions.filter((session) => hasMoved(state.sessions.get(session.id), session));
  const lines = [];
  if (moved.length > 1) lines.push(`${moved.length} sessions move.`);
  if (moved.length === 0) lines.push("No session moves.");
  lines.push(...told.map((text) => `Attendees read: ${text}`));
  lines.push(...answer.conflicts.map((conflict) => `Conflict: ${conflict.message}.`));
  return lines;
}

function hasMoved(before, after) {
  return before !== undefined && (before.start !== after.start || before.end !== after.end || before.room !== after.room);
}
