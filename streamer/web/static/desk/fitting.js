// How many columns a wall of tiles gets, so that all of it fits the screen and the pictures are as large as possible.
// Pure.

const PICTURE = 9 / 16;
const GAP = 8;

/** Pixels of a tile's height that are not its picture. */
export function textHeight(width) {
  return Math.min(128, Math.max(62, 0.32 * width));
}

/**
 * The columns for `cells` cells in `width` by `height` pixels, and the pictures' height. No tile is narrower than
 * `least` pixels, and no picture lower than a third of its tile's width: rather than that the wall is scrolled.
 * @returns {{count: number, picture: number}}
 */
export function fitting(cells, width, height, least = 150) {
  const most = Math.max(1, Math.min(cells, Math.floor((width + GAP) / (least + GAP))));
  let best = { count: most, picture: 0 };
  for (let count = 1; count <= most; count += 1) {
    const tile = (width - (count - 1) * GAP) / count;
    const room = height / Math.ceil(cells / count) - textHeight(tile) - GAP;
    const picture = Math.min(tile * PICTURE, room);
    if (picture >= tile / 3 && picture > best.picture) best = { count, picture };
  }
  if (best.picture > 0) return best;
  return { count: most, picture: ((width - (most - 1) * GAP) / most) * PICTURE };
}
