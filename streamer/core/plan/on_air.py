"""Which of two overlapping sessions of a room is on air: the one that started later, if all of them may be streamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from streamer.core.plan.planned import PlannedSession


def current(running: Iterable[PlannedSession]) -> PlannedSession | None:
    """The session that a room is in, of those that run in it: the later start."""
    return max(running, key=lambda s: (s.start, s.id), default=None)


def on_air(sessions: Sequence[PlannedSession], instant: datetime) -> PlannedSession | None:
    """The session of a room whose picture its channel shows at ``instant``, if the plan is carried out.

    Where one of the sessions that run may not be streamed, none is shown.
    """
    running = [s for s in sessions if s.covers(instant)]
    return current(running) if all(s.stream for s in running) else None


def air_ends(sessions: Sequence[PlannedSession], instant: datetime) -> datetime:
    """When the stretch of air that covers ``instant`` ends: sessions that follow without a break are one."""
    end = instant
    while True:
        shown = on_air(sessions, end)
        if shown is None:
            return end
        blocked = [s.start for s in sessions if not s.stream and end < s.start < shown.end]
        end = min([shown.end, *blocked])
