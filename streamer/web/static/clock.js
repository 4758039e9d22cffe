// The server's time. The browser's clock is only used to count on from the last time the server said what it is.

const JUMP = 2000;

export class ServerClock {
  #wall;
  #steady;
  #offset = 0;
  #wallAtSync;
  #steadyAtSync;

  /** `wall` and `steady` give milliseconds; only the second never jumps, only the first counts a laptop's sleep. */
  constructor(wall = () => Date.now(), steady = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#wallAtSync = wall();
    this.#steadyAtSync = steady();
    this.synced = false;
  }

  /** The server has just said that it is `now` (ISO 8601). */
  sync(now) {
    const at = Date.parse(now);
    if (!Number.isFinite(at)) return;
    this.#wallAtSync = this.#wall();
    this.#steadyAtSync = this.#steady();
    this.#offset = at - this.#wallAtSync;
    this.synced = true;
  }

  /** Milliseconds since 1970 on the server's clock. */
  now() {
    return this.#wall() + this.#offset;
  }

  /** Whether this machine slept, or its clock was set, since the last sync: ask the server again. */
  get suspect() {
    const wall = this.#wall() - this.#wallAtSync;
    const steady = this.#steady() - this.#steadyAtSync;
    return this.synced && Math.abs(wall - steady) > JUMP;
  }
}
