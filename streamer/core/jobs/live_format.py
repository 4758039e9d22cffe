"""The format of a channel's media: renditions, frame rate, parts and tracks. Values only, no FFmpeg here.

Media times are seconds on the clock of one livestream run, or of a slate's loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One quality of a livestream; ``bitrate`` in bit/s."""

    name: str
    width: int
    height: int
    bitrate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFormat:
    """The format of a channel's media, which slate and live of one room share.

    ``rate`` is in frames/s and has a whole number of frames in a part and of parts in a segment.
    """

    rate: Fraction
    renditions: tuple[Rendition, ...]
    audio_bitrate: int = 128_000

    @property
    def part_seconds(self) -> Fraction:
        """A CMAF part: whole frames, and a divisor of the segment (1/3 s at 30 and 24 frames/s, 2/5 s at 25)."""
        return Fraction(2, 5) if self.rate == 25 else Fraction(1, 3)

    @property
    def tracks(self) -> tuple[str, ...]:
        """The track names, video renditions first, in the order of FFmpeg's output streams; the last is ``audio``."""
        return (*(r.name for r in self.renditions), "audio")
