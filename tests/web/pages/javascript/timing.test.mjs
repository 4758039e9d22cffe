import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../../../streamer/web/static/clock.js";
import { learnCues, upcoming } from "../../../../streamer/web/static/cues.js";
import { HLS_OPTIONS } from "../../../../streamer/web/static/player.js";
import { Watchdog } from "../../../../streamer/web/static/watchdog.js";
import { at, session, snapshot, stateOf, venue } from "./a_day.mjs";

test("the server's time counts, whatever the browser's clock says", () => {
  let [wall, steady] = [1_000_000, 0];
  const clock = new ServerClock(
    () => wall,
    () => steady,
  );
  clock.sync("2025-09-08T09:00:00+02:00");
  wall += 5000;
  steady += 5000;
  assert.equal(new Date(clock.now()).toISOString(), "2025-09-08T07:00:05.000Z");
  assert.equal(clock.suspect, false);
});

test("a clock that was set, and a machine that slept, make it doubtful until the server is asked", () => {
  let [wall, steady] = [1_000_000, 0];
  const clock = new ServerClock(
    () => wall,
    () => steady,
  );
  assert.equal(clock.suspect, false, "nothing was promised yet");
  clock.sync("2025-09-08T09:00:00+02:00");
  wall += 3_600_000;
  assert.equal(clock.suspect, true);
  clock.sync("2025-09-08T10:00:00+02:00");
  assert.equal(clock.suspect, false);
  clock.sync("nonsense");
  assert.equal(clock.now(), Date.parse("2025-09-08T10:00:00+02:00"));
});

function watch(watchdog, from, to, position, wanted = true) {
  const reloads = [];
  for (let now = from; now < to; now += 1000) {
    if (watchdog.observe({ at: now, position: position(now), wanted })) reloads.push(now);
  }
  return reloads;
}

test("a picture that moves is left alone", () => {
  assert.deepEqual(
    watch(new Watchdog(6000), 0, 60_000, (now) => now / 1000),
    [],
  );
});

test("a picture that stands still is reloaded, each time more patiently", () => {
  assert.deepEqual(
    watch(new Watchdog(6000), 0, 100_000, () => 4),
    [6000, 18_000, 42_000, 90_000],
  );
});

test("after a good stretch it is impatient again", () => {
  const watchdog = new Watchdog(6000);
  assert.deepEqual(
    watch(watchdog, 0, 10_000, () => 4),
    [6000],
  );
  assert.deepEqual(
    watch(watchdog, 10_000, 40_000, (now) => now / 1000),
    [],
  );
  assert.deepEqual(
    watch(watchdog, 40_000, 50_000, () => 4),
    [46_000],
  );
});

test("a paused or hidden picture may stand still", () => {
  const watchdog = new Watchdog(6000);
  assert.deepEqual(
    watch(watchdog, 0, 60_000, () => 4, false),
    [],
  );
  assert.equal(watchdog.standsStill(60_500), false);
  assert.deepEqual(
    watch(watchdog, 60_000, 63_000, () => 4),
    [],
  );
  assert.equal(watchdog.standsStill(63_000), true);
});

test("how close to the edge to play is left to the playlist", () => {
  const said = Object.keys(HLS_OPTIONS).filter((name) => /^liveSyncDuration|^liveMaxLatency/.test(name));
  assert.deepEqual(said, [], "hls.js would no longer heed PART-HOLD-BACK");
  assert.equal(HLS_OPTIONS.liveSyncOnStallIncrease, 0);
});

const talk = session("1", "10:00", "11:00");
const cues = [
  { at: at("09:50"), session: "1", action: "capture.start" },
  { at: at("10:00"), session: "1", action: "session.start" },
  { at: at("11:00"), session: "1", action: "session.end" },
  { at: at("11:02"), session: "1", action: "recording.stop" },
];

function named(found) {
  return found.map(({ at: when, action, session: of }) => `${venue.clock(when)} ${action} ${of.id}`);
}

test("cues follow their sessions when these move", () => {
  const learnt = learnCues(snapshot([talk], { cues }));
  const moved = stateOf([{ ...talk, end: at("11:10") }, session("2", "12:00", "13:00", { record: false })]);
  assert.deepEqual(named(upcoming(moved, learnt, Date.parse(at("09:55")), 9)), [
    "10:00 session.start 1",
    "11:10 session.end 1",
    "11:12 recording.stop 1",
    "11:50 capture.start 2",
    "12:00 session.start 2",
    "13:00 session.end 2",
  ]);
});

test("a cancelled session has no cues, and only so many are asked for", () => {
  const learnt = learnCues(snapshot([talk], { cues }));
  assert.deepEqual(upcoming(stateOf([{ ...talk, state: "cancelled" }]), learnt, 0, 9), []);
  assert.equal(upcoming(stateOf([talk]), learnt, 0, 2).length, 2);
});
