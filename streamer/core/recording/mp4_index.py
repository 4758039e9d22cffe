"""How much room the index of an MP4 needs, so that it can be left free in front of the media.

A file whose index stands in front can be played while it is fetched. Putting it there afterwards means to write the
whole file a second time. What is estimated here is meant to be enough, and not to be exact: what is left over is a few
bytes for each frame.
"""

from __future__ import annotations

import math

_PICTURE = 44
"""Bytes for each picture at most: size, times, that it is a keyframe, its chunk and the place of that."""
_SOUND = 32
"""Bytes for each frame of sound at most."""
_REST = 8192
"""What does not grow with the length: headers and codecs."""
_SPARE = 1.25
_SLOW = 25.0
"""Pictures a second that there is always room for."""
_UNKNOWN_RATE = 60.0
_UNKNOWN_SOUND = 48_000
_SAMPLES = {"aac": 1024, "mp2": 1152}
_FEWEST_SAMPLES = 256


def index_bytes(seconds: float, frames: float, shape: str) -> int:
    """An upper limit for what a source at its usual rate makes.

    ``frames`` are its pictures as far as anybody knows of them, ``shape`` is that of
    :mod:`streamer.core.footage.shapes`.
    """
    pictures = max(frames, seconds * _SLOW) if frames else seconds * _UNKNOWN_RATE
    return _REST + math.ceil(_SPARE * (pictures * _PICTURE + seconds * _sounds(shape) * _SOUND))


def _sounds(shape: str) -> float:
    """Frames of sound a second."""
    _, _, sound = shape.partition(" · ")
    codec, _, layout = sound.partition(" ")
    rate, _, _ = layout.partition("/")
    return (int(rate) if rate.isdecimal() else _UNKNOWN_SOUND) / _SAMPLES.get(codec, _FEWEST_SAMPLES)
