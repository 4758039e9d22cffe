"""What it costs a capture to encode a track that it can't copy: processor time beside a capture that copies."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import finished, launched, usage
from bench.running_service import temporary_folder
from streamer.core.base.ids import RunId
from streamer.core.jobs.coding import COPIED, Coding, Means
from streamer.core.jobs.specs import CaptureSettings
from streamer.media.capture.command import capture_command

WINDOW = 20.0
"""Seconds over which processor time is counted."""
_SETTLE = 3.0
_SENT = {
    "copied": ("h264", "aac -b:a 96k"),
    "G.711 to AAC": ("h264", "pcm_alaw -ar 8000"),
    "PCM of 48 kHz to AAC": ("h264", "pcm_s16le -ac 2"),
    "sound alone, with a card": ("", "aac -b:a 96k"),
}
_CODINGS = {
    "copied": COPIED,
    "G.711 to AAC": Coding(sounds=(Means.ENCODE,), unpacks=True),
    "PCM of 48 kHz to AAC": Coding(sounds=(Means.ENCODE,), unpacks=True),
    "sound alone, with a card": Coding(picture=Means.DRAW, sounds=(Means.COPY,)),
}
_PICTURE = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-b:v", "2500k")


async def codings() -> list[Figure]:
    ffmpeg = await ffmpeg_path()
    async with temporary_folder() as folder, AsyncExitStack() as stack:
        pids = {}
        for number, name in enumerate(_SENT):
            clip = await _clip(ffmpeg, folder / f"{number}.mkv", *_SENT[name])
            place = folder / str(number)
            argv = _prepared(ffmpeg, clip, place, _CODINGS[name])
            pids[name] = (await stack.enter_async_context(launched(place / "log", *argv))).pid
        await asyncio.sleep(_SETTLE)
        before, begun = {name: usage([pid]).cpu for name, pid in pids.items()}, time.monotonic()
        await asyncio.sleep(WINDOW)
        took = time.monotonic() - begun
        spent = {name: (usage([pid]).cpu - before[name]) / took for name, pid in pids.items()}
    if spent["copied"] == 0:
        raise BenchError("the capture that copies used no processor time")
    return [
        Figure(
            what=f"a capture, {name}",
            unit=Unit.CORES,
            ours=Sample.single(spent[name]),
            peer="a capture that copies",
            theirs=Sample.single(spent["copied"]),
        )
        for name in _SENT
        if name != "copied"
    ]


async def _clip(ffmpeg: str, clip: Path, picture: str, sound: str) -> Path:
    """720p at 2.5 Mbit/s, and the sound."""
    pictures = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=10", *_PICTURE) if picture else ()
    sounds = ("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000:duration=10")
    inputs = (*pictures[:4], *sounds, *pictures[4:])
    await finished(clip.with_suffix(".log"), ffmpeg, *QUIET, *inputs, "-c:a", *sound.split(), str(clip))
    return clip


def _prepared(ffmpeg: str, clip: Path, place: Path, coding: Coding) -> tuple[str, ...]:
    command = capture_command(
        ffmpeg, CaptureSettings(source=str(clip), room_name="", tap=None, coding=coding), RunId("bench")
    )
    for folder in command.folders:
        (place / folder).mkdir(parents=True, exist_ok=True)
    return command.argv
