"""What the rooms' sources deliver, found out from the first segment of each take.

Probing starts a process, so it happens beside the turns and few at a time; a turn takes up what has been found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Take
from streamer.core.jobs.source_facts import SourceFacts
from streamer.engine.footage.take_reader import TakeReader

log = structlog.stdlib.get_logger(__name__)

AT_ONCE = 2
"""When all rooms begin at once, probes must not crowd out the captures."""


class Probes:
    """``facts`` is what is known of each room's source."""

    def __init__(self, reader: TakeReader, wake: Callable[[], None]) -> None:
        self.facts: dict[RoomId, SourceFacts] = {}
        self._reader = reader
        self._wake = wake
        self._tasks: dict[RunId, asyncio.Task[None]] = {}
        self._found: list[tuple[Take, Segment]] = []
        self._places = asyncio.Semaphore(AT_ONCE)

    def begin(self, take: Take, first: Segment) -> None:
        """Look into a take's first segment, if that is not under way."""
        if take.id not in self._tasks:
            self._tasks[take.id] = asyncio.create_task(self._probe(take, first), name=f"probe {take.id}")

    def taken(self) -> list[tuple[Take, Segment]]:
        """What has been found since the last call: the take with its facts, its segment with its true start."""
        found, self._found = self._found, []
        return found

    async def _probe(self, take: Take, first: Segment) -> None:
        """Joining a source in the middle gives sound at once, and a picture with the next keyframe."""
        try:
            async with self._places:
                facts = await self._reader.facts(first.path)
                pictures = await self._reader.keyframes(first.path) if first.number == 0 else []
        except StreamerError as error:
            log.warning("a captured segment can't be read", room=take.room, take=take.id, error=error)
            return
        finally:
            self._tasks.pop(take.id, None)
        self.facts[take.room] = facts
        if pictures:
            first = replace(first, start=max(first.start, min(pictures[0][0], first.end)))
        self._found.append((replace(take, facts=facts), first))
        self._wake()

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
