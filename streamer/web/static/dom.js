// Elements without innerHTML: text from a timetable only becomes a text node.

/**
 * Make an element. `attributes` may hold `class`, any attribute (false, null and undefined leave it out, true
 * makes it empty) and `on: {type: listener}`. Children are nodes or text; false and null are skipped.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...present(children));
  return node;
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}

/** The element with an id that the page must have. */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element #${id}`);
  return node;
}

/** Set text only where it differs, so that a live region stays silent and a selection stays. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/** Replace a node's children only when `signature` is not the one they were made for. */
export function refill(node, signature, children) {
  if (node.dataset.signature === signature) return;
  node.dataset.signature = signature;
  node.replaceChildren(...present(children()));
}

/**
 * Make the children of `parent` follow `items`, keeping the nodes of items that stay, so that focus and scrolling
 * survive. `fill(item)` returns a node's children and is called only when `signature(item)` has changed.
 */
export function keyed(parent, items, { key, signature, make, fill }) {
  const wanted = new Set(items.map(key));
  const kept = new Map();
  for (const node of [...parent.children]) {
    if (wanted.has(node.dataset.key)) kept.set(node.dataset.key, node);
    else node.remove();
  }
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const id = key(item);
    let node = kept.get(id);
    if (!node) {
      node = make(item);
      node.dataset.key = id;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
    refill(node, signature(item), () => fill(item, node));
  }
}

/** `text` as an absolute URL if it is one that may be linked to (http or https), else null. */
export function linkable(text, base = document.baseURI) {
  try {
    const url = new URL(text, base);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
