"""Meters and pictures as the test says, with the promises of :class:`streamer.engine.service.monitoring.Monitoring`."""

from __future__ import annotations

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import RoomId
from streamer.core.monitor.meter import MeterDocument
from streamer.core.monitor.timeline import TimelineRow
from streamer.core.monitor.watching import Thumbnail


class SmallMonitoring:
    def __init__(self) -> None:
        self.told: dict[RoomId, MeterDocument] = {}
        self.thumbnails: dict[str, Thumbnail] = {}
        self.rows: dict[str, list[TimelineRow]] = {}

    def measure(self, room: str, second: int) -> None:
        """The room has a new meter."""
        self.told[RoomId(room)] = {
            "room": room,
            "at": f"2025-09-08T09:30:{second:02}+02:00",
            "momentary": -20.0,
            "short_term": -21.0,
            "peak": [-3.0, -4.0],
            "speech": 0.9,
            "black": False,
            "frozen": False,
            "rate": None,
        }

    def meters(self) -> dict[RoomId, MeterDocument]:
        return dict(self.told)

    async def thumbnail(self, room: str) -> Thumbnail:
        if room not in self.thumbnails:
            raise NotFound(f"there is no recent picture of room {room}", where=room)
        return self.thumbnails[room]

    async def timeline(self, session: str) -> list[TimelineRow]:
        if session not in self.rows:
            raise NotFound(f"there is no session {session}", where=session)
        return self.rows[session]
