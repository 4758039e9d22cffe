import assert from "node:assert/strict";
import { test } from "node:test";

import {
  beforeApproval,
  beforePin,
  beforeUnpin,
  decided,
  failing,
  offered,
  outcomes,
  pinned,
  roughly,
  standing,
  strangers,
  tally,
  unlisted,
  waiting,
  when,
} from "../../../../streamer/web/static/timetable_words.js";
import { at, venue } from "./a_day.mjs";

const NOW = Date.parse(at("09:30"));
const CURRENT = { id: 7, at: at("08:41"), sessions: 48, state: "current" };
const FEED = { source: "s", current: CURRENT, latest: 7, pinned: null, held: [], refused: [], error: null };

const NONE = { changed: {}, changes: [], held: [] };
const CHANGES = {
  changed: { removed: 1, added: 9 },
  changes: [{ kind: "removed", message: "“A” is gone." }],
  held: [{ reason: "it runs" }],
};

test("what counts is said with its age, on its day", () => {
  assert.equal(standing(FEED, venue, NOW), "Version 7, 48 sessions, seen 08:41 (49 min ago)");
  const fresh = { ...FEED, current: { ...CURRENT, sessions: 1, at: at("09:30") } };
  assert.equal(standing(fresh, venue, NOW), "Version 7, 1 session, seen 09:30 (just now)");
  const old = { ...FEED, current: { ...CURRENT, at: at("18:00", "2025-09-07") } };
  assert.equal(standing(old, venue, NOW), "Version 7, 48 sessions, seen Sun 7 Sept 18:00 (15 h ago)");
  assert.equal(standing({ ...FEED, current: null }, venue, NOW), "No version applies yet.");
  // Another zone than the venue's is no other day.
  assert.equal(when("2025-09-07T23:10:00+00:00", venue, NOW), "01:10");
});

test("lengths are rounded down, never up to what has not passed", () => {
  const minutes = [59.9, 60, 119, 47 * 60, 48 * 60];
  assert.deepEqual(
    minutes.map((n) => roughly(n * 60_000)),
    ["59 min", "1 h", "1 h", "47 h", "2 days"],
  );
});

test("a feed that fails says since when, and that what there was stands", () => {
  assert.equal(failing(FEED, venue, NOW), "");
  const broken = { ...FEED, error: "HTTP 503", failing_since: at("09:10") };
  assert.equal(failing(broken, venue, NOW), "Not renewed since 09:10 (20 min). HTTP 503. The last good version stays in use.");
});

test("changes are counted by kind, in one order, also of kinds nobody knows here", () => {
  assert.equal(tally({ text: 2, removed: 1, added: 3, moved: 0 }), "3 new, 1 gone, 2 only text");
  assert.equal(tally({ weather: 1 }), "1 weather");
  assert.equal(tally({}), "");
  assert.equal(unlisted({ changed: { added: 150, removed: 100 }, changes: Array(200).fill({}) }), 50);
  assert.equal(unlisted({ changed: { added: 1 }, changes: [{}] }), 0);
});

test("until when something waits, and for what", () => {
  const mass = { kind: "mass", since: at("09:24"), until: at("09:34") };
  assert.equal(
    waiting(mass, FEED, venue, NOW),
    "Held back since 09:24. It applies from 09:34 on, if the feed still says so.",
  );
  assert.match(waiting(mass, { ...FEED, error: "HTTP 503" }, venue, NOW), /waits until the feed can be read again/);
  assert.match(
    waiting({ ...mass, until: at("09:30") }, FEED, venue, NOW),
    /applies when the feed is read again and still says so/,
  );
  const asked = { kind: "ask", since: at("09:24"), until: null };
  assert.match(waiting(asked, FEED, venue, NOW), /stays as it is until the crew answers/);
});

test("what either answer leads to", () => {
  assert.deepEqual(outcomes({ kind: "mass", suspicion: "vanished" }), [
    "Approve: they are removed from the programme now and not captured.",
    "Refuse: they stay and are captured, while the feed says the same.",
  ]);
  assert.match(outcomes({ kind: "ask", suspicion: null, changes: [{ kind: "removed" }] })[0], /it ends now/);
  assert.match(outcomes({ kind: "ask", suspicion: null, changes: [{ kind: "reroomed" }] })[1], /it stays, while the feed/);
});

test("only what has consequences is asked twice", () => {
  assert.equal(beforeApproval({ kind: "ask", reason: "r" }, []), null);
  assert.match(beforeApproval({ kind: "ask", reason: "r" }, ["A"]).words[0], /“A” ends at once/);
  assert.equal(beforeApproval({ kind: "mass", reason: "38 sessions vanished" }, []).words[0], "38 sessions vanished.");
});

test("what can be done with a version depends on which one counts", () => {
  const offer = (version, feed = FEED) => offered({ state: "past", ...version }, feed);
  assert.equal(offer({ id: 3 }), "rollback");
  assert.equal(offer({ id: 7, state: "current" }), "pin");
  assert.equal(offer({ id: 9, state: "held" }), "follow");
  assert.equal(offer({ id: 8, state: "broken" }), null);
  assert.equal(offer({ id: 7, state: "current" }, { ...FEED, pinned: 7 }), null, "it is pinned already");
  assert.equal(offer({ id: 3 }, { ...FEED, current: null }), "follow");
});

test("before a decision it is said what follows", () => {
  const past = { id: 3, at: at("08:02"), sessions: 46 };
  const back = beforePin(past, FEED, venue, NOW, CHANGES);
  assert.equal(back.title, "Roll back to version 3?");
  assert.equal(back.words[0], "Version 3, seen 08:02 with 46 sessions, applies at once instead of version 7.");
  assert.deepEqual(back.words.slice(1, 5), ["It changes: 9 new, 1 gone.", "− “A” is gone.", "and 9 more", "Asked first: it runs."]);
  assert.match(back.words.join(" "), /pinned.*until the crew unpins it.*Withdrawn consent stays withdrawn/);
  assert.match(beforePin(CURRENT, FEED, venue, NOW, NONE).words[0], /does not change until the crew unpins it/);
  assert.ok(beforePin({ ...past, id: 9 }, FEED, venue, NOW, NONE).words.includes("Nothing changes just now."));
  assert.equal(beforePin({ ...past, id: 9 }, FEED, venue, NOW, NONE).verb, "Follow and pin");

  const held = { ...FEED, pinned: 3, latest: 7 };
  assert.equal(pinned(held), "Version 3 is pinned: the feed is not followed. Version 7 is the newest.");
  assert.match(beforeUnpin(held).words[0], /newest version, 7, applies at once/);
  assert.match(beforeUnpin({ ...held, latest: 3 }).words[0], /Nothing changes now/);
  assert.equal(pinned(FEED), "");
});

test("what was decided, by whom", () => {
  assert.equal(decided({ by: "Kim", action: "pin", target: "version 7" }), "Kim pinned version 7");
  assert.equal(decided({ by: "Kim", action: "refuse", target: "it vanished" }), "Kim refused: it vanished");
});

test("rooms that nobody configured are counted by their sessions", () => {
  const yard = { name: "Yard", count: 1, sessions: [] };
  assert.equal(strangers([yard]), "1 session in “Yard”, which is not configured");
  assert.equal(strangers([yard, { name: "Attic", count: 61 }]), "62 sessions in 2 rooms that are not configured");
});
