// The player's dialog: a recording with the venue's clock and a timeline on which gaps and silence can be seen.

import { byId, el, linkable, refill, setText } from "./dom.js";
import { hms } from "./format.js";
import { MediaTime } from "./media_time.js";
import { filesOf, playableOf } from "./recording_states.js";
import { Timeline } from "./timeline.js";
import { markWords, marksOf, tally } from "./timeline_marks.js";
import { Vod } from "./vod.js";

const SHORT = 5;
const LONG = 60;

export class RecordingPlayer {
  #dialog = byId("player");
  #video = byId("player-video");
  #parts = byId("player-part");
  #vod;
  #timeline;
  #recording = null;
  #report = null;
  #venue = null;
  #time = null;
  #dated = false;
  #stream = null;
  #files = [];
  #before = 0; // seconds of media in the parts before the one that plays

  constructor() {
    this.#vod = new Vod(this.#video, {
      fragments: (list) => this.#learn(MediaTime.ofFragments(list)),
      failed: () => this.#failed(),
    });
    this.#timeline = new Timeline(byId("player-timeline"), {
      seek: (at) => this.#show(at),
      point: (text) => setText(byId("player-pointed"), text),
    });
    for (const type of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) {
      this.#video.addEventListener(type, () => this.#moved());
    }
    this.#video.addEventListener("ended", () => this.#next());
    this.#parts.addEventListener("change", () => this.#playPart(Number(this.#parts.value)));
    this.#dialog.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    this.#dialog.addEventListener("close", () => this.#closed());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    byId("player-close").addEventListener("click", () => this.#dialog.close());
  }

  /** Play a recording; `report` is a promise of its report, or of null. */
  open(recording, venue, report) {
    this.#recording = recording;
    this.#venue = venue;
    this.#report = null;
    this.#dated = false;
    this.#before = 0;
    const [stream] = filesOf(recording, "vod");
    const isConverted = filesOf(recording, "playable").length > 0; // then the stream has what browsers don't play
    this.#stream = stream && !isConverted ? linkable(stream.url) : null;
    this.#files = filesOf(recording, "mp4").map((file) => ({ ...file, played: playableOf(recording, file).url }));
    this.#time = MediaTime.ofWindow(Date.parse(recording.start), Date.parse(recording.end), recording.gaps ?? []);
    setText(byId("player-title"), recording.title);
    setText(byId("player-trouble"), "");
    setText(byId("player-pointed"), "");
    byId("player-marks").open = false;
    this.#listParts();
    this.#mark();
    this.#moved();
    this.#dialog.showModal();
    this.#video.focus();
    if (this.#stream) this.#vod.stream(this.#stream);
    else if (this.#files.length > 0) this.#playPart(0);
    report.then(
      (found) => {
        if (this.#recording !== recording) return;
        this.#report = found;
        if (!this.#dated) this.#time = this.#reported() ?? this.#time;
        this.#mark();
      },
      () => {},
    );
  }

  /** The report has the instants of files, the playlist those of a stream; until then the window is a guess. */
  #reported() {
    const measured = this.#files.map(({ name }) => this.#report?.files?.find((file) => file.name === name) ?? {});
    return MediaTime.ofFiles(measured);
  }

  #learn(time) {
    if (!time) return;
    this.#time = time;
    this.#dated = true;
    this.#mark();
  }

  #mark() {
    const marks = marksOf(this.#recording, this.#report);
    const [start, end] = [this.#recording.start, this.#recording.end].map((at) => Date.parse(at));
    this.#timeline.show({
      start: Math.min(start, this.#time.start),
      end: Math.max(end, this.#time.end),
      marks,
      venue: this.#venue,
    });
    byId("player-marks").hidden = marks.length === 0;
    refill(byId("player-tally"), JSON.stringify(tally(marks)), () =>
      tally(marks).map(({ kind, words }) => el("span", { class: `tally ${kind}` }, words)),
    );
    refill(byId("player-mark-list"), JSON.stringify([marks, this.#venue.zone]), () =>
      marks.map((mark) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: `quiet mark-entry ${mark.kind}`, on: { click: () => this.#show(mark.start) } },
            markWords(mark, this.#venue),
          ),
        ),
      ),
    );
  }

  #moved() {
    if (!this.#recording) return;
    const position = this.#before + this.#video.currentTime;
    const now = this.#time.wallAt(position);
    this.#timeline.at(now);
    setText(byId("player-clock"), this.#venue.clockWithSeconds(now));
    setText(byId("player-position"), `${hms(Math.floor(position))} of ${hms(this.#time.length)}`);
  }

  /** Show an instant (ms), in the part that contains it. */
  #show(at) {
    this.#seek(this.#time.positionAt(at));
  }

  #seek(position) {
    const parts = this.#lengths();
    let index = this.#stream ? 0 : Number(this.#parts.value) || 0;
    if (!this.#stream && parts.length > 1) {
      let edge = 0;
      index = parts.findIndex((length) => position < (edge += length));
      if (index < 0) index = parts.length - 1;
      if (index !== Number(this.#parts.value)) this.#playPart(index);
    }
    const most = Number.isFinite(this.#video.duration) ? this.#video.duration - 0.05 : Infinity;
    this.#video.currentTime = Math.max(0, Math.min(position - this.#before, most));
    this.#moved();
  }

  // -- parts ---------------------------------------------------------------------------------------

  #lengths() {
    return this.#files.map(({ name }) => this.#report?.files?.find((file) => file.name === name)?.duration ?? 0);
  }

  #listParts() {
    const several = !this.#stream && this.#files.length > 1;
    this.#parts.parentElement.hidden = !several;
    this.#parts.replaceChildren(
      ...this.#files.map((_, index) => el("option", { value: index, selected: index === 0 }, String(index + 1))),
    );
  }

  #playPart(index) {
    this.#parts.value = String(index);
    this.#before = this.#lengths()
      .slice(0, index)
      .reduce((sum, length) => sum + length, 0);
    this.#vod.file(linkable(this.#files[index].played));
  }

  #next() {
    const index = Number(this.#parts.value) + 1;
    if (!this.#stream && index < this.#files.length) this.#playPart(index);
  }

  /** Where the stream can't be played, a file may. */
  #failed() {
    if (this.#stream && this.#files.length > 0) {
      this.#stream = null;
      this.#dated = false;
      this.#time = this.#reported() ?? this.#time;
      this.#listParts();
      this.#playPart(0);
      return;
    }
    this.#vod.close();
    setText(byId("player-trouble"), "This cannot be played here. Download it, or open its report.");
  }

  // -- keys and the end ----------------------------------------------------------------------------

  #pressed(event) {
    const own = event.target.closest("button, summary, select, a");
    const step = event.shiftKey ? LONG : SHORT;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " " && !own) {
      if (this.#video.paused) this.#video.play().catch(() => {});
      else this.#video.pause();
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest("select")) {
      this.#seek(this.#before + this.#video.currentTime + (event.key === "ArrowLeft" ? -step : step));
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #closed() {
    this.#recording = null;
    this.#vod.close();
  }
}
