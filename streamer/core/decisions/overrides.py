"""Overrides: the crew's decisions. Logged, attributed, undoable; the timetable itself is never edited.

An override says what was decided, at which instant and by whom. What follows from it is the plan's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streamer.core.base.ids import OverrideId, RoomId, SessionId


class Action(StrEnum):
    """What can be decided. The names are those of the HTTP paths and of the command line."""

    END = "end"
    EXTEND = "extend"
    CONSENT = "consent"
    BOUNDS = "bounds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One decision.

    ``minutes`` belongs to extend, ``instant`` to end, ``record`` and ``stream`` to consent, ``start`` and ``end`` to
    bounds (None: not spoken of). ``undone`` is when the decision was dropped; a dropped decision stays on the log and
    counts no more.
    """

    id: OverrideId
    action: Action
    session: SessionId
    room: RoomId
    at: datetime
    by: str
    minutes: float | None = None
    instant: datetime | None = None
    record: bool | None = None
    stream: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    undone: datetime | None = None

    def describe(self) -> str:
        """The decision in words, for the log."""
        match self.action:
            case Action.END:
                return f"end {self.session}"
            case Action.EXTEND:
                return f"extend {self.session} by {self.minutes:g} min"
            case Action.CONSENT:
                spoken = [("record", self.record), ("stream", self.stream)]
                words = ", ".join(f"{name} {'yes' if value else 'no'}" for name, value in spoken if value is not None)
                return f"consent of {self.session}: {words}"
            case Action.BOUNDS:
                named = [("from", self.start), ("to", self.end)]
                words = " ".join(f"{name} {at.isoformat(timespec='seconds')}" for name, at in named if at is not None)
                return f"recording of {self.session} {words}"
