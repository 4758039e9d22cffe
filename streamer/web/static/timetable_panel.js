// The timetable on the crew's page: the current version in a line, and below it what needs a look.

import { inWords, postJson, sentence } from "./asking.js";
import { changeList } from "./change_list.js";
import { byId, el, keyed, setText } from "./dom.js";
import { count } from "./format.js";
import { isRunning } from "./store.js";
import {
  beforeApproval,
  failing,
  isPinned,
  outcomes,
  pinned,
  questions,
  standing,
  strangers,
  waiting,
} from "./timetable_words.js";

const AT = "/api/v1/timetable";
const ENDING = new Set(["removed", "kind"]);

export class TimetablePanel {
  #confirmation;
  #state = null;

  constructor(confirmation) {
    this.#confirmation = confirmation;
  }

  render(state, venue, now) {
    this.#state = state;
    const { feed } = state;
    const held = feed?.held ?? [];
    byId("timetable").dataset.waits = held.length > 0 ? "yes" : "no";
    byId("timetable-open").hidden = !feed;
    byId("timetable-pinned").hidden = !isPinned(feed);
    setText(byId("timetable-waits"), questions(feed));
    setText(byId("timetable-line"), feed ? standing(feed, venue, now) : "Its versions are unknown.");
    setText(byId("timetable-source"), feed?.source ?? "");
    byId("timetable-source").title = feed?.source ?? "";
    setText(byId("timetable-pin-line"), feed ? pinned(feed) : "");
    setText(byId("timetable-failing"), feed ? failing(feed, venue, now) : "");
    keyed(byId("timetable-held"), held, {
      key: ({ id }) => id,
      signature: (one) => JSON.stringify([one, Boolean(feed.error), venue.dayKey(now)]),
      make: () => el("li"),
      fill: (one, node) => this.#held(one, node, waiting(one, feed, venue, now)),
    });
    this.#refused(feed?.refused ?? []);
    renderStrangers(state.unknownRooms, venue, now);
  }

  #held(held, node, until) {
    node.className = "held-change";
    const reason = `held-${held.id}`;
    const trouble = el("p", { class: "trouble", role: "alert" });
    const button = (name, kind, act) =>
      el("button", { type: "button", class: kind, "aria-describedby": reason, on: { click: act } }, name);
    const approve = button("Approve", "", () => this.#approve(held, buttons, trouble));
    const refuse = button("Refuse", "", () => answer("refuse", held.id, buttons, trouble));
    const buttons = [approve, refuse];
    return [
      el("p", { id: reason, class: "reason" }, sentence(held.reason)),
      el("p", { class: "faint" }, until),
      held.sessions.length > 1 ? folded(held) : changeList(held.changes),
      el("ul", { class: "outcomes" }, ...outcomes(held).map((words) => el("li", {}, words))),
      el("p", { class: "answers" }, approve, refuse),
      trouble,
    ];
  }

  #approve(held, buttons, trouble) {
    const first = beforeApproval(held, this.#ending(held));
    if (first) this.#confirmation.ask(first, () => postJson(`${AT}/approve`, { id: held.id }));
    else answer("approve", held.id, buttons, trouble);
  }

  /** The titles of running sessions that the change takes away. */
  #ending(held) {
    const gone = (held.changes ?? []).filter(({ kind }) => ENDING.has(kind)).map(({ session }) => session);
    const sessions = gone.map((id) => this.#state.sessions.get(id));
    return sessions.filter((session) => session && isRunning(session)).map(({ title }) => title);
  }

  #refused(refused) {
    byId("timetable-refused").hidden = refused.length === 0;
    setText(byId("timetable-refused-count"), `${refused.length} refused`);
    keyed(byId("timetable-refused-list"), refused, {
      key: ({ id }) => id,
      signature: (one) => one.reason,
      make: () => el("li"),
      fill: (one) => {
        const trouble = el("p", { class: "trouble", role: "alert" });
        const approve = el(
          "button",
          { type: "button", on: { click: () => this.#approve(one, [approve], trouble) } },
          "Approve after all",
        );
        return [el("p", {}, sentence(one.reason)), el("p", { class: "answers" }, approve), trouble];
      },
    });
  }
}

/** Approve or refuse. The list is updated by a change; until then the buttons are disabled. */
async function answer(action, id, buttons, trouble) {
  for (const button of buttons) button.disabled = true;
  setText(trouble, "");
  try {
    await postJson(`${AT}/${action}`, { id });
  } catch (error) {
    setText(trouble, inWords(error));
    for (const button of buttons) button.disabled = false;
  }
}

function folded(held) {
  const changes = held.changes ?? [];
  const more = new Set(held.sessions).size - new Set(changes.map(({ session }) => session)).size;
  return el(
    "details",
    {},
    el("summary", {}, `Show the ${count(held.sessions.length, "session")}`),
    changeList(changes),
    more > 0 && el("p", { class: "faint" }, `and ${more} more`),
  );
}

function renderStrangers(rooms, venue, now) {
  byId("unknown-rooms").hidden = rooms.length === 0;
  setText(byId("unknown-rooms-count"), rooms.length > 0 ? strangers(rooms) : "");
  keyed(byId("unknown-rooms-list"), rooms, {
    key: ({ id }) => id,
    signature: (room) => JSON.stringify([room, venue.dayKey(now)]),
    make: () => el("li"),
    fill: (room) => {
      const holds = room.count ?? room.sessions.length;
      const more = holds - room.sessions.length;
      return [
        el("p", { class: "reason" }, `${room.name}: ${count(holds, "session")}, not captured`),
        room.hint && el("p", { class: "faint" }, sentence(room.hint)),
        el(
          "ul",
          { class: "changes" },
          ...room.sessions.map(({ title, start, end }) =>
            el("li", {}, `${venue.shortDay(start)} ${venue.range(start, end)} ${title}`),
          ),
        ),
        more > 0 && el("p", { class: "faint" }, `and ${more} more`),
      ];
    },
  });
}
