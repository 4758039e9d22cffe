"""Watches the age of feeds and the unknown rooms that they name.

It makes no decisions; its findings become alarms and documents for the crew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from streamer.core.base.alarm import Alarm
from streamer.core.timetable.sessions import Room, Timetable
from streamer.core.trust.health import FeedDocument, FeedHealth, feed_alarms, feed_document
from streamer.core.trust.unknown_rooms import (
    Renamed,
    UnknownRoom,
    UnknownRoomDocument,
    renamed_rooms,
    room_alarms,
    unknown_room_document,
    unknown_rooms,
)
from streamer.engine.programme.programme import Programme


class FeedWatch:
    """``health`` returns how fresh each feed is."""

    def __init__(self, programme: Programme, health: Callable[[], tuple[FeedHealth, ...]]) -> None:
        self._programme = programme
        self._health = health
        self._seen: Timetable | None = None
        self._unknown: tuple[UnknownRoom, ...] = ()
        self._renamed: tuple[Renamed, ...] = ()

    def alarms(self, now: datetime) -> dict[str, Alarm]:
        """Alarms about feeds that can't be used."""
        return feed_alarms(self._health(), now)

    def room_alarms(self, now: datetime) -> dict[str, Alarm]:
        """Alarms about rooms that are not configured."""
        self._look()
        return room_alarms(self._unknown, self._renamed, self._programme.zone, now)

    def ages(self, now: datetime) -> list[tuple[str, float]]:
        """The name and age in seconds of each feed that has had a good version."""
        ages = [(feed.name, feed.age(now)) for feed in self._health()]
        return [(name, age.total_seconds()) for name, age in ages if age is not None]

    def feeds(self, now: datetime) -> list[FeedDocument]:
        return [feed_document(feed, now, self._programme.zone) for feed in self._health()]

    def unknown_rooms(self) -> list[UnknownRoomDocument]:
        self._look()
        return [unknown_room_document(one, self._renamed, self._programme.zone) for one in self._unknown]

    def _look(self) -> None:
        """Note unknown rooms of a new timetable. A renamed room stays noted until it is known or has no session."""
        table, seen = self._programme.timetable, self._seen
        if table is seen:
            return
        self._seen = table
        ours = [Room(id=room.id, name=room.name) for room in self._programme.policy.rooms.values()]
        self._unknown = unknown_rooms(table, ours)
        if seen is None:
            return
        found = {one.after.id: one for one in self._renamed}
        found |= {one.after.id: one for one in renamed_rooms(seen, table, self._programme.policy.rooms)}
        still = {one.room.id for one in self._unknown}
        self._renamed = tuple(one for id, one in found.items() if id in still)
