"""What a take lost between two segments, from the source's clock, the wall clock, and its steps.

FFmpeg keeps a pause of the source up to ten seconds in the timestamps. It hides a longer pause, and a restart of the
source's clock: the segments follow each other without a gap, and only the wall clock shows it. But a step of the wall
clock loses nothing, and later segments catch up with one that was only late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import Timed

SMALLEST_SHIFT = 1.0
"""A smaller difference (s) between source and wall clock comes from a busy machine, not from lost media."""
CATCHES_UP = 60
"""Segments within which a late take is on time again."""
_CLOSES_WITHIN = 2.0
"""Seconds by which the order of a segment's last write and a clock step may be uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """A step of the wall clock by ``size`` seconds, forward or back, between ``since`` (Unix s, by the old
    clock) and ``until`` (by the new one)."""

    size: float
    since: float
    until: float

    def may_lie_between(self, before: Segment, one: Segment) -> bool:
        """Whether the step may have happened between the ends of two segments."""
        return (
            before.closed_at <= self.until - self.size + _CLOSES_WITHIN
            and one.closed_at >= self.since + self.size - _CLOSES_WITHIN
        )


Key = tuple[RunId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Seconds without media directly before a segment: ``paused`` on the source's clock, and ``unseen`` on it, which
    only the wall clock shows."""

    paused: float
    unseen: float

    @property
    def seconds(self) -> float:
        return self.paused + self.unseen


def lost_before(timed: Iterable[Timed], steps: Sequence[ClockStep] = ()) -> dict[Key, Lost]:
    """What is lost before each segment whose predecessor in its take is in ``timed`` too."""
    takes: dict[RunId, dict[int, Timed]] = defaultdict(dict)
    for one in timed:
        takes[one.segment.take][one.segment.number] = one
    found: dict[Key, Lost] = {}
    for segments in takes.values():
        found |= _lost_in(_steady([segments[number] for number in sorted(segments)], steps))
    return found


def _steady(segments: Sequence[Timed], steps: Sequence[ClockStep]) -> list[tuple[Timed, float]]:
    """A take's segments with their offsets from the source's clock to a wall clock without steps."""
    found: list[tuple[Timed, float]] = []
    set_by = 0.0
    before: Timed | None = None
    for one in segments:
        shift = _offset(one) - _offset(before) if before is not None else 0.0
        for step in steps:
            explains = before is not None and step.may_lie_between(before.segment, one.segment)
            if explains and abs(shift - step.size) < abs(shift):
                shift -= step.size
                set_by += step.size
        found.append((one, _offset(one) - set_by))
        before = one
    return found


def _offset(one: Timed) -> float:
    return one.start - one.segment.start


def _lost_in(segments: Sequence[tuple[Timed, float]]) -> dict[Key, Lost]:
    found: dict[Key, Lost] = {}
    for index, ((before, was), (one, _)) in enumerate(pairwise(segments), 1):
        if one.segment.number != before.segment.number + 1:
            continue
        shift = min(offset for _, offset in segments[index : index + CATCHES_UP]) - was
        found[one.key] = Lost(
            paused=one.segment.start - before.segment.end, unseen=shift if shift >= SMALLEST_SHIFT else 0.0
        )
    return found
