// The connection to the server: a snapshot, then every change once and in order. Knows Socket.IO, but no page.

import { apply, fromSnapshot } from "./store.js";

const OPTIONS = {
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  reconnectionDelay: 500,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.7,
  timeout: 10_000,
  withCredentials: true,
};

/** A spread in milliseconds, so that a hall full of browsers does not come back in the same instant. */
function spread(least, most) {
  return least + Math.random() * (most - least);
}

/**
 * Follows one namespace.
 *
 * `line(state, reason)` hears "connecting", "online", "lost" and "refused"; `snapshot(state, before, document)` a fresh
 * state (`before` null at first); `change(state, before, document)` each change.
 */
export class Connection {
  #socket;
  #hear;
  #state = null;
  #stale = false;
  #later;
  #timer = null;

  constructor(io, namespace, hear, { later = (run, delay) => setTimeout(run, delay) } = {}) {
    this.#hear = hear;
    this.#later = later;
    this.#socket = io(namespace, { ...OPTIONS, auth: (give) => give(this.#position()) });
    this.#socket.on("connect", () => this.#line("online"));
    this.#socket.on("disconnect", (reason) => this.#disconnected(reason));
    this.#socket.on("connect_error", (error) => this.#failed(error));
    this.#socket.on("snapshot", (document) => this.#snapshot(document));
    this.#socket.on("change", (document) => this.#change(document));
    this.#line("connecting");
  }

  /** Hear an event that is not numbered, such as "meter". */
  on(event, hear) {
    this.#socket.on(event, hear);
  }

  /** Where we are, so that the server sends what is missing; nothing at first, or to be given a snapshot. */
  #position() {
    return this.#state && !this.#stale ? { epoch: this.#state.epoch, revision: this.#state.revision } : {};
  }

  #line(name, reason = "") {
    this.#hear.line?.(name, reason);
  }

  #snapshot(document) {
    const before = this.#state;
    this.#state = fromSnapshot(document);
    this.#stale = false;
    this.#hear.snapshot?.(this.#state, before, document);
  }

  #change(document) {
    if (!this.#state || this.#stale) return;
    const before = this.#state;
    const { state, outcome } = apply(before, document);
    if (outcome === "gap") {
      this.#stale = true;
      this.#again(spread(100, 1500));
    } else if (outcome === "applied") {
      this.#state = state;
      this.#hear.change?.(state, before, document);
    }
  }

  #disconnected(reason) {
    if (reason === "io client disconnect") return;
    this.#line("lost", reason);
    if (!this.#socket.active) this.#again(spread(500, 3000));
  }

  #failed(error) {
    if (this.#socket.active) {
      this.#line("lost", error.message);
    } else {
      this.#line("refused", error.message);
      this.#again(spread(10_000, 20_000));
    }
  }

  #again(delay) {
    if (this.#timer !== null) return;
    this.#timer = this.#later(() => {
      this.#timer = null;
      this.#socket.disconnect();
      this.#socket.connect();
    }, delay);
  }
}
