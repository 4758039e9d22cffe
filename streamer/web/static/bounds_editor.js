// The dialog that sets where a recording begins and ends, after the fact or while its session still runs.

import { getJson, inWords, postJson, Problem, sentence } from "./asking.js";
import { boundsOf, moved, nearest, request } from "./bounds_times.js";
import { byId, setText } from "./dom.js";
import { EndFields } from "./end_fields.js";
import { EndsRange } from "./ends_range.js";
import { duration, hms } from "./format.js";

const SETTLED = 500;
const LAST = 100; // ms: the last picture lies before the end, which is the first instant that is not shown
const NAMES = {
  start: { session: "Session start", farthest: "As early as possible" },
  end: { session: "Session end", farthest: "As late as possible" },
};

export class BoundsEditor {
  #dialog = byId("bounds");
  #range = new EndsRange((which, at) => this.#move(which, at));
  #fields = {};
  #tell;
  #now;
  #recording = null;
  #venue = null;
  #bounds = null;
  #ends = null;
  #override = null;
  #revision;
  #timer = null;
  #busy = false;

  /** `tell(text)` gets what was done; `now()` is the server's time (ms). */
  constructor({ tell, now }) {
    this.#tell = tell;
    this.#now = now;
    for (const which of ["start", "end"]) {
      this.#fields[which] = new EndFields(byId(`bounds-${which}`), which === "start" ? "Start" : "End", NAMES[which], {
        typed: (text) => this.#typed(which, text),
        stepped: (seconds) => this.#move(which, this.#ends[which] + seconds * 1000),
        jumped: (where) => this.#move(which, this.#place(which, where)),
      });
    }
    byId("bounds-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    byId("bounds-undo").addEventListener("click", () => this.#undo());
    byId("bounds-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  /**
   * Edit a recording's ends. `revision` is a promise of its session's, or of undefined: it protects the decisions that
   * others take in the meantime.
   */
  async open(recording, venue, revision) {
    this.#recording = recording;
    this.#venue = venue;
    this.#revision = revision;
    this.#bounds = null;
    setText(byId("bounds-title"), `Ends of “${recording.title}”`);
    byId("bounds-waiting").hidden = false;
    byId("bounds-editor").hidden = true;
    byId("bounds-undo").hidden = true;
    byId("bounds-save").disabled = true;
    this.#complain("");
    this.#dialog.showModal();
    await this.#load();
  }

  async #load() {
    const { session } = this.#recording;
    try {
      const document = await getJson(this.#address("bounds"));
      if (this.#recording?.session !== session) return;
      this.#override = document.override ?? null;
      this.#bounds = boundsOf(document);
      this.#offerUndo();
      byId("bounds-editor").hidden = this.#bounds === null;
      if (this.#bounds === null) {
        this.#complain("The media of this session is no longer kept, so its ends cannot be set.");
      } else {
        this.#ends = { start: this.#bounds.start, end: this.#bounds.end };
        this.#draw();
      }
    } catch (error) {
      if (this.#recording?.session === session) this.#complain(inWords(error));
    }
    byId("bounds-waiting").hidden = true;
  }

  #address(what) {
    return `/api/v1/recordings/${encodeURIComponent(this.#recording.session)}/${what}`;
  }

  #place(which, where) {
    const { sessionStart, sessionEnd, earliest, latest } = this.#bounds;
    if (where === "session") return which === "start" ? sessionStart : sessionEnd;
    return which === "start" ? earliest : latest;
  }

  #typed(which, text) {
    const at = nearest(text, this.#ends[which], this.#venue);
    if (at === null) {
      this.#draw();
      this.#complain(`“${text}” is not a time. Write it as 09:30:05.`);
    } else {
      this.#move(which, at);
    }
  }

  #move(which, wanted) {
    this.#ends = moved(this.#ends, which, wanted, this.#bounds);
    const reached = this.#ends[which];
    this.#draw();
    this.#complain(
      Math.abs(reached - wanted) > 999
        ? `The ${which} cannot be at ${this.#clock(wanted)}: the limit is ${this.#clock(reached)}.`
        : "",
    );
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), SETTLED);
  }

  #clock(at) {
    return this.#venue.clockWithSeconds(at);
  }

  // -- what is shown -------------------------------------------------------------------------------

  #draw() {
    const { start, end } = this.#bounds;
    const { start: first, end: last } = this.#ends;
    this.#range.show(this.#ends, this.#bounds, this.#venue);
    this.#drawEnd("start", first, start, first);
    this.#drawEnd("end", last, end, Math.max(first, last - LAST));
    const difference = (last - first - (end - start)) / 1000;
    const change =
      Math.abs(difference) < 0.5
        ? ""
        : `, ${duration(Math.abs(difference))} ${difference > 0 ? "longer" : "shorter"} than now`;
    setText(byId("bounds-length"), `The recording becomes ${hms((last - first) / 1000)} long${change}.`);
    byId("bounds-save").disabled = this.#busy || request(this.#ends, this.#bounds) === null;
  }

  #offerUndo() {
    byId("bounds-undo").hidden = this.#override === null;
    byId("bounds-undo").disabled = this.#busy;
  }

  #drawEnd(which, at, now, picture) {
    const session = which === "start" ? this.#bounds.sessionStart : this.#bounds.sessionEnd;
    const away = (at - session) / 1000;
    const word =
      Math.abs(away) < 0.5
        ? `The session's ${which}`
        : `${duration(Math.abs(away))} ${away < 0 ? "before" : "after"} the session's ${which}`;
    this.#fields[which].show({
      clock: this.#clock(at),
      word: at === now ? `${word}, as it is now` : word,
      url: `${this.#address("frame")}?at=${encodeURIComponent(new Date(picture).toISOString())}`,
      missing: picture > this.#now() ? "This is still to come." : "",
    });
  }

  #complain(text) {
    setText(byId("bounds-trouble"), text);
  }

  // -- what is asked -------------------------------------------------------------------------------

  /** Show the conflicts of a change before it is saved. */
  async #preview() {
    const body = this.#bounds && request(this.#ends, this.#bounds);
    if (!body || this.#busy) return;
    const asked = JSON.stringify(body);
    const stands = () => this.#bounds && JSON.stringify(request(this.#ends, this.#bounds)) === asked;
    try {
      const { conflicts } = await postJson(`${this.#address("bounds")}?preview=1`, body);
      if (stands() && conflicts?.length > 0) this.#complain(conflicts.map(({ message }) => sentence(message)).join(" "));
    } catch (error) {
      if (stands() && error instanceof Problem && error.status === 409) this.#complain(inWords(error));
    }
  }

  async #save() {
    const body = this.#bounds && request(this.#ends, this.#bounds);
    if (!body) return;
    const revision = await this.#revision;
    const guarded = revision === undefined ? body : { ...body, if_revision: revision };
    await this.#decide(this.#address("bounds"), guarded, "The ends are set. A new version is being made.");
  }

  async #undo() {
    const address = `/api/v1/overrides/${encodeURIComponent(this.#override)}/undo`;
    await this.#decide(address, {}, "The last setting is undone. The former version is being made again.");
  }

  async #decide(address, body, done) {
    clearTimeout(this.#timer);
    this.#occupy(true);
    try {
      await postJson(address, body);
      this.#occupy(false);
      this.#tell(`“${this.#recording.title}”: ${done} The former version stays until the new one is ready.`);
      this.#dialog.close();
    } catch (error) {
      this.#occupy(false);
      if (error instanceof Problem && error.where === "if_revision") {
        this.#revision = undefined;
        await this.#load();
        this.#complain("Another user has changed this session. Check its present ends and set them again.");
      } else {
        this.#complain(inWords(error));
      }
    }
  }

  #occupy(busy) {
    this.#busy = busy;
    this.#offerUndo();
    if (this.#bounds) this.#draw();
  }

  #closed() {
    clearTimeout(this.#timer);
    this.#recording = null;
    this.#bounds = null;
    for (const field of Object.values(this.#fields)) field.close();
  }
}
