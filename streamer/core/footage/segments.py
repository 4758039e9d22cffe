"""Captured media as values: a take's segments, and clips of them."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RunId
from streamer.core.jobs.specs import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The used part of one segment; ``start`` and ``end`` on the source's clock.

    If a clip begins inside its segment, its first pieces are the tables from the segment's head. ``fault`` says why
    media between ``start`` and ``end`` is missing; a clip without pieces lacks everything.
    """

    take: RunId
    number: int
    pieces: tuple[Piece, ...]
    start: float
    end: float
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One closed media file of a take; ``start`` and ``end`` on the source's clock, ``closed_at`` Unix seconds.

    ``path`` is relative to the data folder. ``wall`` is where ``start`` lies in wall time (Unix s), None while
    later neighbours may change it. ``sha256`` (hex) and ``shape`` (codecs, picture and sound layout in words)
    are known once the file has been read and synced; empty before.
    """

    take: RunId
    number: int
    path: str
    start: float
    end: float
    closed_at: float
    bytes: int
    wall: float | None = None
    sha256: str = ""
    shape: str = ""
