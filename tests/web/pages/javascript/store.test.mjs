import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, talks } from "../../../../streamer/web/static/store.js";
import { at, change, room, session, snapshot, stateOf } from "./a_day.mjs";

test("a change replaces the documents it carries, whole, and nothing else", () => {
  const before = stateOf([session("1", "09:00", "10:00"), session("2", "10:00", "11:00")]);
  const { state, outcome } = apply(
    before,
    change("session.live", { session: { id: "1", state: "live" }, room: room("main", "Hall A", { state: "live" }) }),
  );
  assert.equal(outcome, "applied");
  assert.deepEqual(state.sessions.get("1"), { id: "1", state: "live" });
  assert.equal(state.sessions.get("2"), before.sessions.get("2"));
  assert.equal(state.rooms.get("main").state, "live");
  assert.equal(state.revision, 8);
  assert.equal(before.sessions.get("1").state, "scheduled", "the former state is untouched");
});

test("rooms keep their order when one changes", () => {
  const { state } = apply(stateOf([]), change("room.state", { room: room("main", "Hall A", { state: "live" }) }));
  assert.deepEqual([...state.rooms.keys()], ["main", "side"]);
});

test("a change that is known already changes nothing", () => {
  const before = stateOf([]);
  for (const revision of [7, 3]) {
    assert.deepEqual(apply(before, change("room.state", { revision, room: room("main", "X") })), {
      state: before,
      outcome: "known",
    });
  }
});

test("a hole in the revisions and another epoch are refused", () => {
  const before = stateOf([]);
  assert.equal(apply(before, change("room.state", { revision: 9 })).outcome, "gap");
  assert.equal(apply(before, change("room.state", { epoch: "f" })).outcome, "gap");
});

test("a timetable replaces all rooms and sessions", () => {
  const before = stateOf([session("1", "09:00", "10:00")]);
  const { state } = apply(
    before,
    change("timetable", { rooms: [room("new", "New")], sessions: [session("9", "12:00", "13:00")] }),
  );
  assert.deepEqual([[...state.rooms.keys()], [...state.sessions.keys()]], [["new"], ["9"]]);
});

test("a kind nobody has heard of counts, so that the next change fits", () => {
  assert.equal(apply(stateOf([]), change("weather", { weather: "fine" })).state.revision, 8);
});

test("what the crew is told of the feed is replaced whole; an empty word of it is none", () => {
  assert.equal(stateOf([]).feed, null);
  assert.equal(stateOf([], { feed: {} }).feed, null);
  const before = stateOf([], { feed: { source: "a", held: [{ id: "h" }] }, unknown_rooms: [{ id: "yard" }] });
  assert.deepEqual(before.unknownRooms, [{ id: "yard" }]);
  const { state, outcome } = apply(before, change("feed", { feed: { source: "a", held: [] } }));
  assert.equal(outcome, "applied");
  assert.deepEqual(state.feed, { source: "a", held: [] });
  assert.equal(apply(before, change("room.state", {})).state.feed, before.feed);
});

test("what is removed, cleared or ended for good goes", () => {
  const crew = { jobs: [{ id: "j", state: "running", pid: 5 }], alarms: [{ id: "a", message: "m" }] };
  let state = stateOf([session("1", "09:00", "10:00")], crew);
  state = apply(state, change("session.changed", { session: { id: "1", removed: true } })).state;
  state = apply(state, change("alarm", { revision: 9, alarm: { id: "a", message: "m", cleared: true } })).state;
  state = apply(state, change("job.state", { revision: 10, job: { id: "j", state: "exited", pid: null } })).state;
  assert.deepEqual([state.sessions.size, state.alarms.size, state.jobs.size, state.revision], [0, 0, 0, 10]);
});

test("a recording goes by its session", () => {
  const state = stateOf([], { recordings: [{ session: "1", state: "capturing" }] });
  const after = apply(state, change("recording.state", { recording: { session: "1", state: "ready" } })).state;
  assert.deepEqual([...after.recordings], [["1", { session: "1", state: "ready" }]]);
});

test("talks are in order of time, breaks left out", () => {
  const state = stateOf([
    session("b", "11:00", "12:00"),
    session("a", "09:00", "10:00"),
    session("c", "10:00", "11:00", { kind: "break" }),
  ]);
  assert.deepEqual(
    talks(state).map(({ id }) => id),
    ["a", "b"],
  );
  assert.equal(snapshot([]).now, at("08:00"));
});
