// The tables of an integrity report: gaps, stretches, takes, files with their checksums.

import { el, linkable, setText } from "./dom.js";
import { bytes, duration, hms } from "./format.js";
import { framesLine, shapeLine } from "./report_words.js";
import { KINDS } from "./timeline_marks.js";

const FILE_WORDS = {
  mp4: "Video (MP4)",
  playable: "Video for browsers",
  vod: "Stream (HLS)",
  thumbnail: "Picture",
  report: "Report",
};

/** A table that scrolls by itself where it is too wide, by finger and by keyboard. */
function table(caption, head, rows) {
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, ...head.map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell))))),
    ),
  );
}

export function gapTable(gaps, venue) {
  return table(
    "Gaps",
    ["From", "Length", "Cause"],
    gaps.map((gap) => [venue.clockWithSeconds(gap.start), duration(gap.duration), gap.cause || "unknown"]),
  );
}

/** Silent, black and frozen stretches in order of time; null where there are none. */
export function stretchTable(quality, venue) {
  const rows = ["silent", "black", "frozen"]
    .flatMap((kind) => (quality[kind] ?? []).map((stretch) => ({ kind, ...stretch })))
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  if (rows.length === 0) return null;
  return table(
    "Silent, black and frozen stretches",
    ["From", "Length", "What"],
    rows.map(({ kind, start, duration: length }) => [
      venue.clockWithSeconds(start),
      duration(length),
      KINDS[kind].says,
    ]),
  );
}

export function takeTable(takes, venue) {
  return table(
    "Takes used",
    ["From", "To", "Segments", "Picture and sound", "Take", "It ended because"],
    takes.map((take) => [
      venue.clockWithSeconds(take.start),
      venue.clockWithSeconds(take.end),
      String(take.segments ?? ""),
      shapeLine(take),
      el("code", {}, take.slot > 1 ? `${take.take} (slot ${take.slot})` : take.take),
      take.ended || "it continued",
    ]),
  );
}

/** Every file with its checksum; `measured` says more of those that the report was written for. */
export function fileTable(files, measured) {
  return table(
    "Files",
    ["File", "Size", "Length", "Frames", "SHA-256"],
    files.map((file) => {
      const more = measured.find(({ name }) => name === file.name) ?? {};
      const alike = files.filter(({ kind }) => kind === file.kind);
      const part = alike.length > 1 ? `, part ${alike.indexOf(file) + 1}` : "";
      const href = linkable(file.url);
      return [
        href
          ? el("a", { href, download: file.name, title: file.name }, `${FILE_WORDS[file.kind] ?? file.name}${part}`)
          : file.name,
        bytes(file.bytes),
        more.duration > 0 && file.kind !== "thumbnail" ? hms(more.duration) : "",
        file.kind === "mp4" && Number.isFinite(more.frames) ? framesLine(more.frames, more.expected_frames) : "",
        file.sha256 ? checksum(file) : "",
      ];
    }),
  );
}

function checksum({ name, sha256 }) {
  const button = el("button", { type: "button", class: "copy" }, "Copy", el("span", { class: "unseen" }, ` of ${name}`));
  const word = el("span", { role: "status", class: "faint" });
  button.addEventListener("click", async () => {
    setText(word, (await copied(sha256)) ? "Copied" : "Select and copy it by hand");
  });
  return el("span", { class: "checksum" }, el("code", { title: sha256 }, sha256), button, word);
}

/** Without TLS a browser has no clipboard for pages. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
