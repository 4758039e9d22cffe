// Asks once more before something that has consequences, does it, and says why if it could not be done.

import { inWords } from "./asking.js";
import { byId, el, setText } from "./dom.js";

export class Confirmation {
  #dialog = byId("confirm");
  #act = null;
  #asked = null;
  #busy = false;

  constructor() {
    byId("confirm-cancel").addEventListener("click", () => this.#dialog.close());
    byId("confirm-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do();
    });
    this.#dialog.addEventListener("close", () => {
      this.#act = null;
      this.#asked = null;
    });
  }

  /** Say what follows; `act` is called if it is wanted, and may fail. */
  ask(asked, act) {
    const { title, words, verb } = asked;
    this.#act = act;
    this.#asked = asked;
    this.#occupy(false);
    setText(byId("confirm-title"), title);
    setText(byId("confirm-trouble"), "");
    setText(byId("confirm-do"), verb);
    byId("confirm-words").replaceChildren(...words.map((text) => el("p", {}, text)));
    this.#dialog.showModal();
  }

  /** Say more about what follows, if `asked` is still being asked. */
  add(asked, lines) {
    if (this.#asked === asked) byId("confirm-words").append(...lines.map((text) => el("p", { class: "faint" }, text)));
  }

  async #do() {
    const act = this.#act;
    if (!act || this.#busy) return;
    this.#occupy(true);
    setText(byId("confirm-trouble"), "");
    try {
      await act();
      if (this.#act === act) this.#dialog.close();
    } catch (error) {
      if (this.#act === act) setText(byId("confirm-trouble"), inWords(error));
    }
    if (this.#act === act || this.#act === null) this.#occupy(false);
  }

  #occupy(busy) {
    this.#busy = busy;
    byId("confirm-do").disabled = busy;
  }
}
