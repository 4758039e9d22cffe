// What all pages show in the same way: the connection to the server, and the rehearsal.

import { byId, setText } from "./dom.js";

const PATIENCE = 1200;
const GLAD = 5000;

/** The message about the connection. Short breaks get none; the return is shown once, if the loss was shown. */
export class ConnectionWord {
  #node = byId("connection");
  #bar = byId("connection-bar");
  #timer = null;
  #spoken = false;

  line(state, { refused = "This page needs a sign-in." } = {}) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#node.dataset.line = state;
    if (state === "online") {
      setText(this.#node, "Connected");
      if (this.#spoken) this.#say("back", "Connected again.", GLAD);
      this.#spoken = false;
    } else if (state === "connecting") {
      setText(this.#node, "Connecting…");
    } else if (state === "polling") {
      setText(this.#node, "Updated every 10 s");
    } else if (state === "refused") {
      setText(this.#node, "Not connected");
      this.#say("lost", refused);
      this.#spoken = true;
    } else {
      setText(this.#node, "Reconnecting…");
      if (this.#spoken) return;
      this.#timer = setTimeout(() => {
        this.#spoken = true;
        this.#say("lost", "Connection lost. Trying again; this page may be out of date.");
      }, PATIENCE);
    }
  }

  #say(mood, text, moment = null) {
    this.#bar.className = `bar ${mood}`;
    setText(this.#bar, text);
    if (moment !== null) this.#timer = setTimeout(() => setText(this.#bar, ""), moment);
  }
}

/** Mark the page while the conference is only rehearsed. */
export function markRehearsal(rehearsal) {
  document.documentElement.dataset.rehearsal = rehearsal ? "yes" : "no";
  byId("rehearsal").hidden = !rehearsal;
}

/** The conference's name in the page's heading. */
export function nameConference(title) {
  setText(byId("conference"), title || "Conference");
}

/** The viewer's status document, for pages without a Socket.IO namespace; null where it cannot be fetched. */
export async function fetchStatus() {
  try {
    const answer = await fetch("/api/v1/status", { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
