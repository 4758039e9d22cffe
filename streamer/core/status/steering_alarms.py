"""Alarms about what the crew has decided and may have forgotten: a room that is still muted, a session that is held
while the next one comes near.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import RoomId
from streamer.core.plan.plan import Plan

FORGOTTEN_AFTER = timedelta(minutes=1)
"""How long a mute in one session is no alarm."""
NEAR = timedelta(minutes=5)
"""How long before the next session an overrun is an alarm."""


def steering_alarms(plan: Plan, now: datetime) -> dict[str, Alarm]:
    """By id."""
    found = [alarm for room in plan.rooms for alarm in (*_muted(plan, room, now), *_overrun(plan, room, now))]
    return {alarm.id: alarm for alarm in found}


def _muted(plan: Plan, room: RoomId, now: datetime) -> Iterable[Alarm]:
    mute = plan.muted(room, now)
    running = [s for s in plan.running(room, now) if s.captured]
    if mute is None or not running:
        return
    session = running[-1]
    is_another = session.start > mute.start
    if not is_another and now - mute.start < FORGOTTEN_AFTER:
        return
    lost = " and ".join(word for word, may in (("recorded", session.record), ("streamed", session.stream)) if may)
    yield Alarm(
        id=f"muted {room}",
        severity="error" if is_another else "warning",
        message=f"room {room} is muted: “{session.session.title}” is not {lost}",
        hint="unmute it, or undo the mute to bring back what the ring still has",
        room=room,
        session=session.id,
    )


def _overrun(plan: Plan, room: RoomId, now: datetime) -> Iterable[Alarm]:
    held = [s for s in plan.running(room, now) if s.held_from is not None and s.held_from <= now]
    following = plan.following(room, now)
    if not held or following is None or following.start - now > NEAR:
        return
    session, minutes = held[-1], (following.start - now) / timedelta(minutes=1)
    soon = "in less than a minute" if minutes < 1 else f"in less than {int(minutes) + 1} min"
    yield Alarm(
        id=f"overrun {room}",
        severity="warning",
        message=f"“{session.session.title}” runs over its time in room {room}, and the next session starts {soon}",
        hint=f"end it, or delay the rest of the room: “{following.session.title}” is next",
        room=room,
        session=session.id,
    )
