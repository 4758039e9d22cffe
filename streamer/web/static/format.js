// Times, durations and sizes in words. Pure: every instant, zone and length is passed in.

const LOCALE = "en-GB";

function formatter(zone, options) {
  try {
    return new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" });
  }
}

/** Writes instants (milliseconds or ISO 8601 text) as the clocks of one time zone show them. */
export class ZoneTimes {
  #clock;
  #seconds;
  #day;
  #shortDay;
  #weekday;
  #key;

  /** @param {string | undefined} zone an IANA name; undefined is the viewer's own zone, an unknown one UTC */
  constructor(zone) {
    this.#clock = formatter(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.#seconds = formatter(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.#day = formatter(zone, { weekday: "long", day: "numeric", month: "long" });
    this.#shortDay = formatter(zone, { weekday: "short", day: "numeric", month: "short" });
    this.#weekday = formatter(zone, { weekday: "short" });
    this.#key = formatter(zone, { year: "numeric", month: "2-digit", day: "2-digit" });
    this.zone = this.#clock.resolvedOptions().timeZone;
  }

  /** "09:30" */
  clock(at) {
    return this.#clock.format(instant(at));
  }

  /** "09:30:05" */
  clockWithSeconds(at) {
    return this.#seconds.format(instant(at));
  }

  /** "Monday 8 September" */
  day(at) {
    return this.#day.format(instant(at)).replace(",", "");
  }

  /** "Mon 8 Sept" */
  shortDay(at) {
    return this.#shortDay.format(instant(at)).replace(",", "");
  }

  /** "2025-09-08": equal for instants of one day in this zone, and sorts. */
  dayKey(at) {
    const parts = Object.fromEntries(this.#key.formatToParts(instant(at)).map((part) => [part.type, part.value]));
    return `${parts.year}-${parts.month}-${parts.day}`;
  }

  /** "09:30–10:15"; where the end falls on another day "23:30–00:15 (Tue)". */
  range(start, end) {
    const later = this.dayKey(start) === this.dayKey(end) ? "" : ` (${this.#weekday.format(instant(end))})`;
    return `${this.clock(start)}–${this.clock(end)}${later}`;
  }
}

/** Milliseconds since 1970 of an ISO 8601 text or a number; NaN where it is neither. */
export function instant(at) {
  return typeof at === "number" ? at : Date.parse(at);
}

/** The last word of an IANA zone name, as people say it: "Europe/Copenhagen" is "Copenhagen". */
export function zoneCity(zone) {
  return (zone.split("/").pop() ?? zone).replaceAll("_", " ");
}

/** Whether two zones show the same clock at each of some instants. */
export function sameClock(one, other, instants) {
  return instants.every((at) => one.clock(at) === other.clock(at) && one.dayKey(at) === other.dayKey(at));
}

/** A length in words that fit a sentence, from seconds: "1 h 05 min", "4 min 05 s", "12 s", "0.4 s". */
export function duration(seconds) {
  if (seconds > 0 && seconds < 9.95) return `${Number(Math.max(0.1, seconds).toFixed(1))} s`;
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return m > 0 ? `${h} h ${pad(m)} min` : `${h} h`;
  if (m > 0) return s > 0 ? `${m} min ${pad(s)} s` : `${m} min`;
  return `${s} s`;
}

/** A length as digits, from seconds: "1:02:03", "12:30", "0:05". */
export function digits(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A length with all its digits, from seconds: "1:02:03", "0:12:30". */
export function hms(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
}

function pad(number) {
  return String(number).padStart(2, "0");
}

/** A size in decimal units: "1.2 GB". */
export function bytes(count) {
  if (!Number.isFinite(count) || count < 0) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = count;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A share of one as per cent. Anything short of whole never reads 100 %, anything above nothing never 0 %. */
export function percent(share) {
  if (!Number.isFinite(share)) return "";
  if (share >= 1) return "100 %";
  if (share <= 0) return "0 %";
  const tenths = Math.min(999, Math.max(1, Math.floor(share * 1000)));
  return tenths % 10 === 0 ? `${tenths / 10} %` : `${(tenths / 10).toFixed(1)} %`;
}

/** "1 session", "2 sessions" */
export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** Speakers as a line of text, from names or from `{name, affiliation}`; in `brief` the names alone. */
export function speakerLine(speakers, brief = false) {
  if (!Array.isArray(speakers)) return "";
  const names = speakers.map((speaker) => {
    if (typeof speaker === "string") return speaker;
    const { name = "", affiliation = "" } = speaker ?? {};
    return affiliation && !brief ? `${name} (${affiliation})` : name;
  });
  return names.filter(Boolean).join(brief ? ", " : " · ");
}

/** Milliseconds until the next whole second (or other step) of a clock that reads `now`. */
export function untilNext(now, step = 1000) {
  return step - (((now % step) + step) % step);
}
