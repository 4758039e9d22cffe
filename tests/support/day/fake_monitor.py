"""A monitor that says what the test says, and timelines in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.timeline import TimelineRow
from streamer.core.monitor.watching import Report, Thumbnail, Watched


class FakeMonitor:
    """``watched`` is what it was asked to watch last; ``thumbnails`` are the rooms' pictures."""

    def __init__(self) -> None:
        self.watched: Mapping[RoomId, Watched] = {}
        self.thumbnails: dict[RoomId, Thumbnail] = {}

    def watch(self, rooms: Mapping[RoomId, Watched]) -> None:
        self.watched = rooms

    async def run(self, hear: Callable[[Meter | Report], None]) -> None:
        await asyncio.Event().wait()

    def thumbnail(self, room: RoomId) -> Thumbnail | None:
        return self.thumbnails.get(room)


class MemoryTimelines:
    """The rows of each session. ``refusing``: the disk takes no change."""

    def __init__(self) -> None:
        self.rows: dict[SessionId, list[TimelineRow]] = {}
        self.refusing = False

    def known(self) -> frozenset[SessionId]:
        return frozenset(self.rows)

    def append(self, session: SessionId, row: TimelineRow) -> None:
        self._check()
        self.rows.setdefault(session, []).append(row)

    def read(self, session: SessionId) -> list[TimelineRow]:
        return self.rows.get(session, [])

    def erase(self, session: SessionId) -> None:
        self._check()
        self.rows.pop(session, None)

    def _check(self) -> None:
        if self.refusing:
            raise StoreError("the timeline of a session can't be written")
