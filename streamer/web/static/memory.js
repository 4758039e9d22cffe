// Small choices a browser keeps between visits. Where storage is refused they last as long as the page.

const PREFIX = "streamer.";
const session = new Map();

export function remember(name, value) {
  session.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows and strict settings refuse; the choice then ends with the page.
  }
}

export function recall(name) {
  if (session.has(name)) return session.get(name);
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}
