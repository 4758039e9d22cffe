"""Which bytes of a take's segments belong to a time range.

Cuts only at keyframes, so that nothing must be encoded: a range begins at the keyframe at or before its start and ends
before the one at or after its end. Reads, and never writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import structlog

from streamer.core.base.errors import MediaError
from streamer.core.footage.segments import Clip, Segment
from streamer.core.jobs.specs import Piece
from streamer.media.capture import probe
from streamer.media.capture.probe import Keyframes
from streamer.media.mpegts.damage import remains

_LEAD = 0.1  # seconds of sound before the first picture that are kept: interleaving alone causes less
_SAME_INSTANT = 0.001  # seconds; the segment list is exact to microseconds, MPEG-TS to 11 of them

_AT_ONCE = 4
"""Segments that are read in parallel: one is checked while another waits for the disk, and threads remain free."""

log = structlog.stdlib.get_logger(__name__)


async def cut(
    data: Path, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
) -> list[Clip]:
    """See :meth:`streamer.engine.recordings.exporter.Exporter.cut`. ``start`` is on the clock of
    ``first``'s take, ``end`` on that of
    ``last``'s. A segment without a known keyframe is used whole, except for its damaged parts."""
    segments = list(dict.fromkeys((first, *between, last)))
    clips: list[Clip] = []
    for begin in range(0, len(segments), _AT_ONCE):
        clips += await asyncio.gather(*(_usable(data, segment) for segment in segments[begin : begin + _AT_ONCE]))
    asked = {
        one
        for one, wanted in ((first, clips[0].pieces), (last, clips[-1].pieces and end < last.end - _SAME_INSTANT))
        if wanted
    }
    found = dict(zip(asked, await asyncio.gather(*(_keyframes(data, one) for one in asked)), strict=True))
    if clips[0].pieces:
        clips[0] = _from(clips[0], found[first], start)
    if clips[-1].pieces and last in found:
        clips[-1:] = _until(clips[-1], found[last], end)
    return clips


async def _usable(data: Path, segment: Segment) -> Clip:
    """The usable part of a segment. If a part is lost, it ends where its picture ends."""
    left = await asyncio.to_thread(remains, data / segment.path, segment.bytes)
    whole = Clip(
        take=segment.take,
        number=segment.number,
        pieces=(Piece(path=segment.path),),
        start=segment.start,
        end=segment.end,
        fault=f"captured segment {PurePosixPath(segment.path).name}: {left.fault}" if left.fault else "",
    )
    if not left.fault:
        return whole
    log.warning("a segment is damaged", take=segment.take, path=segment.path, fault=left.fault)
    if not left.ranges:
        return replace(whole, pieces=())
    try:
        _, shown = await probe.span(data / segment.path)
    except MediaError as error:
        return replace(whole, pieces=(), fault=f"{whole.fault}; the rest {error.message}")
    pieces = tuple(Piece(path=segment.path, start=begin, end=end) for begin, end in left.ranges)
    return replace(whole, pieces=pieces, end=max(segment.start, min(shown, segment.end)))


async def _keyframes(data: Path, segment: Segment) -> Keyframes:
    try:
        return await probe.keyframes(data / segment.path)
    except MediaError as error:
        log.warning("a segment is taken whole", take=segment.take, path=segment.path, error=error)
        return Keyframes(places=(), header=0, start=segment.start)


def _from(clip: Clip, keyframes: Keyframes, start: float) -> Clip:
    """A clip from the last keyframe at or before ``start`` on, after the tables from the segment's head, which
    describe its streams; from the head if that keyframe is the first, without sound before the first picture."""
    entry = None
    if keyframes.places and keyframes.places[0][0] - keyframes.start > _LEAD:
        entry = keyframes.places[0]
    for time, place in keyframes.places[1:]:
        if time <= start + _SAME_INSTANT:
            entry = (time, place)
    if entry is None:
        return clip
    time, place = entry
    tables = _within(clip.pieces, 0, keyframes.header)
    return replace(clip, pieces=(*tables, *_within(clip.pieces, place, None)), start=time)


def _until(clip: Clip, keyframes: Keyframes, end: float) -> list[Clip]:
    """A clip up to the first keyframe at or after ``end``; None if it is empty."""
    for index, (time, place) in enumerate(keyframes.places):
        if time >= end - _SAME_INSTANT:
            pieces = _within(clip.pieces, 0, place)
            if index == 0 or time <= clip.start or not pieces:
                return []
            spared = pieces == (Piece(path=pieces[0].path, end=place),)  # the damage comes later
            return [replace(clip, pieces=pieces, end=time, fault="" if spared else clip.fault)]
    return [clip]


def _within(pieces: Sequence[Piece], begin: int, end: int | None) -> tuple[Piece, ...]:
    """The parts of pieces between two byte offsets of their file."""
    cut = []
    for piece in pieces:
        low = max(piece.start, begin)
        high = piece.end if end is None else min(end, piece.end or end)
        if high is None or low < high:
            cut.append(replace(piece, start=low, end=high))
    return tuple(cut)
