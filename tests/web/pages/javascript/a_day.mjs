// A conference day of two rooms in Copenhagen, for the tests of the pages' scripts.

import { fromSnapshot } from "../../../../streamer/web/static/store.js";
import { ZoneTimes } from "../../../../streamer/web/static/format.js";

export const venue = new ZoneTimes("Europe/Copenhagen");

export function at(clock, day = "2025-09-08") {
  return `${day}T${clock}:00+02:00`;
}

export function session(id, start, end, more = {}) {
  return {
    id,
    room: "main",
    title: `Session ${id}`,
    start: at(start),
    end: at(end),
    scheduled_start: at(start),
    scheduled_end: at(end),
    state: "scheduled",
    on_air: false,
    record: true,
    stream: true,
    recording: "pending",
    revision: 1,
    speakers: [],
    ...more,
  };
}

export function room(id, name, more = {}) {
  return { id, name, state: "slate", session: null, next: null, stream: `/live/${id}/index.m3u8`, ...more };
}

export function snapshot(sessions, more = {}) {
  return {
    epoch: "e",
    revision: 7,
    now: at("08:00"),
    conference: { title: "DNGC", timezone: "Europe/Copenhagen", privacy_notice: null },
    rehearsal: false,
    rooms: [room("main", "Hall A"), room("side", "Hall B")],
    sessions,
    ...more,
  };
}

export function stateOf(sessions, more) {
  return fromSnapshot(snapshot(sessions, more));
}

export function change(kind, more = {}) {
  return { epoch: "e", revision: 8, at: at("09:50"), kind, ...more };
}
