"""Joins overlapping takes into one recording that has everything once.

Captures of one source have the same bytes, each on its own clock. Where one ends and another continues, the last common
keyframe is found by its digest, not by wall time, which is exact only to some hundredths of a second.
Does no I/O: :func:`splice` asks for the keyframes of a segment and receives them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import SMALLEST_GAP, Timed

NEAR = 1.5
"""Seconds by which a take's place in wall time may be wrong at its head, which arrived in a burst."""
SAME_INSTANT = 0.25
"""Seconds of wall time within which two keyframes count as one if no digest decides."""
DEPTH = 8
"""How many segments from a take's end are searched for a common keyframe."""
_EXACT = 0.001

Keyframes = Sequence[tuple[float, str, str]]
"""(time on the source's clock in s, digest of its bytes, digest of the sound that is stored behind it) of each keyframe
of a segment, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Segments of one take that follow each other, in order.

    ``entered`` and ``left`` are keyframes on the take's own clock (s) where another take precedes or follows, or None.
    ``guessed``: it was entered by wall time, because there was no common keyframe.
    """

    take: RunId
    segments: tuple[Timed, ...]
    entered: float | None = None
    left: float | None = None
    guessed: bool = False

    def within(self, low: float, high: float) -> tuple[float, float]:
        """Its part of a range on its own clock (s)."""
        entered = low if self.entered is None else max(low, self.entered)
        return entered, high if self.left is None else min(high, self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seam:
    """The same keyframe on the clocks of the earlier take and of the later one."""

    left: float
    entered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    time: float
    wall: float
    picture: str
    sound: str


Asking = Generator[Segment, Keyframes, "list[Passage]"]
_Searching = Generator[Segment, Keyframes, "_Seam | None"]


def splice(kept: Iterable[Timed], slots: Mapping[RunId, int], start: float, end: float) -> Asking:
    """The path through ``kept`` from ``start`` to ``end`` (Unix s) without losses or repetitions.

    ``kept`` is in the order of capture. Takes of one slot follow each other, independent of the wall clock; only takes
    of different ``slots`` are parallel. A generator: it yields each segment whose keyframes it needs, and receives them
    by ``send``.
    """
    runs = _runs(kept)
    found: list[Passage] = []
    if len({slots.get(_take(run), 1) for run in runs}) < 2:
        return _merged([Passage(take=_take(run), segments=run) for run in runs])
    at = _first(runs, start, end)
    entered: float | None = None
    guessed = False
    while True:
        beside = [r for r in runs if slots.get(_take(r), 1) != slots.get(_take(at), 1)]
        behind = [r for r in runs[runs.index(at) + 1 :] if r not in beside]
        runs.remove(at)
        if _end(at) >= end:
            beside = []
        following, seam, by_wall = yield from _next(at, beside, behind)
        if seam is not None and entered is not None and seam.left < entered:
            seam = _Seam(left=entered, entered=seam.entered + entered - seam.left)
        passage = _trimmed(at, entered, seam.left if seam is not None else None)
        if passage is not None:
            found.append(replace(passage, guessed=guessed))
        if following is None:
            return _merged(found)
        at, entered, guessed = following, seam.entered if seam is not None else None, by_wall


_Run = tuple[Timed, ...]


def _runs(kept: Iterable[Timed]) -> list[_Run]:
    """The segments of each take, divided where one is missing."""
    by_take: dict[RunId, list[Timed]] = {}
    for one in kept:
        by_take.setdefault(one.segment.take, []).append(one)
    runs: list[list[Timed]] = []
    for one in (t for take in by_take.values() for t in sorted(take, key=lambda t: t.segment.number)):
        last = runs[-1][-1].segment if runs else None
        follows = (
            last is not None
            and (last.take, last.number + 1) == one.key
            and abs(one.segment.start - last.end) <= SMALLEST_GAP
        )
        if follows:
            runs[-1].append(one)
        else:
            runs.append([one])
    return [tuple(run) for run in runs]


def _take(run: _Run) -> RunId:
    return run[0].segment.take


def _end(run: _Run) -> float:
    return run[-1].end


def _first(runs: Sequence[_Run], start: float, end: float) -> _Run:
    """Of the runs that begin first, or before the start, the one that reaches furthest."""
    edge = max(start, min(r[0].start for r in runs)) + SMALLEST_GAP
    return max((r for r in runs if r[0].start <= edge), key=lambda r: (min(_end(r), end), -r[0].start))


def _next(
    at: _Run, beside: Sequence[_Run], behind: Sequence[_Run]
) -> Generator[Segment, Keyframes, tuple[_Run | None, _Seam | None, bool]]:
    """The run that continues at a run's end, the keyframe, and whether it is a guess: a run of another slot, or a
    following one of its own."""
    edge = _end(at)
    near = [r for r in beside if r[0].start < edge + NEAR and _end(r) > edge - NEAR]
    contained = []
    for other in sorted(near, key=_end, reverse=True):
        seam = yield from _common(at, other)
        if seam is not None:
            if other[-1].segment.end - seam.entered > at[-1].segment.end - seam.left + _EXACT:
                return other, seam, False
            contained.append(other)
    left = [r for r in beside if r not in contained and _end(r) > edge - SAME_INSTANT]
    overlapping = [r for r in left if r[0].start < edge - NEAR]
    if overlapping:
        other = max(overlapping, key=_end)
        return other, (yield from _by_wall(at, other)), True
    first = min((r[0].start for r in [*left, *behind[:1]]), default=0.0)
    if behind and behind[0][0].start <= first + SMALLEST_GAP:
        return behind[0], None, False  # both pause: one take with a pause tells more than two
    return min([*left, *behind[:1]], key=lambda r: r[0].start, default=None), None, False


def _common(one: _Run, other: _Run) -> _Searching:
    """The last common keyframe with the same sound after it: captures do not always interleave alike, and a sound frame
    would be repeated or missing. Of equal keyframes, such as of a still picture, the nearest in wall time.
    """
    without_sound: _Seam | None = None
    for timed in reversed(one[-DEPTH:]):
        if timed.end < other[0].start - NEAR:
            break
        mine = yield timed.segment
        theirs = yield from _placed(other, timed.start - 2 * NEAR, timed.end + 2 * NEAR)
        for time, picture, sound in reversed(mine):
            wall = _wall(timed, time)
            same = [p for p in theirs if p.picture == picture and abs(p.wall - wall) <= 2 * NEAR]
            if not same:
                continue
            nearest = min(same, key=lambda p: abs(p.wall - wall))
            if nearest.sound == sound:
                return _Seam(left=time, entered=nearest.time)
            without_sound = without_sound or _Seam(left=time, entered=nearest.time)
    return without_sound


def _by_wall(one: _Run, other: _Run) -> _Searching:
    """Keyframes of both at about the same instant; else all of one, and the other from an earlier keyframe: a repeated
    second is better than a lost one."""
    for timed in reversed(one[-DEPTH:]):
        mine = yield timed.segment
        theirs = yield from _placed(other, timed.start - NEAR, timed.end + NEAR)
        for time, _, _ in reversed(mine):
            wall = _wall(timed, time)
            near = [p for p in theirs if abs(p.wall - wall) <= SAME_INSTANT]
            if near:
                return _Seam(left=time, entered=min(near, key=lambda p: abs(p.wall - wall)).time)
    edge = _end(one)
    before = [p.time for p in (yield from _placed(other, edge - 2 * DEPTH, edge)) if p.wall <= edge]
    return _Seam(left=one[-1].segment.end, entered=before[-1]) if before else None


def _placed(run: _Run, low: float, high: float) -> Generator[Segment, Keyframes, list[_Picture]]:
    """The keyframes of a run's segments around an interval, in order."""
    found = []
    for timed in run:
        if timed.end > low and timed.start < high:
            found += [
                _Picture(time=time, wall=_wall(timed, time), picture=picture, sound=sound)
                for time, picture, sound in (yield timed.segment)
            ]
    return found


def _wall(timed: Timed, time: float) -> float:
    return timed.start + time - timed.segment.start


def _trimmed(run: _Run, entered: float | None, left: float | None) -> Passage | None:
    """A run between two keyframes; None where nothing lies between them."""
    if entered is not None and left is not None and left <= entered + _EXACT:
        return None
    within = tuple(
        t
        for t in run
        if (entered is None or t.segment.end > entered + _EXACT) and (left is None or t.segment.start < left - _EXACT)
    )
    return Passage(take=run[0].segment.take, segments=within, entered=entered, left=left) if within else None


def _merged(found: Sequence[Passage]) -> list[Passage]:
    """Neighbours of one take with nothing between them are one passage."""
    merged: list[Passage] = []
    for one in found:
        before = merged[-1] if merged else None
        if before is not None and before.take == one.take and before.left is None and one.entered is None:
            merged[-1] = replace(before, segments=before.segments + one.segments, left=one.left)
        else:
            merged.append(one)
    return merged
