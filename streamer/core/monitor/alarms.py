"""Alarms about what is heard and seen in the rooms.

They know the timetable: silence in a session loses it, silence in a break is right. Applause, pauses and slides are
part of a session, so an alarm comes later than its condition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import RoomId
from streamer.core.monitor.conditions import BLACK_AFTER, Condition, Conditions
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession

READY_BEFORE = timedelta(minutes=5)
"""How long before its session a room has to be ready."""
SHORTEST_CHECK = timedelta(seconds=30)
"""With less time than this before a session it is not checked: in a compressed rehearsal nobody could act."""
NOISE_ALARM = timedelta(seconds=20)
"""How long noise without speech lasts before it is an alarm; the condition itself takes about 10 s."""
BLACK_WARNING = timedelta(seconds=BLACK_AFTER)
BLACK_ERROR = timedelta(seconds=15)
FRESH = 5.0
"""Seconds for which a measurement is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRules:
    """``silence`` is how long a session may be silent; ``lead`` how long before a session its room is captured.

    The sound of the rooms in ``tones`` is a test tone, in which there is no speech.
    """

    silence: timedelta = timedelta(seconds=15)
    lead: timedelta = timedelta(minutes=10)
    tones: Collection[RoomId] = ()

    @property
    def ready_before(self) -> timedelta:
        """Half of the lead if that is shorter, so that a capture has time to start; zero if it is very short."""
        ready = min(READY_BEFORE, self.lead / 2)
        return ready if ready >= SHORTEST_CHECK else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsSeen:
    """What the alarms are derived from: the rooms' conditions, the rooms whose capture writes, and why a room is not
    monitored."""

    conditions: Mapping[RoomId, Conditions] = field(default_factory=dict)
    captured: Collection[RoomId] = ()
    unmonitored: Mapping[RoomId, str] = field(default_factory=dict)


def content_alarms(plan: Plan, seen: RoomsSeen, rules: ContentRules, now: datetime) -> dict[str, Alarm]:
    """By id, for rooms with a session that runs or is about to begin."""
    return {alarm.id: alarm for room in plan.rooms for alarm in _of_room(plan, room, seen, rules, now)}


def _of_room(plan: Plan, room: RoomId, seen: RoomsSeen, rules: ContentRules, now: datetime) -> Iterator[Alarm]:
    sessions = [one for one in plan.of_room(room) if one.captured]
    running = max((one for one in sessions if one.covers(now)), key=lambda one: one.start, default=None)
    coming = next((s for s in sessions if s.takes_place and s.start - rules.ready_before <= now < s.start), None)
    session = running or coming
    if session is None:
        return
    if error := seen.unmonitored.get(room):
        yield Alarm(
            id=f"monitor {room}",
            severity="warning",
            message=f"room {room} is not monitored: {error}",
            hint="its capture goes on; until the monitor runs again, look and listen to the room yourself",
            room=room,
            session=session.id,
        )
    known = seen.conditions.get(room)
    if known is not None and now.timestamp() - known.at > FRESH:
        known = None
    if running is None:
        yield from _unready(session, room, seen, known)
    elif known is not None and plan.muted(room, now) is None:
        yield from _heard(running, room, known, rules, now)
        yield from _shown(running, room, known, now)


def _unready(session: PlannedSession, room: RoomId, seen: RoomsSeen, known: Conditions | None) -> Iterator[Alarm]:
    if room not in seen.captured:
        yield Alarm(
            id=f"not ready {room}",
            severity="warning",
            message=f"room {room} is not ready for “{session.session.title}”: nothing comes from its source",
            hint="switch on the encoder and check its connection before the session starts",
            room=room,
            session=session.id,
        )
    elif known is not None and known.heard is None:
        yield Alarm(
            id=f"not ready {room}",
            severity="warning",
            message=f"room {room} is not ready for “{session.session.title}”: no sound has been heard from it yet",
            hint="speak into each microphone, and check the mixer's output to the encoder",
            room=room,
            session=session.id,
        )


def _heard(
    session: PlannedSession, room: RoomId, known: Conditions, rules: ContentRules, now: datetime
) -> Iterator[Alarm]:
    if _lasts(known.silent, session, now) >= rules.silence:
        yield Alarm(
            id=f"silent {room}",
            severity="error",
            message=f"“{session.session.title}” runs in room {room} and nothing is heard",
            hint="check that the microphone is on, then the mixer and the encoder's sound input",
            room=room,
            session=session.id,
        )
    if _lasts(known.noise, session, now) >= NOISE_ALARM and room not in rules.tones:
        yield Alarm(
            id=f"noise {room}",
            severity="warning",
            message=f"“{session.session.title}” runs in room {room}; there is sound, but no speech",
            hint="listen to the room: a hum, music or the hall's microphone may be on instead of the speaker's",
            room=room,
            session=session.id,
        )


def _shown(session: PlannedSession, room: RoomId, known: Conditions, now: datetime) -> Iterator[Alarm]:
    lasting = _lasts(known.black, session, now)
    if lasting >= BLACK_WARNING:
        yield Alarm(
            id=f"black {room}",
            severity="error" if lasting >= BLACK_ERROR else "warning",
            message=f"“{session.session.title}” runs in room {room} and its picture is black",
            hint="check the camera, the projector's signal and the encoder's picture input",
            room=room,
            session=session.id,
        )


def _lasts(condition: Condition, session: PlannedSession, now: datetime) -> timedelta:
    """How long a condition has held during the session; negative if it does not hold."""
    if condition.since is None:
        return timedelta(seconds=-1)
    return timedelta(seconds=now.timestamp() - max(condition.since, session.start.timestamp()))
