// The organisers' list: a card a recording, by day and room, with its state and its files.

import { sentence } from "./asking.js";
import { el, keyed, linkable, setText } from "./dom.js";
import { bytes, count, duration, hms, percent } from "./format.js";
import { canBeCut, canBeReported, canBeWatched, filesOf, STATE_WORDS } from "./recording_states.js";

/**
 * Write the days. `hear` has `watch`, `report` and `cut`, each called with the recording. Cards that stay keep focus
 * and what was opened in them.
 */
export function renderRecordings(container, days, roomNames, venue, hear) {
  const focus = focused(container);
  keyed(container, days, {
    key: (day) => day.key,
    signature: (day) => day.label,
    make: () => el("section", { class: "day" }),
    fill: (day) => [el("h2", {}, day.label), el("div", { class: "day-rooms" })],
  });
  for (const [index, day] of days.entries()) {
    const rooms = container.children[index].querySelector(".day-rooms");
    keyed(rooms, day.rooms, {
      key: ({ room }) => room,
      signature: ({ room }) => roomNames.get(room) ?? room,
      make: () => el("section", { class: "day-room" }),
      fill: ({ room }) => [el("h3", {}, roomNames.get(room) ?? room), el("ol", { class: "recordings" })],
    });
    for (const [place, { recordings }] of day.rooms.entries()) {
      const list = rooms.children[place].querySelector("ol");
      keyed(list, recordings, {
        key: (one) => one.session,
        signature: (one) => JSON.stringify([{ ...one, progress: isWritten(one) }, venue.zone]),
        make: () => el("li", { class: "recording" }),
        fill: (one, node) => fill(one, node, venue, hear),
      });
      for (const [at, one] of recordings.entries()) showProgress(list.children[at], one);
    }
  }
  refocus(container, focus);
}

function focused(container) {
  const node = document.activeElement;
  const card = container.contains(node) ? node.closest(".recording") : null;
  return card && { key: card.dataset.key, part: node.dataset.part };
}

function refocus(container, focus) {
  if (!focus || container.contains(document.activeElement)) return;
  const card = [...container.querySelectorAll(".recording")].find(({ dataset }) => dataset.key === focus.key);
  const again = card?.querySelector(`[data-part="${focus.part}"]`) ?? card?.querySelector("button, a, summary");
  again?.focus();
}

function isWritten(one) {
  return one.state === "finalising" && Number.isFinite(one.progress);
}

/** The share that is written changes often: only its number does, so that nothing else in the card is made again. */
function showProgress(node, one) {
  const bar = node.querySelector("progress");
  if (!bar || !isWritten(one)) return;
  bar.value = one.progress;
  setText(node.querySelector(".progress-words"), percent(one.progress));
}

function fill(one, node, venue, hear) {
  const opened = new Set([...node.querySelectorAll("details[open]")].map(({ dataset }) => dataset.part));
  node.className = `recording ${one.state}`;
  const gaps = one.gaps ?? [];
  const videos = filesOf(one, "mp4");
  const size = videos.reduce((sum, { bytes: length }) => sum + (length ?? 0), 0);
  const facts = [
    one.duration > 0 && !["off", "erased"].includes(one.state) && hms(one.duration),
    size > 0 && bytes(size),
    canBeReported(one) && one.coverage < 1 && `${percent(one.coverage)} covered`,
  ];
  return [
    picture(one, hear),
    el(
      "div",
      { class: "recording-what" },
      el("h4", {}, one.title),
      el("p", { class: "faint numbers" }, span(one, venue)),
      el(
        "p",
        { class: "facts" },
        el("span", { class: `chip ${one.state}` }, STATE_WORDS[one.state] ?? one.state),
        el("span", { class: "numbers" }, facts.filter(Boolean).join(" · ")),
      ),
      one.state === "finalising" && (isWritten(one) || !one.reason) && progress(one),
      one.reason && el("p", { class: one.state === "ready" ? "faint" : "reason" }, sentence(one.reason)),
      gaps.length > 0 && gapList(gaps, venue, opened),
    ),
    actions(one, videos, hear),
  ];
}

/** With seconds where it does not begin and end on the minute. */
function span({ start, end }, venue) {
  const odd = [start, end].some((at) => !venue.clockWithSeconds(at).endsWith(":00"));
  return odd ? `${venue.clockWithSeconds(start)}–${venue.clockWithSeconds(end)}` : venue.range(start, end);
}

function progress(one) {
  const again = filesOf(one, "mp4").length > 0 && "Writing a new version; the present one stays until then.";
  const words = again || (canBeWatched(one) ? "Writing the file; it can be watched already." : "Writing the file.");
  return el(
    "p",
    { class: "writing" },
    el("progress", { max: 1, value: isWritten(one) ? one.progress : null, "aria-label": `Written of ${one.title}` }),
    el("span", { class: "progress-words numbers" }),
    el("span", { class: "faint" }, words),
  );
}

function actions(one, videos, hear) {
  const about = () => el("span", { class: "unseen" }, ` ${one.title}`);
  const button = (part, words, act, primary = false) =>
    el(
      "button",
      { type: "button", class: primary && "primary", "data-part": part, on: { click: () => act(one) } },
      words,
      about(),
    );
  const downloads = videos.map((file, index) =>
    el(
      "a",
      { class: "button", href: linkable(file.url), download: file.name, title: file.name, "data-part": `part-${index}` },
      videos.length > 1 ? `Download part ${index + 1}` : "Download",
      videos.length > 1 && el("span", { class: "faint numbers" }, ` ${bytes(file.bytes)}`),
      about(),
    ),
  );
  const shown = [
    canBeWatched(one) && button("watch", "Watch", hear.watch, true),
    ...downloads,
    canBeReported(one) && button("report", "Report", hear.report),
    canBeCut(one) && button("cut", "Set ends", hear.cut),
  ].filter(Boolean);
  return shown.length > 0 && el("div", { class: "actions" }, ...shown);
}

function picture(one, hear) {
  const [thumbnail] = filesOf(one, "thumbnail");
  const inside = thumbnail
    ? el("img", { src: linkable(thumbnail.url), alt: "", loading: "lazy", decoding: "async" })
    : el("span", { class: "no-picture" }, one.state === "capturing" ? "●" : "–");
  if (!canBeWatched(one)) return el("div", { class: "thumbnail" }, inside);
  return el(
    "button",
    { type: "button", class: "thumbnail", tabindex: "-1", "aria-hidden": "true", on: { click: () => hear.watch(one) } },
    inside,
  );
}

function gapList(gaps, venue, opened) {
  const missing = duration(gaps.reduce((sum, gap) => sum + gap.duration, 0));
  return el(
    "details",
    { "data-part": "gaps", open: opened.has("gaps") },
    el("summary", { "data-part": "gaps-summary" }, `${count(gaps.length, "gap")}, ${missing} missing`),
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
