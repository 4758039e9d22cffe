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
    touching: dict[RunId, tuple[int, int]] = {}
    for one in ordered:
        if one.end > start and one.start < end:
            take, number = one.key
            low, high = touching.get(take, (number, number))
            touching[take] = (min(low, number), max(high, number))
    return [
        one
        for one in ordered
        if one.key[0] in touching and touching[one.key[0]][0] <= one.key[1] <= touching[one.key[0]][1]
    ]
