// The crew's lists beside the rooms: alarms, what comes next, what was decided, what is odd in the timetable.

import { inTitles } from "./desk/tile_words.js";
import { byId, el, keyed, setText } from "./dom.js";
import { count } from "./format.js";

const SEVERITY = { error: 0, warning: 1 };
const DECISIONS = 30;

export function renderAlarms(state, venue) {
  const alarms = [...state.alarms.values()].sort(
    (a, b) => (SEVERITY[a.severity] ?? 2) - (SEVERITY[b.severity] ?? 2) || Date.parse(b.since) - Date.parse(a.since),
  );
  setText(byId("alarm-count"), alarms.length > 0 ? count(alarms.length, "alarm") : "No alarms");
  byId("alarms").dataset.worst = alarms[0]?.severity ?? "none";
  keyed(byId("alarm-list"), alarms, {
    key: (alarm) => alarm.id,
    signature: (alarm) => JSON.stringify([alarm, state.rooms.get(alarm.room)?.name]),
    make: () => el("li"),
    fill: (alarm, node) => {
      node.className = `alarm ${alarm.severity}`;
      const room = state.rooms.get(alarm.room);
      return [
        el(
          "p",
          {},
          el("time", { class: "numbers", datetime: alarm.since }, venue.clock(alarm.since)),
          " ",
          room && el("a", { href: `#room=${encodeURIComponent(room.id)}` }, room.name),
          room && " ",
          alarm.message,
        ),
        alarm.hint && el("p", { class: "faint" }, alarm.hint, ...answerable(alarm)),
      ];
    },
  });
}

/** A way to where an alarm's question can be answered. */
function answerable(alarm) {
  return /^timetable (held|asks) /.test(alarm.id) ? [" ", el("a", { href: "#timetable" }, "Answer")] : [];
}

export function renderCues(state, cues, venue, now) {
  byId("cue-empty").hidden = cues.length > 0;
  const today = venue.dayKey(now);
  keyed(byId("cue-list"), cues, {
    key: ({ session, action }) => `${action} ${session.id}`,
    signature: (cue) => JSON.stringify([cue.at, cue.session.title, today]),
    make: () => el("li", { class: "cue" }),
    fill: ({ at, action, session }) => [
      el(
        "time",
        { class: "numbers", datetime: new Date(at).toISOString() },
        venue.dayKey(at) === today ? venue.clockWithSeconds(at) : `${venue.shortDay(at)} ${venue.clock(at)}`,
      ),
      el("span", { class: "numbers faint", "data-until": at, "data-done": "now" }),
      el("span", { class: "cue-action" }, action.replace(".", " ")),
      el(
        "span",
        { class: "one-line", title: session.title },
        `${state.rooms.get(session.room)?.name ?? session.room}: ${session.title}`,
      ),
    ],
  });
}

/** `undo(decision)` drops one. */
export function renderOverrides(state, venue, undo) {
  const decisions = [...state.overrides.values()]
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, DECISIONS);
  byId("override-empty").hidden = decisions.length > 0;
  keyed(byId("override-list"), decisions, {
    key: (one) => one.id,
    signature: (one) => JSON.stringify([one, state.sessions.get(one.session)?.title]),
    make: () => el("li"),
    fill: (one, node) => {
      node.className = one.undone ? "decision undone" : "decision";
      const title = state.sessions.get(one.session)?.title;
      return [
        el(
          "p",
          {},
          el("time", { class: "numbers", datetime: one.at }, venue.clockWithSeconds(one.at)),
          " ",
          el("span", { class: "said-words" }, inTitles(one, state)),
        ),
        el(
          "p",
          { class: "faint clipped" },
          [`by ${one.by}`, one.undone && `undone at ${venue.clock(one.undone)}`, title].filter(Boolean).join(" · "),
          !one.undone && " ",
          !one.undone && el("button", { type: "button", class: "undo", on: { click: () => undo(one) } }, "Undo"),
        ),
      ];
    },
  });
}

export function renderRemarks(state) {
  byId("remarks").hidden = state.remarks.length === 0;
  setText(byId("remark-count"), count(state.remarks.length, "remark"));
  keyed(
    byId("remark-list"),
    state.remarks.map((remark, index) => ({ ...remark, index })),
    {
      key: ({ index }) => String(index),
      signature: ({ message, where }) => `${where} ${message}`,
      make: () => el("li"),
      fill: ({ message, where }) => [where && el("span", { class: "faint" }, `${where}: `), message],
    },
  );
}
