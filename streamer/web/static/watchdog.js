// Decides when a frozen picture is reloaded. Pure: it gets the time and the position.

const LONGEST = 60_000;
const RECOVERED = 20_000;

export class Watchdog {
  #patience;
  #first;
  #position = null;
  #moved = null;
  #healthySince = null;

  /** `patience`: for how many milliseconds a picture may be frozen; doubled with each reload without effect. */
  constructor(patience = 6000) {
    this.#first = patience;
    this.#patience = patience;
  }

  /** Forget what was seen: the picture has just been (re)opened, paused, or brought back into view. */
  reset(at) {
    this.#position = null;
    this.#moved = at;
    this.#healthySince = null;
  }

  /** True when it is time to reload. `wanted`: whether the picture should be moving now. */
  observe({ at, position, wanted }) {
    if (!wanted) {
      this.reset(at);
      return false;
    }
    if (this.#moved === null) this.#moved = at;
    if (this.#position !== null && Math.abs(position - this.#position) > 0.01) {
      this.#moved = at;
      this.#healthySince ??= at;
      if (at - this.#healthySince >= RECOVERED) this.#patience = this.#first;
    } else if (at - this.#moved > 1500) {
      this.#healthySince = null;
    }
    this.#position = position;
    if (at - this.#moved < this.#patience) return false;
    this.#patience = Math.min(LONGEST, this.#patience * 2);
    this.reset(at);
    return true;
  }

  /** Whether the picture has been frozen long enough to say so. */
  standsStill(at) {
    return this.#moved !== null && at - this.#moved > 2500;
  }
}
