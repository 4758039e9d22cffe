"""Estimates the size of an MP4's index, so that room for it can be reserved in front of the media.

A file with its index at the front can be played during the download. Moving the index there afterwards writes the
whole file a second time. The estimate is an upper limit; the excess is a few bytes for each frame.
"""

from __future__ import annotations

import math

_PICTURE = 44
"""Most bytes for each picture: size, times, keyframe flag, chunk and its offset."""
_SOUND = 32
"""Most bytes for each frame of sound."""
_REST = 8192
"""The part that does not grow with the length: headers and codecs."""
_SPARE = 1.25
_SLOW = 25.0
"""The least number of pictures a second to reserve room for."""
_UNKNOWN_RATE = 60.0
_UNKNOWN_SOUND = 48_000
_SAMPLES = {"aac": 1024, "mp2": 1152}
_FEWEST_SAMPLES = 256


def index_bytes(seconds: float, frames: float, shape: str, sounds: int = 1) -> int:
    """An upper limit of the index size for a source at its usual rate.

    ``frames`` is the known number of pictures, ``shape`` as in
    :mod:`streamer.core.footage.shapes`, ``sounds`` the number of sounds; the first one has the shape's.
    """
    pictures = max(frames, seconds * _SLOW) if frames else seconds * _UNKNOWN_RATE
    further = max(0, sounds - 1) * _UNKNOWN_SOUND / _FEWEST_SAMPLES
    return _REST + math.ceil(_SPARE * (pictures * _PICTURE + seconds * (_sounds(shape) + further) * _SOUND))


def _sounds(shape: str) -> float:
    """Frames of sound a second."""
    _, _, sound = shape.partition(" · ")
    codec, _, layout = sound.partition(" ")
    rate, _, _ = layout.partition("/")
    return (int(rate) if rate.isdecimal() else _UNKNOWN_SOUND) / _SAMPLES.get(codec, _FEWEST_SAMPLES)
