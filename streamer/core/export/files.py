"""The files of a recording, and the results of re-reading them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What a finished file of a recording is."""

    MP4 = "mp4"
    PLAYABLE = "playable"  # an MP4 beside one that browsers don't play
    VOD = "vod"
    THUMBNAIL = "thumbnail"
    REPORT = "report"


Hole = tuple[float, float]
"""A pause of a track in a file, in seconds: (start, duration)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """The results of re-reading a finished file. Times in seconds; ``sha256`` in hex.

    ``rate`` is frames a second without missing frames, ``gop`` the longest distance between keyframes, if there are
    any. ``sounds`` is the number of its sounds; ``av_offset`` is how much later the first of them begins than the
    picture, ``av_offset_end`` how much later it ends.
    ``holes`` are the pauses of the picture, ``sound_holes`` those of each sound, from the first picture on:
    (start, duration).
    """

    duration: float
    bytes: int
    sha256: str
    video_frames: int
    has_audio: bool
    av_offset: float
    av_offset_end: float = 0.0
    rate: float = 0.0
    gop: float | None = None
    holes: tuple[Hole, ...] = ()
    sound_holes: tuple[tuple[Hole, ...], ...] = ()
    sounds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    """A finished file of a recording; ``path`` is relative to the data folder, ``kind`` a :class:`FileKind`."""

    name: str
    kind: str
    path: str
    bytes: int
    sha256: str
