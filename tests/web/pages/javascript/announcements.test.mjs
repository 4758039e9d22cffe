import assert from "node:assert/strict";
import { test } from "node:test";

import { announce, Announced, differences } from "../../../../streamer/web/static/announcements.js";
import { apply } from "../../../../streamer/web/static/store.js";
import { at, change, room, session, stateOf, venue } from "./a_day.mjs";

const talk = session("1", "10:00", "11:00", { title: "Looking forward" });

function said(before, event) {
  return announce(before, event, apply(before, event).state, venue);
}

function text(kind, document, was = talk) {
  return said(stateOf([was]), change(kind, { session: document })).map((one) => one.text);
}

test("a start and an end", () => {
  assert.deepEqual(text("session.live", { ...talk, state: "live" }), ["“Looking forward” has started in Hall A."]);
  assert.deepEqual(text("session.live", { ...talk, state: "live", stream: false }), [
    "“Looking forward” has started in Hall A. It is not streamed.",
  ]);
  assert.deepEqual(text("session.live", { ...talk, state: "live" }, { ...talk, state: "ended" }), [
    "“Looking forward” continues in Hall A.",
  ]);
  assert.deepEqual(text("session.ended", { ...talk, state: "ended" }), ["“Looking forward” in Hall A has ended."]);
  assert.deepEqual(text("session.held", { ...talk, state: "held" }), [
    "“Looking forward” in Hall A runs over its time.",
  ]);
});

test("a move says from where to where", () => {
  assert.deepEqual(text("session.moved", { ...talk, end: at("11:10") }), [
    "“Looking forward” in Hall A now ends at 11:10 (was 11:00).",
  ]);
  assert.deepEqual(text("session.moved", { ...talk, start: at("10:12"), end: at("11:12") }), [
    "“Looking forward” in Hall A is now 10:12–11:12 (was 10:00–11:00).",
  ]);
  assert.deepEqual(text("session.moved", { ...talk, room: "side" }), [
    "“Looking forward” moves from Hall A to Hall B, 10:00–11:00.",
  ]);
  assert.deepEqual(
    text("session.moved", { ...talk, start: at("10:00", "2025-09-09"), end: at("11:00", "2025-09-09") }),
    ["“Looking forward” in Hall A is now Tue 9 Sept, 10:00–11:00 (was Mon 8 Sept, 10:00–11:00)."],
  );
});

test("an end that was set to now is left to the end itself", () => {
  assert.deepEqual(text("session.moved", { ...talk, state: "live", end: at("09:50") }, { ...talk, state: "live" }), []);
});

test("cancelled, restored, new, removed, renamed", () => {
  const off = { ...talk, state: "cancelled" };
  assert.deepEqual(text("session.cancelled", off), ["“Looking forward” (10:00–11:00, Hall A) is cancelled."]);
  assert.deepEqual(text("session.changed", talk, off), [
    "“Looking forward” takes place after all: 10:00–11:00, Hall A.",
  ]);
  assert.deepEqual(
    said(stateOf([]), change("session.changed", { session: talk }))[0].text,
    "New in Hall A, 10:00–11:00: “Looking forward”.",
  );
  assert.deepEqual(text("session.changed", { ...off, removed: true }), [
    "“Looking forward” is no longer in the programme.",
  ]);
  assert.deepEqual(text("session.changed", { ...talk, title: "Looking back" }), [
    "“Looking forward” (10:00–11:00, Hall A) is now called “Looking back”.",
  ]);
});

test("consent that is withdrawn is told, as far as viewers notice it", () => {
  assert.deepEqual(text("session.changed", { ...talk, stream: false }), ["“Looking forward” is not streamed."]);
  assert.deepEqual(text("session.changed", { ...talk, record: false }), []);
});

test("what viewers need not know makes no notice", () => {
  assert.deepEqual(
    said(stateOf([talk]), change("room.state", { room: room("main", "Hall A", { state: "live" }) })),
    [],
  );
  assert.deepEqual(text("session.changed", { ...talk, recording: "ready" }), []);
});

test("starts and ends are for the room, everything else for everybody", () => {
  const [start] = said(stateOf([talk]), change("session.live", { session: { ...talk, state: "live" } }));
  const [cancelled] = said(stateOf([talk]), change("session.cancelled", { session: { ...talk, state: "cancelled" } }));
  assert.deepEqual([start.everywhere, start.room, cancelled.everywhere], [false, "main", true]);
});

test("a long title does not drown the news", () => {
  const long = {
    ...talk,
    title: "Infrastructure requirements, data standards and competencies to support personalised medicine",
  };
  assert.match(
    text("session.ended", { ...long, state: "ended" }, long)[0],
    /^“Infrastructure requirements, data standards and competencies to…” in Hall A/,
  );
});

test("the crew's words come as they are, with the room where there are several", () => {
  const words = { id: "n1", room: "side", text: "<b>Lunch</b> is served" };
  const [one] = said(stateOf([]), change("notice", { notice: words }));
  assert.deepEqual([one.id, one.text], ["notice:n1", "Hall B: <b>Lunch</b> is served"]);
  assert.equal(
    said(stateOf([], { rooms: [room("side", "Hall B")] }), change("notice", { notice: words }))[0].text,
    "<b>Lunch</b> is served",
  );
});

test("a new timetable is told one by one where few sessions changed, else in one sentence", () => {
  const four = ["1", "2", "3", "4"].map((id) => session(id, "10:00", "11:00"));
  const before = stateOf(four);
  const later = four.map((one) => ({ ...one, start: at("10:30"), end: at("11:30") }));
  assert.equal(differences(before, stateOf([later[0], ...four.slice(1)]), venue, "x", at("09:00")).length, 1);
  const all = differences(
    before,
    stateOf([...later.slice(0, 3), session("9", "12:00", "13:00")]),
    venue,
    "x",
    at("09:00"),
  );
  assert.deepEqual(
    all.map((one) => one.text),
    ["The programme has changed: 3 sessions moved, 1 new, 1 removed."],
  );
  assert.deepEqual(differences(before, before, venue, "x", at("09:00")), []);
});

test("nothing is said twice", () => {
  const announced = new Announced();
  const one = said(stateOf([]), change("notice", { notice: { id: "n1", text: "a" } }));
  const again = said(stateOf([]), change("notice", { revision: 8, notice: { id: "n1", text: "a" } }));
  assert.deepEqual([announced.fresh(one).length, announced.fresh(again).length], [1, 0]);
});
