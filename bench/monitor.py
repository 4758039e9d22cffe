"""What it costs to monitor a room: processor time of the monitor's processes beside that of the room's capture."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import finished, launched, parent, usage
from bench.running_service import temporary_folder
from streamer.core.base.ids import RoomId, RunId
from streamer.core.jobs.specs import CaptureSettings
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Watched
from streamer.media.capture.command import capture_command
from streamer.media.monitor.monitor import FFmpegMonitor

ROOMS = 6
WINDOW = 20.0
"""Seconds over which processor time is counted."""
_SETTLE = 5.0
_PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-b:v", "2500k")


class _Heard:
    """What the monitor said: the process of each room, and how many meters came."""

    def __init__(self) -> None:
        self.pids: dict[RoomId, int] = {}
        self.meters: Counter[RoomId] = Counter()

    def __call__(self, said: Meter | Report) -> None:
        if isinstance(said, Meter):
            self.meters[said.room] += 1
        elif said.pid is not None:
            self.pids[said.room] = said.pid

    def cpu(self) -> tuple[float, float]:
        """Seconds that the FFmpegs and their parent have used."""
        [python] = {parent(pid) for pid in self.pids.values()}
        return usage(self.pids.values()).cpu, usage([python]).cpu


async def monitor() -> list[Figure]:
    ffmpeg = await ffmpeg_path()
    async with temporary_folder() as folder, AsyncExitStack() as stack:
        clip = await _clip(ffmpeg, folder / "clip.mkv")
        takes = {RoomId(f"room-{number}"): RunId(f"take-{number}") for number in range(ROOMS)}
        captures = []
        for take in takes.values():
            argv = _capture(ffmpeg, clip, folder, take)
            captures.append((await stack.enter_async_context(launched(folder / f"{take}.log", *argv))).pid)
        heard, watching = _Heard(), FFmpegMonitor(folder, ffmpeg)
        watching.watch({room: Watched(take=take, has_sound=True) for room, take in takes.items()})
        running = asyncio.create_task(watching.run(heard))
        try:
            await asyncio.sleep(_SETTLE)
            if len(heard.pids) < ROOMS:
                raise BenchError("not every room is monitored")
            began, captured, (decoded, judged) = time.monotonic(), usage(captures).cpu, heard.cpu()
            heard.meters.clear()
            await asyncio.sleep(WINDOW)
            took, (decoded_later, judged_later) = time.monotonic() - began, heard.cpu()
            capture = (usage(captures).cpu - captured) / took / ROOMS
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    if capture == 0:
        raise BenchError("the captures used no processor time")
    spent = {
        f"to monitor one of {ROOMS} rooms": (decoded_later - decoded + judged_later - judged) / took / ROOMS,
        "of that, its FFmpeg": (decoded_later - decoded) / took / ROOMS,
        "of that, its share of the process that listens for voices": (judged_later - judged) / took / ROOMS,
    }
    figures = [_beside(what, Unit.CORES, ours, "its capture", capture) for what, ours in spent.items()]
    slowest = min(heard.meters[room] for room in takes) / took
    return [*figures, _beside("meters a second of the slowest room", Unit.COUNT, slowest, "promised", 2.0)]


def _beside(what: str, unit: Unit, ours: float, peer: str, theirs: float) -> Figure:
    return Figure(what=what, unit=unit, ours=Sample.single(ours), peer=peer, theirs=Sample.single(theirs))


async def _clip(ffmpeg: str, clip: Path) -> Path:
    """720p at 2.5 Mbit/s, and noise that is loud enough to be looked at for speech."""
    pictures = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=10", *_PICTURE)
    sounds = ("-f", "lavfi", "-i", "anoisesrc=amplitude=0.2:duration=10:sample_rate=48000")
    inputs = (*pictures[:4], *sounds, *pictures[4:])
    await finished(clip.with_suffix(".log"), ffmpeg, *QUIET, *inputs, "-c:a", "aac", "-b:a", "96k", str(clip))
    return clip


def _capture(ffmpeg: str, clip: Path, folder: Path, take: RunId) -> tuple[str, ...]:
    command = capture_command(ffmpeg, CaptureSettings(source=str(clip), room_name="", tap=None), take)
    for name in command.folders:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return command.argv
