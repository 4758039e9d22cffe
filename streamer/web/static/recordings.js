// The recordings' page: lists what there is, follows what is being made, plays and hands out.

import { ConnectionWord, fetchStatus, markRehearsal, nameConference } from "./banner.js";
import { Connection } from "./connection.js";
import { byId, el, linkable, refill, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";
import { byDay, renderRecordings, summary } from "./recording_cards.js";
import { io } from "./vendor/socket.io.js";

const POLL = 10_000;
const GATHER = 300;

const word = new ConnectionWord();
const filter = byId("room");
const dialog = byId("player");
const video = byId("player-video");
let venue = new ZoneTimes(undefined);
let roomNames = new Map();
let recordings = null;
let following = false;
let timer = null;

function describe(status) {
  if (!status) return;
  venue = new ZoneTimes(status.conference?.timezone);
  roomNames = new Map((status.rooms ?? []).map((room) => [room.id, room.name]));
  nameConference(status.conference?.title);
  markRehearsal(Boolean(status.rehearsal));
}

async function load() {
  try {
    const answer = await fetch("/api/v1/recordings", { headers: { Accept: "application/json" }, cache: "no-store" });
    byId("sign-in").hidden = answer.status !== 401 && answer.status !== 403;
    if (answer.ok) {
      const document = await answer.json();
      recordings = Array.isArray(document) ? document : (document.recordings ?? []);
      say("");
    } else if (answer.status === 401 || answer.status === 403) {
      recordings = null;
      say("The recordings are for organisers and crew: sign in to see them.");
    } else {
      say(`The server answers with status ${answer.status}. Trying again by itself.`);
    }
  } catch {
    say("The server cannot be reached. Trying again by itself.");
  }
  render();
}

function say(text) {
  setText(byId("trouble"), text);
}

/** Load soon, and again each while as long as nobody tells us of changes. */
function schedule(delay) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    await load();
    if (!following) schedule(POLL);
  }, delay);
}

function render() {
  const listed = recordings ?? [];
  const names = new Map(listed.map(({ room }) => [room, roomNames.get(room) ?? room]));
  refill(filter, JSON.stringify([...names]), () => {
    const chosen = filter.value;
    return [["", "All rooms"], ...names].map(([id, name]) =>
      el("option", { value: id, selected: id === chosen }, name),
    );
  });
  filter.parentElement.hidden = names.size < 2;
  const shown = filter.value && names.has(filter.value) ? listed.filter(({ room }) => room === filter.value) : listed;
  byId("empty").hidden = recordings === null || shown.length > 0;
  setText(byId("summary"), recordings === null ? "" : summary(shown));
  renderRecordings(byId("days"), byDay(shown, venue), roomNames, venue, play);
}

function play(recording, file) {
  setText(byId("player-title"), recording.title);
  video.src = linkable(file.url);
  dialog.showModal();
  video.play().catch(() => {});
}

filter.addEventListener("change", render);
byId("player-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  video.pause();
  video.removeAttribute("src");
  video.load();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
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
if (!following) schedule(POLL);
