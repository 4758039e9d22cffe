"""The times at which a room is muted: its channel shows slate, and what was captured is kept for no recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A room is muted in [start, end); without ``end`` until the crew unmutes it."""

    start: datetime
    end: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        return self.start <= instant and (self.end is None or instant < self.end)

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) overlaps it."""
        return start < end and self.start < end and (self.end is None or start < self.end)


def muted(mutes: Sequence[Mute], start: datetime) -> list[Mute]:
    """The mutes of a room with one more, open, from ``start``. One that is open already goes on."""
    if any(one.end is None for one in mutes):
        return list(mutes)
    return [*mutes, Mute(start=start)]


def unmuted(mutes: Iterable[Mute], at: datetime) -> list[Mute]:
    """The mutes of a room, of which the open one ends at ``at``."""
    return [one if one.end is not None else Mute(start=one.start, end=max(one.start, at)) for one in mutes]
