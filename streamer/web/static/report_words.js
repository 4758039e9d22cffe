// The figures of an integrity report in words and units. Pure; a figure that was not measured says so.

import { sentence } from "./asking.js";
import { hms, percent } from "./format.js";

const NUMBERS = new Intl.NumberFormat("en-GB");
const LOUDEST = -1; // dBTP: EBU R128 allows no more

/** "53,998 of 54,000 frames, 2 missing" */
export function framesLine(frames, expected) {
  if (!Number.isFinite(frames)) return "not counted";
  if (!(expected > 0)) return `${NUMBERS.format(frames)} frames`;
  const short = expected - frames;
  const said = `${NUMBERS.format(frames)} of ${NUMBERS.format(expected)} frames`;
  if (short === 0) return said;
  return `${said}, ${NUMBERS.format(Math.abs(short))} ${short > 0 ? "missing" : "more than expected"}`;
}

/** A level with one decimal and a true minus sign: "−23.1" */
export function level(number) {
  return number.toFixed(1).replace(/^-/, "−").replace(/^−0\.0$/, "0.0");
}

/** "−23.1 LUFS, range 5.2 LU, true peak −1.2 dBTP" (EBU R128) */
export function loudnessLine(quality) {
  if (!quality) return "not measured yet";
  const parts = [
    Number.isFinite(quality.loudness) && `${level(quality.loudness)} LUFS`,
    Number.isFinite(quality.loudness_range) && `range ${level(quality.loudness_range)} LU`,
    Number.isFinite(quality.true_peak) && `true peak ${level(quality.true_peak)} dBTP`,
  ].filter(Boolean);
  return parts.join(", ") || "nothing can be heard";
}

/** What a true peak beyond the limit means; "" where it is fine. */
export function peakRemark(quality) {
  return Number.isFinite(quality?.true_peak) && quality.true_peak > LOUDEST
    ? `Above ${level(LOUDEST)} dBTP it may distort.`
    : "";
}

/** How sound and picture begin, from the first sound's time less the first picture's (s). */
export function offsetLine(offset) {
  if (!Number.isFinite(offset)) return "not measured";
  const milliseconds = Math.round(Math.abs(offset) * 1000);
  if (milliseconds === 0) return "in step";
  return `sound begins ${NUMBERS.format(milliseconds)} ms ${offset > 0 ? "after" : "before"} the picture`;
}

/** "Mon 8 Sept, 09:30:00 to 10:30:00 (1:00:00)" */
export function spanLine(span, venue) {
  if (!span || !span.start) return "nothing";
  const length = span.duration ?? (Date.parse(span.end) - Date.parse(span.start)) / 1000;
  const [from, to] = [span.start, span.end].map((at) => venue.clockWithSeconds(at));
  return `${venue.shortDay(span.start)}, ${from} to ${to} (${hms(length)})`;
}

/** What the state means, in a sentence. */
export function verdict({ state, reason, coverage }) {
  if (reason) return sentence(reason);
  if (state === "ready") return "Complete: no second is missing.";
  if (state === "partial") return `Something is missing: ${percent(coverage)} is there.`;
  return state === "failed" ? "The file could not be made." : "It is not finished yet.";
}

/** A take's picture and sound: "1280 × 720, 50 fps, h264, aac" */
export function shapeLine({ width, height, rate, video, audio }) {
  const parts = [
    width > 0 && height > 0 && `${width} × ${height}`,
    rate > 0 && `${Number(Number(rate).toFixed(2))} fps`,
    video || "no picture",
    audio || "no sound",
  ];
  return parts.filter(Boolean).join(", ");
}
