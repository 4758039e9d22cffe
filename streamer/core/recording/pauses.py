"""Pauses of a recording's tracks: the source sent no picture, no sound, or nothing, and the file shows it.

A pause is read once, from the finished file, for each track; between the segments of a take no other measure counts. So
the report and a reader of the file agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from streamer.core.base.ids import RunId
from streamer.core.export.files import Hole
from streamer.core.export.made import Made, Position, holes_inside, positions
from streamer.core.jobs.coding import sound_name
from streamer.core.recording.recording import Gap

Key = tuple[RunId, int]

NOTHING = "the source delivered nothing"
"""The cause of gaps of all tracks."""


def pauses(made: Iterable[Made]) -> list[Gap]:
    """The pauses of all files in wall time, each with its cause. Those of several tracks at once are one."""
    return [gap for one in made for gap in _of_file(one)]


def shown(made: Iterable[Made]) -> frozenset[Key]:
    """The segments (take, number) whose file shows what is missing directly before them."""
    clips = [placed for one in made for placed in one.part.clips]
    return frozenset((placed.clip.take, placed.clip.number) for placed in clips if placed.joins)


def _of_file(one: Made) -> Iterator[Gap]:
    tracks = {"the picture": holes_inside(one, one.facts.holes)}
    sounds = one.facts.sound_holes
    tracks |= {sound_name(n, len(sounds)): holes_inside(one, holes) for n, holes in enumerate(sounds)}
    places = positions(one)
    for start, end, paused in _together(tracks):
        at = _position(places, start)
        if at is None:
            continue
        lost = [p.placed.clip.fault for p in places if p.placed.clip.fault and _touches(p, start, end)]
        cause = lost[0] if lost else _cause(paused, len(tracks))
        yield Gap(start=at.placed.wall + start - at.offset, duration=end - start, cause=cause)


def _together(tracks: dict[str, list[Hole]]) -> Iterator[tuple[float, float, list[str]]]:
    """The stretches in which a track pauses, each with the names of all tracks that pause."""
    edges = sorted({edge for holes in tracks.values() for start, length in holes for edge in (start, start + length)})
    for low, high in pairwise(edges):
        middle = (low + high) / 2
        paused = [name for name, holes in tracks.items() if any(s < middle < s + length for s, length in holes)]
        if paused:
            yield low, high, paused


def _position(places: Sequence[Position], offset: float) -> Position | None:
    return next((one for one in reversed(places) if one.offset <= offset), None)


def _touches(one: Position, start: float, end: float) -> bool:
    return one.offset < end and start < one.offset + one.placed.duration


def _cause(paused: Sequence[str], tracks: int) -> str:
    if len(paused) == tracks:
        return NOTHING if tracks > 1 else "the source delivered no picture"
    if "the picture" in paused:
        return "the picture paused, the sound went on"
    return f"{' and '.join(paused)} paused, the picture went on"
