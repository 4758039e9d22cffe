// The crew's page: the wall of all rooms, one room in full, the day, and the lists of what is wrong and what was decided.

import { inWords, postJson } from "./asking.js";
import { ConnectionWord, markRehearsal, nameConference } from "./banner.js";
import { ServerClock } from "./clock.js";
import { Confirmation } from "./confirming.js";
import { Connection } from "./connection.js";
import { renderAlarms, renderCues, renderOverrides, renderRemarks } from "./crew_lists.js";
import { learnCues, upcoming } from "./cues.js";
import { ActionForm } from "./desk/action_form.js";
import { renderDay } from "./desk/day.js";
import { onKeys } from "./desk/keys.js";
import { Levels } from "./desk/levels.js";
import { Pictures } from "./desk/pictures.js";
import { RoomView } from "./desk/room_view.js";
import { Steering } from "./desk/steering.js";
import { alarmsOf, summary } from "./desk/tile_words.js";
import { Wall } from "./desk/wall.js";
import { byId, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";
import { everySecond, tick } from "./ticker.js";
import { TimetablePanel } from "./timetable_panel.js";
import { VersionsDialog } from "./timetable_versions.js";
import { io } from "./vendor/socket.io.js";

const CUES = 16;

const clock = new ServerClock();
const word = new ConnectionWord();
const confirmation = new Confirmation();
const timetable = new TimetablePanel(confirmation);
const versions = new VersionsDialog(confirmation, clock);
const levels = new Levels();
const pictures = new Pictures();
const look = () => ({ state, venue, now: clock.now() });
const steering = new Steering({ confirmation, form: new ActionForm(look), said: byId("said"), look });
const wall = new Wall(byId("tiles"), levels, pictures, { choose, acknowledge });
const view = new RoomView(levels, steering, acknowledge);
let venue = new ZoneTimes(undefined);
let state = null;
let learnt = new Map();
let due = false;

function roomInAddress() {
  const room = new URLSearchParams(location.hash.slice(1)).get("room");
  return room !== null && state?.rooms.has(room) ? room : null;
}

/** Open a room in full, or the wall (null). */
function choose(room) {
  location.hash = room === null ? "" : `room=${encodeURIComponent(room)}`;
}

function render() {
  if (!state) return;
  const now = clock.now();
  const room = roomInAddress();
  byId("wall").hidden = room !== null;
  view.open(room);
  if (room === null) wall.render(state, venue, now);
  else view.render(state, venue, now);
  renderDay(byId("day"), state, venue, now, choose);
  renderAlarms(state, venue);
  renderCues(state, upcoming(state, learnt, now, CUES), venue, now);
  renderOverrides(state, venue, (override) => steering.undo(override));
  renderRemarks(state);
  timetable.render(state, venue, now);
  versions.follow(state.feed, venue);
  setText(byId("totals"), summary(state));
  setText(byId("venue-clock"), venue.clockWithSeconds(now));
  tick(document.body, now);
  pictures.refresh(performance.now());
  const alarms = [...state.alarms.values()].filter((alarm) => !alarm.acknowledged).length;
  document.title = `${alarms > 0 ? `(${alarms}) ` : ""}Crew – ${state.conference.title}`;
}

async function acknowledge(alarm) {
  try {
    await postJson(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {});
  } catch (error) {
    steering.say(inWords(error), "bad");
  }
}

/** The alarm that the key A answers: of the room that is open, else the first of the wall. */
function firstAlarm() {
  if (roomInAddress() !== null) return view.alarm;
  const rooms = [...state.rooms.keys(), null];
  return rooms.flatMap((room) => alarmsOf(state, room)).find((alarm) => !alarm.acknowledged) ?? null;
}

onKeys((key) => {
  if (!state) return false;
  const open = roomInAddress();
  if (key === "Escape" && open !== null) choose(null);
  else if (open !== null && view.press(key)) return true;
  else if (/^[0-9]$/.test(key) && [...state.rooms.keys()][(Number(key) + 9) % 10] !== undefined)
    choose([...state.rooms.keys()][(Number(key) + 9) % 10]);
  else if (key.toLowerCase() === "m" && open !== null) view.listen();
  else if (key.toLowerCase() === "z") steering.undo();
  else if (key.toLowerCase() === "a" && firstAlarm()) acknowledge(firstAlarm());
  else return false;
  return true;
});

/** Several changes in one turn of the event loop are drawn once. */
function take(fresh) {
  state = fresh;
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    render();
  });
}

byId("room-back").addEventListener("click", () => choose(null));
window.addEventListener("hashchange", () => {
  render();
  window.scrollTo({ top: 0 });
});

const connection = new Connection(io, "/crew", {
  line(name) {
    word.line(name, { refused: "This page is for the crew: sign in to see it." });
    byId("sign-in").hidden = name !== "refused";
    setText(byId("waiting"), name === "refused" ? "Sign in to see this page." : "Waiting for the server…");
  },
  snapshot(fresh, _before, document) {
    clock.sync(document.now);
    venue = new ZoneTimes(fresh.conference.timezone);
    learnt = learnCues(document);
    nameConference(fresh.conference.title);
    markRehearsal(fresh.rehearsal);
    byId("waiting").hidden = true;
    byId("side").hidden = false;
    take(fresh);
  },
  change(fresh) {
    take(fresh);
  },
});
connection.on("meter", (meter) => levels.hear(meter, performance.now()));
everySecond(clock, render);
