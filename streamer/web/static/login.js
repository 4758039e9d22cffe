// The sign-in page: says why it is shown again, and keeps the page to open afterwards.

import { byId, setText } from "./dom.js";

const REASONS = {
  token: "That token is unknown or has been revoked.",
  link: "That link was used already or is unknown. Ask the service's operator for a new one.",
  wait: "Too many attempts. Wait a moment, then try again.",
  origin: "The form was sent from another site. Please try again here.",
  role: "You are signed in, but that page is for others. Sign in with another token to see it.",
};

const query = new URLSearchParams(location.search);
const error = query.get("error") ?? (query.has("failed") ? "token" : null);

byId("next").value = query.get("next") ?? "";
if (error !== null) {
  setText(byId("failed"), Object.hasOwn(REASONS, error) ? REASONS[error] : "That did not work. Please try again.");
  byId("failed").hidden = false;
}
