"""Rooms are watched by real processes, from segments on the disk; a process that dies is started again."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from streamer.core.base.ids import RoomId, RunId
from streamer.core.base.layout import take_folder
from streamer.core.jobs.lifecycle import JobState
from streamer.core.monitor.conditions import SILENT
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Watched
from streamer.media.monitor.monitor import FFmpegMonitor

pytestmark = pytest.mark.slow

MAIN = RoomId("main")
TAKE = RunId("take")
T = TypeVar("T")


@pytest.fixture(scope="module")
def segments(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Four seconds each of a moving picture with a tone, and of black with silence."""
    folder = tmp_path_factory.mktemp("segments")
    inputs = {
        "lively": ("testsrc2=s=160x90:r=10", "sine=440,volume=6dB,aformat=channel_layouts=stereo"),
        "empty": ("color=black:s=160x90:r=10", "anullsrc=channel_layout=stereo"),
    }
    for name, (picture, sound) in inputs.items():
        codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-f", "mpegts")
        sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
        argv = [ffmpeg, "-loglevel", "error", *sources, "-t", "4", *codecs, str(folder / name)]
        subprocess.run(argv, check=True, timeout=60)
    return {name: (folder / name).read_bytes() for name in inputs}


class Watching:
    """A monitor of a data folder, and what it says."""

    def __init__(self, data: Path, ffmpeg: str) -> None:
        self.monitor = FFmpegMonitor(data, ffmpeg)
        self._data = data
        self._said: asyncio.Queue[Meter | Report] = asyncio.Queue()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.monitor.run(self._said.put_nowait))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def write(self, number: int, segment: bytes) -> None:
        folder = self._data / take_folder(TAKE)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06d}.ts").write_bytes(segment)

    async def hears(self, kind: type[T], matching: Callable[[T], object]) -> T:
        async with asyncio.timeout(30):
            while not (isinstance(said := await self._said.get(), kind) and matching(said)):
                pass
        return said


def parent_of(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])


def has_ended(pidfd: int) -> bool:
    """Waits for the end of a process for ten seconds."""
    return bool(select.select([pidfd], [], [], 10)[0])


async def test_what_is_in_the_segments_is_told(tmp_path: Path, ffmpeg: str, segments: dict[str, bytes]) -> None:
    watching = Watching(tmp_path, ffmpeg)
    watching.write(0, segments["lively"])
    left = tmp_path / "thumbnails" / "side.jpg"
    left.parent.mkdir()
    left.write_bytes(b"a former run was killed")
    watching.monitor.watch({MAIN: Watched(take=TAKE, has_sound=True)})
    async with watching.running():
        report = await watching.hears(Report, lambda report: report.state is JobState.RUNNING)
        assert (report.room, report.error, report.restarts) == (MAIN, "", 0)
        meter = await watching.hears(Meter, lambda meter: meter.short_term > SILENT)
        assert (meter.room, len(meter.peaks), meter.black, meter.speech) == (MAIN, 2, False, 0.0)
        assert meter.momentary == pytest.approx(-15, abs=3)
        watching.write(1, segments["empty"])
        meter = await watching.hears(Meter, lambda meter: meter.black)
        assert meter.momentary < SILENT
        thumbnail = watching.monitor.thumbnail(MAIN)
        assert thumbnail is not None
        assert thumbnail.jpeg.startswith(b"\xff\xd8\xff")
        assert watching.monitor.thumbnail(RoomId("side")) is None
    assert list(left.parent.iterdir()) == [], "a picture may show what may not be recorded"


async def test_what_dies_is_started_again(tmp_path: Path, ffmpeg: str, segments: dict[str, bytes]) -> None:
    watching = Watching(tmp_path, ffmpeg)
    watching.write(0, segments["lively"])
    watching.monitor.watch({MAIN: Watched(take=TAKE, has_sound=True)})
    async with watching.running():
        first = await watching.hears(Report, lambda report: report.pid)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        failed = await watching.hears(Report, lambda report: report.state is JobState.BACKOFF)
        assert (failed.error, failed.restarts) == ("FFmpeg ended with status -9", 1)
        second = await watching.hears(Report, lambda report: report.pid)
        assert second.pid not in (None, first.pid)
        os.kill(parent_of(second.pid), signal.SIGKILL)
        failed = await watching.hears(Report, lambda report: report.state is JobState.BACKOFF)
        assert "the monitor's process ended" in failed.error
        await watching.hears(Meter, lambda meter: meter.momentary > SILENT)


SERVICE = """
import asyncio, sys
from pathlib import Path
from streamer.core.monitor.watching import Report, Watched
from streamer.media.monitor.monitor import FFmpegMonitor

def hear(said):
    if isinstance(said, Report) and said.pid:
        print(said.pid, flush=True)

monitor = FFmpegMonitor(Path(sys.argv[1]), sys.argv[2])
monitor.watch({"main": Watched(take="take", has_sound=True)})
asyncio.run(monitor.run(hear))
"""


async def test_nothing_outlives_a_service_that_is_killed(
    tmp_path: Path, ffmpeg: str, segments: dict[str, bytes]
) -> None:
    Watching(tmp_path, ffmpeg).write(0, segments["lively"])
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, tmp_path, ffmpeg, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    watching = int(await service.stdout.readline())
    processes = [os.pidfd_open(pid) for pid in (watching, parent_of(watching))]
    service.kill()
    await service.wait()
    ended = [await asyncio.to_thread(has_ended, process) for process in processes]
    for process in processes:
        os.close(process)
    assert ended == [True, True]


async def test_a_source_without_sound_is_watched_by_its_picture(
    tmp_path: Path, ffmpeg: str, segments: dict[str, bytes]
) -> None:
    watching = Watching(tmp_path, ffmpeg)
    watching.write(0, segments["empty"])
    watching.monitor.watch({MAIN: Watched(take=TAKE, has_sound=False)})
    async with watching.running():
        meter = await watching.hears(Meter, lambda meter: meter.black)
        assert meter.peaks == ()
        watching.monitor.watch({})
        watching.monitor.watch({RoomId("side"): Watched(take=TAKE, has_sound=True)})
        assert (await watching.hears(Meter, lambda meter: meter.room == "side")).peaks != ()


async def test_an_ffmpeg_that_can_not_be_started_is_told(tmp_path: Path) -> None:
    watching = Watching(tmp_path, str(tmp_path / "none"))
    watching.monitor.watch({MAIN: Watched(take=TAKE, has_sound=True)})
    async with watching.running():
        failed = await watching.hears(Report, lambda report: report.error)
        assert failed.error == "FFmpeg could not be started: No such file or directory"
