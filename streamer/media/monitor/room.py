"""Watches one room: feeds its FFmpeg from the ring, reads what it says, and starts it again when it ends.

Each part waits for its own pipe, so an FFmpeg that is slow or stopped holds up nothing else.
"""

from __future__ import annotations

import asyncio
import os
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from streamer.core.base.ids import RoomId
from streamer.core.base.layout import take_folder, thumbnail_file
from streamer.core.jobs.lifecycle import STABLE_AFTER, JobState, retry_delay
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Watched
from streamer.media.monitor.command import command
from streamer.media.monitor.readings import Readings
from streamer.media.monitor.ring import RingReader
from streamer.media.monitor.voices import Voices

TICK = 0.25
"""Seconds between two reads of the ring, and between two meters."""
_MOST = 1 << 20
_LAST_WORDS = 300
"""Bytes of FFmpeg's log that are kept for its end."""

Tell = Callable[[Meter | Report], None]


class RoomWatch:
    """One watched take."""

    def __init__(self, ffmpeg: str, data: Path, room: RoomId, watched: Watched, tell: Tell) -> None:
        self._ffmpeg = ffmpeg
        self._data = data
        self._room = room
        self._watched = watched
        self._tell = tell
        self._restarts = self._failures = 0

    async def run(self) -> None:
        """Watch until it is cancelled. A broken FFmpeg is started again, later each time.

        At the end the picture is deleted: it may show a session that may not be recorded.
        """
        try:
            await self._for_ever()
        finally:
            thumbnail = thumbnail_file(self._room)
            for name in (thumbnail, f"{thumbnail}.tmp"):  # FFmpeg may have been writing the next one
                (self._data / name).unlink(missing_ok=True)

    async def _for_ever(self) -> None:
        while True:
            began = time.monotonic()
            self._report(JobState.STARTING)
            error = await self._once()
            self._failures = 1 if time.monotonic() - began > STABLE_AFTER else self._failures + 1
            self._restarts += 1
            self._report(JobState.BACKOFF, error=error)
            await asyncio.sleep(retry_delay(self._failures, jitter=0.5))

    async def _once(self) -> str:
        """One run of FFmpeg, to its end; returns why it ended."""
        try:
            process, voice = await self._start()
        except OSError as error:
            return f"FFmpeg could not be started: {error.strerror}"
        readings, voices = Readings(self._room), Voices() if voice is not None else None
        works: list[Awaitable[object]] = [
            self._feed(process),
            self._read(process, readings),
            self._tick(readings, voices),
        ]
        if voice is not None and voices is not None:
            works.append(self._listen(voice, voices, readings))
        tasks = [asyncio.ensure_future(work) for work in works]
        self._report(JobState.RUNNING, pid=process.pid)
        try:
            return await _last_words(process)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> tuple[Process, int | None]:
        """The process, and the descriptor from which its samples are read. Raises OSError."""
        thumbnail = thumbnail_file(self._room)
        (self._data / thumbnail).parent.mkdir(exist_ok=True)
        ours, its = os.pipe() if self._watched.has_sound else (None, None)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(self._ffmpeg, thumbnail, its),
                cwd=self._data,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                pass_fds=() if its is None else (its,),
            )
        except BaseException:
            if ours is not None:
                os.close(ours)
            raise
        finally:
            if its is not None:
                os.close(its)
        return process, ours

    async def _feed(self, process: Process) -> None:
        assert process.stdin is not None
        ring = RingReader(self._data / take_folder(self._watched.take))
        try:
            while True:
                while data := ring.read(_MOST):
                    process.stdin.write(data)
                    await process.stdin.drain()
                await asyncio.sleep(TICK)
        finally:
            ring.close()

    async def _read(self, process: Process, readings: Readings) -> None:
        assert process.stdout is not None
        while text := await process.stdout.read(1 << 16):
            readings.feed(text, time.monotonic())

    async def _listen(self, voice: int, voices: Voices, readings: Readings) -> None:
        reader = asyncio.StreamReader()
        file = os.fdopen(voice, "rb", buffering=0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        try:
            while samples := await reader.read(1 << 16):
                voices.feed(samples, readings.momentary)
        finally:
            transport.close()

    async def _tick(self, readings: Readings, voices: Voices | None) -> None:
        while True:
            await asyncio.sleep(TICK)
            speech = voices.speech if voices is not None else 0.0
            meter = readings.meter(time.time(), speech, time.monotonic())
            if meter is not None:
                self._tell(meter)

    def _report(self, state: JobState, *, pid: int | None = None, error: str = "") -> None:
        self._tell(Report(room=self._room, state=state, at=time.time(), pid=pid, error=error, restarts=self._restarts))


async def _last_words(process: Process) -> str:
    """Reads FFmpeg's log to its end; returns its last line."""
    assert process.stderr is not None
    log = b""
    while text := await process.stderr.read(4096):
        log = (log + text)[-_LAST_WORDS:]
    status = await process.wait()
    lines = log.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"FFmpeg ended with status {status}"
