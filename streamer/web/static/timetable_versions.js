// The versions of the timetable in a dialog: when each was seen, its state, its changes; pin and roll back.

import { getJson, inWords, postJson, sentence } from "./asking.js";
import { changeList } from "./change_list.js";
import { byId, el, keyed, refill, setText } from "./dom.js";
import { count } from "./format.js";
import {
  beforePin,
  beforeUnpin,
  decided,
  isPinned,
  offered,
  pinned,
  STATE_WORDS,
  tally,
  unlisted,
  when,
} from "./timetable_words.js";

const AT = "/api/v1/timetable";
const DECISIONS = 10;
const VERBS = { pin: "Pin", rollback: "Roll back to it", follow: "Follow and pin" };

export class VersionsDialog {
  #dialog = byId("versions");
  #confirmation;
  #clock;
  #venue = null;
  #feed = null;
  #versions = [];
  #wholes = new Map();
  #shown = "";

  /** `clock` gives the server's time. */
  constructor(confirmation, clock) {
    this.#confirmation = confirmation;
    this.#clock = clock;
    byId("timetable-open").addEventListener("click", () => this.#open());
    byId("versions-close").addEventListener("click", () => this.#dialog.close());
    byId("versions-unpin").addEventListener("click", () => this.#unpin());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** The feed's document for the crew; the list is fetched again if it must have changed. */
  follow(feed, venue) {
    this.#feed = feed;
    this.#venue = venue;
    if (!this.#dialog.open || !feed) return;
    const shown = JSON.stringify(feed);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#draw();
    this.#load();
  }

  async #open() {
    if (!this.#feed) return;
    this.#shown = JSON.stringify(this.#feed);
    this.#draw();
    byId("versions-waiting").hidden = this.#versions.length > 0;
    this.#dialog.showModal();
    await this.#load();
  }

  async #load() {
    try {
      const { versions } = await getJson(`${AT}/versions`);
      this.#versions = versions;
      setText(byId("versions-trouble"), "");
    } catch (error) {
      setText(byId("versions-trouble"), inWords(error));
    }
    byId("versions-waiting").hidden = true;
    this.#draw();
  }

  // -- what is shown -------------------------------------------------------------------------------

  #draw() {
    setText(byId("versions-source"), this.#feed.source);
    setText(byId("versions-pinned"), pinned(this.#feed));
    byId("versions-pin").hidden = !isPinned(this.#feed);
    keyed(byId("versions-list"), this.#versions, {
      key: ({ id }) => String(id),
      signature: () => "made",
      make: () => el("li"),
      fill: ({ id }) => this.#row(id),
    });
    for (const version of this.#versions) this.#drawRow(version);
    this.#drawDecisions();
  }

  #row(id) {
    const details = el("details", { class: "version" }, el("summary"), el("div", { class: "version-body" }));
    details.addEventListener("toggle", () => {
      if (details.open) this.#fetch(id);
    });
    return [details];
  }

  #drawRow(version) {
    const node = byId("versions-list").querySelector(`li[data-key="${Number(version.id)}"]`);
    const [summary, body] = node.querySelectorAll(":scope summary, :scope .version-body");
    const now = this.#clock.now();
    const isPin = version.id === this.#feed.pinned;
    refill(summary, JSON.stringify([version, isPin, this.#venue.dayKey(now)]), () => [
      el("span", { class: "numbers version-id" }, String(version.id)),
      el("time", { class: "numbers", datetime: version.at }, when(version.at, this.#venue, now)),
      el("span", { class: `chip version-${version.state}` }, STATE_WORDS[version.state] ?? version.state),
      isPin && el("span", { class: "chip version-pinned" }, "pinned"),
      el("span", { class: "version-tally" }, headline(version)),
    ]);
    const whole = this.#wholes.get(version.id);
    const offer = offered(version, this.#feed);
    refill(body, JSON.stringify([version, offer, whole?.error ?? Boolean(whole)]), () =>
      this.#body(version, whole, offer),
    );
  }

  #body(version, whole, offer) {
    const why = version.error || version.reason;
    const changes = whole?.changes ?? [];
    const more = whole && !whole.error ? unlisted(whole) : 0;
    return [
      el("p", { class: "faint" }, origin(version, this.#feed)),
      why && el("p", {}, sentence(why)),
      offer && el("p", { class: "answers" }, this.#button(version, offer)),
      !whole && el("p", { class: "faint" }, "Fetching its changes…"),
      whole?.error && el("p", { class: "trouble", role: "alert" }, whole.error),
      changes.length > 0 && changeList(changes),
      more > 0 && el("p", { class: "faint" }, `and ${more} more`),
    ];
  }

  #button(version, offer) {
    const name = `${VERBS[offer]}: version ${version.id}`;
    const click = () => this.#pin(version, offer);
    return el("button", { type: "button", "aria-label": name, on: { click } }, VERBS[offer]);
  }

  #drawDecisions() {
    const decisions = (this.#feed.decisions ?? []).slice(-DECISIONS).reverse();
    const now = this.#clock.now();
    byId("versions-decisions").hidden = decisions.length === 0;
    refill(byId("versions-decision-list"), JSON.stringify([decisions, this.#venue.dayKey(now)]), () =>
      decisions.map((one) =>
        el(
          "li",
          {},
          el("time", { class: "numbers", datetime: one.at }, when(one.at, this.#venue, now)),
          ` ${decided(one)}`,
        ),
      ),
    );
  }

  // -- what is asked -------------------------------------------------------------------------------

  async #fetch(id) {
    if (this.#wholes.has(id) && !this.#wholes.get(id).error) return;
    let whole;
    try {
      whole = await getJson(`${AT}/versions/${Number(id)}`);
      this.#wholes.set(id, { changed: whole.changed, changes: whole.changes ?? [] });
    } catch (error) {
      this.#wholes.set(id, { error: inWords(error) });
    }
    this.#draw();
  }

  async #pin(version, offer) {
    const body = offer === "pin" ? {} : { version: version.id }; // what is followed now, not all that this version said
    const action = offer === "rollback" ? "rollback" : "pin";
    let preview;
    try {
      preview = await postJson(`${AT}/${action}?preview=1`, body);
    } catch (error) {
      setText(byId("versions-trouble"), inWords(error));
      return;
    }
    setText(byId("versions-trouble"), "");
    this.#confirmation.ask(beforePin(version, this.#feed, this.#venue, this.#clock.now(), preview), () =>
      postJson(`${AT}/${action}`, body),
    );
  }

  #unpin() {
    this.#confirmation.ask(beforeUnpin(this.#feed), () => postJson(`${AT}/unpin`, {}));
  }
}

/** What a version is about, in a few words. */
function headline(version) {
  if (version.state === "broken") return version.error ?? "";
  return tally(version.changed) || (version.id === 1 ? "the first one" : "no change");
}

/** How much it holds; from where, unless it is where all comes from. */
function origin({ source, sessions, remarks, state }, feed) {
  const holds = state !== "broken" && count(sessions, "session");
  const odd = remarks > 0 && count(remarks, "remark");
  return [holds, odd, source !== feed.source && `from ${source}`].filter(Boolean).join(", ");
}
