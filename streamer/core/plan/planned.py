"""One session as planned: its effective room, window and permissions, after decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Session


class Phase(StrEnum):
    """Whether an instant is before, in or after a session's window. The session's *state* says what actually
    happens."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """A session with its effective room and window [start, end). ``session`` comes from the timetable, or from
    the decision that added it.

    ``record`` and ``stream`` are the permissions after timetable, defaults and crew; both are False in a room without a
    source, and for a session that does not take place. ``consent_record`` and ``consent_stream`` ignore these two
    conditions. ``bounds_start`` and ``bounds_end`` are the bounds of its recording that the crew set, ``cuts`` the
    stretches [start, end) that its files leave out, in order.

    ``held_from`` is set if the end is open: from then on the session is held until the crew ends it, at the latest
    until ``end``. ``cancelled`` is when it was cancelled. A session that was running then ends there; one that had not
    started keeps its window but does not take place.
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
    cuts: tuple[tuple[datetime, datetime], ...] = ()
    held_from: datetime | None = None
    cancelled: datetime | None = None

    @property
    def in_point(self) -> datetime:
        """Where its recording begins: the set bound, else the session's start."""
        return self.bounds_start or self.start

    @property
    def has_bounds(self) -> bool:
        """Whether a bound of its recording was set."""
        return self.bounds_start is not None or self.bounds_end is not None

    @property
    def out_point(self) -> datetime:
        """Where its recording ends: the set bound, else the session's end."""
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
        """Whether media of [start, end) touches a part that may not be recorded: all of the session, or the part before
        consent was given."""
        if not self.touches(start, end):
            return False
        given = self.session.record_from
        return not self.consent_record or (given is not None and self.start < given and start < given)

    def cuts_out(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) touches a stretch that the files of its recording leave out."""
        return any(low < end and start < high for low, high in self.cuts)

    def phase(self, now: datetime) -> Phase:
        if now < self.start:
            return Phase.BEFORE
        return Phase.DURING if now < self.end else Phase.AFTER

    def covers(self, instant: datetime) -> bool:
        return self.start <= instant < self.end and self.takes_place

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) overlaps the window; False for an empty window."""
        return self.start < self.end and start < self.end and self.start < end
