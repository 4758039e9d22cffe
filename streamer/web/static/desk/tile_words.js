// What a room's tile says: its state in a word or two, the time that is left, what comes next. Pure.

import { digits } from "../format.js";

const SOON = 30 * 60_000;

/**
 * A room's state for the crew: `word`, `detail`, and `mood`, one of "air" (viewers see it), "recording", "ready", "fault",
 * "muted", "private" (a session that is neither recorded nor streamed), "slate" and "idle".
 */
export function roomState(room, { current, next }, jobs, now) {
  const captured = jobs.some((job) => job.kind === "capture" && job.state === "running");
  if (room.state === "muted") return { mood: "muted", word: "MUTED", detail: "" };
  if (room.state === "fault") return { mood: "fault", word: "NO PICTURE", detail: "" };
  if (current && room.state === "live") {
    return { mood: "air", word: "ON AIR", detail: current.record ? "" : "not recorded" };
  }
  if (current && current.record && captured) return { mood: "recording", word: "RECORDING", detail: "not streamed" };
  if (current && !current.record && !current.stream) return { mood: "private", word: "NOT RECORDED", detail: "" };
  if (current) return { mood: "fault", word: "NOTHING CAPTURED", detail: "" };
  if (next && captured && Date.parse(next.start) - now < SOON) return { mood: "ready", word: "READY", detail: "" };
  if (room.state === "slate") return { mood: "slate", word: "SLATE", detail: "" };
  return { mood: "idle", word: room.stream ? "IDLE" : "NO SOURCE", detail: "" };
}

/** "18:42 left", "+1:35 over" or "starts in 14:38"; empty where there is nothing to count. `over` marks the second. */
export function timeLeft({ current, next }, now) {
  if (current) {
    const end = Date.parse(current.held_since ?? current.end);
    const over = now - end;
    return over > 0
      ? { text: `+${digits(over / 1000)} over`, over: true }
      : { text: `${digits(-over / 1000)} left`, over: false };
  }
  if (!next) return { text: "", over: false };
  const wait = Date.parse(next.start) - now;
  if (wait <= 0) return { text: `due for ${digits(-wait / 1000)}`, over: true };
  return { text: wait < 24 * 3_600_000 ? `starts in ${digits(wait / 1000)}` : "", over: false };
}

/** The worst of some alarms: "error", "warning" or null. What a person has acknowledged is quiet. */
export function worst(alarms) {
  const loud = alarms.filter((alarm) => !alarm.acknowledged);
  if (loud.some((alarm) => alarm.severity === "error")) return "error";
  return loud.length > 0 ? "warning" : null;
}

/** The alarms of a room: unacknowledged errors first, then the newest. */
export function alarmsOf(state, room) {
  const rank = (alarm) => (alarm.acknowledged ? 2 : 0) + (alarm.severity === "error" ? 0 : 1);
  return [...state.alarms.values()]
    .filter((alarm) => alarm.room === room)
    .sort((a, b) => rank(a) - rank(b) || Date.parse(b.since) - Date.parse(a.since));
}

/** The wall in one line: "3 on air · 2 rooms need you". */
export function summary(state) {
  const rooms = [...state.rooms.values()];
  const live = rooms.filter((room) => room.state === "live").length;
  const wanting = rooms.filter((room) => worst(alarmsOf(state, room.id))).length;
  const others = worst([...state.alarms.values()].filter((alarm) => !state.rooms.has(alarm.room)));
  return [
    `${live} of ${rooms.length} on air`,
    wanting === 1 ? "1 room needs you" : wanting > 1 && `${wanting} rooms need you`,
    others && "an alarm of no room",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** A decision in words, with the title of its session and the name of its room in place of their ids. */
export function inTitles({ description, session, room }, state) {
  const names = new Map();
  if (state.sessions.has(session)) names.set(session, `“${state.sessions.get(session).title}”`);
  if (state.rooms.get(room)?.name) names.set(`room ${room}`, state.rooms.get(room).name);
  let words = description;
  for (const [id, name] of names) words = words.replace(id, () => name);
  return words;
}
