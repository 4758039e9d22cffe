import assert from "node:assert/strict";
import { test } from "node:test";

import { countdown, elapsedShare, roughly } from "../../../../streamer/web/static/countdown.js";
import {
  bytes,
  count,
  digits,
  duration,
  percent,
  sameClock,
  speakerLine,
  untilNext,
  zoneCity,
  ZoneTimes,
} from "../../../../streamer/web/static/format.js";

const copenhagen = new ZoneTimes("Europe/Copenhagen");
const newYork = new ZoneTimes("America/New_York");

test("an instant is written as the zone's clocks show it, summer and winter", () => {
  assert.equal(copenhagen.clock("2025-09-08T07:30:00Z"), "09:30");
  assert.equal(copenhagen.clock("2025-12-08T07:30:00Z"), "08:30");
  assert.equal(newYork.clock("2025-09-08T07:30:00Z"), "03:30");
  assert.equal(copenhagen.clockWithSeconds(Date.parse("2025-09-08T22:00:05Z")), "00:00:05");
});

test("a day is the zone's day, and its key sorts", () => {
  assert.equal(copenhagen.day("2025-09-08T07:30:00Z"), "Monday 8 September");
  assert.equal(copenhagen.dayKey("2025-09-08T22:30:00Z"), "2025-09-09");
  assert.equal(newYork.dayKey("2025-09-08T22:30:00Z"), "2025-09-08");
});

test("a range names the day on which it ends only where that is another one", () => {
  assert.equal(copenhagen.range("2025-09-08T09:00+02:00", "2025-09-08T10:30+02:00"), "09:00–10:30");
  assert.equal(copenhagen.range("2025-09-08T23:30+02:00", "2025-09-09T00:15+02:00"), "23:30–00:15 (Tue)");
});

test("a zone that the browser does not know is read as UTC", () => {
  assert.equal(new ZoneTimes("Mars/Olympus").clock("2025-09-08T07:30:00Z"), "07:30");
});

test("zones are compared at the instants that matter", () => {
  const summer = ["2025-09-08T07:30:00Z"];
  assert.ok(sameClock(copenhagen, new ZoneTimes("Europe/Berlin"), summer));
  assert.ok(sameClock(new ZoneTimes("UTC"), new ZoneTimes("Europe/London"), ["2025-12-08T07:30:00Z"]));
  assert.ok(!sameClock(new ZoneTimes("UTC"), new ZoneTimes("Europe/London"), summer));
  assert.equal(zoneCity("America/Argentina/Buenos_Aires"), "Buenos Aires");
});

test("lengths in words and in digits", () => {
  assert.deepEqual([0, 12, 60, 245, 3600, 3900].map(duration), [
    "0 s",
    "12 s",
    "1 min",
    "4 min 05 s",
    "1 h",
    "1 h 05 min",
  ]);
  assert.deepEqual([0.01, 0.44, 3, 9.96].map(duration), ["0.1 s", "0.4 s", "3 s", "10 s"]);
  assert.deepEqual([-3, 5.9, 750, 3723].map(digits), ["0:00", "0:05", "12:30", "1:02:03"]);
});

test("sizes", () => {
  assert.deepEqual([0, 999, 1000, 1_834_567_890, 123_400_000, 999_600].map(bytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.8 GB",
    "123 MB",
    "1.0 MB",
  ]);
  assert.equal(bytes(Number.NaN), "");
});

test("only what is whole reads 100 %, only what is nothing reads 0 %", () => {
  assert.deepEqual([1, 0.99999, 0.9871, 0.5, 0.00001, 0].map(percent), [
    "100 %",
    "99.9 %",
    "98.7 %",
    "50 %",
    "0.1 %",
    "0 %",
  ]);
});

test("speakers from names or documents", () => {
  assert.equal(speakerLine(["Ada", { name: "Bo", affiliation: "Lif" }, { name: "Cy" }, null]), "Ada · Bo (Lif) · Cy");
  assert.equal(speakerLine([{ name: "Bo", affiliation: "Lif" }, "Cy"], true), "Bo, Cy");
  assert.equal(speakerLine(undefined), "");
  assert.equal(count(1, "gap"), "1 gap");
  assert.equal(count(2, "process", "processes"), "2 processes");
});

test("a countdown reaches zero and stays there", () => {
  const [hour, day] = [3_600_000, 86_400_000];
  assert.deepEqual([2 * day + 4 * hour, day, day - 1, hour + 150_000, 750_000, 999, 0, -5].map(countdown), [
    "2 days 4 h",
    "1 day",
    "24:00:00",
    "1:02:30",
    "12:30",
    "0:01",
    "now",
    "now",
  ]);
  assert.deepEqual([0, 1, 61_000, 130 * 60_000, 72 * hour].map(roughly), [
    "now",
    "in 1 min",
    "in 2 min",
    "in 2 h 10 min",
    "in 3 days",
  ]);
});

test("the share of a window that has passed stays within it", () => {
  assert.deepEqual(
    [5, 15, 25].map((now) => elapsedShare(10, 20, now)),
    [0, 0.5, 1],
  );
  assert.equal(elapsedShare(10, 10, 9), 0);
});

test("beats fall on whole seconds", () => {
  assert.equal(untilNext(12_345), 655);
  assert.equal(untilNext(12_000), 1000);
});
