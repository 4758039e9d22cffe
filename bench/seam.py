"""Frames lost between back-to-back sessions, counted by the code in the picture.

One sender, two listeners at the same time: the service, and the habit it has to beat, one FFmpeg a session, started
and stopped by the clock. The habit gets all it can: it starts to the millisecond, and never waits for the one before.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.house import House, Slot, open_house, temporary_folder, until
from bench.processes import launched
from streamer.core.ids import SessionId
from streamer.core.layout import recording_folder
from streamer.media.frame_code import read_codes
from streamer.media.sources import open_source

CARD = "test:?size=320x180&rate=30&gop=1&code=1"
GROUP = "239.255.77.8"
SESSIONS = 4
LENGTH = timedelta(seconds=5.3)
"""No multiple of the sender's GOP, so that each seam falls elsewhere in it."""
BEGIN = timedelta(seconds=8)
"""From the announcement to the first session; the capture begins before it."""
_EXPORTED_WITHIN = 45.0
_RULES = """
[capture]
lead = "5s"
linger = "5s"
[recording]
pre_roll = "1s"
post_roll = "1s"
"""
_READY = ("ready", "partial", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Frames that no file has: between one and the next, and inside of them."""

    seams: int
    inside: int


async def seam() -> list[Figure]:
    ffmpeg = await ffmpeg_path()
    feed = f"udp://{GROUP}:{_free_port()}?localaddr=127.0.0.1"
    async with temporary_folder() as folder:
        async with (
            launched(folder / "sender.log", *_sender(ffmpeg, feed)),
            open_house(folder, {"hall": feed}, _RULES) as house,
        ):
            slots = _slots(datetime.now(UTC) + BEGIN)
            await house.announce(slots, stream=False)
            habit = await _habit(ffmpeg, feed, slots, folder)
            recorded = await _recordings(house, slots)
        ours, theirs = await asyncio.to_thread(_counted, recorded), await asyncio.to_thread(_counted, habit)
    peer = "one FFmpeg a session, by the clock"
    losses = {
        f"frames lost at {SESSIONS - 1} back-to-back seams": (ours.seams, theirs.seams),
        f"frames lost inside the {SESSIONS} files": (ours.inside, theirs.inside),
    }
    return [
        Figure(what=what, unit=Unit.FRAMES, ours=Sample.single(mine), peer=peer, theirs=Sample.single(other))
        for what, (mine, other) in losses.items()
    ]


def _slots(begin: datetime) -> list[Slot]:
    starts = [begin + number * LENGTH for number in range(SESSIONS)]
    return [
        Slot(id=f"session-{number + 1}", room="hall", start=start, end=start + LENGTH)
        for number, start in enumerate(starts)
    ]


def _counted(files: Iterable[Path]) -> Loss:
    return lost([read_codes(file) for file in files])


def lost(files: Sequence[Sequence[int]]) -> Loss:
    """From the frames' numbers in files that follow each other. Raises BenchError where a number can't be read."""
    if any(not codes or -1 in codes for codes in files):
        raise BenchError("a frame's number can't be read")
    return Loss(
        seams=sum(max(0, min(after) - max(before) - 1) for before, after in pairwise(files)),
        inside=sum(max(codes) - min(codes) + 1 - len(set(codes)) for codes in files),
    )


def _sender(ffmpeg: str, feed: str) -> tuple[str, ...]:
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-c:a", "aac")
    target = f"{feed}&ttl=0&pkt_size=1316"
    return (ffmpeg, *QUIET, *open_source(CARD, room="sender").arguments, *encoded, "-f", "mpegts", target)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def _habit(ffmpeg: str, feed: str, slots: Sequence[Slot], folder: Path) -> list[Path]:
    """Each session's file, made as a clock makes it; returns after the last session's end."""
    files = [folder / f"habit-{slot.id}.mp4" for slot in slots]
    await asyncio.gather(*(_by_the_clock(ffmpeg, feed, *one) for one in zip(slots, files, strict=True)))
    return files


async def _by_the_clock(ffmpeg: str, feed: str, slot: Slot, file: Path) -> None:
    await _sleep_until(slot.start)
    analysis = ("-analyzeduration", "2500000")
    argv = (ffmpeg, *QUIET, *analysis, "-i", feed, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", str(file))
    async with launched(file.with_suffix(".log"), *argv):
        await _sleep_until(slot.end)


async def _sleep_until(instant: datetime) -> None:
    await asyncio.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


async def _recordings(house: House, slots: Sequence[Slot]) -> list[Path]:
    """Each session's finished file, as the organisers get it."""
    found: dict[str, Path] = {}

    async def ready() -> bool:
        for recording in (await house.ask("/api/v1/recordings"))["recordings"]:
            files = [file["name"] for file in recording["files"] if file["kind"] == "mp4"]
            if recording["state"] in _READY and files:
                folder = house.data / recording_folder(SessionId(recording["session"]))
                found[recording["session"]] = folder / files[0]
        return len(found) == len(slots)

    await until(ready, "the export of all recordings", _EXPORTED_WITHIN)
    return [found[slot.id] for slot in slots]
