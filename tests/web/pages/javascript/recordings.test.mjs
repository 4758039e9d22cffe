import assert from "node:assert/strict";
import { test } from "node:test";

import { boundsOf, dragged, moved, nearest, request, secondOfDay } from "../../../../streamer/web/static/bounds_times.js";
import { ZoneTimes } from "../../../../streamer/web/static/format.js";
import { MediaTime } from "../../../../streamer/web/static/media_time.js";
import {
  byDay,
  canBeCut,
  canBeReported,
  canBeWatched,
  chosen,
  filesOf,
  summary,
  untilChange,
} from "../../../../streamer/web/static/recording_states.js";
import {
  framesLine,
  loudnessLine,
  offsetLine,
  peakRemark,
  shapeLine,
  spanLine,
  verdict,
} from "../../../../streamer/web/static/report_words.js";
import { marksAt, marksOf, markWords, tally } from "../../../../streamer/web/static/timeline_marks.js";
import { at, venue } from "./a_day.mjs";

const T = Date.parse(at("09:30"));

// -- the list ----------------------------------------------------------------------------------------

const mp4 = { name: "a.mp4", kind: "mp4", bytes: 1_500_000_000 };
const listed = [
  { session: "2", room: "b", state: "capturing", start: at("00:10", "2025-09-09"), end: at("00:40", "2025-09-09"), files: [] },
  { session: "1", room: "a", state: "ready", start: at("23:10"), files: [mp4, { kind: "vod", bytes: 900 }] },
  { session: "4", room: "b", state: "partial", start: at("08:10"), files: [] },
  { session: "3", room: "a", state: "off", start: at("09:10"), files: [] },
];

test("recordings by the venue's day, and by room in the rooms' order", () => {
  const days = byDay(listed, venue, ["b", "a"]);
  assert.deepEqual(
    days.map(({ label, rooms }) => [label, rooms.map(({ room, recordings }) => [room, recordings.map((r) => r.session)])]),
    [
      ["Monday 8 September", [["b", ["4"]], ["a", ["3", "1"]]]], // prettier-ignore
      ["Tuesday 9 September", [["b", ["2"]]]],
    ],
  );
  assert.deepEqual(byDay(listed, venue)[0].rooms.map(({ room }) => room), ["a", "b"], "rooms that nobody ordered");
});

test("the head counts what is ready and what needs a look, and the size of files alone", () => {
  assert.equal(summary(listed), "1 of 3 recordings ready · 1 needs a look · 1.5 GB");
  assert.equal(summary([]), "");
});

test("what is shown is chosen by room and by what has to be done", () => {
  const ids = (room, choice) => chosen(listed, room, choice).map(({ session }) => session);
  assert.deepEqual([ids("", ""), ids("b", ""), ids("", "look"), ids("a", "look"), ids("", "making")], [
    ["2", "1", "4", "3"],
    ["2", "4"],
    ["4"],
    [],
    ["2"],
  ]);
});

test("what can be done with a recording follows from its state and files", () => {
  const of = (state, ...kinds) => ({ state, files: kinds.map((kind) => ({ kind, name: kind })) });
  const can = (one) => [canBeWatched(one), canBeReported(one), canBeCut(one)];
  assert.deepEqual(can(of("pending")), [false, false, false]);
  assert.deepEqual(can(of("capturing")), [false, false, true]);
  assert.deepEqual(can(of("finalising", "vod")), [true, false, true]);
  assert.deepEqual(can(of("ready", "mp4", "report")), [true, true, true]);
  assert.deepEqual(can(of("failed")), [false, true, true]);
  assert.deepEqual(can(of("erased")), [false, false, false]);
});

test("parts come in their order", () => {
  const files = [10, 2, 1].map((n) => ({ kind: "mp4", name: `talk_part${n}.mp4` }));
  assert.deepEqual(
    filesOf({ files }, "mp4").map(({ name }) => name),
    ["talk_part1.mp4", "talk_part2.mp4", "talk_part10.mp4"],
  );
});

test("what changes within seconds is looked at again soon", () => {
  const ready = { state: "ready", end: at("09:00") };
  assert.equal(untilChange([ready, { state: "finalising" }], T), 0);
  assert.equal(untilChange([ready, { state: "capturing", end: at("09:29") }], T), 0);
  assert.equal(untilChange([ready, { state: "capturing", end: at("09:31") }], T), 60_000);
  assert.equal(untilChange([ready, { state: "finalising", reason: "less than the reserve is free" }], T), Infinity);
});

// -- the timeline ------------------------------------------------------------------------------------

test("positions of a stream are instants, and a gap leads to where the picture goes on", () => {
  const time = MediaTime.ofFragments([
    { start: 0, duration: 2, programDateTime: T },
    { start: 2, duration: 2, programDateTime: T + 2000 },
    { start: 4, duration: 2, programDateTime: T + 10_000 },
  ]);
  assert.deepEqual([0, 3, 3.999, 4, 5, 99].map((s) => time.wallAt(s) - T), [0, 3000, 3999, 10_000, 11_000, 12_000]);
  assert.deepEqual([-5, 1, 7, 11, 99].map((s) => time.positionAt(T + s * 1000)), [0, 1, 4, 5, 6]);
  assert.deepEqual([time.start - T, time.end - T, time.length], [0, 12_000, 6]);
  assert.equal(MediaTime.ofFragments([{ start: 0, duration: 2, programDateTime: null }]), null);
});

test("files that follow each other say themselves where they lie", () => {
  const time = MediaTime.ofFiles([
    { duration: 6, timeline: [{ offset: 0, start: at("09:30"), duration: 4 }, { offset: 4, start: at("09:31"), duration: 2 }] }, // prettier-ignore
    { duration: 3, timeline: [{ offset: 0, start: at("09:40"), duration: 3 }] },
  ]);
  assert.deepEqual([5, 7].map((s) => (time.wallAt(s) - T) / 1000), [61, 601]);
  assert.equal(time.positionAt(Date.parse(at("09:35"))), 6);
  assert.equal(MediaTime.ofFiles([{}]), null, "an older report");
});

test("without either, the window less its gaps is what there is", () => {
  const gaps = [{ start: at("09:31"), duration: 60 }, { start: at("09:30"), duration: 10 }]; // prettier-ignore
  const time = MediaTime.ofWindow(T, T + 180_000, gaps);
  assert.equal(time.length, 110);
  assert.deepEqual([0, 50, 51].map((s) => (time.wallAt(s) - T) / 1000), [10, 120, 121]);
  assert.equal(MediaTime.ofWindow(T, T + 1000, [{ start: at("09:30"), duration: 1 }]).length, 0, "nothing but a gap");
});

const report = {
  gaps: [{ start: at("09:40"), duration: 4.2, cause: "the source delivered nothing" }],
  quality: {
    silent: [{ start: at("09:39"), duration: 120 }],
    black: [],
    frozen: [{ start: at("09:30"), duration: 3 }, { start: at("09:50"), duration: 3 }], // prettier-ignore
  },
};

test("a timeline points out what the report found, in order of time", () => {
  const marks = marksOf({ gaps: [] }, report);
  assert.deepEqual(
    marks.map((mark) => markWords(mark, venue)),
    [
      "Frozen picture: 09:30:00, 3 s",
      "Silent: 09:39:00, 2 min",
      "Missing: 09:40:00, 4.2 s: the source delivered nothing",
      "Frozen picture: 09:50:00, 3 s",
    ],
  );
  assert.deepEqual(
    tally(marks).map(({ words }) => words),
    ["1 gap", "1 silent stretch", "2 frozen stretches"],
  );
  const inside = (clock, slack) => marksAt(marks, Date.parse(at(clock)), slack).map(({ kind }) => kind);
  assert.deepEqual([inside("09:40"), inside("09:41"), inside("09:41", 60_000)], [["gap", "silent"], [], ["gap", "silent"]]);
  assert.deepEqual(marksOf({ gaps: report.gaps }, null).map(({ kind }) => kind), ["gap"], "before there is a report");
});

// -- the report --------------------------------------------------------------------------------------

test("figures are said in words and units", () => {
  assert.equal(framesLine(53998, 54000), "53,998 of 54,000 frames, 2 missing");
  assert.equal(framesLine(54000, 54000), "54,000 of 54,000 frames");
  assert.equal(framesLine(54001, 54000), "54,001 of 54,000 frames, 1 more than expected");
  assert.equal(framesLine(undefined, 10), "not counted");
  const quality = { loudness: -23.14, loudness_range: 5.2, true_peak: -1.2 };
  assert.equal(loudnessLine(quality), "−23.1 LUFS, range 5.2 LU, true peak −1.2 dBTP");
  assert.equal(loudnessLine(null), "not measured yet");
  assert.equal(loudnessLine({ loudness: null, loudness_range: null, true_peak: null }), "nothing can be heard");
  assert.deepEqual([peakRemark(quality), peakRemark({ true_peak: 0.3 })], ["", "Above −1.0 dBTP it may distort."]);
  assert.deepEqual([0, 0.0123, -0.04, null].map(offsetLine), [
    "in step",
    "sound begins 12 ms after the picture",
    "sound begins 40 ms before the picture",
    "not measured",
  ]);
  assert.equal(
    spanLine({ start: at("09:30"), end: at("10:30"), duration: 3588 }, venue),
    "Mon 8 Sept, 09:30:00 to 10:30:00 (0:59:48)",
  );
  assert.equal(spanLine(null, venue), "nothing");
  assert.equal(
    shapeLine({ width: 1280, height: 720, rate: 50, video: "h264", audio: null }),
    "1280 × 720, 50 fps, h264, no sound",
  );
});

test("a state says why in a sentence", () => {
  assert.equal(verdict({ state: "ready", reason: "", coverage: 1 }), "Complete: no second is missing.");
  assert.equal(verdict({ state: "partial", reason: "4 s are missing", coverage: 0.99 }), "4 s are missing.");
  assert.equal(verdict({ state: "partial", reason: "", coverage: 0.98 }), "Something is missing: 98 % is there.");
});

// -- the ends ----------------------------------------------------------------------------------------

test("a clock can be typed in the ways in which people do", () => {
  assert.deepEqual(["9:30", "09:30:05", "09.30.05", "093005", "0930", "23:59:59"].map(secondOfDay), [
    34200, 34205, 34205, 34205, 34200, 86399,
  ]);
  assert.deepEqual(["", "24:00", "09:60", "nine", "9", "09:30:60", "1:2:3"].map(secondOfDay), Array(7).fill(null));
});

test("what is typed means the nearest instant at which the venue's clocks show it", () => {
  const near = (text, from, zone = venue) => new Date(nearest(text, Date.parse(from), zone)).toISOString();
  assert.equal(near("09:35", at("09:30")), "2025-09-08T07:35:00.000Z");
  assert.equal(near("23:58", at("00:05", "2025-09-09")), "2025-09-08T21:58:00.000Z", "back over midnight");
  assert.equal(near("00:05", at("23:58")), "2025-09-08T22:05:00.000Z", "on over midnight");
  assert.equal(near("04:00", "2025-03-30T01:30:00+01:00"), "2025-03-30T02:00:00.000Z", "over the change of the clocks");
  assert.equal(nearest("02:30", Date.parse("2025-03-30T01:30:00+01:00"), venue), null, "a time that is left out");
  assert.equal(near("14:20", at("09:30"), new ZoneTimes("Asia/Kolkata")), "2025-09-08T08:50:00.000Z");
  assert.equal(nearest("soon", T, venue), null);
});

const bounds = boundsOf({
  start: at("09:30"),
  end: at("10:30"),
  session_start: at("09:30"),
  session_end: at("10:30"),
  earliest: at("09:29"),
  latest: at("10:32"),
});

test("an end goes as far as there is media, and never beyond the other", () => {
  const ends = { start: bounds.start, end: bounds.end };
  const set = (which, clock, from = ends) => {
    const done = moved(from, which, Date.parse(at(clock)), bounds);
    return [venue.clockWithSeconds(done.start), venue.clockWithSeconds(done.end)];
  };
  assert.deepEqual(set("start", "09:29"), ["09:29:00", "10:30:00"]);
  assert.deepEqual(set("start", "08:00"), ["09:29:00", "10:30:00"]);
  assert.deepEqual(set("start", "10:31"), ["10:29:59", "10:30:00"]);
  assert.deepEqual(set("end", "11:00"), ["09:30:00", "10:32:00"]);
  assert.deepEqual(set("end", "09:00"), ["09:30:00", "09:30:01"]);
});

test("a handle is dragged to whole seconds, and at either side as far as there is media", () => {
  const odd = { earliest: T - 300, latest: T + 10_700 };
  assert.deepEqual([0, 1, 1900, 10_999, 11_000].map((value) => dragged(value, odd) - T), [-300, 0, 2000, 11_000, 10_700]);
});

test("only what changes is asked for, as an instant with its offset", () => {
  assert.equal(request({ start: bounds.start, end: bounds.end }, bounds), null);
  assert.deepEqual(request({ start: bounds.start, end: bounds.end + 1000 }, bounds), { end: "2025-09-08T08:30:01.000Z" });
});

test("where nothing is kept nothing can be cut; ends beyond what is there yet are shown as they are", () => {
  assert.equal(boundsOf({ start: at("09:30"), end: at("10:30"), earliest: null, latest: null }), null);
  const running = boundsOf({ start: at("09:30"), end: at("10:30"), earliest: at("09:29"), latest: at("09:55") });
  assert.equal(running.latest, Date.parse(at("10:30")));
});
