// Time that is left, as people read it. Pure.

import { digits, duration } from "./format.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The time to an instant, from milliseconds: "2 days 4 h", "1:02:30", "12:30", "now". */
export function countdown(wait) {
  if (wait <= 0) return "now";
  if (wait >= DAY) {
    const days = Math.floor(wait / DAY);
    const hours = Math.floor((wait % DAY) / HOUR);
    return `${days} ${days === 1 ? "day" : "days"}${hours ? ` ${hours} h` : ""}`;
  }
  return digits(Math.ceil(wait / 1000));
}

/** The same in whole minutes, for lists that need not tick: "in 5 min", "in 2 h 10 min", "in 3 days". */
export function roughly(wait) {
  if (wait <= 0) return "now";
  if (wait >= 2 * DAY) return `in ${Math.round(wait / DAY)} days`;
  return `in ${duration(Math.max(60, Math.ceil(wait / 60_000) * 60))}`;
}

/** How much of a window has passed at `now`, 0 to 1. */
export function elapsedShare(start, end, now) {
  if (!(end > start)) return now >= end ? 1 : 0;
  return Math.min(1, Math.max(0, (now - start) / (end - start)));
}
