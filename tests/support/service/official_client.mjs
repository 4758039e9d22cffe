// The official Socket.IO client, the one that the pages load, told what to do by a test and telling what it hears.
// Arguments: module, URL, namespace, auth as JSON. Standard input: one command a line. Standard output: one JSON a line.

import { createInterface } from "node:readline";

const [module, url, namespace, auth] = process.argv.slice(2);
const { io } = await import(module);
const position = {};
const say = (...heard) => process.stdout.write(JSON.stringify(heard) + "\n");

const socket = io(url + namespace, {
  auth: (give) => give({ ...JSON.parse(auth), ...position }),
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  transports: ["websocket"],
});
socket.on("connect", () => say("connect"));
socket.on("connect_error", (error) => say("connect_error", error.message, error.data ?? null, socket.active));
socket.on("disconnect", (reason) => say("disconnect", reason, socket.active));
socket.onAny((event, document) => {
  position.epoch = document.epoch;
  position.revision = document.revision;
  say(event, document);
});

const commands = {
  drop: () => socket.io.engine.close(),
  disconnect: () => socket.disconnect(),
  connect: () => socket.connect(),
  end: () => process.exit(0),
};
createInterface({ input: process.stdin }).on("line", (line) => commands[line]()).on("close", commands.end);
