"""Alarms about the rooms' sources: what is not simply copied, what comes late, and sound that has stopped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from streamer.core.base.alarm import SOON, Alarm
from streamer.core.base.ids import RoomId
from streamer.core.jobs.coding import remarks
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.plan.plan import Plan
from streamer.core.status.states import ChannelView


def source_alarms(
    plan: Plan,
    tracks: Mapping[RoomId, SourceTracks],
    soundless: Collection[RoomId],
    channels: Mapping[RoomId, ChannelView],
    now: datetime,
) -> dict[str, Alarm]:
    """By id, for rooms with a session that runs or begins soon. ``tracks`` are those that each source sends."""
    found = (
        alarm
        for room in plan.rooms
        for alarm in _of_room(plan, room, tracks.get(room), soundless, channels.get(room, ChannelView()), now)
    )
    return {alarm.id: alarm for alarm in found}


def _of_room(
    plan: Plan,
    room: RoomId,
    tracks: SourceTracks | None,
    soundless: Collection[RoomId],
    channel: ChannelView,
    now: datetime,
) -> Iterable[Alarm]:
    due = next((s for s in plan.of_room(room) if s.captured and s.start - SOON <= now < s.end), None)
    if due is None:
        return
    told = remarks(tracks) if tracks is not None else []
    if told:
        yield Alarm(
            id=f"source {room}",
            severity="warning",
            message=f"room {room}: {'; '.join(told)}",
            hint="nothing must be done; an encoder that sends H.264 and AAC saves processor time here",
            room=room,
            session=due.id,
        )
    if channel.delay:
        yield Alarm(
            id=f"late {room}",
            severity="warning",
            message=f"the source of room {room} delivers in bursts: viewers see it {channel.delay:.0f} s later",
            hint="nothing is lost; shorter pieces in its playlist, or SRT or RTMP, make the delay shorter",
            room=room,
            session=due.id,
        )
    if room in soundless:
        yield Alarm(
            id=f"sound stopped {room}",
            severity="error",
            message=f"the source of room {room} has stopped sending its sound",
            hint="look at the encoder and its sound input; the livestream goes on with silence until the sound returns",
            room=room,
            session=due.id,
        )
