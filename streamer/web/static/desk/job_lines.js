// A room's processes, a line each.

import { el } from "../dom.js";

const TROUBLED = new Set(["backoff", "failed"]);

/** A process in a line: its state, how long it has it, and its last error. */
export function jobLine(job) {
  return el(
    "li",
    { class: TROUBLED.has(job.state) ? "job troubled" : "job" },
    el(
      "span",
      { class: "job-line" },
      el("span", { class: "job-kind", title: job.id }, job.kind),
      el("span", { class: `chip ${job.state}` }, job.state),
      el("span", { class: "numbers", title: "in this state for", "data-since": Date.parse(job.since) }),
      el("span", { class: "numbers faint", title: "process id" }, job.pid ? `#${job.pid}` : ""),
      job.restarts > 0 && el("span", { class: "numbers", title: "restarts" }, `↻ ${job.restarts}`),
    ),
    job.error && el("span", { class: "job-error" }, job.error),
  );
}
