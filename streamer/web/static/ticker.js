// Numbers that run with the clock: elements say from or to when they count, and one beat a second writes them all.

import { countdown, elapsedShare } from "./countdown.js";
import { setText } from "./dom.js";
import { digits, untilNext } from "./format.js";

/** Write every running number below `root` as of `now`. */
export function tick(root, now) {
  for (const node of root.querySelectorAll("[data-until]")) {
    const wait = Number(node.dataset.until) - now;
    setText(
      node,
      wait > 0
        ? `${node.dataset.before ?? ""}${countdown(wait)}${node.dataset.after ?? ""}`
        : (node.dataset.done ?? ""),
    );
  }
  for (const node of root.querySelectorAll("[data-since]")) {
    setText(node, digits((now - Number(node.dataset.since)) / 1000));
  }
  for (const node of root.querySelectorAll("progress[data-from]")) {
    node.value = elapsedShare(Number(node.dataset.from), Number(node.dataset.to), now);
  }
}

/** Call `run` at once and with every second of the server's clock. */
export function everySecond(clock, run) {
  run();
  setTimeout(() => everySecond(clock, run), untilNext(clock.now()));
}
