import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTIONS, actionOf, offered } from "../../../../streamer/web/static/desk/actions.js";
import { consequences } from "../../../../streamer/web/static/desk/consequences.js";
import { dayShown } from "../../../../streamer/web/static/desk/day.js";
import { fitting, textHeight } from "../../../../streamer/web/static/desk/fitting.js";
import { ofPeak, onScale } from "../../../../streamer/web/static/desk/levels.js";
import {
  alarmsOf,
  inTitles,
  roomState,
  summary,
  timeLeft,
  worst,
} from "../../../../streamer/web/static/desk/tile_words.js";
import { at, room, session, stateOf, venue } from "./a_day.mjs";

const NOW = Date.parse(at("09:50"));
const CAPTURE = { id: "capture:main", kind: "capture", room: "main", state: "running" };
const live = session("1", "09:00", "10:00", { state: "live", on_air: true });
const next = session("2", "10:15", "11:00");

function alarm(id, more = {}) {
  return { id, severity: "error", message: id, hint: "", room: "main", session: null, since: at("09:40"), ...more };
}

// -- what a tile says -------------------------------------------------------------------------------------------------

for (const [word, mood, place, here, jobs] of [
  ["ON AIR", "air", { state: "live" }, { current: live }, [CAPTURE]],
  ["RECORDING", "recording", { state: "slate" }, { current: { ...live, stream: false } }, [CAPTURE]],
  ["NOT RECORDED", "private", { state: "slate" }, { current: { ...live, stream: false, record: false } }, []],
  ["NOTHING CAPTURED", "fault", { state: "slate" }, { current: live }, []],
  ["NO PICTURE", "fault", { state: "fault" }, { current: live }, [CAPTURE]],
  ["MUTED", "muted", { state: "muted" }, { current: live }, [CAPTURE]],
  ["READY", "ready", { state: "slate" }, { next }, [CAPTURE]],
  ["SLATE", "slate", { state: "slate" }, { next }, []],
  ["IDLE", "idle", { state: "idle" }, {}, []],
  ["NO SOURCE", "idle", { state: "idle", stream: null }, {}, []],
]) {
  test(`a room is ${word}`, () => {
    const said = roomState(room("main", "Hall A", place), { current: null, next: null, ...here }, jobs, NOW);
    assert.deepEqual([said.word, said.mood], [word, mood]);
  });
}

test("what is on air and not recorded says so", () => {
  const here = { current: { ...live, record: false }, next: null };
  assert.equal(roomState(room("main", "Hall A", { state: "live" }), here, [CAPTURE], NOW).detail, "not recorded");
});

test("the time that is left turns into the time that it is over", () => {
  assert.deepEqual(timeLeft({ current: live, next }, NOW), { text: "10:00 left", over: false });
  assert.deepEqual(timeLeft({ current: live, next }, NOW + 11 * 60_000), { text: "+1:00 over", over: true });
  const held = { ...live, end: at("10:15"), held_since: at("09:45") };
  assert.deepEqual(timeLeft({ current: held, next }, NOW), { text: "+5:00 over", over: true });
  assert.deepEqual(timeLeft({ current: null, next }, NOW), { text: "starts in 25:00", over: false });
  assert.deepEqual(timeLeft({ current: null, next }, NOW + 26 * 60_000), { text: "due for 1:00", over: true });
  assert.deepEqual(timeLeft({ current: null, next: null }, NOW), { text: "", over: false });
});

test("an alarm that a person has acknowledged is quiet, and comes last", () => {
  const quiet = alarm("quiet", { acknowledged: { by: "Ada", at: at("09:45") } });
  const state = stateOf([live], { alarms: [quiet, alarm("warning", { severity: "warning" }), alarm("error")] });
  assert.deepEqual(
    alarmsOf(state, "main").map((one) => one.id),
    ["error", "warning", "quiet"],
  );
  assert.equal(worst(alarmsOf(state, "main")), "error");
  assert.equal(worst([quiet]), null);
});

test("the wall in one line", () => {
  const rooms = [room("main", "Hall A", { state: "live" }), room("side", "Hall B")];
  assert.equal(summary(stateOf([live], { rooms })), "1 of 2 on air");
  const alarms = [alarm("a"), alarm("b"), alarm("disk", { room: null })];
  assert.equal(summary(stateOf([live], { rooms, alarms })), "1 of 2 on air · 1 room needs you · an alarm of no room");
});

test("a decision names sessions by their titles and rooms by their names", () => {
  const state = stateOf([live]);
  assert.equal(
    inTitles({ description: "extend 1 by 5 min", session: "1", room: "main" }, state),
    "extend “Session 1” by 5 min",
  );
  assert.equal(inTitles({ description: "mute room main", session: null, room: "main" }, state), "mute Hall A");
  assert.equal(inTitles({ description: "end gone", session: "gone", room: null }, state), "end gone");
});

// -- the wall fits ----------------------------------------------------------------------------------------------------

for (const [cells, width, height] of [
  [1, 1416, 770],
  [2, 1416, 770],
  [6, 1416, 770],
  [7, 1416, 770],
  [12, 1416, 770],
  [30, 1416, 770],
  [30, 1896, 950],
  [34, 1896, 950],
]) {
  test(`${cells} tiles fit ${width} by ${height} pixels`, () => {
    const { count, picture } = fitting(cells, width, height);
    const tile = (width - (count - 1) * 8) / count;
    assert.ok(Math.ceil(cells / count) * (picture + textHeight(tile) + 8) <= height + 1);
    assert.ok(picture > 60);
  });
}

test("six rooms get three columns, and what can't fit is scrolled", () => {
  assert.equal(fitting(6, 1416, 770).count, 3);
  assert.equal(fitting(1, 360, 700).count, 1);
  const phone = fitting(30, 360, 700);
  assert.ok(phone.count <= 2);
  assert.ok(phone.picture > 80);
});

// -- levels -----------------------------------------------------------------------------------------------------------

test("loudness is shown on the EBU +18 scale, and peaks in dBFS", () => {
  assert.equal(onScale(-59), 0);
  assert.equal(onScale(-5), 1);
  assert.equal(onScale(-23).toFixed(3), "0.667");
  assert.equal(onScale(-200), 0);
  assert.equal(onScale(Number.NaN), 0);
  assert.equal(ofPeak(0), 1);
  assert.equal(ofPeak(-30), 0.5);
  assert.equal(ofPeak(-90), 0);
});

// -- what can be done -------------------------------------------------------------------------------------------------

function place(more = {}) {
  return { room: room("main", "Hall A"), current: null, next: null, muted: false, now: NOW, ...more };
}

test("a room offers what makes sense in it, each under a key of its own", () => {
  const names = (here) => offered(here).map((one) => one.id);
  assert.ok(names(place({ current: live, next })).includes("extend"));
  assert.ok(!names(place({ current: live, next })).includes("start"));
  assert.ok(names(place({ next })).includes("start"));
  assert.ok(!names(place({ current: { ...live, state: "held" } })).includes("hold"));
  assert.deepEqual(names(place()), ["mute", "add", "help", "notice"]);
  assert.deepEqual(names(place({ muted: true })), ["unmute", "add", "help", "notice"]);
  for (const here of [place({ current: live, next }), place({ next }), place({ muted: true })]) {
    const keys = offered(here).map((one) => one.key).filter(Boolean);
    assert.equal(new Set(keys).size, keys.length);
  }
  assert.equal(actionOf("U", place({ muted: true })).id, "unmute");
  assert.equal(actionOf("5", place()), null);
});

test("what can't be taken back easily asks first, and names the room", () => {
  const here = place({ current: live, next });
  for (const id of ["end", "mute", "cancel", "consent"]) {
    const action = ACTIONS.find((one) => one.id === id);
    assert.match(action.ask(here).title, /Hall A/);
    assert.ok(action.ask(here).words.length > 0);
  }
  assert.equal(ACTIONS.find((one) => one.id === "extend").ask, undefined);
});

test("requests go to the session or the room that is meant", () => {
  const here = place({ current: live, next, room: room("a b", "Hall") });
  const path = (id) => ACTIONS.find((one) => one.id === id).path(here);
  assert.equal(path("extend"), "/api/v1/sessions/1/extend");
  assert.equal(path("start"), "/api/v1/sessions/2/start");
  assert.equal(path("mute"), "/api/v1/rooms/a%20b/mute");
});

// -- what follows -----------------------------------------------------------------------------------------------------

test("a preview says what moves, what attendees read and what is in the way", () => {
  const state = stateOf([live, next]);
  const longer = { ...live, end: at("10:20") };
  const conflict = { session: "1", with: "2", message: "both want Hall A" };
  const lines = consequences(state, { sessions: [longer], conflicts: [conflict] }, venue, at("09:50"));
  assert.deepEqual(lines, [
    "Attendees read: “Session 1” in Hall A now ends at 10:20 (was 10:00).",
    "Conflict: both want Hall A.",
  ]);
  assert.deepEqual(consequences(state, { sessions: [], conflicts: [] }, venue, at("09:50")), ["No session moves."]);
  const both = { sessions: [longer, { ...next, start: at("10:30"), end: at("11:15") }], conflicts: [] };
  assert.equal(consequences(state, both, venue, at("09:50"))[0], "2 sessions move.");
});

// -- the day ----------------------------------------------------------------------------------------------------------

test("the timeline shows today, and before the conference its first day", () => {
  const state = stateOf([live, next, session("3", "09:00", "10:00", { start: at("09:00", "2025-09-09"), end: at("10:00", "2025-09-09") })]);
  const today = dayShown(state, venue, NOW);
  assert.deepEqual(today.sessions.map((one) => one.id), ["1", "2"]);
  assert.ok(today.from <= Date.parse(at("09:00")));
  assert.ok(today.to >= Date.parse(at("11:00")));
  const early = dayShown(state, venue, Date.parse(at("12:00", "2025-09-01")));
  assert.deepEqual(early.sessions.map((one) => one.id), ["1", "2"]);
  assert.deepEqual(dayShown(stateOf([]), venue, NOW).sessions, []);
});
