"""CMAF chunks and parts, and the slate's loop, as values.

Media times are seconds on the clock of one livestream run, or of a slate's loop.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A complete moof+mdat inside a chunk file: byte range, and media time in seconds."""

    offset: int
    size: int
    start: float
    duration: float
    independent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One CMAF segment of one track of a livestream run, growing until ``complete``.

    ``path`` is absolute and names the finished file; while it grows the file has the suffix ``.tmp``.
    ``seen_at`` is when its newest part was first seen, Unix seconds. ``truncated``: it holds more than whole
    parts, as where the disk was full.
    """

    track: str
    number: int
    path: str
    parts: tuple[Part, ...]
    complete: bool
    seen_at: float
    truncated: bool = False

    @property
    def start(self) -> float:
        return self.parts[0].start

    @property
    def end(self) -> float:
        return self.parts[-1].start + self.parts[-1].duration


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateText:
    """The text of a room's slate."""

    conference: str
    room: str
    headline: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A rendered slate: whole segments per track that can be repeated without a seam.

    ``inits`` maps each track name to an absolute path. ``seconds`` is the loop's length, ``timescales`` the unit of
    each track's ``tfdt``; ``codecs`` are RFC 6381 strings of each track.
    """

    key: str
    seconds: float
    inits: dict[str, str]
    segments: dict[str, tuple[Chunk, ...]]
    timescales: dict[str, int]
    codecs: dict[str, str]
