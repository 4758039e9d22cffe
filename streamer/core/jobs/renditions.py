"""Chooses the renditions of a room's channel from its source and the configuration.

Slate and live of a room share the result, so it must depend on these two only. Pictures are never scaled up:
a wanted height above the source's becomes the source's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import TypeVar

from streamer.core.base.errors import ConfigError
from streamer.core.jobs.live_format import LiveFormat, Rendition
from streamer.core.jobs.source_facts import SourceFacts

DEFAULT_RENDITIONS = ("720p", "360p")

BITRATES = (
    (180, 250_000),
    (240, 400_000),
    (360, 800_000),
    (480, 1_300_000),
    (540, 1_700_000),
    (720, 2_500_000),
    (1080, 4_500_000),
    (1440, 8_000_000),
    (2160, 16_000_000),
)
"""Lines of a 16:9 picture at up to 30 frames/s, and the bit/s that H.264 needs for slides and a speaker."""

_WIDE = Fraction(16, 9)
_SMALLEST, _LARGEST = 90, 2160
_T = TypeVar("_T")


@cache
def wanted_height(name: str) -> int:
    """The lines of a rendition's name such as ``720p``. Raises ConfigError for any other name."""
    match = re.fullmatch(r"([0-9]{2,4})p", name)
    lines = int(match.group(1)) if match else 0
    if not _SMALLEST <= lines <= _LARGEST:
        raise ConfigError(
            f"{name!r} is not a rendition",
            where="[livestream] renditions",
            hint=f"write lines and a p, from {_SMALLEST}p to {_LARGEST}p, such as 720p",
        )
    return lines


def live_format(
    facts: SourceFacts | None, wanted: Sequence[str], default: Sequence[str] = DEFAULT_RENDITIONS
) -> LiveFormat:
    """The channel's format: best rendition first, each height once, in the source's shape and at a steady rate.

    ``default`` is used if ``wanted`` is empty. Without ``facts`` the source is assumed to be 16:9 at 30 frames/s
    and high enough for every wanted height.
    """
    return _live_format(facts, tuple(wanted or default))


@lru_cache(maxsize=256)
def _live_format(facts: SourceFacts | None, wanted: tuple[str, ...]) -> LiveFormat:
    heights = [wanted_height(name) for name in wanted]
    shape, rate = _WIDE, Fraction(30)
    if facts is not None and facts.width > 0 and facts.height > 0:
        heights = [min(h, facts.height) for h in heights]
        shape, rate = Fraction(facts.width, facts.height), live_rate(facts.rate)
    unique = sorted({_even(h) for h in heights}, reverse=True)
    return LiveFormat(rate=rate, renditions=tuple(_rendition(height, shape) for height in unique))


def variant_map(format: LiveFormat, wanted: Sequence[str]) -> dict[str, str]:
    """For each wanted name, the name of its rendition: the best one that is not higher."""
    return dict(_variants(format, tuple(wanted)))


@lru_cache(maxsize=256)
def _variants(format: LiveFormat, wanted: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for name in wanted:
        below = [r for r in format.renditions if r.height <= wanted_height(name)]
        found[name] = max(below or [format.renditions[-1]], key=lambda r: r.height).name
    return found


def by_variant(format: LiveFormat, wanted: Sequence[str], by_track: Mapping[str, _T]) -> dict[str, _T]:
    """The values of ``by_track`` under the names for viewers: one for each wanted rendition, and audio."""
    names = _variants(format, tuple(wanted))
    return {**{name: by_track[track] for name, track in names.items()}, "audio": by_track["audio"]}


def live_rate(source: Fraction) -> Fraction:
    """The steady rate a source is streamed at: 24, 25 or 30; 50 and 60 are halved, odd ones become 30."""
    for rate in (24, 25):
        if any(abs(source - rate * factor) <= Fraction(rate * factor, 100) for factor in (1, 2)):
            return Fraction(rate)
    return Fraction(30)


def _rendition(height: int, shape: Fraction) -> Rendition:
    width = max(2, 2 * round(height * shape / 2))
    return Rendition(name=f"{height}p", width=width, height=height, bitrate=_bitrate(width, height))


def _bitrate(width: int, height: int) -> int:
    """The table's value for this many pixels, interpolated between its rows, rounded to 10 kbit/s."""
    lines = float((width * height / _WIDE) ** 0.5)
    (below, least), *rest = BITRATES
    if lines <= below:
        return max(80_000, _tens(least * lines / below))
    for above, most in rest:
        if lines <= above:
            return _tens(least + (most - least) * (lines - below) / (above - below))
        below, least = above, most
    return least


def _tens(bitrate: float) -> int:
    return round(bitrate / 10_000) * 10_000


def _even(length: int) -> int:
    return max(2, length - length % 2)
