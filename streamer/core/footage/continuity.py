"""What a take lost between two of its segments: told from the source's clock, the wall clock, and how that was set.

FFmpeg leaves a pause of the source up to ten seconds in the timestamps. A longer one, and a source whose clock begins
anew, it smooths away: the segments follow each other as if nothing had been, and only the wall clock tells. But that
may have been set meanwhile, which loses nothing; and a segment that was merely late is caught up with by a later one.
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
"""Source and wall clock that part by less than this (s) do so because a machine is busy, not because media is lost."""
CATCHES_UP = 60
"""Segments within which a take that was late is on time again."""
_CLOSES_WITHIN = 2.0
"""Seconds by which a segment's last write and a clock's step may seem to have changed places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """The wall clock was set forward by ``size`` seconds, or back; it went right until ``since`` (Unix s, by the clock
    as it was), and since ``until`` (by the clock as it is) it is known."""

    size: float
    since: float
    until: float

    def may_lie_between(self, before: Segment, one: Segment) -> bool:
        """Whether it can have happened after one segment closed and before the next one did."""
        return (
            before.closed_at <= self.until - self.size + _CLOSES_WITHIN
            and one.closed_at >= self.since + self.size - _CLOSES_WITHIN
        )


Key = tuple[RunId, int]


def lost_before(timed: Iterable[Timed], steps: Sequence[ClockStep] = ()) -> dict[Key, float]:
    """Seconds that were lost right before each segment whose predecessor in its take is among ``timed`` too."""
    takes: dict[RunId, dict[int, Timed]] = defaultdict(dict)
    for one in timed:
        takes[one.segment.take][one.segment.number] = one
    found: dict[Key, float] = {}
    for segments in takes.values():
        found |= _lost_in(_steady([segments[number] for number in sorted(segments)], steps))
    return found


def _steady(segments: Sequence[Timed], steps: Sequence[ClockStep]) -> list[tuple[Timed, float]]:
    """A take's segments with their offsets from the source's clock to a wall clock that nobody ever sets."""
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


def _lost_in(segments: Sequence[tuple[Timed, float]]) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for index, ((before, was), (one, _)) in enumerate(pairwise(segments), 1):
        if one.segment.number != before.segment.number + 1:
            continue
        shift = min(offset for _, offset in segments[index : index + CATCHES_UP]) - was
        found[one.key] = one.segment.start - before.segment.end + (shift if abs(shift) >= SMALLEST_SHIFT else 0.0)
    return found
