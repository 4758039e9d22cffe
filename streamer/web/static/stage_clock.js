// The stage clock: the time that is left in one room, as large as the screen, for the speaker and the chair.

import { fetchStatus } from "./banner.js";
import { ServerClock } from "./clock.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";
import { situation } from "./situation.js";
import { stageTime } from "./stage_time.js";
import { everySecond } from "./ticker.js";
import { io } from "./vendor/socket.io.js";

const clock = new ServerClock();
const room = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
let venue = new ZoneTimes(undefined);
let state = null;
let connected = false;

function render() {
  if (!state) return;
  const face = state.rooms.has(room)
    ? stageTime(situation(state, room, venue, clock.now()), venue, clock.now())
    : { time: "", words: `There is no room “${room}”.`, mood: "none" };
  setText(byId("time"), face.time);
  setText(byId("words"), connected ? face.words : `${face.words} · no connection`);
  byId("stage-clock").dataset.mood = face.mood;
  byId("time").dataset.length = String(face.time.length > 5 ? "long" : "short");
}

/** After a sleep of the machine the time is wrong until the server is asked. */
async function checkClock() {
  if (!clock.suspect) return;
  const status = await fetchStatus();
  if (status) clock.sync(status.now);
  render();
}

new Connection(io, "/viewer", {
  line(name) {
    connected = name === "online";
    if (connected) checkClock();
    render();
  },
  snapshot(fresh, _before, document) {
    clock.sync(document.now);
    venue = new ZoneTimes(fresh.conference.timezone);
    byId("rehearsal").hidden = !fresh.rehearsal;
    state = fresh;
    render();
  },
  change(fresh) {
    state = fresh;
    render();
  },
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) checkClock();
});
navigator.wakeLock?.request("screen").catch(() => {}); // not allowed everywhere
everySecond(clock, render);
