// The day as a timeline: a row a room, its sessions in it, and a line where now is.

import { el, keyed, refill } from "../dom.js";
import { talks } from "../store.js";

const MINUTE = 60_000;
const STEPS = [5, 10, 15, 30, 60, 120, 180];
const MARKS = 14;

/** The sessions of the day that is shown: today's, or those of the next day with any. Pure. */
export function dayShown(state, venue, now) {
  const all = talks(state);
  const ahead = all.find((one) => Date.parse(one.end) > now) ?? all.at(-1);
  if (!ahead) return { sessions: [], from: now, to: now + 60 * MINUTE, step: 30 * MINUTE };
  const today = venue.dayKey(now);
  const day = all.some((one) => venue.dayKey(one.start) === today) ? today : venue.dayKey(ahead.start);
  const sessions = all.filter((one) => venue.dayKey(one.start) === day);
  const first = Math.min(...sessions.map((one) => Date.parse(one.start)));
  const last = Math.max(...sessions.map((one) => Date.parse(one.end)));
  const step = MINUTE * (STEPS.find((minutes) => (last - first) / (minutes * MINUTE) < MARKS) ?? STEPS.at(-1));
  return { sessions, from: Math.floor(first / step) * step, to: Math.ceil(last / step) * step, step };
}

/** Write the timeline into `node`; `choose(room)` opens a room. */
export function renderDay(node, state, venue, now, choose) {
  const { sessions, from, to, step } = dayShown(state, venue, now);
  const share = (at) => `${(((at - from) / (to - from)) * 100).toFixed(2)}%`;
  node.style.setProperty("--now", share(Math.min(to, Math.max(from, now))));
  node.classList.toggle("another-day", now < from || now > to);
  const hours = node.querySelector(".day-hours");
  refill(hours, `${from} ${to} ${venue.zone}`, () => {
    const marks = [];
    for (let at = from; at < to; at += step) {
      const mark = el("span", {}, venue.clock(at));
      mark.style.left = share(at);
      marks.push(mark);
    }
    return marks;
  });
  keyed(node.querySelector(".day-rows"), [...state.rooms.values()], {
    key: (room) => room.id,
    signature: (room) => JSON.stringify([room.name, from, to, sessions.filter((one) => one.room === room.id)]),
    make: () => el("li", { class: "day-row" }),
    fill: (room) => [
      el("button", { type: "button", class: "day-room one-line", on: { click: () => choose(room.id) } }, room.name || room.id),
      el("div", { class: "day-track" }, sessions.filter((one) => one.room === room.id).map((one) => block(one, share, venue))),
    ],
  });
}

function block(session, share, venue) {
  const marks = [session.state, session.record === false && "unrecorded", session.stream === false && "unstreamed"];
  const words = `${venue.range(session.start, session.end)} ${session.title} (${marks.filter(Boolean).join(", ")})`;
  const node = el("span", { class: `day-session ${marks.filter(Boolean).join(" ")}`, title: words }, session.title);
  node.style.left = share(Date.parse(session.start));
  node.style.right = `calc(100% - ${share(Date.parse(session.end))})`;
  return node;
}
