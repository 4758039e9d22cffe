// The programme as a list of days. Pure.

import { isOver } from "./store.js";

/**
 * Sessions grouped by the day on which they start in a zone, each day and its sessions in order of time.
 * @returns {{key: string, label: string, sessions: object[]}[]}
 */
export function agenda(sessions, times) {
  const days = new Map();
  const ordered = [...sessions].sort(
    (a, b) => Date.parse(a.start) - Date.parse(b.start) || compare(a.room, b.room) || compare(a.id, b.id),
  );
  for (const session of ordered) {
    const key = times.dayKey(session.start);
    if (!days.has(key)) days.set(key, { key, label: times.day(session.start), sessions: [] });
    days.get(key).sessions.push(session);
  }
  return [...days.values()];
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The day to show at first: that of something running, else today, else the next to come, else the last. */
export function dayOf(days, times, now) {
  const running = days.find((day) => day.sessions.some((s) => s.state === "live" || s.state === "held"));
  if (running) return running.key;
  const today = times.dayKey(now);
  const open = days.find((day) => day.key >= today && !day.sessions.every(isOver));
  return (open ?? days.find((day) => day.key >= today) ?? days.at(-1))?.key ?? null;
}
