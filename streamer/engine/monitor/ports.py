"""Protocols: the monitor's processes and the files of its timelines, as the engine needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.timeline import TimelineRow
from streamer.core.monitor.watching import Report, Thumbnail, Watched


class Monitor(Protocol):
    """Measures the watched rooms. It may fail or be late; nothing waits for it."""

    def watch(self, rooms: Mapping[RoomId, Watched]) -> None:
        """Watch these rooms, and no others."""

    async def run(self, hear: Callable[[Meter | Report], None]) -> None:
        """Measure until it is cancelled, and call ``hear`` with each meter and each change of a process."""

    def thumbnail(self, room: RoomId) -> Thumbnail | None:
        """The newest picture of a room, of whatever age; None if there is none. Reads a file."""


class Timelines(Protocol):
    """Stores the timeline of each session."""

    def known(self) -> frozenset[SessionId]:
        """The sessions that have one."""

    def append(self, session: SessionId, row: TimelineRow) -> None:
        """Add a row. Raises StoreError."""

    def read(self, session: SessionId) -> list[TimelineRow]:
        """The rows in order; empty if there are none."""

    def erase(self, session: SessionId) -> None:
        """Delete a session's timeline. Raises StoreError."""
