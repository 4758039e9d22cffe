// A finished recording in a <video>: its stream by hls.js, or by the browser itself, or a file. Knows no timetable.

const HLS_TYPE = "application/vnd.apple.mpegurl";

const OPTIONS = {
  lowLatencyMode: false,
  startPosition: 0, // also of a playlist that still grows
  backBufferLength: 60,
  capLevelToPlayerSize: true,
  workerPath: new URL("./vendor/hls.worker.js", import.meta.url).href,
};

export class Vod {
  #video;
  #tell;
  #load;
  #hls = null;
  #turn = 0;
  #open = false;

  /**
   * `tell.fragments(list)` gets the fragments of a stream, `tell.failed()` is called when it cannot be played; `load` imports
   * hls.js, and is called only where there is Media Source.
   */
  constructor(video, tell, load = () => import("./vendor/hls.js")) {
    this.#video = video;
    this.#tell = tell;
    this.#load = load;
    video.addEventListener("error", () => {
      if (this.#open && !this.#hls) this.#tell.failed();
    });
  }

  /** Play the playlist at `url`. */
  async stream(url) {
    this.close();
    const turn = this.#turn;
    const Hls = await this.#library();
    if (turn !== this.#turn) return;
    this.#open = true;
    if (Hls?.isSupported()) this.#openHls(Hls, url);
    else if (this.#video.canPlayType(HLS_TYPE)) this.#video.src = `${url}#t=0`;
    else return this.#tell.failed();
    this.#play();
  }

  /** Play the file at `url`. */
  file(url) {
    this.close();
    this.#open = true;
    this.#video.src = url;
    this.#play();
  }

  close() {
    this.#turn += 1;
    this.#open = false;
    this.#hls?.destroy();
    this.#hls = null;
    this.#video.pause();
    if (this.#video.hasAttribute("src")) {
      this.#video.removeAttribute("src");
      this.#video.load();
    }
  }

  async #library() {
    if (!("MediaSource" in window) && !("ManagedMediaSource" in window)) return null;
    try {
      return (await this.#load()).default;
    } catch (error) {
      console.warn("hls.js could not be loaded", error);
      return null;
    }
  }

  #openHls(Hls, url) {
    const hls = new Hls(OPTIONS);
    this.#hls = hls;
    let mended = false;
    hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.#tell.fragments(details.fragments));
    hls.on(Hls.Events.ERROR, (_, problem) => {
      if (!problem.fatal || hls !== this.#hls) return;
      if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && !mended) {
        mended = true;
        hls.recoverMediaError();
      } else {
        this.#tell.failed();
      }
    });
    hls.attachMedia(this.#video);
    hls.loadSource(url);
  }

  /** Where a browser does not let it begin by itself, the controls are there. */
  #play() {
    this.#video.play().catch(() => {});
  }
}
