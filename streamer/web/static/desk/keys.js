// The desk's keys. What is typed into a field, or with a modifier, is left alone, and so is everything in a dialog.

const TYPED = "input, select, textarea, [contenteditable], dialog";

/**
 * Call `press(key, event)` for each key; where it returns true the browser's own meaning is dropped.
 */
export function onKeys(press) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest(TYPED)) return;
    if (document.querySelector("dialog[open]")) return;
    if (press(event.key, event)) event.preventDefault();
  });
}
