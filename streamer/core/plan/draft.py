"""The draft of a plan: the timetable's sessions, changed by each decision in turn.

A draft exists during one call of ``plan``. Only decisions change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.mutes import Mute, muted, unmuted
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Session, SessionKind, Timetable

Bounds = tuple[datetime | None, datetime | None]
"""Start and end of a recording; None means the session's."""


@dataclass(slots=True, kw_only=True)
class DraftSession:
    """One session. ``record`` and ``stream`` are consent, regardless of the room; ``bounds`` are all bounds that were
    set for its recording, in order, and ``cuts`` the stretches that its files leave out. With ``held_until`` its end is
    open until then."""

    session: Session
    room: RoomId
    start: datetime
    end: datetime
    record: bool
    stream: bool
    held_until: datetime | None = None
    cancelled: datetime | None = None
    bounds: list[Bounds] = field(default_factory=list)
    cuts: list[tuple[datetime, datetime]] = field(default_factory=list)

    def start_at(self, instant: datetime) -> None:
        """Start it at ``instant``; its end stays."""
        self.start = instant.astimezone(UTC)

    def end_at(self, instant: datetime) -> None:
        """End it at ``instant`` and release a hold."""
        self.end, self.held_until = instant.astimezone(UTC), None

    def extend(self, by: timedelta) -> None:
        """Move its end."""
        self.end += by

    def hold(self, limit: datetime) -> None:
        """Leave its end open: it continues until it is ended, at the latest until ``limit``."""
        self.held_until = limit.astimezone(UTC)

    def move(self, *, room: RoomId | None = None, start: datetime | None = None) -> None:
        """Move it to another room, or to another time with the same duration."""
        self.room = room or self.room
        if start is not None:
            shift = start.astimezone(UTC) - self.start
            self.start, self.end = self.start + shift, self.end + shift

    def cancel(self, at: datetime) -> None:
        """End it at ``at``; if it has not started, it does not take place."""
        self.cancelled = at.astimezone(UTC)

    def consent(self, *, record: bool | None, stream: bool | None) -> None:
        """Withdraw consent, or restore it if the timetable permits. None changes nothing."""
        if record is not None:
            self.record = record and self.session.record is not False
        if stream is not None:
            self.stream = stream and self.session.stream is not False

    def planned(self, policy: Policy) -> PlannedSession:
        """The session after these decisions."""
        end, held_from = max(self.start, self.end), None
        if self.held_until is not None and self.held_until > end:
            end, held_from = self.held_until, end
        cancelled = self.start if self.session.cancelled else self.cancelled
        started = cancelled is None or cancelled > self.start
        if cancelled is not None and started:
            end = min(end, cancelled)
        bounds_start, bounds_end = _in_force(self.bounds, self.start, end) if self.bounds else (None, None)
        captured = started and policy.is_captured(self.room)
        return PlannedSession(
            session=self.session,
            room=self.room,
            start=self.start,
            end=end,
            record=self.record and captured,
            stream=self.stream and captured,
            consent_record=self.record,
            consent_stream=self.stream,
            bounds_start=bounds_start,
            bounds_end=bounds_end,
            cuts=tuple(sorted(self.cuts)),
            held_from=held_from,
            cancelled=cancelled,
        )


class Draft:
    """All sessions except breaks, initially as in the timetable."""

    def __init__(self, timetable: Timetable, policy: Policy) -> None:
        self._policy = policy
        self._sessions: dict[SessionId, DraftSession] = {}
        self._mutes: dict[RoomId, list[Mute]] = {}
        for session in timetable.sessions:
            if session.kind is SessionKind.SESSION:
                self.add(session)

    def session(self, id: SessionId) -> DraftSession | None:
        """None for a session that is no longer in the timetable; decisions about it have no effect."""
        return self._sessions.get(id)

    def of_room(self, room: RoomId) -> list[DraftSession]:
        """The sessions of a room after the decisions so far, in order of start."""
        return sorted((s for s in self._sessions.values() if s.room == room), key=lambda s: (s.start, s.session.id))

    def add(self, session: Session) -> None:
        """Add a session, also one that is not in the timetable."""
        policy = self._policy
        self._sessions[session.id] = DraftSession(
            session=session,
            room=session.room,
            start=session.start,
            end=session.end,
            record=policy.record_default if session.record is None else session.record,
            stream=policy.stream_default if session.stream is None else session.stream,
        )

    def mute(self, room: RoomId, start: datetime) -> None:
        """Mute a room from ``start`` until it is unmuted."""
        self._mutes[room] = muted(self._mutes.get(room, ()), start.astimezone(UTC))

    def unmute(self, room: RoomId, at: datetime) -> None:
        """End the mute of a room; does nothing if it is not muted."""
        self._mutes[room] = unmuted(self._mutes.get(room, ()), at.astimezone(UTC))

    def mutes(self) -> Mapping[RoomId, tuple[Mute, ...]]:
        """The times at which rooms are muted, by room."""
        return {room: tuple(mutes) for room, mutes in self._mutes.items() if mutes}

    def planned(self) -> list[PlannedSession]:
        """Every session as planned, ordered by start, room and id."""
        return sorted((s.planned(self._policy) for s in self._sessions.values()), key=lambda s: (s.start, s.room, s.id))


def _in_force(given: Sequence[Bounds], start: datetime, end: datetime) -> Bounds:
    """The bounds that result from decisions, in the order in which they were taken.

    Each was valid when it was taken. After an undo or a moved end, the rest may end a recording before it begins.
    Then only the newest counts; if that is invalid too, none does.
    """
    starts = [one for one, _ in given if one is not None]
    ends = [one for _, one in given if one is not None]
    together = (starts[-1] if starts else None, ends[-1] if ends else None)
    for first, last in (together, *given[-1:]):
        if (first or start) < (last or end):
            return first, last
    return None, None
