// What the recordings' list says of each recording, and their order. Pure.

import { bytes, count } from "./format.js";

export const STATE_WORDS = {
  off: "Not recorded",
  pending: "Planned",
  capturing: "Being recorded",
  finalising: "Being finished",
  ready: "Ready",
  partial: "Not whole",
  failed: "Failed",
  erased: "Erased",
};

/** What can be chosen to be shown, and the states that are meant. */
export const CHOICES = [
  { id: "", label: "All states", states: null },
  { id: "look", label: "Needs a look", states: ["partial", "failed"] },
  { id: "making", label: "Being made", states: ["capturing", "finalising"] },
  { id: "ready", label: "Ready", states: ["ready"] },
];

/** The recordings of a room ("" for all) whose state is one of a choice. */
export function chosen(recordings, room, choice) {
  const states = CHOICES.find(({ id }) => id === choice)?.states;
  return recordings.filter((one) => (!room || one.room === room) && (!states || states.includes(one.state)));
}

/**
 * Recordings by the day on which they start at the venue, and by room within: rooms in the order of `rooms`, others
 * behind them, each in order of time.
 */
export function byDay(recordings, venue, rooms = []) {
  const place = new Map(rooms.map((id, index) => [id, index]));
  const rank = (room) => place.get(room) ?? place.size;
  const days = new Map();
  const ordered = [...recordings].sort(
    (a, b) => Date.parse(a.start) - Date.parse(b.start) || (a.session < b.session ? -1 : 1),
  );
  for (const recording of ordered) {
    const key = venue.dayKey(recording.start);
    if (!days.has(key)) days.set(key, { key, label: venue.day(recording.start), rooms: new Map() });
    const { rooms: listed } = days.get(key);
    if (!listed.has(recording.room)) listed.set(recording.room, []);
    listed.get(recording.room).push(recording);
  }
  return [...days.values()].map(({ key, label, rooms: listed }) => ({
    key,
    label,
    rooms: [...listed]
      .map(([room, inside]) => ({ room, recordings: inside }))
      .sort((a, b) => rank(a.room) - rank(b.room) || (a.room < b.room ? -1 : 1)),
  }));
}

/** "12 of 14 recordings ready · 1 needs a look · 23.4 GB" */
export function summary(recordings) {
  if (recordings.length === 0) return "";
  const made = recordings.filter(({ state }) => !["off", "pending", "erased"].includes(state));
  const ready = made.filter(({ state }) => state === "ready");
  const troubled = made.filter(({ state }) => state === "partial" || state === "failed");
  const size = recordings
    .flatMap(({ files }) => files ?? [])
    .filter(({ kind }) => kind === "mp4")
    .reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  return [
    `${ready.length} of ${count(made.length, "recording")} ready`,
    troubled.length > 0 && `${troubled.length} ${troubled.length === 1 ? "needs" : "need"} a look`,
    size > 0 && bytes(size),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Its files of a kind, parts in order. */
export function filesOf(recording, kind) {
  const found = (recording.files ?? []).filter((file) => file.kind === kind);
  return found.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** The file to play for one of its video files: the version that browsers play, where one was made. */
export function playableOf(recording, file) {
  const name = file.name.replace(/\.mp4$/, "_playable.mp4");
  return filesOf(recording, "playable").find((other) => other.name === name) ?? file;
}

/** Whether a part of the recording can be played. */
export function canBeWatched(recording) {
  return filesOf(recording, "vod").length > 0 || filesOf(recording, "mp4").length > 0;
}

/** Whether its ends can be set: some media may have been kept. */
export function canBeCut(recording) {
  return ["capturing", "finalising", "ready", "partial", "failed"].includes(recording.state);
}

/** Whether there is anything to report: it has been made, or could not be. */
export function canBeReported(recording) {
  return ["ready", "partial", "failed"].includes(recording.state) || filesOf(recording, "report").length > 0;
}

/** Milliseconds until one of them changes by itself: 0 while one does, Infinity where none will. */
export function untilChange(recordings, now) {
  const waits = recordings.map(({ state, end, reason }) => {
    if (state === "finalising") return reason ? Infinity : 0; // it may wait for the disk, or for a person
    return state === "capturing" ? Math.max(0, Date.parse(end) - now) : Infinity;
  });
  return Math.min(Infinity, ...waits);
}
