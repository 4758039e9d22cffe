"""Keeps the alarm book of an engine, and writes it where it has changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import RoomId
from streamer.core.base.json import Document
from streamer.core.records.batch import Batch
from streamer.core.status.alarm_book import Acknowledgement, AlarmBook
from streamer.engine.programme.programme import Programme

ALARMS = "alarms"
"""The name of its state among the store's settings."""


class AlarmDesk:
    """Acknowledgements, calls for help, and which alarms are open."""

    def __init__(self, programme: Programme, stored: Mapping[str, Any], now: datetime) -> None:
        self._programme = programme
        self._book = AlarmBook(stored, now)
        self._written: Document = self._book.document()

    def shown(self, present: Mapping[str, Alarm], now: datetime) -> dict[str, Alarm]:
        """The open alarms; ``present`` are those of this moment."""
        names = {room.id: room.name for room in self._programme.rooms}
        calls = [call.alarm(names.get(room, room)) for room, call in self._book.calls.items()]
        return self._book.shown({**present, **{one.id: one for one in calls}}, now)

    def acknowledged(self, id: str) -> Acknowledgement | None:
        return self._book.acknowledged.get(id)

    def acknowledge(self, id: str, by: str, now: datetime) -> None:
        """Raises NotFound and Conflict."""
        self._book.acknowledge(id, by, now)

    def call(self, room: RoomId, by: str, text: str) -> None:
        """Call for help in a room."""
        self._book.call(room, by, text)

    def write(self, batch: Batch) -> None:
        """Add the state to a batch if it has changed since the last one."""
        document = self._book.document()
        if document != self._written:
            self._written = document
            batch.settings[ALARMS] = document
