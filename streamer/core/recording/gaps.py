"""Finds the gaps in a recording and their causes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from streamer.core.base.ids import RunId
from streamer.core.footage.continuity import ClockStep, lost_before
from streamer.core.footage.takes import Loss
from streamer.core.footage.wall_clock import SMALLEST_GAP, Timed
from streamer.core.recording.recording import Gap


def missing(
    start: float,
    end: float,
    timed: Sequence[Timed],
    causes: Mapping[RunId, str],
    withheld: Sequence[tuple[float, float]] = (),
    lost: Sequence[Loss] = (),
    full: Sequence[tuple[float, float]] = (),
    steps: Sequence[ClockStep] = (),
    shown: Collection[tuple[RunId, int]] = (),
) -> tuple[Gap, ...]:
    """The stretches of [start, end) that no segment covers (Unix s), each with its likely cause.

    Segments beside the window distinguish a hole at its ends from a wall-clock step, and explain a late start.
    ``causes`` has the reasons why takes ended, ``withheld`` the windows of sessions that may not be recorded, ``lost``
    the captured media that can no longer be read, ``full`` the periods of a full disk, ``steps`` the steps of the wall
    clock. ``shown`` are the segments whose file shows what their source's clock says is missing before them
    (:mod:`streamer.core.recording.pauses`): of these only what the wall clock alone shows counts here.
    """

    def gap(start: float, end: float, last: Timed | None) -> Gap:
        if was_full(start, end, full):
            return Gap(start=start, duration=end - start, cause=FULL_CAUSE)
        reasons = [one.reason for one in lost if one.start < end and start < one.end]
        cause = f"{reasons[0]}{_and_more(len(reasons) - 1)}" if reasons else _cause(start, end, last, causes, withheld)
        return Gap(start=start, duration=end - start, cause=cause)

    gaps = []
    edge, last = start, None
    behind = {key: lost.unseen if key in shown else lost.seconds for key, lost in lost_before(timed, steps).items()}
    following = {one.key: one for one in timed}
    for one in sorted(timed, key=lambda t: t.start):
        if one.end <= start:
            last = one
        if one.end <= start or one.start >= end:
            continue
        was_lost = behind.get(one.key, math.inf)
        if one.start - edge > SMALLEST_GAP and was_lost > SMALLEST_GAP:
            gaps.append(gap(max(edge, one.start - was_lost), one.start, last))
        if last is None or one.end >= edge:
            last = one  # of parallel takes, the one that reached furthest gives the cause
        edge = max(edge, one.end)
    after = following.get((last.key[0], last.key[1] + 1)) if last is not None else None
    was_lost = behind[after.key] if after is not None else math.inf
    if end - edge > SMALLEST_GAP and was_lost > SMALLEST_GAP:
        gaps.append(gap(edge, min(end, edge + was_lost), last))
    return tuple(gaps)


def _cause(
    start: float, end: float, last: Timed | None, causes: Mapping[RunId, str], withheld: Sequence[tuple[float, float]]
) -> str:
    if any(low < end + SMALLEST_GAP and start - SMALLEST_GAP < high for low, high in withheld):
        return "a session next to it may not be recorded"
    if last is None:
        return "nothing had been captured yet"
    return causes.get(last.segment.take) or "the source delivered nothing"


def was_full(start: float, end: float, full: Iterable[tuple[float, float]]) -> bool:
    """Whether the disk was full for most of a stretch."""
    return sum(max(0.0, min(end, high) - max(start, low)) for low, high in full) > (end - start) / 2


def _and_more(number: int) -> str:
    return f", and {number} more" if number > 0 else ""


def merged_gaps(start: float, end: float, found: Iterable[Gap], measured: Iterable[Gap] = ()) -> tuple[Gap, ...]:
    """Merge gaps of several origins into disjoint parts of [start, end); the first to begin gives the cause.

    Adjacent gaps are merged, because what ended a take also damaged its last segment; the longer one gives the cause.
    ``measured`` ones are exact: there is media between two of them unless they touch.
    """
    merged: list[Gap] = []
    edge, was_exact = start, False
    known = [*((gap, False) for gap in found), *((gap, True) for gap in measured)]
    for gap, is_exact in sorted(known, key=lambda g: (g[0].start, -g[0].duration)):
        low, high = max(gap.start, edge), min(gap.start + gap.duration, end)
        if high - low <= _TOUCHES:
            continue
        last = merged[-1] if merged else None
        if last is not None and low - edge < (_TOUCHES if is_exact and was_exact else SMALLEST_GAP):
            cause = last.cause if last.duration >= high - low else gap.cause
            merged[-1] = Gap(start=last.start, duration=high - last.start, cause=cause)
        else:
            merged.append(replace(gap, start=low, duration=high - low))
        edge, was_exact = high, is_exact
    return tuple(merged)


def coverage(start: float, end: float, gaps: Iterable[Gap]) -> float:
    """The covered share of a window, 0…1."""
    if end <= start:
        return 0.0
    return max(0.0, min(1.0, 1.0 - sum(g.duration for g in gaps) / (end - start)))


_TOUCHES = 0.001
FULL_CAUSE = "the disk was full"
"""The cause of gaps from a full disk."""
