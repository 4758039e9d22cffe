import assert from "node:assert/strict";
import { test } from "node:test";

import { agenda, dayOf } from "../../../../streamer/web/static/agenda.js";
import { billing, nextLine } from "../../../../streamer/web/static/billing.js";
import { firstRoom, roomWord, situation } from "../../../../streamer/web/static/situation.js";
import { at, room, session, stateOf, venue } from "./a_day.mjs";

const first = session("1", "09:00", "10:00", { title: "First", speakers: [{ name: "Ada", affiliation: "Lif" }] });
const second = session("2", "10:15", "11:00", { title: "Second" });
const live = { ...first, state: "live", on_air: true };

function here(state, clock, day) {
  return situation(state, "main", venue, Date.parse(at(clock, day)));
}

function words(state, clock, day) {
  return billing(here(state, clock, day), venue, venue, Date.parse(at(clock, day)));
}

test("before the first session there is a countdown to it", () => {
  const state = stateOf([first, second]);
  const said = words(state, "08:47");
  assert.equal(here(state, "08:47").phase, "soon");
  assert.deepEqual(
    [said.title, said.speakers, said.when, said.pill],
    ["First", "Ada", "09:00–10:00", "Starts in 13:00"],
  );
  assert.equal(roomWord(state, here(state, "08:47")), "Not started");
});

test("a session that is due and not yet there is announced, not skipped", () => {
  const due = stateOf([first, second], { rooms: [room("main", "Hall A", { session: "1", next: "2" })] });
  const said = words(due, "09:02");
  assert.equal(here(due, "09:02").phase, "waiting");
  assert.deepEqual([said.title, said.pill], ["First", "Any moment now"]);
  assert.match(said.note, /due at 09:00/);
});

test("what is on says when it ends, and what comes next", () => {
  const state = stateOf([live, second], {
    rooms: [room("main", "Hall A", { state: "live", session: "1", next: "2" })],
  });
  const now = here(state, "09:50");
  const said = words(state, "09:50");
  assert.deepEqual(
    [now.phase, said.kicker, said.when, said.pill],
    ["live", "On now", "09:00–10:00, ends in 10 min", ""],
  );
  assert.deepEqual(nextLine(now, venue, Date.parse(at("09:50"))), {
    title: "Second",
    when: "10:15–11:00",
    wait: "in 25:00",
  });
});

test("a held session is running over and has no end to count to", () => {
  const said = words(stateOf([{ ...live, state: "held" }, second]), "10:05");
  assert.deepEqual([said.kicker, said.when], ["On now, running over", "09:00–10:00"]);
});

test("a session that is not streamed says so", () => {
  const state = stateOf([{ ...first, state: "live", stream: false }]);
  assert.equal(here(state, "09:10").phase, "unstreamed");
  assert.match(words(state, "09:10").note, /not streamed/);
  assert.equal(roomWord(state, here(state, "09:10")), "Not streamed");
});

test("of overlapping sessions the later start is on", () => {
  const state = stateOf([live, { ...second, start: at("09:30"), state: "live", on_air: true }]);
  assert.equal(here(state, "09:40").current.id, "2");
});

test("trouble is told without alarm", () => {
  for (const [state, word] of [
    ["muted", /paused/],
    ["fault", /technical problem/],
  ]) {
    assert.match(words(stateOf([live], { rooms: [room("main", "A", { state, session: "1" })] }), "09:10").note, word);
  }
});

test("a timetable of another day says when the next session is", () => {
  const said = words(stateOf([first]), "18:00", "2025-09-05");
  assert.equal(said.kicker, "The next session is on Monday 8 September");
  assert.deepEqual([said.when, said.pill], ["Monday 8 September, 09:00–10:00", "Starts in 2 days 15 h"]);
});

test("after the last session it says so, of the room and of the day", () => {
  const over = { ...first, state: "ended" };
  assert.match(words(stateOf([over, { ...second, room: "side" }]), "10:05").title, /last session in this room/);
  assert.match(words(stateOf([over, { ...second, state: "cancelled" }]), "12:00").title, /That was the last session\./);
  assert.match(words(stateOf([{ ...second, room: "side" }]), "09:00").title, /This room has no sessions/);
  assert.match(words(stateOf([]), "09:00").title, /not published yet/);
});

test("a session whose end has passed is no longer next", () => {
  assert.equal(here(stateOf([first, second]), "10:05").next.id, "2");
});

test("the room to open is a live one, else the one where something starts first", () => {
  const rooms = [room("main", "A"), room("side", "B", { state: "live" })];
  assert.equal(firstRoom(stateOf([first], { rooms })), "side");
  assert.equal(firstRoom(stateOf([{ ...first, room: "side" }, second])), "side");
  assert.equal(firstRoom(stateOf([])), "main");
  assert.equal(firstRoom(stateOf([], { rooms: [] })), null);
});

test("the programme is by the reader's days, opened at what is running or comes next", () => {
  const late = { ...session("3", "23:30", "23:59"), end: at("00:30", "2025-09-09") };
  const tomorrow = {
    ...session("4", "09:00", "10:00"),
    start: at("09:00", "2025-09-09"),
    end: at("10:00", "2025-09-09"),
  };
  const days = agenda([tomorrow, late, first], venue);
  assert.deepEqual(
    days.map((day) => [day.key, day.sessions.map(({ id }) => id)]),
    [
      ["2025-09-08", ["1", "3"]],
      ["2025-09-09", ["4"]],
    ],
  );
  assert.equal(dayOf(days, venue, Date.parse(at("08:00"))), "2025-09-08");
  assert.equal(
    dayOf(agenda([{ ...first, state: "ended" }, tomorrow], venue), venue, Date.parse(at("20:00"))),
    "2025-09-09",
  );
  assert.equal(
    dayOf(agenda([{ ...late, state: "live" }, tomorrow], venue), venue, Date.parse(at("00:10", "2025-09-09"))),
    "2025-09-08",
  );
  assert.equal(dayOf(days, venue, Date.parse(at("08:00", "2025-10-01"))), "2025-09-09");
  assert.equal(dayOf([], venue, 0), null);
});
