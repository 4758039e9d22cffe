"""The plan: each session's effective window and permissions, after overrides, at an instant.

``plan`` is one of the two functions everything follows from. It is recomputed whenever anything may have
changed, and two plans of the same input are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.decisions.overrides import Action, Override
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Session, SessionKind, Timetable


class Phase(StrEnum):
    """Where the clock stands to a session's window; what really happens is the session's *state*."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """A session with its effective window [start, end).

    ``record`` and ``stream`` are the answer after timetable, defaults and crew; both are False in a room
    without a source. ``consent_record`` and ``consent_stream`` are the same without regard to the room.
    ``bounds_start`` and ``bounds_end`` are where somebody set the ends of its recording.
    """

    session: Session
    start: datetime
    end: datetime
    record: bool
    stream: bool
    consent_record: bool
    consent_stream: bool
    bounds_start: datetime | None = None
    bounds_end: datetime | None = None

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
    def room(self) -> RoomId:
        return self.session.room

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
        return self.start <= instant < self.end

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) reaches into the window; nothing reaches into an empty one."""
        return self.start < self.end and start < self.end and self.start < end


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sessions that want one room at the same time."""

    session: SessionId
    other: SessionId
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All sessions that are captured or could be, ordered by effective start. Breaks are not in it."""

    at: datetime
    sessions: tuple[PlannedSession, ...]
    rooms: Mapping[RoomId, tuple[PlannedSession, ...]] = field(repr=False)
    _by_id: Mapping[SessionId, PlannedSession] = field(repr=False)

    def session(self, id: SessionId) -> PlannedSession | None:
        return self._by_id.get(id)

    def of_room(self, room: RoomId) -> tuple[PlannedSession, ...]:
        return self.rooms.get(room, ())

    def running(self, room: RoomId, instant: datetime) -> tuple[PlannedSession, ...]:
        return tuple(s for s in self.of_room(room) if s.covers(instant))

    def following(self, room: RoomId, instant: datetime) -> PlannedSession | None:
        """The next session of a room that starts after ``instant``."""
        return next((s for s in self.of_room(room) if s.start > instant), None)

    def on_air(self, room: RoomId, instant: datetime) -> PlannedSession | None:
        """The session whose picture the room's channel shows at ``instant``, if the plan is carried out.

        Where sessions overlap the later start is shown; where one of them may not be streamed, none is.
        """
        running = self.running(room, instant)
        if not running or not all(s.stream for s in running):
            return None
        return max(running, key=lambda s: (s.start, s.id))

    def air_ends(self, room: RoomId, instant: datetime) -> datetime:
        """When the stretch of air that covers ``instant`` ends: sessions that follow without a break are one."""
        end = instant
        while True:
            shown = self.on_air(room, end)
            if shown is None:
                return end
            blocked = [s.start for s in self.of_room(room) if not s.stream and end < s.start < shown.end]
            end = min([shown.end, *blocked])

    def may_keep(self, room: RoomId, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) may be kept at all: none of it touches a session that may not be recorded."""
        return all(not s.forbids(start, end) for s in self.of_room(room))

    def conflicts(self, sessions: Iterable[SessionId] | None = None) -> tuple[Conflict, ...]:
        """Overlaps in one room, of the given sessions or of all."""
        wanted = None if sessions is None else set(sessions)
        found = []
        for room_sessions in self.rooms.values():
            for index, one in enumerate(room_sessions):
                for other in room_sessions[index + 1 :]:
                    if other.start >= one.end:
                        break
                    if other.touches(one.start, one.end) and (wanted is None or one.id in wanted or other.id in wanted):
                        found.append(_conflict(one, other))
        return tuple(found)


def _conflict(one: PlannedSession, other: PlannedSession) -> Conflict:
    minutes = round((min(one.end, other.end) - other.start) / timedelta(minutes=1), 1)
    return Conflict(
        session=one.id,
        other=other.id,
        message=f"“{one.session.title}” and “{other.session.title}” overlap in room {one.room} for {minutes:g} min",
    )


def plan(timetable: Timetable, overrides: Sequence[Override], policy: Policy, now: datetime) -> Plan:
    """Apply the decisions that stand to the timetable, in the order in which they were taken."""
    standing: dict[SessionId, list[Override]] = {}
    for override in overrides:
        if override.undone is None:
            standing.setdefault(override.session, []).append(override)
    planned = [
        _planned(session, standing.get(session.id, ()), policy)
        for session in timetable.sessions
        if session.kind is SessionKind.SESSION
    ]
    planned.sort(key=lambda s: (s.start, s.room, s.id))
    by_room: dict[RoomId, list[PlannedSession]] = {}
    for item in planned:
        by_room.setdefault(item.room, []).append(item)
    return Plan(
        at=now,
        sessions=tuple(planned),
        rooms={room: tuple(items) for room, items in by_room.items()},
        _by_id={s.id: s for s in planned},
    )


def _planned(session: Session, overrides: Sequence[Override], policy: Policy) -> PlannedSession:
    record = policy.record_default if session.record is None else session.record
    stream = policy.stream_default if session.stream is None else session.stream
    end = session.end
    bounds: list[_Bounds] = []
    for override in overrides:
        match override.action:
            case Action.END if override.instant is not None:
                end = override.instant.astimezone(UTC)
            case Action.EXTEND if override.minutes is not None:
                end += timedelta(minutes=override.minutes)
            case Action.CONSENT:
                # Withdraws at once; gives back only what the timetable does not forbid.
                if override.record is not None:
                    record = override.record and session.record is not False
                if override.stream is not None:
                    stream = override.stream and session.stream is not False
            case Action.BOUNDS:
                bounds.append((override.start, override.end))
    end = max(session.start, end)
    bounds_start, bounds_end = _in_force(bounds, session.start, end)
    captured = policy.is_captured(session.room)
    return PlannedSession(
        session=session,
        start=session.start,
        end=end,
        record=record and captured,
        stream=stream and captured,
        consent_record=record,
        consent_stream=stream,
        bounds_start=bounds_start,
        bounds_end=bounds_end,
    )


_Bounds = tuple[datetime | None, datetime | None]


def _in_force(given: Sequence[_Bounds], start: datetime, end: datetime) -> _Bounds:
    """What decisions about the bounds come to, in the order in which they were taken; None means the session's own.

    Each made sense when it was taken. Where one has been undone since, or the session's end moved, the rest may say
    that a recording ends before it begins: then the newest counts alone, or where that makes no sense either, none.
    """
    starts = [one for one, _ in given if one is not None]
    ends = [one for _, one in given if one is not None]
    together = (starts[-1] if starts else None, ends[-1] if ends else None)
    for first, last in (together, *given[-1:]):
        if (first or start) < (last or end):
            return first, last
    return None, None
