// The recordings' page: lists what there is, follows what is being made, and opens what can be done with each.

import { getJson, inWords } from "./asking.js";
import { ConnectionWord, fetchStatus, markRehearsal, nameConference } from "./banner.js";
import { BoundsEditor } from "./bounds_editor.js";
import { ServerClock } from "./clock.js";
import { Connection } from "./connection.js";
import { byId, el, linkable, refill, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";
import { renderRecordings } from "./recording_cards.js";
import { RecordingPlayer } from "./recording_player.js";
import { byDay, CHOICES, chosen, filesOf, summary, untilChange } from "./recording_states.js";
import { ReportView } from "./report_view.js";
import { io } from "./vendor/socket.io.js";

const POLL = 10_000;
const SOON = 1000;
const GATHER = 300;

const word = new ConnectionWord();
const clock = new ServerClock();
const filters = { room: byId("room"), state: byId("state") };
const player = new RecordingPlayer();
const reports = new ReportView();
const editor = new BoundsEditor({ tell: announce, now: () => clock.now() });
const wanted = Object.fromEntries(new URLSearchParams(location.search));
let venue = new ZoneTimes(undefined);
let roomNames = new Map();
let recordings = null;
let following = false;
let timer = null;

function describe(status) {
  if (!status) return;
  clock.sync(status.now);
  venue = new ZoneTimes(status.conference?.timezone);
  roomNames = new Map((status.rooms ?? []).map((room) => [room.id, room.name]));
  nameConference(status.conference?.title);
  markRehearsal(Boolean(status.rehearsal));
}

async function load() {
  try {
    const document = await getJson("/api/v1/recordings");
    recordings = Array.isArray(document) ? document : (document.recordings ?? []);
    byId("sign-in").hidden = true;
    say("");
  } catch (problem) {
    const stranger = problem.status === 401 || problem.status === 403;
    byId("sign-in").hidden = !stranger;
    if (stranger) recordings = null;
    say(
      stranger
        ? "The recordings are for organisers and crew: sign in to see them."
        : `${inWords(problem)} Trying again by itself.`,
    );
  }
  render();
}

function say(text) {
  setText(byId("trouble"), text);
}

function announce(text) {
  setText(byId("said"), text);
  schedule(0);
}

/** Load soon; and repeatedly while no connection reports changes, or while a recording is about to change. */
function schedule(delay) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await load();
    again();
  }, delay);
}

function again() {
  const wait = untilChange(recordings ?? [], clock.now());
  if (wait === 0 && !document.hidden) schedule(SOON);
  else if (!following) schedule(Math.min(POLL, Math.max(SOON, wait)));
}

function render() {
  const listed = recordings ?? [];
  const names = new Map(listed.map(({ room }) => [room, roomNames.get(room) ?? room]));
  offer(filters.room, "room", [["", "All rooms"], ...names]);
  offer(
    filters.state,
    "state",
    CHOICES.map(({ id, label }) => [id, id ? `${label} (${chosen(listed, filters.room.value, id).length})` : label]),
  );
  filters.room.parentElement.hidden = names.size < 2;
  filters.state.parentElement.hidden = listed.length === 0;
  const shown = chosen(listed, filters.room.value, filters.state.value);
  byId("empty").hidden = recordings === null || shown.length > 0;
  setText(
    byId("empty"),
    listed.length === 0
      ? "No recordings yet. Each one appears here when its session begins."
      : "No recording matches this selection.",
  );
  setText(byId("summary"), recordings === null ? "" : summary(shown));
  renderRecordings(byId("days"), byDay(shown, venue, [...roomNames.keys()]), roomNames, venue, { watch, report, cut });
}

/** The options of a filter; what was chosen, at first by the page's address, stays chosen while it can be. */
function offer(filter, name, options) {
  refill(filter, JSON.stringify(options), () => {
    const before = filter.options.length > 0 ? filter.value : (wanted[name] ?? "");
    return options.map(([id, label]) => el("option", { value: id, selected: id === before }, label));
  });
}

function choose() {
  const kept = Object.entries(filters).filter(([, { value }]) => value);
  const query = new URLSearchParams(kept.map(([name, { value }]) => [name, value])).toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  render();
}

/** The integrity report as it was written; null where there is none. */
async function reportOf(recording) {
  const [file] = filesOf(recording, "report");
  return file ? await getJson(linkable(file.url)) : null;
}

function watch(recording) {
  player.open(recording, venue, reportOf(recording));
}

function report(recording) {
  reports.open(recording, venue, roomNames.get(recording.room) ?? recording.room, reportOf(recording));
}

function cut(recording) {
  editor.open(recording, venue, revisionOf(recording));
}

/** The revision of its session as it is now; undefined where that is not known. */
async function revisionOf(recording) {
  const status = await fetchStatus();
  if (status) clock.sync(status.now);
  return (status?.sessions ?? []).find(({ id }) => id === recording.session)?.revision;
}

for (const filter of Object.values(filters)) filter.addEventListener("change", choose);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) schedule(0);
});

new Connection(io, "/crew", {
  line(name) {
    following = name === "online";
    word.line(name === "refused" ? "polling" : name);
    if (name !== "connecting") schedule(GATHER);
  },
  snapshot(_state, _before, document) {
    describe(document);
    schedule(GATHER);
  },
  change(_state, _before, { kind }) {
    if (kind === "recording.state") schedule(GATHER);
  },
});

describe(await fetchStatus());
await load();
again();
