// The timeline of the day, for the handover: what happened, where, and who decided it.

import { ask, getJson, inWords } from "./asking.js";
import { fetchStatus, markRehearsal, nameConference } from "./banner.js";
import { byId, el, keyed, setText } from "./dom.js";
import { ZoneTimes } from "./format.js";

const KINDS = {
  session: "Sessions",
  decision: "Decisions",
  alarm: "Alarms",
  capture: "Captures",
  recording: "Recordings",
  room: "What viewers see",
  notice: "Notices",
};

let moments = [];
let names = new Map();
let venue = new ZoneTimes(undefined);

function render() {
  const [room, kind] = [byId("filter-room").value, byId("filter-kind").value];
  const shown = moments.filter((one) => (!room || one.room === room) && (!kind || one.kind === kind));
  byId("empty").hidden = shown.length > 0;
  keyed(byId("moments"), shown, {
    key: (one) => one.key,
    signature: (one) => one.key,
    make: (one) => el("li", { class: `moment ${one.kind}` }),
    fill: (one) => [
      el("time", { class: "numbers", datetime: one.at }, venue.clockWithSeconds(one.at)),
      el("span", { class: "where" }, names.get(one.room) ?? one.room ?? ""),
      el("span", {}, one.text, one.by && el("span", { class: "faint" }, ` – ${one.by}`)),
    ],
  });
}

async function read() {
  setText(byId("trouble"), "");
  try {
    const [found, status] = await Promise.all([getJson("/api/v1/timeline"), fetchStatus()]);
    if (status) {
      names = new Map(status.rooms.map((room) => [room.id, room.name]));
      venue = new ZoneTimes(status.conference.timezone);
      nameConference(status.conference.title);
      markRehearsal(status.rehearsal);
    }
    moments = found.moments.map((one, index) => ({ ...one, key: `${index} ${one.at} ${one.text}` })).reverse();
    options(byId("filter-room"), [...new Set(moments.map((one) => one.room).filter(Boolean))], (id) => names.get(id) ?? id);
  } catch (error) {
    setText(byId("trouble"), error.status === 401 ? "Sign in as crew to see this page." : inWords(error));
  }
  render();
}

function options(select, values, word) {
  const chosen = select.value;
  select.replaceChildren(select.firstElementChild, ...values.map((value) => el("option", { value }, word(value))));
  select.value = values.includes(chosen) ? chosen : "";
}

async function save() {
  try {
    const answer = await ask("/api/v1/timeline", { headers: { Accept: "text/markdown" } });
    const url = URL.createObjectURL(await answer.blob());
    el("a", { href: url, download: "timeline.md" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  } catch (error) {
    setText(byId("trouble"), inWords(error));
  }
}

options(byId("filter-kind"), Object.keys(KINDS), (kind) => KINDS[kind]);
byId("filter").addEventListener("input", render);
byId("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});
byId("save").addEventListener("click", save);
read();
