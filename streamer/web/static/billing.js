// The texts under the picture: what is on, or what comes next. Pure.

import { countdown, roughly } from "./countdown.js";
import { speakerLine } from "./format.js";

const LATE = 90_000;

/**
 * @typedef {{kicker: string, title: string, speakers: string, when: string, note: string, pill: string}} Billing
 * `pill` is the countdown that lies over the slate; empty where there is nothing to count.
 */

/**
 * The texts for a situation. `times` writes instants for the reader, `venue` as the clocks of the venue.
 * @returns {Billing}
 */
export function billing(situation, times, venue, now) {
  const { phase, current, next, wait } = situation;
  const blank = { kicker: "", title: "", speakers: "", when: "", note: troubleNote(situation), pill: "" };
  if (phase === "live" || phase === "unstreamed") {
    return {
      ...blank,
      kicker: current.state === "held" ? "On now, running over" : "On now",
      title: current.title,
      speakers: speakerLine(current.speakers, true),
      when: `${times.range(current.start, current.end)}${ending(current, now)}`,
      note: phase === "live" ? blank.note : "This session is not streamed. The picture returns with the next one.",
    };
  }
  if (next) {
    const day = phase === "later" || times.dayKey(next.start) !== times.dayKey(now) ? `${times.day(next.start)}, ` : "";
    const shown = { ...blank, title: next.title, speakers: speakerLine(next.speakers, true) };
    shown.when = `${day}${times.range(next.start, next.end)}`;
    if (phase === "waiting") {
      const late = -wait > LATE ? `It was due at ${times.clock(next.start)}. ` : "";
      return {
        ...shown,
        kicker: "Any moment now",
        note: blank.note || `${late}The picture comes as soon as it starts.`,
        pill: "Any moment now",
      };
    }
    const kicker = phase === "later" ? `The next session is on ${venue.day(next.start)}` : "Next in this room";
    return { ...shown, kicker, pill: `Starts in ${countdown(wait)}` };
  }
  const [title, note] = {
    done: ["That was the last session in this room.", "The programme continues in other rooms."],
    unused: ["This room has no sessions.", ""],
    over: ["That was the last session.", "Thank you for being here."],
    empty: ["The programme is not published yet.", "This page shows it when it is published."],
  }[phase];
  return { ...blank, title, note: blank.note || note };
}

function ending(session, now) {
  const left = Date.parse(session.end) - now;
  return session.state === "held" || left <= 0 ? "" : `, ends ${roughly(left)}`;
}

function troubleNote({ trouble }) {
  if (trouble === "muted") return "The crew has paused picture and sound. Please stay with us.";
  if (trouble === "fault")
    return "There is a technical problem in this room. The crew is working on it; the picture will return.";
  return "";
}

/** The line about the session after the one that is on; empty where there is none, or nothing is on. */
export function nextLine({ current, next, wait }, times, now) {
  if (!current || !next) return null;
  const day = times.dayKey(next.start) === times.dayKey(now) ? "" : `${times.shortDay(next.start)}, `;
  return {
    title: next.title,
    when: `${day}${times.range(next.start, next.end)}`,
    wait: wait > 0 ? `in ${countdown(wait)}` : "any moment now",
  };
}
