// The crew's wall: a card a room with what runs there, what its processes do, and what comes next.

import { el, keyed } from "./dom.js";
import { situation } from "./situation.js";

const JOB_ORDER = ["capture", "livestream", "monitor", "push", "export"];
const TROUBLED = new Set(["backoff", "failed"]);
const ALARM_WORDS = { error: "Alarm", warning: "Warning" };

/** Write the cards; the rooms keep their order, so that everyone finds theirs without reading. */
export function renderRooms(list, state, venue, now) {
  const jobs = grouped(state.jobs.values());
  const alarms = grouped(state.alarms.values());
  keyed(list, [...state.rooms.values()], {
    key: (room) => room.id,
    signature: (room) => signature(room, state, jobs, venue, now),
    make: (room) => el("li", { class: "room-card", id: `room-${room.id}` }),
    fill: (room, node) => fill(room, node, state, jobs.get(room.id) ?? [], alarms.get(room.id) ?? [], venue, now),
  });
}

function grouped(documents) {
  const rooms = new Map();
  for (const document of documents) {
    if (!rooms.has(document.room)) rooms.set(document.room, []);
    rooms.get(document.room).push(document);
  }
  return rooms;
}

function signature(room, state, jobs, venue, now) {
  const { current, next, phase } = situation(state, room.id, venue, now);
  const alarms = [...state.alarms.values()].filter((alarm) => alarm.room === room.id);
  return JSON.stringify([room, phase, current, next, jobs.get(room.id), alarms]);
}

function fill(room, node, state, jobs, alarms, venue, now) {
  const { current, next, phase } = situation(state, room.id, venue, now);
  const shown = current ?? (phase === "waiting" ? next : null);
  const after = shown === next ? null : next;
  const worst = alarms.some((alarm) => alarm.severity === "error") ? "error" : alarms.length > 0 ? "warning" : null;
  node.className = ["room-card", room.state, worst && `alarm-${worst}`].filter(Boolean).join(" ");
  return [
    el(
      "div",
      { class: "room-head" },
      el("h3", {}, room.name || room.id),
      worst &&
        el("a", { class: `chip ${worst === "error" ? "failed" : "backoff"}`, href: "#alarms" }, ALARM_WORDS[worst]),
      el("span", { class: `chip ${room.state}` }, room.state),
    ),
    shown ? sessionNow(shown, phase, venue) : el("p", { class: "session-now faint" }, idleWord(phase)),
    after && sessionNext(after, venue),
    el(
      "ul",
      { class: "jobs", "aria-label": "Processes" },
      jobs.length > 0
        ? jobs.sort(byKind).map(jobLine)
        : el("li", { class: "faint" }, room.stream ? "No process" : "No source: never captured"),
    ),
  ];
}

function idleWord(phase) {
  return (
    { over: "The day is over", done: "Nothing more today", unused: "No sessions", empty: "No sessions" }[phase] ??
    "Between sessions"
  );
}

function sessionNow(session, phase, venue) {
  const [start, end] = [Date.parse(session.start), Date.parse(session.end)];
  const running = session.state === "live" || session.state === "held";
  const marks = [
    session.state === "held" && "held",
    running && session.stream !== false && (session.on_air ? "on air" : "not on air"),
    phase === "waiting" && "due, no media yet",
    session.stream === false && "not streamed",
    session.record === false ? "not recorded" : `recording: ${session.recording}`,
  ];
  return el(
    "div",
    { class: "session-now" },
    el("p", { class: "session-title", title: session.title }, session.title),
    el(
      "p",
      { class: "numbers" },
      el("span", {}, venue.range(session.start, session.end)),
      el("span", { "data-until": end, "data-after": " left", "data-done": "over its time" }),
    ),
    el("progress", { max: 1, "data-from": start, "data-to": end, "aria-label": "Time of the session that has passed" }),
    el("p", { class: "marks" }, marks.filter(Boolean).join(" · ")),
  );
}

function sessionNext(session, venue) {
  return el(
    "p",
    { class: "session-next" },
    el(
      "span",
      { class: "numbers" },
      `Next ${venue.clock(session.start)} `,
      el("span", { class: "faint", "data-until": Date.parse(session.start), "data-before": "in ", "data-done": "now" }),
    ),
    el("span", { class: "one-line", title: session.title }, session.title),
  );
}

function byKind(a, b) {
  return JOB_ORDER.indexOf(a.kind) - JOB_ORDER.indexOf(b.kind) || (a.id < b.id ? -1 : 1);
}

function jobLine(job) {
  return el(
    "li",
    { class: TROUBLED.has(job.state) ? "job troubled" : "job" },
    el(
      "span",
      { class: "job-line" },
      el("span", { class: "job-kind", title: job.id }, job.kind),
      el("span", { class: `chip ${job.state}` }, job.state),
      el("span", { class: "numbers", title: "in this state for", "data-since": Date.parse(job.since) }),
      el("span", { class: "numbers faint", title: "process id" }, job.pid ? `#${job.pid}` : ""),
      job.restarts > 0 && el("span", { class: "numbers", title: "restarts" }, `↻ ${job.restarts}`),
    ),
    job.error && el("span", { class: "job-error" }, job.error),
  );
}
