"""Frames lost when a capture is killed, with one and with two of them, and when the service is killed.

One sender with a keyframe each second, and three that record it at the same time: the service's rooms with one capture
and with two, and the habit, one FFmpeg in a shell loop that starts it again at once. All are killed together.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.feed import multicast, sender
from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import launch, launched, working_in
from bench.recorded import Recorded, recorded
from bench.running_service import run_service, serving, temporary_folder
from bench.slots import Slot, sleep_until
from streamer.media.capture.frame_code import read_codes

BEGIN = timedelta(seconds=8)
LENGTH = timedelta(seconds=16)
"""Of each of two sessions: in the first captures are killed, in the second the service is."""
INTO = timedelta(seconds=4)
"""From a session's start to the kill."""
AWAY = 3.0
"""Seconds for which nobody starts the service, or the habit's loop, again."""
_EXPORTED_WITHIN = 90.0
_RULES = """
[capture]
lead = "6s"
linger = "3s"
[recording]
pre_roll = "1s"
post_roll = "1s"
[[rooms]]
id = "once"
source = "{feed}"
[[rooms]]
id = "twice"
source = "{feed}"
redundancy = 2
"""
_LOOP = """
while :; do
  "$0" "$@" "habit-$(date +%s%N).ts" & echo $! > habit.pid; wait
done
"""


async def killed() -> list[Figure]:
    ffmpeg, feed = await ffmpeg_path(), multicast()
    async with temporary_folder() as folder:
        async with (
            launched(folder / "sender.log", *sender(ffmpeg, feed)),
            run_service(folder, {}, _RULES.format(feed=feed)) as service,
        ):
            first = datetime.now(UTC) + BEGIN
            slots = [
                Slot(id=f"{room}-{number}", room=room, start=start, end=start + LENGTH)
                for number, start in enumerate((first, first + LENGTH), start=1)
                for room in ("once", "twice")
            ]
            await service.announce(slots, stream=False)
            loop = await _habit(folder, ffmpeg, feed)
            await sleep_until(first + INTO)
            _kill([*_leading(folder), int((folder / "habit.pid").read_text())])
            await sleep_until(first + LENGTH + INTO)
            os.killpg(loop.pid, signal.SIGKILL)
            _kill([service.pid])
            await loop.wait()
            await asyncio.sleep(AWAY)
            await _habit(folder, ffmpeg, feed)
            async with serving(folder) as again:
                await sleep_until(slots[-1].end)
                found = await recorded(again, [slot.id for slot in slots], _EXPORTED_WITHIN)
        habit = sorted(folder.glob("habit-*.ts"))
        return await asyncio.to_thread(_figures, found, habit)


def _figures(found: Mapping[str, Recorded], habit: Sequence[Path]) -> list[Figure]:
    codes = {id: _codes(one.files) for id, one in found.items()}
    theirs = _codes(habit)
    begin, turn, end = min(codes["once-1"]), min(codes["once-2"]), max(codes["once-2"])
    peer = [missing(theirs, begin, turn), missing(theirs, turn, end)]
    captures, loops = "one FFmpeg in a shell loop", "the loop and its FFmpeg, started again with it"
    rows = [
        ("frames lost when a capture is killed", "once-1", captures, peer[0]),
        ("frames lost when one of two captures is killed", "twice-1", captures, peer[0]),
        (f"frames lost when the service is killed for {AWAY:g} s", "once-2", loops, peer[1]),
        ("the same with two captures a room", "twice-2", loops, peer[1]),
    ]
    return [
        Figure(
            what=what,
            unit=Unit.FRAMES,
            ours=Sample.single(missing(codes[id], min(codes[id], default=0), max(codes[id], default=0))),
            peer=name,
            theirs=Sample.single(other),
        )
        for what, id, name, other in rows
    ]


def _codes(files: Iterable[Path]) -> set[int]:
    """The numbers of all frames that can be read: of a file that was cut short the last one can't always."""
    return {code for file in files if file.stat().st_size for code in read_codes(file) if code >= 0}


def missing(codes: Iterable[int], first: int, after: int) -> int:
    """How many of the frames from ``first`` on and before ``after`` are not there. Raises BenchError for no frames."""
    if not (found := set(codes)):
        raise BenchError("nothing was recorded")
    return len(set(range(first, after)) - found)


async def _habit(folder: Path, ffmpeg: str, feed: str) -> asyncio.subprocess.Process:
    """A shell that records into a new file whenever FFmpeg has ended. It ends with the folder."""
    record = ("-analyzeduration", "2500000", "-i", feed, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy")
    return await launch(folder / "habit.log", "sh", "-c", _LOOP, ffmpeg, *QUIET, *record, "-f", "mpegts")


def _leading(folder: Path) -> list[int]:
    """The first capture of each room: those that feed a tap."""
    lines = {pid: _command(pid) for pid in working_in(folder)}
    return [pid for pid, line in lines.items() if b"segment_list" in line and b"127.0.0.1:" in line.rpartition(b"|")[2]]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
