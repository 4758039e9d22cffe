// The integrity report in a dialog: what was wanted, what is there, what is missing and why, and how it sounds.

import { inWords, sentence } from "./asking.js";
import { byId, el, linkable, setText } from "./dom.js";
import { bytes, hms, percent } from "./format.js";
import { filesOf, STATE_WORDS } from "./recording_states.js";
import { framesLine, loudnessLine, offsetLine, peakRemark, spanLine, verdict } from "./report_words.js";
import { fileTable, gapTable, stretchTable, takeTable } from "./report_tables.js";

export class ReportView {
  #dialog = byId("report");
  #body = byId("report-body");
  #shown = null;

  constructor() {
    byId("report-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => {
      this.#shown = null;
      this.#body.replaceChildren();
    });
  }

  /** Show a recording's report; `report` is a promise of the report, or of null where none was written. */
  async open(recording, venue, roomName, report) {
    this.#shown = recording;
    setText(byId("report-title"), `Report: ${recording.title}`);
    this.#body.replaceChildren(el("p", { class: "faint" }, "Fetching the report…"));
    this.#dialog.showModal();
    let content;
    try {
      content = sections(recording, venue, roomName, await report);
    } catch (error) {
      content = [el("p", { class: "trouble" }, inWords(error)), ...sections(recording, venue, roomName, null)];
    }
    if (this.#shown !== recording) return;
    this.#body.replaceChildren(...content.filter(Boolean));
  }
}

function sections(recording, venue, roomName, report) {
  const told = report ?? recording;
  const gaps = told.gaps ?? [];
  const quality = report?.quality ?? null;
  return [
    el(
      "p",
      { class: "verdict" },
      el("span", { class: `chip ${told.state}` }, STATE_WORDS[told.state] ?? told.state),
      ` ${verdict(told)}`,
    ),
    report ? facts(report, recording, venue, roomName) : noReport(recording, venue, roomName),
    report?.notes?.length > 0 && section("About the source", ...report.notes.map((note) => el("p", {}, sentence(note)))),
    section("Gaps", gaps.length > 0 ? gapTable(gaps, venue) : el("p", { class: "faint" }, "None.")),
    report && section("Silent, black and frozen", stretches(quality, venue)),
    report?.takes?.length > 0 && section("Takes used", takeTable(report.takes, venue)),
    (recording.files ?? []).length > 0 && section("Files", fileTable(recording.files, report?.files ?? [])),
    report && whole(recording),
  ];
}

function section(title, ...content) {
  return el("section", {}, el("h3", {}, title), ...content);
}

function facts(report, recording, venue, roomName) {
  const { quality } = report;
  const remark = peakRemark(quality);
  return list([
    ["Room", roomName],
    ["Wanted", spanLine(report.window, venue)],
    ["Covered", `${spanLine(report.covered, venue)}, ${percent(report.coverage)}`],
    ["Missing", missing(report.gaps ?? [])],
    ["Frames", framesLine(report.frames, report.expected_frames)],
    ["Sound and picture", offsetLine(report.av_offset)],
    ["Loudness", remark ? `${loudnessLine(quality)}. ${remark}` : loudnessLine(quality)],
    ["Version", String(report.version ?? "–")],
    ["Size", sizes(recording)],
  ]);
}

function noReport(recording, venue, roomName) {
  return list([
    ["Room", roomName],
    ["Wanted", spanLine(recording, venue)],
    ["Covered", percent(recording.coverage)],
  ]);
}

function list(pairs) {
  return el(
    "dl",
    { class: "report-facts" },
    ...pairs
      .filter(([, words]) => words)
      .map(([name, words]) => el("div", {}, el("dt", {}, name), el("dd", { class: "numbers" }, words))),
  );
}

function missing(gaps) {
  const seconds = gaps.reduce((sum, gap) => sum + gap.duration, 0);
  if (gaps.length === 0) return "nothing";
  return seconds < 60 ? `${Number(seconds.toFixed(1))} s` : hms(seconds);
}

function sizes(recording) {
  return filesOf(recording, "mp4")
    .map((file) => bytes(file.bytes))
    .join(" + ");
}

function stretches(quality, venue) {
  if (!quality) return el("p", { class: "faint" }, "Not measured yet: this follows when the file is written.");
  const table = stretchTable(quality, venue);
  if (!table) return el("p", { class: "faint" }, "None.");
  const precision =
    quality.precision > 0 &&
    `Black and frozen pictures are timed to within ${Number(quality.precision.toFixed(2))} s.`;
  return [table, precision && el("p", { class: "faint" }, precision)];
}

function whole(recording) {
  const [file] = filesOf(recording, "report");
  const href = file && linkable(file.url);
  return href && el("p", {}, el("a", { href, download: file.name }, "The whole report as JSON"));
}
