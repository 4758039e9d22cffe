// The sheet for an action that needs words or numbers; says what would follow while they are typed.

import { inWords } from "../asking.js";
import { nearest } from "../bounds_times.js";
import { byId, el, setText } from "../dom.js";
import { talks } from "../store.js";

const PAUSE = 300;

export class ActionForm {
  #dialog = byId("action");
  #fields = byId("action-fields");
  #look;
  #use = null;
  #inputs = new Map();
  #timer = null;
  #asked = 0;

  /** `look()` gives {state, venue, now}. */
  constructor(look) {
    this.#look = look;
    byId("action-cancel").addEventListener("click", () => this.#dialog.close());
    byId("action-form").addEventListener("input", () => this.#soon());
    byId("action-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#dialog.addEventListener("close", () => {
      this.#use = null;
      clearTimeout(this.#timer);
    });
  }

  /** `use` has `preview(body)`, which gives sentences, and `send(body)`. */
  open(action, place, use) {
    this.#use = use;
    this.#inputs = new Map(action.fields(place).map((field) => [field.name, { field, node: this.#input(field) }]));
    setText(byId("action-title"), `${action.label.replace("…", "")} – ${place.room.name || place.room.id}`);
    setText(byId("action-trouble"), "");
    setText(byId("action-do"), action.label.replace("…", ""));
    byId("action-do").disabled = false;
    byId("action-follows").replaceChildren();
    this.#fields.replaceChildren(
      ...[...this.#inputs.values()].map(({ field, node }) => el("label", {}, el("span", {}, field.label), node)),
    );
    this.#dialog.showModal();
    this.#soon();
  }

  #input({ name, type, value, most, optional }) {
    const { state, venue, now } = this.#look();
    if (type === "minutes") return el("input", { name, type: "number", step: "any", required: true, value });
    if (type === "flag") return el("input", { name, type: "checkbox" });
    if (type === "time") return el("input", { name, type: "time", step: 1, required: true, value: venue.clockWithSeconds(value) });
    if (type === "room") {
      const rooms = [...state.rooms.values()];
      return el("select", { name }, ...rooms.map((r) => el("option", { value: r.id, selected: r.id === value }, r.name || r.id)));
    }
    if (type === "session") {
      const others = talks(state).filter((one) => Date.parse(one.end) > now && one.state !== "cancelled");
      const words = (one) => `${venue.clock(one.start)} ${state.rooms.get(one.room)?.name ?? one.room}: ${one.title}`;
      return el("select", { name, required: true }, ...others.map((one) => el("option", { value: one.id }, words(one))));
    }
    return el("input", { name, type: "text", required: !optional, maxlength: most ?? 200, autocomplete: "off" });
  }

  #body() {
    const { venue, now } = this.#look();
    const found = {};
    for (const [name, { field, node }] of this.#inputs) {
      if (field.type === "flag") found[name] = node.checked;
      else if (field.type === "minutes") found[name] = Number(node.value);
      else if (field.type === "time") found[name] = this.#time(node.value, field, venue, now);
      else found[name] = node.value;
    }
    return found;
  }

  #time(text, field, venue, now) {
    const near = typeof field.value === "string" ? Date.parse(field.value) : (field.value ?? now);
    const at = nearest(text, near, venue);
    return at === null ? text : new Date(at).toISOString();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), PAUSE);
  }

  async #preview() {
    const use = this.#use;
    this.#asked += 1;
    const asked = this.#asked;
    if (!use || !byId("action-form").checkValidity()) return;
    let lines;
    try {
      lines = await use.preview(this.#body());
    } catch (error) {
      lines = [inWords(error)];
    }
    if (this.#use !== use || this.#asked !== asked) return;
    byId("action-follows").replaceChildren(...lines.map((text) => el("li", {}, text)));
  }

  async #send() {
    const use = this.#use;
    if (!use) return;
    byId("action-do").disabled = true;
    setText(byId("action-trouble"), "");
    try {
      await use.send(this.#body());
      if (this.#use === use) this.#dialog.close();
    } catch (error) {
      if (this.#use === use) setText(byId("action-trouble"), inWords(error));
    }
    byId("action-do").disabled = false;
  }
}
