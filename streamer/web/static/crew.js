// The crew's page: every room, every process, what comes next and what is wrong, and what the timetable asks.

import { ConnectionWord, markRehearsal, nameConference } from "./banner.js";
import { ServerClock } from "./clock.js";
import { Confirmation } from "./confirming.js";
import { Connection } from "./connection.js";
import { renderAlarms, renderCues, renderOverrides, renderRemarks } from "./crew_lists.js";
import { learnCues, upcoming } from "./cues.js";
import { byId, setText } from "./dom.js";
import { count, ZoneTimes } from "./format.js";
import { renderRooms } from "./room_cards.js";
import { everySecond, tick } from "./ticker.js";
import { TimetablePanel } from "./timetable_panel.js";
import { VersionsDialog } from "./timetable_versions.js";
import { io } from "./vendor/socket.io.js";

const CUES = 16;
const MANY_ROOMS = 12;

const clock = new ServerClock();
const word = new ConnectionWord();
const confirmation = new Confirmation();
const timetable = new TimetablePanel(confirmation);
const versions = new VersionsDialog(confirmation, clock);
let venue = new ZoneTimes(undefined);
let state = null;
let learnt = new Map();
let due = false;

function render() {
  if (!state) return;
  const now = clock.now();
  byId("room-cards").dataset.many = state.rooms.size > MANY_ROOMS ? "yes" : "no";
  renderRooms(byId("room-cards"), state, venue, now);
  renderAlarms(state, venue);
  renderCues(state, upcoming(state, learnt, now, CUES), venue, now);
  renderOverrides(state, venue);
  renderRemarks(state);
  timetable.render(state, venue, now);
  versions.follow(state.feed, venue);
  setText(byId("totals"), totals());
  setText(byId("venue-clock"), venue.clockWithSeconds(now));
  tick(document.body, now);
  const alarms = state.alarms.size;
  document.title = `${alarms > 0 ? `(${alarms}) ` : ""}Crew – ${state.conference.title}`;
}

function totals() {
  const rooms = [...state.rooms.values()];
  const jobs = [...state.jobs.values()];
  const number = (name) => jobs.filter((job) => job.state === name).length;
  const parts = [
    `${rooms.filter((room) => room.state === "live").length} of ${count(rooms.length, "room")} live`,
    `${number("running")} of ${count(jobs.length, "process", "processes")} running`,
    number("backoff") > 0 && `${number("backoff")} waiting to restart`,
    number("failed") > 0 && `${number("failed")} failed`,
  ];
  return parts.filter(Boolean).join(" · ");
}

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

new Connection(io, "/crew", {
  line(name) {
    word.line(name, { refused: "This page is for the crew: sign in to see it." });
    byId("sign-in").hidden = name !== "refused";
    setText(
      byId("waiting"),
      name === "refused" ? "Sign in to see this page." : "Waiting for the server…",
    );
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
everySecond(clock, render);
