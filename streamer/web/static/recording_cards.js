// The organisers' list: a recording a session, by day, with what is whole, what is missing and what can be had.

import { el, keyed, linkable } from "./dom.js";
import { bytes, count, duration, percent } from "./format.js";

const STATE_WORDS = {
  off: "Not recorded",
  pending: "Planned",
  capturing: "Being recorded",
  finalising: "Being finished",
  ready: "Ready",
  partial: "Ready, not whole",
  failed: "Failed",
  erased: "Erased",
};
const KIND_WORDS = { mp4: "Video (MP4)", vod: "Stream (HLS)", thumbnail: "Picture", report: "Report" };

/** Recordings by the day on which they start at the venue, each day in order of time and room. */
export function byDay(recordings, venue) {
  const days = new Map();
  const ordered = [...recordings].sort(
    (a, b) => Date.parse(a.start) - Date.parse(b.start) || (a.room < b.room ? -1 : 1),
  );
  for (const recording of ordered) {
    const key = venue.dayKey(recording.start);
    if (!days.has(key)) days.set(key, { key, label: venue.day(recording.start), recordings: [] });
    days.get(key).recordings.push(recording);
  }
  return [...days.values()];
}

/** "12 of 14 ready · 23.4 GB" */
export function summary(recordings) {
  const made = recordings.filter(({ state }) => state !== "off" && state !== "erased");
  const done = made.filter(({ state }) => state === "ready" || state === "partial");
  const size = recordings.flatMap(({ files }) => files ?? []).reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  return [`${done.length} of ${count(made.length, "recording")} ready`, size > 0 && bytes(size)]
    .filter(Boolean)
    .join(" · ");
}

export function renderRecordings(container, days, roomNames, venue, play) {
  keyed(container, days, {
    key: (day) => day.key,
    signature: (day) => day.label,
    make: () => el("section", { class: "day" }),
    fill: (day) => [el("h2", {}, day.label), el("ol", { class: "recordings" })],
  });
  for (const [index, day] of days.entries()) {
    keyed(container.children[index].querySelector("ol"), day.recordings, {
      key: (one) => one.session,
      signature: (one) => JSON.stringify([one, roomNames.get(one.room)]),
      make: () => el("li", { class: "recording" }),
      fill: (one, node) => fill(one, node, roomNames, venue, play),
    });
  }
}

function fill(one, node, roomNames, venue, play) {
  const opened = new Set([...node.querySelectorAll("details[open]")].map(({ dataset }) => dataset.part));
  node.className = `recording ${one.state}`;
  const files = one.files ?? [];
  const video = files.find((file) => file.kind === "mp4");
  const gaps = one.gaps ?? [];
  const facts = [
    one.duration > 0 && duration(one.duration),
    video && bytes(video.bytes),
    video && `${percent(one.coverage)} covered`,
  ];
  return [
    picture(one, files, video, play),
    el(
      "div",
      { class: "recording-what" },
      el("h3", {}, one.title),
      el(
        "p",
        { class: "faint numbers" },
        `${venue.range(one.start, one.end)} · ${roomNames.get(one.room) ?? one.room}`,
      ),
      el(
        "p",
        { class: "facts" },
        el("span", { class: `chip ${one.state}` }, STATE_WORDS[one.state] ?? one.state),
        el("span", { class: "numbers" }, facts.filter(Boolean).join(" · ")),
      ),
      one.reason && gaps.length === 0 && el("p", { class: "reason" }, one.reason),
      gaps.length > 0 && gapList(gaps, venue, opened),
      files.length > 0 && fileList(files, opened),
    ),
    video &&
      el(
        "div",
        { class: "actions" },
        el(
          "button",
          { type: "button", class: "primary", on: { click: () => play(one, video) } },
          "Play",
          el("span", { class: "unseen" }, ` ${one.title}`),
        ),
        el(
          "a",
          { class: "button", href: linkable(video.url), download: video.name },
          "Download",
          el("span", { class: "unseen" }, ` ${one.title}`),
        ),
      ),
  ];
}

function picture(one, files, video, play) {
  const thumbnail = files.find((file) => file.kind === "thumbnail");
  const inside = thumbnail
    ? el("img", { src: linkable(thumbnail.url), alt: "", loading: "lazy", decoding: "async" })
    : el("span", { class: "no-picture" }, one.state === "capturing" ? "●" : "–");
  if (!video) return el("div", { class: "thumbnail" }, inside);
  return el(
    "button",
    {
      type: "button",
      class: "thumbnail",
      tabindex: "-1",
      "aria-hidden": "true",
      on: { click: () => play(one, video) },
    },
    inside,
  );
}

function gapList(gaps, venue, opened) {
  return el(
    "details",
    { "data-part": "gaps", open: opened.has("gaps") },
    el(
      "summary",
      {},
      `${count(gaps.length, "gap")}, ${duration(gaps.reduce((sum, gap) => sum + gap.duration, 0))} missing`,
    ),
    el(
      "ul",
      {},
      gaps.map((gap) =>
        el(
          "li",
          {},
          el("span", { class: "numbers" }, `${venue.clockWithSeconds(gap.start)}, ${duration(gap.duration)}`),
          gap.cause && `: ${gap.cause}`,
        ),
      ),
    ),
  );
}

function fileList(files, opened) {
  return el(
    "details",
    { "data-part": "files", open: opened.has("files") },
    el("summary", {}, "Files"),
    el(
      "ul",
      {},
      files.map((file) =>
        el(
          "li",
          {},
          el("a", { href: linkable(file.url), download: file.name }, KIND_WORDS[file.kind] ?? file.name),
          el("span", { class: "numbers faint" }, ` ${bytes(file.bytes)}`),
          file.sha256 && el("code", { class: "sum", title: "SHA-256" }, file.sha256),
        ),
      ),
    ),
  );
}
