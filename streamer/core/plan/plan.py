"""The plan: each session's effective room, window and permissions, after decisions, at an instant.

``plan`` is a pure function, called again whenever its input may have changed; equal inputs give equal plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.draft import Draft
from streamer.core.plan.mutes import Mute
from streamer.core.plan.on_air import air_ends, on_air
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Timetable


class Decided(Protocol):
    """A decision as the plan needs it. One with ``undone`` was dropped and has no effect."""

    @property
    def undone(self) -> datetime | None: ...

    def amend(self, draft: Draft) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sessions that overlap in one room."""

    session: SessionId
    other: SessionId
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All sessions except breaks, ordered by effective start.

    ``rooms`` has the sessions that take place, by their effective room; ``unrecorded`` has those that may not be
    recorded, in any room; ``mutes`` has the times at which a room is muted.
    """

    at: datetime
    sessions: tuple[PlannedSession, ...]
    rooms: Mapping[RoomId, tuple[PlannedSession, ...]] = field(repr=False)
    unrecorded: frozenset[SessionId] = field(repr=False)
    _by_id: Mapping[SessionId, PlannedSession] = field(repr=False)
    mutes: Mapping[RoomId, tuple[Mute, ...]] = field(default_factory=dict)

    def session(self, id: SessionId) -> PlannedSession | None:
        return self._by_id.get(id)

    def of_room(self, room: RoomId) -> tuple[PlannedSession, ...]:
        """The sessions that take place in a room, in order of start."""
        return self.rooms.get(room, ())

    def running(self, room: RoomId, instant: datetime) -> tuple[PlannedSession, ...]:
        return tuple(s for s in self.of_room(room) if s.covers(instant))

    def following(self, room: RoomId, instant: datetime) -> PlannedSession | None:
        """The next session of a room that starts after ``instant``."""
        return next((s for s in self.of_room(room) if s.start > instant), None)

    def on_air(self, room: RoomId, instant: datetime) -> PlannedSession | None:
        """The session that the room's channel shows; see :mod:`streamer.core.plan.on_air`. None while it is muted."""
        return None if self.muted(room, instant) is not None else on_air(self.of_room(room), instant)

    def air_ends(self, room: RoomId, instant: datetime) -> datetime:
        """When the continuous time on air at ``instant`` ends."""
        if self.muted(room, instant) is not None:
            return instant
        mutes = [one.start for one in self.mutes.get(room, ()) if one.start > instant]
        return min([air_ends(self.of_room(room), instant), *mutes])

    def muted(self, room: RoomId, instant: datetime) -> Mute | None:
        """The mute of a room at an instant."""
        return next((one for one in self.mutes.get(room, ()) if one.covers(instant)), None)

    def is_muted(self, room: RoomId, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) touches a time at which the room is muted."""
        return any(one.touches(start, end) for one in self.mutes.get(room, ()))

    def may_keep(self, room: RoomId, start: datetime, end: datetime) -> bool:
        """Whether media of [start, end) may be kept: it touches no session that may not be recorded."""
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


def plan(timetable: Timetable, decisions: Iterable[Decided], policy: Policy, now: datetime) -> Plan:
    """Apply the decisions in force to the timetable, in the order in which they were taken."""
    draft = Draft(timetable, policy)
    for decided in decisions:
        if decided.undone is None:
            decided.amend(draft)
    planned = draft.planned()
    by_room: dict[RoomId, list[PlannedSession]] = {}
    for item in planned:
        if item.takes_place:
            by_room.setdefault(item.room, []).append(item)
    return Plan(
        at=now,
        sessions=tuple(planned),
        rooms={room: tuple(items) for room, items in by_room.items()},
        unrecorded=frozenset(s.id for s in planned if not s.consent_record),
        _by_id={s.id: s for s in planned},
        mutes=draft.mutes(),
    )
