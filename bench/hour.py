"""The export of an hour of 2.5 Mbit/s, beside ``cp`` of the same bytes.

The hour is captured segments, made by copying a clip in a loop with the muxer of a capture. Exported is as the service
does it: cut, joined by FFmpeg, read again from the first frame to the last, checksummed, synced and renamed. The peer
copies the finished file and syncs it. Both by turns, so that both find the same things in the page cache.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import finished
from bench.running_service import temporary_folder
from streamer.core.base.ids import RunId
from streamer.core.base.layout import SEGMENT_LIST, take_folder
from streamer.core.export.mp4_index import index_bytes
from streamer.core.footage.segments import Segment
from streamer.core.jobs.specs import ExportSettings, Piece
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.command import Command
from streamer.media.files.export import FileExporter, export_command

HOUR = 3600
CLIP = 60
RATE = 2_500_000
"""Bits a second, sound included."""
ROUNDS = 3
_SOUND = 128_000
_FRAMES = 25
_TAKE = RunId("an-hour")
_SLACK = 5.0
"""Seconds: a clip that is looped becomes a little longer with each turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Seconds that an export took: finding the cuts, writing the file, and reading and checking what was written."""

    cut: float
    remux: float
    accept: float

    @property
    def whole(self) -> float:
        return self.cut + self.remux + self.accept


async def hour() -> list[Figure]:
    ffmpeg = await ffmpeg_path()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # FFmpeg opens all segments, as under the keeper
    async with temporary_folder() as data:
        segments = await _captured(ffmpeg, data)
        ours, theirs = [], []
        for number in range(ROUNDS):
            final = f"recordings/hour/{number}.mp4"
            ours.append(await _export(ffmpeg, data, segments, final, f"export-{number}"))
            theirs.append(await _copied(data / final))
            (data / final).unlink()
    return figures(ours, theirs, sum(one.bytes for one in segments))


def figures(ours: Sequence[Split], theirs: Sequence[float], size: int) -> list[Figure]:
    peer, copied = "cp of the file, and fsync", Sample.of(theirs)
    parts = {
        f"export of an hour, {size / 1e9:.2f} GB": [one.whole for one in ours],
        "of it: joined by FFmpeg, with the cuts": [one.cut + one.remux for one in ours],
        "of it: read again, checksummed, synced": [one.accept for one in ours],
    }
    return [
        Figure(what=what, unit=Unit.SECONDS, ours=Sample.of(values), peer=peer, theirs=copied)
        for what, values in parts.items()
    ]


async def _captured(ffmpeg: str, data: Path) -> list[Segment]:
    """An hour of one take's segments."""
    clip, folder = data / "clip.ts", data / take_folder(_TAKE)
    folder.mkdir(parents=True)
    video = RATE - _SOUND
    encoded = (
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-x264-params", "nal-hrd=cbr"),
        *("-b:v", str(video), "-minrate", str(video), "-maxrate", str(video), "-bufsize", str(video)),
        *("-c:a", "aac", "-b:a", str(_SOUND)),
    )
    picture = f"testsrc2=size=1280x720:rate={_FRAMES}:duration={CLIP}"
    sound = f"sine=frequency=330:sample_rate=48000:duration={CLIP}"
    await finished(
        data / "clip.log",
        *(ffmpeg, *QUIET, "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *encoded, str(clip)),
    )
    muxed = (
        *("-f", "segment", "-segment_time", "2", "-segment_format", "mpegts", "-segment_list_type", "csv"),
        *("-segment_format_options", "mpegts_copyts=1:mpegts_flags=initial_discontinuity:pes_payload_size=0"),
        *("-segment_list", str(folder / SEGMENT_LIST), str(folder / "%06d.ts")),
    )
    looped = ("-stream_loop", str(HOUR // CLIP - 1), "-i", str(clip), "-map", "0", "-c", "copy")
    await finished(data / "hour.log", ffmpeg, *QUIET, *looped, *muxed)
    segments = Takes(data).closed_segments(_TAKE, -1)
    length = segments[-1].end - segments[0].start if segments else 0.0
    if abs(length - HOUR) > _SLACK:
        raise BenchError(f"the hour that was made is {length:.0f} s long")
    return segments


async def _export(ffmpeg: str, data: Path, segments: Sequence[Segment], final: str, run: str) -> Split:
    """All of them but the edges, as a session's bounds fall."""
    exporter, begun = FileExporter(data, ffmpeg), time.perf_counter()
    first, *between, last = segments
    clips = await exporter.cut(first, first.start + 0.5, last, last.end - 0.5, between)
    cut = time.perf_counter()
    pieces = tuple(piece for clip in clips for piece in clip.pieces)
    await _remuxed(ffmpeg, data, pieces, f"{final}.partial", run)
    written = time.perf_counter()
    await exporter.accept(f"{final}.partial", final)
    return Split(cut=cut - begun, remux=written - cut, accept=time.perf_counter() - written)


async def _remuxed(ffmpeg: str, data: Path, pieces: tuple[Piece, ...], target: str, run: str) -> None:
    index = index_bytes(HOUR, HOUR * _FRAMES, "h264 1280x720 · aac 48000/1")
    settings = ExportSettings(pieces=pieces, target=target, metadata=(), duration=HOUR, index=index)
    command: Command = export_command(ffmpeg, settings, RunId(run))
    for folder in command.folders:
        (data / folder).mkdir(parents=True, exist_ok=True)
    for name, text in command.files:
        (data / name).write_text(text)
    await finished(data / f"{run}.log", *command.argv)


async def _copied(file: Path) -> float:
    """Seconds for ``cp`` and fsync."""
    copy, begun = file.with_suffix(".copy"), time.perf_counter()
    await finished(file.with_suffix(".log"), "cp", str(file), str(copy))
    await asyncio.to_thread(_synced, copy)
    took = time.perf_counter() - begun
    copy.unlink()
    return took


def _synced(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
