"""Renders a room's slate as a loop of CMAF segments with the livestream's exact format.

Eight seconds are a whole number of video frames, of segments and of AAC frames (375 at 48 kHz), so the loop can repeat
without limit, with only its times changed. The picture is still: one segment is encoded, the others are copies. A
rendered loop is reused while it is requested.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ffmpeg

from streamer.core.base.errors import MediaError, StoreError
from streamer.core.base.layout import slate_folder
from streamer.core.channel.chunks import Chunk, Loop, SlateText
from streamer.core.jobs.live_format import LiveFormat, Rendition
from streamer.core.jobs.specs import SEGMENT_SECONDS
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.live.cmaf import Track, parts, shift_tfdt, track_of
from streamer.media.live.encoding import (
    AUDIO_RATE,
    MANIFEST,
    audio_branch,
    chunk_name,
    encoder_arguments,
    init_name,
    packaging_arguments,
    video_branch,
)
from streamer.media.live.slate_drawing import draw_slate

SEGMENTS = 4
LOOP_SECONDS = SEGMENTS * SEGMENT_SECONDS
UNUSED_AFTER = 7 * 86_400
"""Seconds after which an unused loop is deleted."""

_AAC_FRAME = 1024
_AUDIO_FRAMES = round(LOOP_SECONDS * AUDIO_RATE) // _AAC_FRAME
_TIMEOUT = 60.0
_AT_ONCE = 2
_SOUND = "sound"
_SMALLEST = Rendition(name="smallest", width=64, height=36, bitrate=50_000)
_FINEST = 18  # of x264's quantisers; a first frame that is coarser than the others would make the picture pulsate
_LOOK = 1  # raise it when the drawing changes, so that older loops are not reused


class Slates:
    """Implements :class:`streamer.engine.channels.ports.SlatePainter` in a data folder, with the FFmpeg at
    ``ffmpeg``."""

    def __init__(self, data: Path, ffmpeg: str) -> None:
        self._folder = (data / slate_folder("")).absolute()
        self._ffmpeg = ffmpeg
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._pruned = False

    async def render(self, text: SlateText, format: LiveFormat) -> Loop:
        """See the port. Raises MediaError where FFmpeg fails, StoreError where the folder can't be written."""
        key = _key(text, format)
        async with self._turns:
            try:
                return await self._rendered(key, text, format)
            except OSError as error:
                raise StoreError(f"a slate can't be stored: {error.strerror}", where=str(self._folder)) from error

    async def _rendered(self, key: str, text: SlateText, format: LiveFormat) -> Loop:
        place = self._folder / key
        if not self._pruned:
            self._pruned = True
            await asyncio.to_thread(self._prune, time.time())
        if not place.is_dir():
            with self._scratch() as scratch:
                (scratch / _SOUND).mkdir()
                await self._encode(text, format, scratch)
                await asyncio.to_thread(_assemble, scratch, format)
                _move(scratch, place)
        os.utime(place)
        return await asyncio.to_thread(_read_loop, key, place, format)

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".", dir=self._folder))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    async def _encode(self, text: SlateText, format: LiveFormat, folder: Path) -> None:
        largest = max(format.renditions, key=lambda rendition: rendition.height)
        picture = await asyncio.to_thread(lambda: draw_slate(text, largest.width, largest.height).tobytes())
        argv = _arguments(self._ffmpeg, format, largest)
        done = await run_once(argv, timeout=_TIMEOUT, cwd=folder, stdin=picture)
        if done.status != 0:
            raise MediaError(f"FFmpeg can't make a slate: {done.errors.strip()[-300:]}")

    def _prune(self, now: float) -> None:
        """Delete unused loops, and unfinished ones of a killed service."""
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            unfinished = folder.name.startswith(".")
            if folder.stat().st_mtime < now - (2 * _TIMEOUT if unfinished else UNUSED_AFTER):
                shutil.rmtree(folder, ignore_errors=True)


def _key(text: SlateText, format: LiveFormat) -> str:
    made_from = (_LOOK, text, format, encoder_arguments(format), packaging_arguments(format))
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:20]


def _arguments(ffmpeg_path: str, format: LiveFormat, drawn: Rendition) -> list[str]:
    """One segment of picture from one frame on stdin; and the loop's silence, with the smallest possible picture,
    because the packager cuts sound at the picture's keyframes."""
    size, rate = (drawn.width, drawn.height), str(format.rate)
    frame = ffmpeg.input("pipe:0", format="rawvideo", pixel_format="rgb24", video_size=size, framerate=rate)
    silence = ffmpeg.input(f"anullsrc=r={AUDIO_RATE}:cl=stereo", format="lavfi")["a:0"]
    copies = frame["v:0"].filter_multi_output("split", len(format.renditions) + 1)
    frames = int(format.rate * round(SEGMENT_SECONDS))
    small = replace(format, renditions=(_SMALLEST,))
    pictures = ffmpeg.output(
        *(_still(copies[i], r, rate, frames) for i, r in enumerate(format.renditions)),
        MANIFEST,
        **encoder_arguments(format),
        **packaging_arguments(format, audio=False),
        **{"frames:v": frames, "qmax": _FINEST},
    )
    sound = ffmpeg.output(
        _still(copies[len(format.renditions)], _SMALLEST, rate, frames * SEGMENTS),
        audio_branch(silence).filter(
            "atrim", end_sample=(_AUDIO_FRAMES - 1) * _AAC_FRAME
        ),  # the encoder's priming adds the missing frame
        f"{_SOUND}/{MANIFEST}",
        **encoder_arguments(small),
        **packaging_arguments(small),
        **{"frames:v": frames * SEGMENTS},
    )
    command = [ffmpeg_path, "-hide_banner", "-loglevel", "error"]
    argv: list[str] = ffmpeg.compile(ffmpeg.merge_outputs(pictures, sound), cmd=command)
    return argv


def _still(frame: ffmpeg.Stream, rendition: Rendition, rate: str, frames: int) -> ffmpeg.Stream:
    """Scales the picture once and then repeats it."""
    scaled = video_branch(frame, rendition.width, rendition.height)
    return scaled.filter("loop", loop=frames - 1, size=1).filter("fps", fps=rate, start_time=0)


def _assemble(folder: Path, format: LiveFormat) -> None:
    """Delete all files from the folder that the loop does not need."""
    *pictures, _ = format.tracks
    for index, _ in enumerate(pictures):
        track = track_of((folder / init_name(index)).read_bytes())
        first = (folder / chunk_name(index, 1)).read_bytes()
        for number in range(1, SEGMENTS):
            ticks = round(number * SEGMENT_SECONDS * track.timescale)
            (folder / chunk_name(index, number + 1)).write_bytes(shift_tfdt(first, ticks))
    sound = folder / _SOUND
    _gather_rest(sound, 1)
    (sound / init_name(1)).rename(folder / init_name(len(pictures)))
    for number in range(1, SEGMENTS + 1):
        (sound / chunk_name(1, number)).rename(folder / chunk_name(len(pictures), number))
    shutil.rmtree(sound)
    (folder / MANIFEST).unlink()


def _gather_rest(folder: Path, index: int) -> None:
    """AAC frames don't fall on whole seconds, so a fifth segment may hold the last few. Appends them to the fourth."""
    with (folder / chunk_name(index, SEGMENTS)).open("ab") as last:
        number = SEGMENTS + 1
        while (rest := folder / chunk_name(index, number)).exists():
            last.write(rest.read_bytes())
            rest.unlink()
            number += 1


def _move(scratch: Path, place: Path) -> None:
    try:
        scratch.rename(place)
    except OSError:
        if not place.is_dir():  # else another process made the same loop meanwhile
            raise


def _read_loop(key: str, folder: Path, format: LiveFormat) -> Loop:
    tracks, segments = {}, {}
    for index, name in enumerate(format.tracks):
        tracks[name] = track_of((folder / init_name(index)).read_bytes())
        segments[name] = tuple(_chunk(folder, name, index, n, tracks[name]) for n in range(1, SEGMENTS + 1))
        length = segments[name][-1].end - segments[name][0].start
        if segments[name][0].start != 0 or abs(length - LOOP_SECONDS) > 1e-6:
            raise MediaError(f"a slate of {length:g} s can't be looped", where=f"{key}/{name}")
    return Loop(
        key=key,
        seconds=LOOP_SECONDS,
        inits={name: str(folder / init_name(index)) for index, name in enumerate(format.tracks)},
        segments=segments,
        timescales={name: track.timescale for name, track in tracks.items()},
        codecs={name: track.codec for name, track in tracks.items()},
    )


def _chunk(folder: Path, name: str, index: int, number: int, track: Track) -> Chunk:
    path = folder / chunk_name(index, number)
    content = path.read_bytes()
    found, used = parts(content, track)
    if not found or used != len(content):
        raise MediaError("a slate's segment is cut short", where=path.name)
    return Chunk(track=name, number=number, path=str(path), parts=tuple(found), complete=True, seen_at=0.0)
