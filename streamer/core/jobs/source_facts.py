"""The facts about a source: codecs, picture size and rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streamer.core.jobs.source_tracks import SourceTracks


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """The results of probing what a capture wrote. ``audio`` is None without sound; ``gop`` is the longest distance
    between keyframes (s), None if no second one was seen, and ``keyless`` the longest stretch without one (s).

    ``sounds`` is the number of sounds that arrived. ``tracks`` are the source's own, before the capture encoded
    any; None if FFmpeg's account of them is not known.
    """

    video: str | None
    width: int
    height: int
    rate: Fraction
    audio: str | None
    gop: float | None = None
    keyless: float | None = None
    bitrate: int | None = None
    sounds: int | None = None
    tracks: SourceTracks | None = None
