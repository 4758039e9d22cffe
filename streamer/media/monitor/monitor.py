"""The service's side of the monitor: starts its process, tells it which rooms to watch, and passes on what it says.

Implements :class:`streamer.engine.monitor.ports.Monitor`. The process ends with the service, however the service ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from streamer.core.base.ids import RoomId
from streamer.core.base.layout import THUMBNAILS, thumbnail_file
from streamer.core.jobs.lifecycle import STABLE_AFTER, JobState, retry_delay
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Thumbnail, Watched
from streamer.media.monitor.wire import read, written_rooms

ENDS_WITHIN = 3.0
"""Seconds that the process has to end when it is asked to."""
_ENDED = "the monitor's process ended unexpectedly"

log = structlog.stdlib.get_logger(__name__)


class FFmpegMonitor:
    """Watches rooms with one FFmpeg each. ``python`` starts the process that does it."""

    def __init__(self, data: Path, ffmpeg: str, python: str = sys.executable) -> None:
        self._data = data.absolute()
        self._argv = (python, "-P", "-m", "streamer.media.monitor.process", ffmpeg, str(self._data))
        self._rooms: Mapping[RoomId, Watched] = {}
        self._changed = asyncio.Event()

    def watch(self, rooms: Mapping[RoomId, Watched]) -> None:
        """See the port."""
        if rooms != self._rooms:
            self._rooms = dict(rooms)
            self._changed.set()

    async def run(self, hear: Callable[[Meter | Report], None]) -> None:
        """See the port. Pictures that a former run left are deleted first."""
        for left in (self._data / THUMBNAILS).glob("*"):
            left.unlink(missing_ok=True)
        failures = 0
        while True:
            while not self._rooms:
                await self._changed.wait()
                self._changed.clear()
            began = time.monotonic()
            error = await self._once(hear)
            failures = 1 if time.monotonic() - began > STABLE_AFTER else failures + 1
            log.warning("the monitor is started again", error=error)
            for room in self._rooms:
                hear(Report(room=room, state=JobState.BACKOFF, at=time.time(), error=error, restarts=failures))
            await asyncio.sleep(retry_delay(failures, jitter=0.5))

    async def _once(self, hear: Callable[[Meter | Report], None]) -> str:
        """One run of the process, to its end; returns why it ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv, cwd=self._data, stdin=PIPE, stdout=PIPE, start_new_session=True
            )
        except OSError as error:
            return f"the monitor's process could not be started: {error.strerror}"
        asking = asyncio.create_task(self._ask(process), name="monitor's rooms")
        try:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                try:
                    said = read(line)
                except (ValueError, KeyError, TypeError):
                    return "the monitor's process sent a line that can't be read"
                hear(said)
            return _ENDED
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await _end(process)

    async def _ask(self, process: Process) -> None:
        """Tell the process each change of the rooms."""
        assert process.stdin is not None
        while True:
            self._changed.clear()
            process.stdin.write(written_rooms(self._rooms))
            await process.stdin.drain()
            await self._changed.wait()

    def thumbnail(self, room: RoomId) -> Thumbnail | None:
        """See the port."""
        try:
            with (self._data / thumbnail_file(room)).open("rb") as file:
                return Thumbnail(jpeg=file.read(), at=os.fstat(file.fileno()).st_mtime)
        except OSError:
            return None


async def _end(process: Process) -> None:
    """End the process by closing its input; kill one that does not end in time."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await _drained(process)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _drained(process: Process) -> None:
    """Waits for the end. What the process still says is dropped, so that it can't hang on a full pipe."""
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass
    await process.wait()
