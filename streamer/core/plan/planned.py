"""One session as planned: its effective room, window and permissions, after decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Session


class Phase(StrEnum):
    """Whether an instant is before, in or after a session's window. What really happens is the session's *state*."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """A session with its effective room and window [start, end). ``session`` is what the timetable says, or for a
    session that the timetable does not have, the decision that added it.

    ``record`` and ``stream`` are the answer after timetable, defaults and crew; both are False in a room without a
    source, and for a session that does not take place. ``consent_record`` and ``consent_stream`` are the same without
    regard to that. ``bounds_start`` and ``bounds_end`` are the ends of its recording that somebody set.

    ``held_from`` is given where the end is open: from then on the session is held until somebody ends it, at the
    latest until ``end``. ``cancelled`` is when it was cancelled. A session that was running then ends there; one that
    had not started keeps its window and does not take place.
    """

    session: Session
    room: RoomId
    start: datetime
    end: datetime
    record: bool
    stream: bool
    consent_record: bool
    consent_stream: bool
    bounds_start: datetime | None = None
    bounds_end: datetime | None = None
    held_from: datetime | None = None
    cancelled: datetime | None = None

    @property
    def in_point(self) -> datetime:
        """Where its recording begins: the session's start, unless somebody set another."""
        return self.bounds_start or self.start

    @property
    def has_bounds(self) -> bool:
        """Whether somebody set where its recording begins or ends."""
        return self.bounds_start is not None or self.bounds_end is not None

    @property
    def out_point(self) -> datetime:
        """Where its recording ends."""
        return self.bounds_end or self.end

    @property
    def id(self) -> SessionId:
        return self.session.id

    @property
    def takes_place(self) -> bool:
        """False for a session that was cancelled before it started."""
        return self.cancelled is None or self.cancelled > self.start

    @property
    def captured(self) -> bool:
        return self.record or self.stream

    def forbids(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) touches what of it may not be recorded: all of it, or what was before consent
        was given."""
        if not self.touches(start, end):
            return False
        given = self.session.record_from
        return not self.consent_record or (given is not None and self.start < given and start < given)

    def phase(self, now: datetime) -> Phase:
        if now < self.start:
            return Phase.BEFORE
        return Phase.DURING if now < self.end else Phase.AFTER

    def covers(self, instant: datetime) -> bool:
        return self.start <= instant < self.end and self.takes_place

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) reaches into the window; nothing reaches into an empty one."""
        return self.start < self.end and start < self.end and self.start < end
