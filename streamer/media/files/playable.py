"""A version of a recording that every browser plays: H.264 and AAC.

Only what browsers don't play is encoded, on one thread and with the lowest priority: captures and livestreams come
first. A cancelled or failed conversion leaves no file behind.
"""

from __future__ import annotations

from pathlib import Path

import ffmpeg

from streamer.core.base.errors import MediaError
from streamer.core.jobs.coding import plays_in_browsers
from streamer.media.capture import probe
from streamer.media.capture.probe import Codecs
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files.discarding import discard

_NICE = 19
_START = 60.0
_SLOWEST = 30.0
"""Seconds that a second of media may take."""
_PLAYED_PIXELS = frozenset({"yuv420p", "yuvj420p"})


async def make(program: str, source: Path, target: Path) -> bool:
    """Write the version; False without a file if browsers play the source as it is. Raises MediaError."""
    codecs = await probe.codecs(source)
    if _is_played(codecs) and all(plays_in_browsers(None, sound) for sound in codecs.sounds):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    made = False
    try:
        done = await run_once(
            _command(program, source, target, codecs), timeout=_START + _SLOWEST * codecs.duration, nice=_NICE
        )
        made = done.status == 0
        if not made:
            raise MediaError(f"can't be converted: {_last_line(done.errors)}", where=source.name)
    finally:
        if not made:
            discard(target)
    return True


def _is_played(codecs: Codecs) -> bool:
    return plays_in_browsers(codecs.video, None) and codecs.pixels in _PLAYED_PIXELS


def _command(program: str, source: Path, target: Path, codecs: Codecs) -> tuple[str, ...]:
    opened = ffmpeg.input(str(source.absolute()), threads=1)
    options: dict[str, str | int] = {"movflags": "+faststart", "threads": 1}
    picture = opened["v:0"]
    if _is_played(codecs):
        options["c:v"] = "copy"
    else:
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
        options |= {"c:v": "libx264", "preset": "veryfast", "crf": 21, "pix_fmt": "yuv420p"}
    sounds = []
    for number, sound in enumerate(codecs.sounds):
        sounds.append(opened[f"a:{number}"])
        played = plays_in_browsers(None, sound)
        options |= {f"c:a:{number}": "copy"} if played else {f"c:a:{number}": "aac", f"b:a:{number}": "160k"}
    output = ffmpeg.output(picture, *sounds, str(target), format="mp4", **options)
    quiet = [
        program,
        "-hide_banner",
        "-nostdin",
        "-nostats",
        "-loglevel",
        "error",
        "-filter_complex_threads",
        "1",
        "-y",
    ]
    return tuple(ffmpeg.compile(output, cmd=quiet))


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason was given")
