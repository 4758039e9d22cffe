// Which instant of the day a picture shows: a player counts seconds of media, a report instants, and gaps lie between.

/** @typedef {{position: number, wall: number, length: number}} Piece a run without a gap: s, ms since 1970, s */

/** Maps the positions of a player (s) to instants (ms since 1970) and back. */
export class MediaTime {
  #pieces;

  /** @param {Piece[]} pieces in order of both times, at least one */
  constructor(pieces) {
    this.#pieces = pieces;
    const last = pieces[pieces.length - 1];
    this.start = pieces[0].wall;
    this.end = last.wall + last.length * 1000;
    this.length = last.position + last.length;
  }

  /** Of the fragments of a VOD playlist as hls.js lists them; null where it gives them no EXT-X-PROGRAM-DATE-TIME. */
  static ofFragments(fragments) {
    const dated = fragments.filter(({ programDateTime }) => Number.isFinite(programDateTime));
    if (dated.length === 0) return null;
    return new MediaTime(
      dated.map(({ start, duration, programDateTime }) => ({
        position: start,
        wall: programDateTime,
        length: duration,
      })),
    );
  }

  /**
   * Of video files that follow each other, as a report lists them: each has a `duration` (s) and a `timeline` of
   * `{offset, start, duration}`. Null where one has none.
   */
  static ofFiles(files) {
    const pieces = [];
    let before = 0;
    for (const { timeline, duration } of files) {
      if (!timeline?.length) return null;
      for (const { offset, start, duration: length } of timeline) {
        pieces.push({ position: before + offset, wall: Date.parse(start), length });
      }
      before += duration;
    }
    return pieces.length > 0 ? new MediaTime(pieces) : null;
  }

  /** Of media that runs from `start` to `end` (ms) and leaves its `gaps` out. */
  static ofWindow(start, end, gaps) {
    const pieces = [];
    let [edge, position] = [start, 0];
    const add = (until) => {
      if (until <= edge) return;
      pieces.push({ position, wall: edge, length: (until - edge) / 1000 });
      position += (until - edge) / 1000;
    };
    for (const gap of [...gaps].sort((a, b) => Date.parse(a.start) - Date.parse(b.start))) {
      const from = Date.parse(gap.start);
      add(Math.min(from, end));
      edge = Math.max(edge, from + gap.duration * 1000);
    }
    add(end);
    return new MediaTime(pieces.length > 0 ? pieces : [{ position: 0, wall: start, length: 0 }]);
  }

  /** The instant that is shown at a position. */
  wallAt(position) {
    const piece = this.#pieces.findLast((one) => one.position <= position + 1e-6) ?? this.#pieces[0];
    return piece.wall + Math.min(Math.max(0, position - piece.position), piece.length) * 1000;
  }

  /** Where an instant is shown; in a gap, where the picture continues. */
  positionAt(wall) {
    const piece = this.#pieces.find((one) => wall < one.wall + one.length * 1000);
    return piece ? piece.position + Math.max(0, wall - piece.wall) / 1000 : this.length;
  }
}
