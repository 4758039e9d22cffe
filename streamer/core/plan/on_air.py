"""Chooses which of overlapping sessions of a room is on air: the latest start, if all of them may be streamed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

from streamer.core.plan.planned import PlannedSession


def current(running: Iterable[PlannedSession]) -> PlannedSession | None:
    """The current session among a room's running ones: the one with the latest start."""
    return max(running, key=lambda s: (s.start, s.id), default=None)


def on_air(sessions: Sequence[PlannedSession], instant: datetime) -> PlannedSession | None:
    """The session of a room that its channel should show at ``instant``. ``sessions`` are in order of start.

    None if any running session may not be streamed.
    """
    begun = bisect_right(sessions, instant, key=_start)
    running = [s for s in sessions[:begun] if s.end > instant and s.takes_place]
    return current(running) if all(s.stream for s in running) else None


def _start(session: PlannedSession) -> datetime:
    return session.start


def air_ends(sessions: Sequence[PlannedSession], instant: datetime) -> datetime:
    """When the continuous time on air at ``instant`` ends; sessions without a break between them count as one."""
    end = instant
    while True:
        shown = on_air(sessions, end)
        if shown is None:
            return end
        blocked = [s.start for s in sessions if not s.stream and end < s.start]
        end = min([shown.end, *blocked])
