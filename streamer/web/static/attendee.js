// The attendees' page: puts the connection, the stage, the rooms, the programme and the notices together.

import { announce, Announced, differences, notice } from "./announcements.js";
import { ConnectionWord, fetchStatus, markRehearsal, nameConference } from "./banner.js";
import { ServerClock } from "./clock.js";
import { Connection } from "./connection.js";
import { byId, el, linkable, refill, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";
import { Notices } from "./notices.js";
import { Programme } from "./programme.js";
import { RoomChooser } from "./rooms.js";
import { firstRoom } from "./situation.js";
import { Stage } from "./stage.js";
import { everySecond } from "./ticker.js";
import { io } from "./vendor/socket.io.js";

const clock = new ServerClock();
const viewer = new ZoneTimes(undefined);
let venue = viewer;
let state = null;
let room = null;
let due = false;

const word = new ConnectionWord();
const stage = new Stage();
const chooser = new RoomChooser(soon);
const programme = new Programme(soon);
const notices = new Notices({ corner: byId("toasts"), list: byId("notice-list"), empty: byId("notice-empty") });
const announced = new Announced();

function roomInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get("room");
}

/** Several changes in one turn of the event loop are drawn once. */
function soon() {
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    render();
  });
}

function render() {
  if (!state) return;
  const now = clock.now();
  const times = programme.times(venue, viewer);
  stage.render(state, room, times, venue, now);
  chooser.render(state, room, times, venue, now);
  programme.render(state, room, { venue, viewer }, now);
  notices.render(times);
}

function chooseRoom() {
  if (!state) return;
  const named = roomInAddress();
  if (named !== null && state.rooms.has(named)) room = named;
  else if (room === null || !state.rooms.has(room)) room = firstRoom(state);
}

function take(fresh) {
  state = fresh;
  if (venue === viewer || venue.zone !== fresh.conference.timezone) venue = new ZoneTimes(fresh.conference.timezone);
  nameConference(fresh.conference.title);
  markRehearsal(fresh.rehearsal);
  privacy(fresh.conference.privacy_notice);
  chooseRoom();
  soon();
}

function privacy(notice) {
  const text = typeof notice === "string" ? notice.trim() : "";
  const url = /^https?:\/\/\S+$/i.test(text) ? linkable(text) : null;
  refill(byId("privacy-notice"), text, () => {
    if (url)
      return [
        "Sessions are streamed and recorded. ",
        el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, "Privacy notice"),
      ];
    return [text || "Sessions are streamed and recorded, unless the programme says otherwise."];
  });
}

function tell(announcements) {
  for (const one of announced.fresh(announcements)) {
    const at = one.at ? Date.parse(one.at) : clock.now();
    notices.add(one, at, one.everywhere || one.room === room || state.rooms.size === 1);
  }
}

const connection = {
  line(name) {
    word.line(name, { refused: "This conference's page needs a sign-in." });
    byId("sign-in").hidden = name !== "refused";
    if (name === "online") {
      stage.retry();
      checkClock();
    }
  },
  snapshot(fresh, before, document) {
    clock.sync(document.now);
    take(fresh);
    const times = programme.times(venue, viewer);
    if (before) tell(differences(before, fresh, times, `${fresh.epoch}:${fresh.revision}`, document.now));
    tell((document.notices ?? []).map((one) => notice(one, fresh, one.at ?? document.now)));
  },
  change(fresh, before, document) {
    take(fresh);
    if (document.notice?.withdrawn) notices.withdraw(`notice:${document.notice.id}`);
    tell(announce(before, document, fresh, programme.times(venue, viewer)));
  },
};

/** After a laptop's sleep or a clock change, countdowns are wrong until the server is asked. */
async function checkClock() {
  if (!clock.suspect) return;
  const status = await fetchStatus();
  if (status) clock.sync(status.now);
  soon();
}

window.addEventListener("hashchange", () => {
  chooseRoom();
  render();
  if (roomInAddress() !== null) byId("screen").scrollIntoView({ block: "nearest" });
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) checkClock();
});

setText(byId("notice-empty"), "Nothing yet. Changes of the programme appear here.");
new Connection(io, "/viewer", connection);
everySecond(clock, render);
