// One room's picture in one <video>: opens a channel, keeps it running, says how it is doing. Knows no timetable.

import { Watchdog } from "./watchdog.js";

const HLS_TYPE = "application/vnd.apple.mpegurl";
const FAR_BEHIND = 12;
const LAGGING = 3;
const TICK = 1000;
const JUST_NOW = 1000;
const PATIENCE = 5000;
const LONGEST_RETRY = 6000;

// A stall must not push the viewer ever further from the live edge, and a page open all day must not fill memory. How
// close to the edge to play is the playlist's word (PART-HOLD-BACK): hls.js stops listening to it as soon as any
// liveSyncDuration or liveSyncDurationCount is given, and liveMaxLatency… cannot be given without one.
export const HLS_OPTIONS = {
  lowLatencyMode: true,
  liveSyncOnStallIncrease: 0,
  maxLiveSyncPlaybackRate: 1.1,
  liveDurationInfinity: true,
  backBufferLength: 30,
  capLevelToPlayerSize: true,
  workerPath: new URL("./vendor/hls.worker.js", import.meta.url).href,
};

/**
 * @typedef {{picture: "none"|"loading"|"absent"|"playing"|"paused"|"stopped"|"blocked"|"unavailable", muted: boolean,
 *   behind: boolean, levels: {index: number, label: string}[], level: number}} PlayerState
 */

export class Player {
  #video;
  #tell;
  #load;
  #Hls = null;
  #hls = null;
  #url = null;
  #paused = false;
  #opening = false;
  #seenIt = false;
  #ownPace = false;
  #touched = -Infinity;
  #lag = 0;
  #retries = 0;
  #retryTimer = null;
  #picture = "none";
  #level = -1;
  #watchdog = new Watchdog(PATIENCE * (1 + Math.random() / 2));
  #told = "";

  /** `tell(state)` gets every change; `load` imports hls.js, and is called only where Media Source exists. */
  constructor(video, tell, load = () => import("./vendor/hls.js")) {
    this.#video = video;
    this.#tell = tell;
    this.#load = load;
    video.muted = true;
    for (const type of ["playing", "pause", "play", "volumechange", "timeupdate", "seeking"]) {
      video.addEventListener(type, () => this.#heard(type));
    }
    for (const type of ["pointerdown", "keydown"]) {
      video.addEventListener(type, () => {
        this.#touched = performance.now();
      });
    }
    video.addEventListener("error", () => this.#failed());
    document.addEventListener("visibilitychange", () => this.#seen());
    setInterval(() => this.#tick(), TICK);
  }

  /** Show the channel at `url`, or nothing. The same URL again changes nothing. */
  open(url) {
    if (url === this.#url) return;
    this.#url = url;
    this.#paused = false;
    this.#seenIt = false;
    this.#ownPace = false;
    this.#retries = 0;
    this.#level = -1;
    this.#picture = "loading";
    this.#reopen();
  }

  unmute() {
    this.#video.muted = false;
    if (this.#video.volume === 0) this.#video.volume = 1;
    this.#play();
  }

  /** Go to the live edge and play. */
  live() {
    this.#ownPace = false;
    this.#lag = 0;
    const edge = this.#edge();
    if (edge !== null) this.#video.currentTime = edge;
    this.#play();
  }

  /** Fix the quality to a level of the list, or -1 to follow the network. */
  quality(level) {
    this.#level = level;
    if (this.#hls) this.#hls.nextLevel = level;
    this.#report();
  }

  /** The server can be reached again: do not wait for the next attempt. */
  retry() {
    if (this.#url && ["absent", "stopped", "unavailable"].includes(this.#picture)) {
      this.#retries = 0;
      this.#reopen();
    }
  }

  async #reopen() {
    this.#opening = true;
    this.#close();
    this.#watchdog.reset(performance.now());
    const url = this.#url;
    if (!url) return this.#become("none");
    this.#become(["absent", "stopped"].includes(this.#picture) ? this.#picture : "loading");
    const Hls = await this.#library();
    if (url !== this.#url || this.#hls) return;
    if (Hls?.isSupported()) this.#openHls(Hls, url);
    else if (this.#video.canPlayType(HLS_TYPE)) this.#video.src = url;
    else return this.#become("unavailable");
    if (!this.#paused) this.#play();
  }

  async #library() {
    if (!("MediaSource" in window) && !("ManagedMediaSource" in window)) return null;
    try {
      this.#Hls ??= (await this.#load()).default;
    } catch (error) {
      console.warn("hls.js could not be loaded", error);
    }
    return this.#Hls;
  }

  #openHls(Hls, url) {
    const hls = new Hls(HLS_OPTIONS);
    this.#hls = hls;
    let mended = false;
    hls.on(Hls.Events.ERROR, (_, problem) => {
      if (!problem.fatal || hls !== this.#hls) return;
      if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
        mended = true;
        hls.recoverMediaError();
      } else {
        this.#failed();
      }
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#report());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#report());
    hls.attachMedia(this.#video);
    hls.loadSource(url);
  }

  #close() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#hls?.destroy();
    this.#hls = null;
    if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  /** Try again later, each time later, and not all viewers at once. */
  #failed() {
    if (!this.#url || this.#retryTimer !== null) return;
    this.#stopped();
    const delay = Math.min(LONGEST_RETRY, 1000 * 2 ** this.#retries) * (0.5 + Math.random());
    this.#retries += 1;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.#reopen();
    }, delay);
  }

  async #play() {
    this.#paused = false;
    try {
      await this.#video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError") return;
      if (this.#video.muted) {
        this.#paused = true;
        this.#become("blocked");
      } else {
        this.#video.muted = true;
        this.#play();
      }
    }
  }

  #heard(type) {
    if (type === "playing") {
      this.#opening = false;
      this.#seenIt = true;
      this.#become("playing");
    } else if (type === "pause" && !this.#opening && !document.hidden) {
      this.#paused = true;
      this.#ownPace = true;
      this.#become("paused");
    } else if (type === "seeking") {
      if (performance.now() - this.#touched < JUST_NOW) this.#ownPace = true;
    } else if (type === "play") {
      this.#paused = false;
      this.#watchdog.reset(performance.now());
    } else if (
      type === "timeupdate" &&
      this.#picture === "stopped" &&
      !this.#video.paused &&
      this.#video.readyState > 2
    ) {
      this.#become("playing");
    }
    this.#report();
  }

  #seen() {
    this.#watchdog.reset(performance.now());
    if (document.hidden || !this.#url || this.#paused) return;
    if (this.#video.paused) this.#play();
    if (this.#behind() && !this.#ownPace) this.live();
  }

  #tick() {
    const at = performance.now();
    const wanted = Boolean(this.#url) && !this.#paused && !document.hidden && this.#retryTimer === null;
    if (this.#watchdog.observe({ at, position: this.#video.currentTime, wanted })) {
      this.#stopped();
      this.#reopen();
    } else if (wanted && this.#picture === "playing" && this.#watchdog.standsStill(at)) {
      this.#stopped();
    } else if (this.#picture === "playing" && !this.#watchdog.standsStill(at)) {
      this.#retries = 0;
      this.#follow();
    }
    this.#report();
  }

  /** Who fell behind by a bad network, and not by choice, is brought back to the edge. */
  #follow() {
    this.#lag = this.#behind() && !this.#ownPace ? this.#lag + 1 : 0;
    if (this.#lag >= LAGGING) this.live();
  }

  #edge() {
    if (this.#hls) return this.#hls.liveSyncPosition;
    const { seekable } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) - 2 : null;
  }

  #behind() {
    const edge = this.#edge();
    return edge !== null && this.#video.readyState > 0 && edge - this.#video.currentTime > FAR_BEHIND;
  }

  #stopped() {
    this.#become(this.#seenIt ? "stopped" : "absent");
  }

  #become(picture) {
    this.#picture = picture;
    this.#report();
  }

  #report() {
    const state = {
      picture: this.#picture,
      muted: this.#video.muted || this.#video.volume === 0,
      behind: this.#behind(),
      levels: (this.#hls?.levels ?? []).map((level, index) => ({ index, label: level.name || `${level.height}p` })),
      level: this.#level,
    };
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    this.#tell(state);
  }
}
