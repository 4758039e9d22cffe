import assert from "node:assert/strict";
import { test } from "node:test";

import { stageTime } from "../../../../streamer/web/static/stage_time.js";
import { at, session, venue } from "./a_day.mjs";

const live = session("1", "09:00", "10:00", { state: "live" });
const next = session("2", "10:15", "11:00");

function face(here, clock) {
  return stageTime({ current: null, next: null, ...here }, venue, Date.parse(at(clock)));
}

test("the time that is left is counted down, and what is over is counted up", () => {
  assert.deepEqual(face({ current: live }, "09:50"), { time: "10:00", words: "left", mood: "running" });
  assert.deepEqual(face({ current: live }, "09:56"), { time: "4:00", words: "left", mood: "close" });
  assert.deepEqual(face({ current: live }, "10:02"), { time: "+2:00", words: "over time", mood: "over" });
});

test("a held session is over from the end that it had", () => {
  const held = { ...live, state: "held", end: at("10:15"), held_since: at("10:00") };
  assert.deepEqual(face({ current: held }, "10:03"), { time: "+3:00", words: "over time", mood: "over" });
});

test("before a session it counts to the start, and without one it is a clock", () => {
  assert.deepEqual(face({ next }, "10:05"), { time: "10:00", words: "until the start", mood: "before" });
  assert.deepEqual(face({ next }, "10:16"), { time: "0:00", words: "starts now", mood: "before" });
  assert.deepEqual(face({ next }, "08:00"), { time: "08:00", words: "", mood: "none" });
  assert.deepEqual(face({}, "08:00"), { time: "08:00", words: "", mood: "none" });
});
