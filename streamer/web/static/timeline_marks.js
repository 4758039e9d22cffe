// The marks of a timeline: gaps, silent, black and frozen stretches. Pure.

import { count, duration } from "./format.js";

/** Kinds of marks in the order of their lanes. */
export const KINDS = {
  gap: { one: "gap", many: "gaps", says: "Missing" },
  silent: { one: "silent stretch", many: "silent stretches", says: "Silent" },
  black: { one: "black stretch", many: "black stretches", says: "Black picture" },
  frozen: { one: "frozen stretch", many: "frozen stretches", says: "Frozen picture" },
};

/**
 * @typedef {{kind: "gap"|"silent"|"black"|"frozen", start: number, end: number, length: number, cause: string}} Mark
 *   instants in ms, length in s
 */

/** The marks of a recording and of its report (null while there is none), in order of time. */
export function marksOf(recording, report) {
  const quality = report?.quality ?? {};
  const found = [
    ["gap", report?.gaps ?? recording.gaps],
    ["silent", quality.silent],
    ["black", quality.black],
    ["frozen", quality.frozen],
  ].flatMap(([kind, stretches]) => (stretches ?? []).map((stretch) => mark(kind, stretch)));
  return found.filter(({ start }) => Number.isFinite(start)).sort((a, b) => a.start - b.start);
}

function mark(kind, { start, duration: length, cause = "" }) {
  const at = Date.parse(start);
  return { kind, start: at, end: at + length * 1000, length, cause };
}

/** "Missing: 10:12:33, 4.2 s: the source delivered nothing" */
export function markWords(one, venue) {
  const said = `${KINDS[one.kind].says}: ${venue.clockWithSeconds(one.start)}, ${duration(one.length)}`;
  return one.cause ? `${said}: ${one.cause}` : said;
}

/** How many of each kind there are, of those there are: "2 gaps", "1 silent stretch". */
export function tally(marks) {
  return Object.entries(KINDS)
    .map(([kind, { one, many }]) => ({ kind, number: marks.filter((m) => m.kind === kind).length, one, many }))
    .filter(({ number }) => number > 0)
    .map(({ kind, number, one, many }) => ({ kind, words: count(number, one, many) }));
}

/** The marks that an instant lies in; a gap first. `slack` (ms) widens those too thin to be hit. */
export function marksAt(marks, at, slack = 0) {
  const order = Object.keys(KINDS);
  return marks
    .filter(({ start, end }) => at >= start - slack && at < end + slack)
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
