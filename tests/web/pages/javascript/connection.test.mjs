import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Connection } from "../../../../streamer/web/static/connection.js";
import { change, room, snapshot } from "./a_day.mjs";

/** Socket.IO's client as far as the connection knows it; the test speaks for the server. */
class Line {
  active = true;
  calls = [];
  #listeners = new Map();

  io = (namespace, options) => {
    this.namespace = namespace;
    this.options = options;
    return this;
  };

  on(name, listener) {
    this.#listeners.set(name, listener);
  }

  connect() {
    this.calls.push("connect");
  }

  disconnect() {
    this.calls.push("disconnect");
  }

  says(name, document) {
    this.#listeners.get(name)?.(document);
  }

  auth() {
    let given;
    this.options.auth((value) => {
      given = value;
    });
    return given;
  }
}

let line, heard, timers;

beforeEach(() => {
  line = new Line();
  heard = [];
  timers = [];
  const hear = {
    line: (name) => heard.push(name),
    snapshot: (state, before) => heard.push(["snapshot", state.revision, before?.revision ?? null]),
    change: (state, before, document) => heard.push(["change", before.revision, state.revision, document.kind]),
  };
  new Connection(line.io, "/viewer", hear, { later: (run, delay) => timers.push({ run, delay }) });
});

test("it says where it is only once it is somewhere", () => {
  assert.deepEqual(line.auth(), {});
  line.says("connect");
  line.says("snapshot", snapshot([]));
  line.says("change", change("room.state", { room: room("main", "A") }));
  assert.deepEqual(line.auth(), { epoch: "e", revision: 8 });
  assert.deepEqual(heard, ["connecting", "online", ["snapshot", 7, null], ["change", 7, 8, "room.state"]]);
});

test("what is replayed is heard once", () => {
  line.says("snapshot", snapshot([]));
  line.says("change", change("notice"));
  line.says("change", change("notice"));
  assert.equal(heard.filter(([name]) => name === "change").length, 1);
});

test("after a gap it asks for a snapshot, and compares that with what it knew", () => {
  line.says("snapshot", snapshot([]));
  line.says("change", change("notice", { revision: 10 }));
  line.says("change", change("notice", { revision: 11 }));
  assert.equal(timers.length, 1, "one reconnection, however many changes do not fit");
  assert.deepEqual(line.auth(), {});
  timers[0].run();
  assert.deepEqual(line.calls, ["disconnect", "connect"]);
  line.says("snapshot", snapshot([], { revision: 11 }));
  assert.deepEqual(heard.at(-1), ["snapshot", 11, 7]);
  line.says("change", change("notice", { revision: 12 }));
  assert.deepEqual(heard.at(-1), ["change", 11, 12, "notice"]);
});

test("a lost line comes back by itself, and where the server closed it, by us", () => {
  line.says("disconnect", "transport close");
  assert.deepEqual([heard.at(-1), timers.length], ["lost", 0]);
  line.active = false;
  line.says("disconnect", "io server disconnect");
  assert.deepEqual([heard.at(-1), timers.length], ["lost", 1]);
});

test("a refusal is told apart from a line that is down, and tried again later", () => {
  line.says("connect_error", new Error("xhr poll error"));
  assert.equal(heard.at(-1), "lost");
  line.active = false;
  line.says("connect_error", new Error("sign in"));
  assert.equal(heard.at(-1), "refused");
  assert.ok(timers[0].delay >= 10_000);
});
