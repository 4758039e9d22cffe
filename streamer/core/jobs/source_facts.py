"""What a source delivers: codecs, picture size, rate, as probing found them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What probing found in a source. ``audio`` is None for a source without sound; ``gop`` in seconds if known."""

    video: str | None
    width: int
    height: int
    rate: Fraction
    audio: str | None
    gop: float | None = None
    bitrate: int | None = None
