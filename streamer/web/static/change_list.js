// Changes of a timetable as a list: the same beside what is held back and in the history.

import { el } from "./dom.js";
import { sign } from "./timetable_words.js";

/** Changes in words, each with a sign that says whether something came or went. */
export function changeList(changes) {
  return el(
    "ul",
    { class: "changes" },
    ...(changes ?? []).map(({ kind, message }) =>
      el("li", {}, el("span", { class: "sign", "aria-hidden": "true" }, sign(kind)), message),
    ),
  );
}
