// What a stage clock shows: the time that is left for the speaker and the chair. Pure.

import { digits } from "./format.js";

const CLOSE = 5 * 60_000;
const SOON = 60 * 60_000;

/**
 * The clock's face for a room's situation. `mood` is "running", "close" (five minutes are left), "over", "before" or
 * "none".
 * @returns {{time: string, words: string, mood: string}}
 */
export function stageTime({ current, next }, venue, now) {
  if (current) {
    const left = Date.parse(current.held_since ?? current.end) - now;
    if (left <= 0) return { time: `+${digits(-left / 1000)}`, words: "over time", mood: "over" };
    return { time: digits(left / 1000), words: "left", mood: left <= CLOSE ? "close" : "running" };
  }
  const wait = next ? Date.parse(next.start) - now : null;
  if (wait === null || wait > SOON) return { time: venue.clock(now), words: "", mood: "none" };
  if (wait <= 0) return { time: "0:00", words: "starts now", mood: "before" };
  return { time: digits(wait / 1000), words: "until the start", mood: "before" };
}
