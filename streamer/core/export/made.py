"""A finished video file, and where its seconds lie in wall time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from streamer.core.export.files import FileFacts, Hole, RecordingFile
from streamer.core.footage.sequence import Part, Placed
from streamer.core.footage.wall_clock import SMALLEST_GAP

SEAM = 0.5
"""Seconds by which a pause may be offset from the join of two takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished video file with the results of re-reading it, and its part of the recording."""

    file: RecordingFile
    facts: FileFacts
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A clip's place in a file: ``offset`` is the seconds from the file's first picture to the clip's start."""

    offset: float
    placed: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRun:
    """A stretch of a file on one clock: seconds from the file's first picture, wall time (Unix s), seconds."""

    offset: float
    wall: float
    duration: float


def positions(one: Made) -> tuple[Position, ...]:
    """The clips of a file with their offsets. Clips that join are as far apart as on their source's clock. Between
    others FFmpeg may leave a pause of any length, which the file itself shows."""
    found: list[Position] = []
    end = 0.0
    for placed in one.part.clips:
        before = found[-1] if found else None
        if before is None:
            offset = 0.0
        elif placed.joins:
            offset = before.offset + placed.clip.start - before.placed.clip.start
        else:
            offset = end + sum(length for _, length in _at(end, one.facts.holes))
        found.append(Position(offset=offset, placed=placed))
        end = offset + placed.duration
    return tuple(found)


def _at(seam: float, holes: tuple[Hole, ...]) -> Iterator[Hole]:
    """The hole at a seam, if there is one."""
    near = min(holes, key=lambda hole: abs(hole[0] - seam), default=None)
    if near is not None and abs(near[0] - seam) <= SEAM:
        yield near


def holes_inside(one: Made, holes: tuple[Hole, ...]) -> list[Hole]:
    """The holes of a track without those that joining its takes has left."""
    places = positions(one)
    ends = [before.offset + before.placed.duration for before, after in pairwise(places) if not after.placed.joins]
    seams = {hole for end in ends for hole in _at(end, holes)}
    return [hole for hole in holes if hole not in seams]


def file_runs(one: Made) -> list[FileRun]:
    """The stretches of a file that follow each other on one clock and in wall time."""
    runs: list[FileRun] = []
    for position in positions(one):
        placed, last = position.placed, runs[-1] if runs else None
        shift = placed.wall - last.wall - (position.offset - last.offset) if last is not None else 0.0
        if last is not None and placed.joins and abs(shift) < SMALLEST_GAP:
            length = position.offset + placed.duration - last.offset
            runs[-1] = FileRun(offset=last.offset, wall=last.wall, duration=length)
        else:
            runs.append(FileRun(offset=position.offset, wall=placed.wall, duration=placed.duration))
    return runs
