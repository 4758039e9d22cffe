"""The facts about a source: codecs, picture size and rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """The results of probing a source. ``audio`` is None for a source without sound; ``gop`` in seconds if known."""

    video: str | None
    width: int
    height: int
    rate: Fraction
    audio: str | None
    gop: float | None = None
    bitrate: int | None = None
