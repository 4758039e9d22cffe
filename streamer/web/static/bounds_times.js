// The arithmetic of setting a recording's ends: clocks that people type, and how far an end can go. Pure.

const DAY = 86_400;
const SHORTEST = 1000;

/** @typedef {{start: number, end: number}} Ends instants, ms since 1970 */
/** @typedef {{start: number, end: number, sessionStart: number, sessionEnd: number, earliest: number,
 *   latest: number}} Bounds the present ends and the possible ones */

/** The service's document with its times as milliseconds; null where no media is kept. */
export function boundsOf(document) {
  if (!document.earliest || !document.latest) return null;
  const [start, end] = [Date.parse(document.start), Date.parse(document.end)];
  return {
    start,
    end,
    sessionStart: Date.parse(document.session_start),
    sessionEnd: Date.parse(document.session_end),
    earliest: Math.min(start, Date.parse(document.earliest)),
    latest: Math.max(end, Date.parse(document.latest)),
  };
}

/** The second of the day that a text names: "9:30", "09:30:05", "09.30.05" or "093005". Null for anything else. */
export function secondOfDay(text) {
  const bare = text.trim();
  const parts =
    /^(\d{1,2})[:. ](\d{2})(?:[:. ](\d{2}))?$/.exec(bare) ?? /^(\d{1,2})(\d{2})(\d{2})$/.exec(bare) ?? /^(\d{2})(\d{2})$/.exec(bare);
  if (!parts) return null;
  const [hours, minutes, seconds] = [parts[1], parts[2], parts[3] ?? "0"].map(Number);
  return hours < 24 && minutes < 60 && seconds < 60 ? hours * 3600 + minutes * 60 + seconds : null;
}

/** The instant nearest to `near` at which the venue's clocks show a text; null where no clock ever shows it. */
export function nearest(text, near, venue) {
  const wanted = secondOfDay(text);
  if (wanted === null) return null;
  const whole = Math.floor(near / 1000) * 1000;
  let away = wanted - secondOfDay(venue.clockWithSeconds(whole));
  if (away > DAY / 2) away -= DAY;
  if (away <= -DAY / 2) away += DAY;
  const shows = (at) => secondOfDay(venue.clockWithSeconds(at)) === wanted;
  const found = [0, -3600, 3600].map((shift) => whole + (away + shift) * 1000).filter(shows);
  return found.length > 0 ? found[0] : null;
}

/** An end moved towards the wanted instant, within the kept media, and with the start before the end. */
export function moved(ends, which, wanted, { earliest, latest }) {
  if (which === "start") {
    return { ...ends, start: Math.max(earliest, Math.min(wanted, latest - SHORTEST, ends.end - SHORTEST)) };
  }
  return { ...ends, end: Math.min(latest, Math.max(wanted, earliest + SHORTEST, ends.start + SHORTEST)) };
}

/** The instant that a handle was dragged to (ms from the earliest one): a whole second, within the limits. */
export function dragged(value, { earliest, latest }) {
  if (value <= 0) return earliest;
  return earliest + value >= latest ? latest : Math.round((earliest + value) / 1000) * 1000;
}

/** The request that sets these ends; null where they are set already. */
export function request(ends, bounds) {
  const body = {};
  for (const which of ["start", "end"]) {
    if (ends[which] !== bounds[which]) body[which] = new Date(ends[which]).toISOString();
  }
  return Object.keys(body).length > 0 ? body : null;
}
