"""Captured media as values: a take's segments, and what is cut from them."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RunId
from streamer.core.jobs.specs import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What is taken of one segment, and from when to when that lasts on the source's clock.

    Where a clip begins inside its segment, the first of its pieces are the tables from the segment's head. ``fault``
    says why something between ``start`` and ``end`` is missing in it; without any piece, all of it is.
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

    ``path`` is relative to the data folder. ``wall`` is where ``start`` lies in wall time (Unix s), None while its
    neighbours may still say more about that. ``sha256`` (hex) and ``shape`` (codecs, picture and sound layout in words)
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
