// The page of a one-time link: a second press would find the link used.

import { byId } from "./dom.js";

byId("link").addEventListener("submit", () => {
  byId("use").disabled = true;
});
