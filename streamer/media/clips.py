"""Which bytes of a take's segments belong to a time range.

Cuts only where a picture can be entered, so that nothing has to be encoded: a range begins at the keyframe at or
before its start and ends before the one at or after its end. Reads, and never writes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from streamer.core.errors import MediaError
from streamer.core.media import Clip, Piece, Segment
from streamer.media import probe
from streamer.media.probe import Keyframes

_LEAD = 0.1  # seconds of sound before the first picture that stay: less is how streams are interleaved
_SAME_INSTANT = 0.001  # seconds; the segment list is exact to microseconds, MPEG-TS to 11 of them

log = logging.getLogger(__name__)


async def cut(
    data: Path, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
) -> list[Clip]:
    """See :meth:`streamer.core.ports.Exporter.cut`. ``start`` is on the clock of ``first``'s take, ``end`` on that of
    ``last``'s. A segment in which no keyframe can be found counts as a whole."""
    entered = await _keyframes(data, first)
    opening = _from(first, entered, start)
    if first == last:
        return _until(opening, entered, end)
    left = await _keyframes(data, last)
    return [opening, *map(_whole, between), *_until(_whole(last), left, end)]


async def _keyframes(data: Path, segment: Segment) -> Keyframes:
    try:
        return await probe.keyframes(data / segment.path)
    except MediaError as error:
        log.warning("%s is taken whole: %s", segment.path, error)
        return Keyframes(places=(), header=0, start=segment.start)


def _whole(segment: Segment) -> Clip:
    piece = Piece(path=segment.path)
    return Clip(take=segment.take, number=segment.number, pieces=(piece,), start=segment.start, end=segment.end)


def _from(segment: Segment, keyframes: Keyframes, start: float) -> Clip:
    """A segment from the last keyframe at or before ``start`` on, led by the tables from its head, without which
    nobody could tell its streams; from its head where that is the first, but for sound that came before any picture."""
    clip = _whole(segment)
    entry = None
    if keyframes.places and keyframes.places[0][0] - keyframes.start > _LEAD:
        entry = keyframes.places[0]
    for time, place in keyframes.places[1:]:
        if time <= start + _SAME_INSTANT:
            entry = (time, place)
    if entry is None:
        return clip
    time, place = entry
    tables = (Piece(path=segment.path, end=keyframes.header),) if keyframes.header else ()
    return replace(clip, pieces=(*tables, Piece(path=segment.path, start=place)), start=time)


def _until(clip: Clip, keyframes: Keyframes, end: float) -> list[Clip]:
    """A clip up to the first keyframe at or after ``end``; none where nothing is left of it."""
    exits = (
        (index, time, place) for index, (time, place) in enumerate(keyframes.places) if time >= end - _SAME_INSTANT
    )
    found = next(exits, None)
    if found is None:
        return [clip]
    index, time, place = found
    *tables, body = clip.pieces
    if index == 0 or place <= body.start:
        return []
    return [replace(clip, pieces=(*tables, replace(body, end=place)), end=time)]
