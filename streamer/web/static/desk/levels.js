// The level meters. A bar for the loudness on the EBU +18 scale (EBU Tech 3341: 0 LU at -23 LUFS), and one a channel
// for its peak in dBFS.

import { el } from "../dom.js";

const TARGET = -23;
const LOWEST = TARGET - 36;
const HIGHEST = TARGET + 18;
const FLOOR = -60;
const STALE = 5000;
const CHANNELS = 8;

/** Where a loudness lies on the scale, 0 to 1. Pure. */
export function onScale(loudness) {
  return clamp((loudness - LOWEST) / (HIGHEST - LOWEST));
}

/** Where a peak lies between -60 dBFS and full scale, 0 to 1. Pure. */
export function ofPeak(peak) {
  return clamp((peak - FLOOR) / -FLOOR);
}

function clamp(share) {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
}

/** The meters of all rooms: the newest of each, and every place where it is shown. */
export class Levels {
  #newest = new Map();

  hear(meter, now) {
    this.#newest.set(meter.room, { ...meter, heard: now });
    for (const node of document.querySelectorAll(`.levels[data-room="${CSS.escape(meter.room)}"]`)) draw(node, meter);
  }

  /** Whether nothing has come of a room for some seconds, though something had. */
  isStale(room, now) {
    const meter = this.#newest.get(room);
    return meter !== undefined && now - meter.heard > STALE;
  }

  of(room) {
    return this.#newest.get(room) ?? null;
  }

  /** An element that shows a room's levels from now on. */
  make(room) {
    const node = el(
      "div",
      { class: "levels", "data-room": room, role: "img", "aria-label": "No sound level yet" },
      el("span", { class: "level loudness" }, el("i"), el("b", { class: "target" })),
      el("span", { class: "channels" }),
      el("span", { class: "level-number" }, "–"),
    );
    const known = this.#newest.get(room);
    if (known) draw(node, known);
    return node;
  }
}

function draw(node, { momentary, short_term: shortTerm, peak = [] }) {
  const [loudness, channels, number] = node.children;
  loudness.style.setProperty("--level", onScale(momentary).toFixed(3));
  loudness.style.setProperty("--target", onScale(TARGET).toFixed(3));
  const wanted = peak.slice(0, CHANNELS);
  while (channels.children.length < wanted.length) channels.append(el("span", { class: "level" }, el("i")));
  while (channels.children.length > wanted.length) channels.lastElementChild.remove();
  wanted.forEach((value, index) => {
    const bar = channels.children[index];
    bar.style.setProperty("--level", ofPeak(value).toFixed(3));
    bar.classList.toggle("clipping", value > -1);
  });
  const words = momentary <= -100 ? "silent" : `${Math.round(momentary)}`;
  if (number.textContent !== words) number.textContent = words;
  const heard = Number.isFinite(shortTerm) && shortTerm > -100 ? `${Math.round(shortTerm)} LUFS` : "silence";
  node.setAttribute("aria-label", `Sound level: ${heard}`);
}
