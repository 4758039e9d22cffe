// The timetable's versions in words: the current one, changes, what is held back, the effect of an answer. Pure.

import { sentence } from "./asking.js";
import { count, instant } from "./format.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const KINDS = [
  ["added", "new"],
  ["removed", "gone"],
  ["retimed", "retimed"],
  ["reroomed", "in another room"],
  ["moved", "moved"],
  ["renamed", "renamed"],
  ["consent", "consent"],
  ["cancelled", "cancelled"],
  ["kind", "break or session"],
  ["text", "only text"],
];

export const STATE_WORDS = {
  current: "applies",
  held: "held back",
  past: "past",
  withdrawn: "overtaken",
  refused: "refused",
  broken: "unreadable",
};

const SIGNS = { added: "+", removed: "−" };

/** "+" for what came, "−" for what went, "~" for all else. */
export function sign(kind) {
  return SIGNS[kind] ?? "~";
}

/** How many changes of each kind: "2 new, 1 gone"; "" where there are none. */
export function tally(changed) {
  const known = KINDS.filter(([kind]) => changed?.[kind] > 0).map(([kind, word]) => `${changed[kind]} ${word}`);
  const others = Object.entries(changed ?? {}).filter(([kind, n]) => n > 0 && !KINDS.some(([name]) => name === kind));
  return [...known, ...others.map(([kind, n]) => `${n} ${kind}`)].join(", ");
}

/** How many changes are not among those that are listed. */
export function unlisted(version) {
  const all = Object.values(version.changed ?? {}).reduce((sum, n) => sum + n, 0);
  return Math.max(0, all - (version.changes ?? []).length);
}

/** "09:30", or "Sun 7 Sept 09:30" where that is not today. */
export function when(at, venue, now) {
  return venue.dayKey(at) === venue.dayKey(now) ? venue.clock(at) : `${venue.shortDay(at)} ${venue.clock(at)}`;
}

/** A length of time as one says it: "49 min", "3 h", "2 days". */
export function roughly(milliseconds) {
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} days`;
}

/** The version that applies, in one line. */
export function standing(feed, venue, now) {
  const { current } = feed;
  if (!current) return "No version applies yet.";
  const age = now - instant(current.at);
  const ago = age < MINUTE ? "just now" : `${roughly(age)} ago`;
  return `Version ${current.id}, ${count(current.sessions, "session")}, seen ${when(current.at, venue, now)} (${ago})`;
}

/** Why it is not renewed; "" where it is. */
export function failing(feed, venue, now) {
  if (!feed.error) return "";
  const length = now - instant(feed.failing_since ?? now);
  const since = feed.failing_since ? ` since ${when(feed.failing_since, venue, now)}` : "";
  const old = length < MINUTE ? "" : ` (${roughly(length)})`;
  return `Not renewed${since}${old}. ${sentence(feed.error)} The last good version stays in use.`;
}

/** What being pinned means just now; "" where nothing is. */
export function pinned(feed) {
  if (!isPinned(feed)) return "";
  const waits = feed.latest !== null && feed.latest !== feed.pinned ? ` Version ${feed.latest} is the newest.` : "";
  return `Version ${feed.pinned} is pinned: the feed is not followed.${waits}`;
}

export function isPinned(feed) {
  return feed?.pinned !== null && feed?.pinned !== undefined;
}

/** Until when something waits, and what happens then. */
export function waiting(held, feed, venue, now) {
  const since = `Held back since ${when(held.since, venue, now)}.`;
  const all = held.sessions?.length > 1 ? "All" : "The session";
  if (!held.until) return `${since} ${all} stays as it is until the crew answers.`;
  if (feed.error) return `${since} It waits until the feed can be read again.`;
  if (instant(held.until) <= now) return `${since} It applies when the feed is read again and still says so.`;
  return `${since} It applies from ${when(held.until, venue, now)} on, if the feed still says so.`;
}

const OUTCOMES = {
  vanished: ["they are removed from the programme now and not captured", "they stay and are captured"],
  empty: ["the programme is empty from now on, and nothing is captured", "it does not change"],
  "another conference": ["the other programme applies from now on", "ours stays, and this version is ignored"],
  zone: ["all times are the new ones from now on", "they stay, and this version is ignored"],
  shifted: ["they move now", "they stay at their times"],
  rerooming: ["they move now", "they stay in their rooms"],
};

/** The effect of either answer; until then everything is as if it were refused. */
export function outcomes(held) {
  const ends = (held.changes ?? []).some(({ kind }) => kind === "removed" || kind === "kind");
  const move = held.sessions?.length > 1 ? ["they move now", "they stay"] : ["it moves now", "it stays"];
  const asked = ends ? ["it ends now, with its recording", "it continues to its end"] : move;
  const [approved, refused] = OUTCOMES[held.suspicion] ?? asked;
  return [`Approve: ${approved}.`, `Refuse: ${refused}, while the feed says the same.`];
}

/** "2 held back": what needs an answer; "" for nothing. */
export function questions(feed) {
  const waits = feed?.held?.length ?? 0;
  return waits > 0 ? `${waits} held back` : "";
}

/**
 * What is asked before something that was held back is applied: `{title, words, verb}`, or null where nothing is.
 * `running` are the titles of sessions that would end.
 */
export function beforeApproval(held, running) {
  if (held.kind === "mass") {
    return {
      title: "Apply this change?",
      words: [sentence(held.reason), "It applies at once. Each running session is asked about separately."],
      verb: "Apply",
    };
  }
  if (running.length === 0) return null;
  return {
    title: "End running sessions?",
    words: running.map((title) => `“${title}” ends at once, its stream and its recording with it.`),
    verb: "End it",
  };
}

const SHOWN = 8;

/** What a preview says would change, a line each; the first ones where they are many. */
export function previewed({ changed, changes, held }) {
  const all = Object.values(changed).reduce((sum, n) => sum + n, 0);
  if (all === 0 && held.length === 0) return ["Nothing changes just now."];
  const more = all - Math.min(changes.length, SHOWN);
  return [
    all > 0 ? `It changes: ${tally(changed)}.` : "",
    ...changes.slice(0, SHOWN).map(({ kind, message }) => `${sign(kind)} ${message}`),
    more > 0 ? `and ${more} more` : "",
    ...held.map(({ reason }) => `Asked first: ${reason}.`),
  ].filter(Boolean);
}

/** What follows from making `version` the one to follow; `preview` is what that would change. */
export function beforePin(version, feed, venue, now, preview) {
  const { current } = feed;
  const stays = "Withdrawn consent stays withdrawn, and later withdrawals apply.";
  if (version.id === current?.id) {
    return {
      title: `Pin version ${version.id}?`,
      words: [
        "The programme does not change until the crew unpins it, even if the feed does. Held-back changes are not applied.",
        stays,
      ],
      verb: "Pin",
    };
  }
  const back = current && version.id < current.id;
  const seen = `${when(version.at, venue, now)} with ${count(version.sessions, "session")}`;
  const instead = current ? ` instead of version ${current.id}` : "";
  return {
    title: back ? `Roll back to version ${version.id}?` : `Follow version ${version.id}?`,
    words: [
      `Version ${version.id}, seen ${seen}, applies at once${instead}.`,
      ...previewed(preview),
      "It is pinned: changes of the feed wait until the crew unpins it.",
      `Running sessions that are not in it continue until the crew ends them. ${stays}`,
    ],
    verb: back ? "Roll back" : "Follow and pin",
  };
}

export function beforeUnpin(feed) {
  const same = feed.latest === feed.pinned;
  return {
    title: `Unpin version ${feed.pinned}?`,
    words: [
      same
        ? "Nothing changes now. The feed is followed again from its next change on."
        : `The feed is followed again: its newest version, ${feed.latest}, applies at once, without the check for suspicious changes.`,
      ...(same ? [] : ["Running sessions that are not in it continue until the crew ends them."]),
    ],
    verb: "Unpin",
  };
}

const DONE = { approve: "approved:", refuse: "refused:", pin: "pinned", unpin: "unpinned" };

/** "Kim pinned version 7", "Kim refused: 38 sessions vanished at once" */
export function decided({ by, action, target }) {
  return `${by} ${DONE[action] ?? action} ${target}`;
}

/** What can be done with a version: "pin", "rollback", "follow", or null. */
export function offered(version, feed) {
  if (version.state === "broken") return null;
  if (version.id === feed.pinned) return null;
  if (version.id === feed.current?.id) return "pin";
  return !feed.current || version.id > feed.current.id ? "follow" : "rollback";
}

/** "14 sessions in rooms that are not configured" */
export function strangers(rooms) {
  const sessions = rooms.reduce((sum, room) => sum + (room.count ?? room.sessions?.length ?? 0), 0);
  const where =
    rooms.length === 1
      ? `“${rooms[0].name}”, which is not configured`
      : `${rooms.length} rooms that are not configured`;
  return `${count(sessions, "session")} in ${where}`;
}
