// The picture at an instant, asked for when it has been wanted for a moment, and a plain word where there is none.

import { ask, inWords, Problem } from "./asking.js";
import { el, setText } from "./dom.js";

const SETTLED = 250;

export class FrameView {
  #picture = el("img", { alt: "", hidden: true });
  #word = el("p", { class: "frame-word" });
  #timer = null;
  #asking = null;
  #url = null;
  #wanted = null;

  /** `node` is the element to place on the page. */
  constructor() {
    this.node = el("div", { class: "frame" }, this.#picture, this.#word);
  }

  /** Show the picture at `url`; `when` is its instant in words. The same again asks nothing. */
  show(url, when) {
    if (url === this.#wanted) return;
    this.#stop();
    this.#wanted = url;
    this.node.dataset.state = "loading";
    if (this.#picture.hidden) setText(this.#word, "…");
    this.#timer = setTimeout(() => this.#fetch(url, when), SETTLED);
  }

  /** Say why there is no picture, without asking. */
  say(text) {
    this.#stop();
    this.#wanted = null;
    this.#drop();
    setText(this.#word, text);
    this.node.dataset.state = "none";
  }

  /** Forget everything. */
  close() {
    this.say("");
  }

  async #fetch(url, when) {
    this.#asking = new AbortController();
    try {
      const answer = await ask(url, { signal: this.#asking.signal });
      const body = await answer.blob();
      if (url !== this.#wanted) return;
      this.#drop();
      this.#url = URL.createObjectURL(body);
      this.#picture.src = this.#url;
      this.#picture.alt = `The picture at ${when}`;
      this.#picture.hidden = false;
      setText(this.#word, "");
      this.node.dataset.state = "shown";
    } catch (error) {
      if (error.name === "AbortError" || url !== this.#wanted) return;
      const missing = error instanceof Problem && error.status === 404;
      this.say(missing ? `No picture is kept at ${when}.` : inWords(error));
      this.#wanted = url;
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  #drop() {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.#picture.hidden = true;
    this.#picture.removeAttribute("src");
  }
}
