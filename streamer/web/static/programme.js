// The programme of a day, in the venue's time or the viewer's, with what is over folded away.

import { agenda, dayOf } from "./agenda.js";
import { byId, el, keyed, refill, setText } from "./dom.js";
import { sameClock, speakerLine, zoneCity } from "./format.js";
import { isOver } from "./store.js";
import { recall, remember } from "./memory.js";

const FEW_ROOMS = 4;
const STATE_WORDS = { live: "Live", held: "Running over", cancelled: "Cancelled", ended: "Ended" };

export class Programme {
  #days = byId("days");
  #earlier = byId("earlier");
  #earlierWord = byId("earlier-word");
  #earlierList = byId("earlier-list");
  #list = byId("programme-list");
  #empty = byId("programme-empty");
  #zones = byId("zones");
  #filter = byId("room-filter");
  #onlyRoom = byId("only-room");
  #chosenDay = null;
  #chosenFilter = false;
  #viewer = recall("zone") === "viewer";
  #changed;

  constructor(changed) {
    this.#changed = changed;
    for (const input of this.#zones.querySelectorAll("input")) {
      input.checked = (input.value === "viewer") === this.#viewer;
      input.addEventListener("change", () => {
        this.#viewer = input.value === "viewer";
        remember("zone", input.value);
        changed();
      });
    }
    this.#onlyRoom.addEventListener("change", () => {
      this.#chosenFilter = true;
      changed();
    });
  }

  /** The clock this viewer reads: the venue's, unless they chose their own. */
  times(venue, viewer) {
    return this.#viewer ? viewer : venue;
  }

  render(state, chosenRoom, { venue, viewer }, now) {
    const sessions = [...state.sessions.values()];
    const same = sameClock(venue, viewer, [now, ...sessions.map((session) => session.start)]);
    this.#zones.hidden = same;
    setText(byId("zone-venue"), `Venue (${zoneCity(venue.zone)})`);
    setText(byId("zone-viewer"), `Yours (${zoneCity(viewer.zone)})`);
    const [times, other] = this.#viewer && !same ? [viewer, venue] : [venue, viewer];
    const days = agenda(sessions, times);
    if (!days.some((day) => day.key === this.#chosenDay)) this.#chosenDay = null;
    const shown = this.#chosenDay ?? dayOf(days, times, now);
    this.#renderDays(days, shown, times, now);
    this.#filter.hidden = state.rooms.size < 2;
    if (!this.#chosenFilter) this.#onlyRoom.checked = state.rooms.size > FEW_ROOMS;
    const only = this.#onlyRoom.checked && !this.#filter.hidden;
    const listed = (days.find((day) => day.key === shown)?.sessions ?? []).filter(
      (one) => !only || one.room === chosenRoom,
    );
    const rows = listed.map((session) =>
      row(session, state, times, same ? null : other, this.#viewer ? "at the venue" : "your time"),
    );
    const over = rows.filter((one) => one.over);
    const open = rows.filter((one) => !one.over);
    const folds = open.length > 0 && over.length > 0;
    this.#earlier.hidden = !folds;
    setText(this.#earlierWord, `Earlier (${over.length})`);
    this.#fill(this.#earlierList, folds ? over : []);
    this.#fill(this.#list, folds ? open : rows);
    this.#empty.hidden = rows.length > 0;
    setText(this.#empty, only ? "No sessions in this room on this day." : "The programme is not published yet.");
  }

  #renderDays(days, shown, times, now) {
    this.#days.hidden = days.length === 0;
    const today = times.dayKey(now);
    const label = (day) => `${day.label}${day.key === today ? ", today" : ""}`;
    refill(this.#days, JSON.stringify([shown, days.map(label)]), () =>
      days.map((day) => {
        if (days.length === 1) return el("p", { class: "day" }, label(day));
        const pressed = day.key === shown ? "true" : "false";
        return el(
          "button",
          { type: "button", class: "day", "aria-pressed": pressed, on: { click: () => this.#choose(day.key) } },
          label(day),
        );
      }),
    );
  }

  #choose(key) {
    this.#chosenDay = key;
    this.#changed();
    this.#days.querySelector('[aria-pressed="true"]')?.focus();
  }

  #fill(list, rows) {
    keyed(list, rows, {
      key: (one) => one.id,
      signature: (one) => JSON.stringify(one),
      make: () => el("li"),
      fill: (one, node) => fill(one, node),
    });
  }
}

function row(session, state, times, other, otherWord) {
  const room = state.rooms.get(session.room);
  const moved =
    session.state === "scheduled" && Date.parse(session.start) !== Date.parse(session.scheduled_start ?? session.start);
  return {
    id: session.id,
    title: session.title,
    speakers: speakerLine(session.speakers),
    state: session.state,
    break: session.kind === "break",
    over: isOver(session),
    start: session.start,
    when: times.range(session.start, session.end),
    other: other ? `${other.range(session.start, session.end)} ${otherWord}` : "",
    was: moved ? `was ${times.clock(session.scheduled_start)}` : "",
    room: state.rooms.size > 1 ? room?.name || session.room : "",
    roomId: session.room,
    link: Boolean(room),
    marks: session.kind === "break" || isOver(session) ? [] : marks(session),
  };
}

function marks(session) {
  return [session.stream === false && "not streamed", session.record === false && "not recorded"].filter(Boolean);
}

function fill(one, node) {
  node.className = `entry ${one.state}${one.break ? " break" : ""}`;
  const running = one.state === "live" || one.state === "held";
  if (running) node.setAttribute("aria-current", "time");
  else node.removeAttribute("aria-current");
  const place =
    one.room &&
    (one.link ? el("a", { href: `#room=${encodeURIComponent(one.roomId)}` }, one.room) : el("span", {}, one.room));
  const word = one.break ? "" : STATE_WORDS[one.state];
  return [
    el(
      "div",
      { class: "entry-when" },
      el("time", { datetime: one.start }, one.when),
      one.was && el("s", {}, one.was),
      one.other && el("small", {}, one.other),
    ),
    el(
      "div",
      { class: "entry-what" },
      el("h3", {}, one.title),
      one.speakers && el("p", { class: "speakers" }, one.speakers),
      el(
        "p",
        { class: "entry-foot" },
        place,
        word && el("span", { class: `chip ${one.state}` }, word),
        one.marks.map((mark) => el("span", { class: "mark" }, mark)),
      ),
    ),
  ];
}
