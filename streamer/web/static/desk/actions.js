// What the crew can do in a room: each action's key, words, request, and whether it asks first. Pure.

/**
 * @typedef {{name: string, type: "text"|"minutes"|"flag"|"time"|"room"|"session", label: string, value?: string|number,
 *   optional?: boolean}} ActionField
 * @typedef {{id: string, decides?: false, key: string|null, label: string, mood: "plain"|"main"|"grave", needs: (place) => boolean,
 *   path: (place) => string, body?: (place) => object, ask?: (place) => {title: string, words: string[], verb: string},
 *   fields?: (place) => ActionField[]}} Action `place` is {room, current, next, muted, now}
 */

const running = ({ current }) => current !== null;
const session = (id, action) => `/api/v1/sessions/${encodeURIComponent(id)}/${action}`;
const room = ({ room: { id } }, action) => `/api/v1/rooms/${encodeURIComponent(id)}/${action}`;
const roomName = ({ room: { id, name } }) => name || id;
const named = (one) => `“${one.title}”`;
const either = ({ current, next }) => current ?? next;

/** @type {Action[]} */
export const ACTIONS = [
  {
    id: "extend",
    key: "5",
    label: "+5 min",
    mood: "main",
    needs: running,
    path: ({ current }) => session(current.id, "extend"),
    body: () => ({ minutes: 5 }),
  },
  {
    id: "hold",
    key: "h",
    label: "Hold",
    mood: "main",
    needs: ({ current }) => current !== null && current.state !== "held",
    path: ({ current }) => session(current.id, "hold"),
  },
  {
    id: "start",
    key: "s",
    label: "Start now",
    mood: "main",
    needs: ({ current, next }) => current === null && next !== null,
    path: ({ next }) => session(next.id, "start"),
  },
  {
    id: "mute",
    key: "u",
    label: "Mute",
    mood: "grave",
    needs: ({ muted }) => !muted,
    path: (place) => room(place, "mute"),
    ask: (place) => ({
      title: `Mute ${roomName(place)}?`,
      words: [
        "Viewers see slate at once, and the last ten seconds are withdrawn.",
        "The recording leaves out what is said until you unmute.",
      ],
      verb: `Mute ${roomName(place)}`,
    }),
  },
  {
    id: "unmute",
    key: "u",
    label: "Unmute",
    mood: "main",
    needs: ({ muted }) => muted,
    path: (place) => room(place, "unmute"),
  },
  {
    id: "end",
    key: "e",
    label: "End",
    mood: "grave",
    needs: running,
    path: ({ current }) => session(current.id, "end"),
    ask: (place) => ({
      title: `End the session in ${roomName(place)}?`,
      words: [`${named(place.current)} ends now, for viewers and in the recording.`],
      verb: "End it now",
    }),
  },
  {
    id: "delay",
    key: "d",
    label: "Delay the rest…",
    mood: "plain",
    needs: ({ next }) => next !== null,
    path: (place) => room(place, "delay"),
    fields: () => [
      { name: "minutes", type: "minutes", label: "Minutes", value: 5 },
      { name: "shrink_breaks", type: "flag", label: "Shorten breaks first" },
    ],
  },
  {
    id: "move",
    key: null,
    label: "Move…",
    mood: "plain",
    needs: ({ next }) => next !== null,
    path: ({ next }) => session(next.id, "move"),
    fields: ({ next, room: here }) => [
      { name: "room", type: "room", label: `Room of ${named(next)}`, value: here.id },
      { name: "start", type: "time", label: "Start", value: next.start },
    ],
  },
  {
    id: "swap",
    key: null,
    label: "Swap…",
    mood: "plain",
    needs: (place) => either(place) !== null,
    path: (place) => session(either(place).id, "swap"),
    fields: (place) => [{ name: "with", type: "session", label: `Swap ${named(either(place))} with` }],
  },
  {
    id: "add",
    key: null,
    label: "Add a session…",
    mood: "plain",
    needs: () => true,
    path: () => "/api/v1/sessions",
    body: ({ room: here }) => ({ room: here.id }),
    fields: (place) => [
      { name: "title", type: "text", label: "Title" },
      { name: "start", type: "time", label: "Start", value: place.now },
      { name: "end", type: "time", label: "End", value: place.now + 30 * 60_000 },
    ],
  },
  {
    id: "cancel",
    key: null,
    label: "Cancel…",
    mood: "grave",
    needs: (place) => either(place) !== null,
    path: (place) => session(either(place).id, "cancel"),
    ask: (place) => ({
      title: `Cancel a session in ${roomName(place)}?`,
      words: [
        place.current
          ? `${named(place.current)} ends now. What was recorded stays.`
          : `${named(place.next)} does not take place and is not captured.`,
      ],
      verb: "Cancel the session",
    }),
  },
  {
    id: "consent",
    key: null,
    label: "Do not record…",
    mood: "grave",
    needs: (place) => either(place) !== null && either(place).record !== false,
    path: (place) => session(either(place).id, "consent"),
    body: () => ({ record: false, stream: false }),
    ask: (place) => ({
      title: `Erase the recording in ${roomName(place)}?`,
      words: [
        `The speaker of ${named(either(place))} withdraws consent: it is neither recorded nor streamed.`,
        "What was recorded is erased now and cannot be brought back.",
      ],
      verb: "Erase it",
    }),
  },
  {
    id: "help",
    key: null,
    label: "Call for help…",
    mood: "grave",
    decides: false,
    needs: () => true,
    path: (place) => room(place, "help"),
    fields: () => [{ name: "text", type: "text", label: "What is wrong", optional: true }],
  },
  {
    id: "notice",
    key: "n",
    label: "Tell viewers…",
    mood: "plain",
    needs: () => true,
    path: () => "/api/v1/notices",
    body: ({ room: here }) => ({ room: here.id }),
    fields: () => [{ name: "text", type: "text", label: "Message", most: 500 }],
  },
];

/** The actions that a room offers now. */
export function offered(place) {
  return ACTIONS.filter((action) => action.needs(place));
}

/** The action behind a key, null where there is none. */
export function actionOf(key, place) {
  return offered(place).find((action) => action.key === key.toLowerCase()) ?? null;
}
