"""One picture of the captured media, for choosing the place of a cut.

Decodes a single segment, from the keyframe at its head; stores nothing.
"""

from __future__ import annotations

from pathlib import Path

import ffmpeg

from streamer.core.base.errors import MediaError
from streamer.core.footage.segments import Segment
from streamer.media.ffmpeg.oneshot import run_once

WIDEST = 640
NEAR = 0.5
"""The largest distance of a picture from the requested instant, in seconds."""

_TIMEOUT = 20.0
_SAME_INSTANT = 0.002


async def still(program: str, data: Path, segment: Segment, at: float) -> bytes:
    """A JPEG of the picture at ``at`` (source clock, s): the last one before, or else the next.

    Raises MediaError where none is near.
    """
    file = data / segment.path
    near = f"between(t,{at - NEAR:.6f},{at + _SAME_INSTANT:.6f})"
    otherwise = f"between(t,{at:.6f},{at + NEAR:.6f})*isnan(prev_selected_t)"
    picture = (
        ffmpeg.input(str(file.absolute()), threads=1)["v:0"]
        .filter("select", expr=f"{near}+{otherwise}")
        .filter("scale", w=f"min({WIDEST},iw)", h=-2)
        .filter("reverse")  # the last of them comes first
    )
    output = ffmpeg.output(picture, "-", format="mjpeg", **{"frames:v": 1, "q:v": 4})
    opened = [program, "-hide_banner", "-nostdin", "-loglevel", "error", "-copyts"]
    done = await run_once(ffmpeg.compile(output, cmd=opened), timeout=_TIMEOUT)
    if not done.output:
        raise MediaError(f"it has no picture near {at:.1f} s of its take", where=segment.path)
    return done.output
