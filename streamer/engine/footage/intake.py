"""Brings closed segments into the index: reads them, makes them safe on the disk, and delivers them in order.

A segment is delivered only when it is durable, so the store is never ahead of the files. One room's slow file delays
a turn only briefly: segments that are not safe yet come in a later turn.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.engine.footage.take_reader import TakeReader

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long a turn waits, in seconds. What takes longer comes in a later turn."""

    settling: float = 0.5
    """For files to be made safe."""
    ending: float = 3.0
    """For takes that ended: the segment that was open is probed in a separate process."""


WAITS = Waits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSegments:
    """Segments of a take that are safe, in order; with ``last`` no more follow."""

    run: RunId
    segments: list[Segment]
    last: bool


class Intake:
    """Runs one piece of work at a time for each take, so that its segments stay in order."""

    def __init__(self, reader: TakeReader, wake: Callable[[], None], waits: Waits) -> None:
        self._reader = reader
        self._waits = waits
        self._wake = wake
        self._work: dict[RunId, asyncio.Task[ClosedSegments]] = {}
        self._failing: dict[RunId, str] = {}

    async def collect(
        self, running: Mapping[RunId, int], ending: Mapping[RunId, int], within: float = math.inf
    ) -> list[ClosedSegments]:
        """The segments of running and ending takes that are safe now, after the numbers that are indexed."""
        for run, after in ending.items():
            if run not in self._work:
                self._begin(run, self._rest(run, after))
        for run, after in running.items():
            if run not in self._work and (closed := self._closed(run, after)):
                self._begin(run, self._settled(run, closed))
        if not self._work:
            return []
        within = min(within, self._waits.ending if ending else self._waits.settling)
        done, late = await asyncio.wait(self._work.values(), timeout=within)
        for task in late:
            task.add_done_callback(lambda _: self._wake())
        return [arrival for task in done if (arrival := self._taken(task)) is not None]

    def look(self, running: Mapping[RunId, int]) -> None:
        """Begin to make the closed segments of running takes safe; request a turn when they are."""
        for run, after in running.items():
            if run not in self._work and (closed := self._closed(run, after)):
                self._begin(run, self._settled(run, closed)).add_done_callback(lambda _: self._wake())

    async def all_closed(self, run: RunId, after: int) -> list[Segment]:
        """The closed segments of a take; waits until they are safe. Raises StoreError."""
        return await self._reader.settle(self._closed(run, after))

    async def rest(self, run: RunId, after: int) -> list[Segment]:
        """The rest of a take whose process ended; waits until it is safe. Raises StreamerError."""
        if (task := self._work.pop(run, None)) is not None:
            await asyncio.gather(task, return_exceptions=True)
        return (await self._rest(run, after)).segments

    def _begin(self, run: RunId, work: Coroutine[Any, Any, ClosedSegments]) -> asyncio.Task[ClosedSegments]:
        task = self._work[run] = asyncio.create_task(work, name=f"intake {run}")
        return task

    def _closed(self, run: RunId, after: int) -> list[Segment]:
        try:
            return self._reader.closed_segments(run, after)
        except StreamerError as error:
            self._report(run, error)
            return []

    async def _settled(self, run: RunId, closed: list[Segment]) -> ClosedSegments:
        return ClosedSegments(run=run, segments=await self._reader.settle(closed), last=False)

    async def _rest(self, run: RunId, after: int) -> ClosedSegments:
        segments = await self._reader.last_segment(run, after)
        return ClosedSegments(run=run, segments=await self._reader.settle(segments), last=True)

    def _taken(self, task: asyncio.Task[ClosedSegments]) -> ClosedSegments | None:
        """The result of a piece of work. Failed work is repeated in the next turn."""
        run = next(run for run, one in self._work.items() if one is task)
        del self._work[run]
        try:
            arrival = task.result()
        except StreamerError as error:
            self._report(run, error)
            return None
        self._failing.pop(run, None)
        return arrival

    def _report(self, run: RunId, error: StreamerError) -> None:
        if self._failing.get(run) != str(error):
            self._failing[run] = str(error)
            log.error("the newest segments can't be indexed: tried again", take=run, error=error)

    async def close(self) -> None:
        """Cancel the running work; later calls repeat it."""
        tasks, self._work = list(self._work.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
