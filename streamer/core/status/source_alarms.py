"""Alarms about the rooms' sources: what is not simply copied, what comes late, sound that has stopped, and
refused publishers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.alarm import SOON, Alarm
from streamer.core.base.ids import RoomId
from streamer.core.jobs.coding import remarks
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.plan.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """What is seen of a room's source: its tracks if they are known, whether its sound has stopped, how much later (s)
    viewers see it, and why its last publisher was refused."""

    tracks: SourceTracks | None = None
    is_soundless: bool = False
    delay: float = 0.0
    refusal: str = ""


def source_alarms(plan: Plan, sources: Mapping[RoomId, SourceView], now: datetime) -> dict[str, Alarm]:
    """By id, for rooms with a session that runs or begins soon."""
    return {alarm.id: alarm for room in plan.rooms for alarm in _of_room(plan, room, sources, now)}


def _of_room(plan: Plan, room: RoomId, sources: Mapping[RoomId, SourceView], now: datetime) -> Iterable[Alarm]:
    source = sources.get(room, SourceView())
    due = next((s for s in plan.of_room(room) if s.captured and s.start - SOON <= now < s.end), None)
    if due is None:
        return
    told = remarks(source.tracks) if source.tracks is not None else []
    if told:
        yield Alarm(
            id=f"source {room}",
            severity="warning",
            message=f"room {room}: {'; '.join(told)}",
            hint="nothing must be done; an encoder that sends H.264 and AAC saves processor time here",
            room=room,
            session=due.id,
        )
    if source.refusal:
        yield Alarm(
            id=f"refused {room}",
            severity="error",
            message=f"a publisher of room {room} was refused: {source.refusal}",
            hint="correct the encoder or the room's source in config.toml; the capture goes on waiting",
            room=room,
            session=due.id,
        )
    if source.delay:
        yield Alarm(
            id=f"late {room}",
            severity="warning",
            message=f"the source of room {room} delivers in bursts: viewers see it {source.delay:.0f} s later",
            hint="nothing is lost; shorter pieces in its playlist, or SRT or RTMP, make the delay shorter",
            room=room,
            session=due.id,
        )
    if source.is_soundless:
        yield Alarm(
            id=f"sound stopped {room}",
            severity="error",
            message=f"the source of room {room} has stopped sending its sound",
            hint="look at the encoder and its sound input; the livestream goes on with silence until the sound returns",
            room=room,
            session=due.id,
        )
