"""The order of captured segments, and which of them belong to a window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from streamer.core.base.ids import RunId
from streamer.core.footage.wall_clock import Timed


def instant(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def in_order(timed: Iterable[Timed], takes: Iterable[RunId]) -> list[Timed]:
    """Segments in the order of their capture: by number within a take, independent of the wall clock.
    ``takes`` are all takes in the order of their beginning."""
    rank = {take: place for place, take in enumerate(takes)}
    return sorted(timed, key=lambda t: (rank.get(t.segment.take, len(rank)), t.segment.take, t.segment.number))


def of_window(timed: Iterable[Timed], start: float, end: float) -> list[Timed]:
    """The segments of a window (Unix s): of each take from the first that touches it to the last.

    A wall clock that is set back puts some of them outside the window, although they were captured in it.
    """
    ordered = list(timed)
    spans: dict[RunId, tuple[int, int]] = {}
    for place, one in enumerate(ordered):
        if one.end > start and one.start < end:
            take = one.segment.take
            first, _ = spans.get(take, (place, place))
            spans[take] = first, place
    return [one for first, last in spans.values() for one in ordered[first : last + 1]]


def touches_window(timed: Iterable[Timed], start: float, end: float) -> bool:
    """Whether :func:`of_window` finds anything."""
    return any(one.end > start and one.start < end for one in timed)
