"""Cuts kept segments into the parts of a recording, and places each part in wall time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import structlog

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Clip
from streamer.core.footage.sequence import Part, Placed, Stretch, continues, ordered, parted
from streamer.core.footage.shapes import has_picture
from streamer.core.footage.splice import Asking, Passage, splice
from streamer.core.footage.wall_clock import Timed
from streamer.core.recording.recording import Gap
from streamer.engine.recordings.exporter import Exporter

log = structlog.stdlib.get_logger(__name__)

AT_ONCE = 4
"""The number of stretches that are read in parallel, because the crew waits for the recording."""
ShapeChange = Callable[[str, str], Awaitable[float | None]]
"""When (source clock, s) a segment, given by its path, stops matching a shape; None if it matches throughout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """A stretch from ``low`` to ``high`` on the clock of its take."""

    stretch: Stretch
    low: float
    high: float


async def cut(
    exporter: Exporter, change: ShapeChange, slots: Mapping[RunId, int], kept: Sequence[Timed], start: float, end: float
) -> tuple[list[Part], list[Gap]]:
    """The media of the window [start, end) (Unix s), from the keyframe at or before its start to the one at or after
    its end; and the gaps that can no longer be read. Raises StreamerError."""
    stretches, faults = [], []
    ranges = await _ranges(exporter, change, slots, kept, start, end)
    faults += [_unreadable(one.stretch) for one in ranges if not has_picture(one.stretch.shape)]
    readable = [one for one in ranges if has_picture(one.stretch.shape)]
    for begin in range(0, len(readable), AT_ONCE):
        beside = readable[begin : begin + AT_ONCE]
        for one, clips in zip(beside, await asyncio.gather(*(_clips(exporter, r) for r in beside)), strict=True):
            placed = _placed(one.stretch, clips)
            stretches.append((one.stretch.shape, [p for p in placed if p.clip.pieces]))
            faults += _faults(one.stretch, placed)
    return parted(stretches), faults


async def _ranges(
    exporter: Exporter, change: ShapeChange, slots: Mapping[RunId, int], kept: Sequence[Timed], start: float, end: float
) -> list[_Range]:
    """The passages through the kept segments, split where a take changes its shape."""
    found: list[_Range] = []
    for passage in await _passages(exporter, kept, slots, start, end):
        ranges = [_range(stretch, start, end) for stretch in ordered(passage.segments)]
        low, high = passage.within(ranges[0].low, ranges[-1].high)
        ranges[0] = replace(ranges[0], low=low)
        ranges[-1] = replace(ranges[-1], high=high)
        for index in range(1, len(ranges)):
            ranges[index - 1], ranges[index] = await _turned(change, ranges[index - 1], ranges[index])
        found += ranges
    return found


async def _passages(
    exporter: Exporter, kept: Sequence[Timed], slots: Mapping[RunId, int], start: float, end: float
) -> list[Passage]:
    """The passages through the kept segments that cover ``start`` to ``end`` (Unix s) without repetition."""
    for one in (passages := await _answered(exporter, splice(kept, slots, start, end))):
        if one.guessed:
            log.warning(
                "a take has no keyframe in common with the one before it: joined by the wall clock, up to a second may"
                " be missing or repeated",
                take=one.take,
            )
    return passages


async def _answered(exporter: Exporter, asking: Asking) -> list[Passage]:
    try:
        segment = next(asking)
        while True:
            segment = asking.send(await exporter.digests(segment))
    except StopIteration as done:
        return list(done.value)


def _unreadable(stretch: Stretch) -> Gap:
    cause = "the source changed its codec, and its media was unreadable until the capture had been restarted"
    return Gap(start=stretch.start, duration=stretch.end - stretch.start, cause=cause)


def _range(stretch: Stretch, start: float, end: float) -> _Range:
    first, last = stretch.segments[0], stretch.segments[-1]
    return _Range(
        stretch=stretch,
        low=first.segment.start + max(0.0, start - first.start),
        high=last.segment.start + min(last.end, end) - last.start,
    )


async def _turned(change: ShapeChange, before: _Range, after: _Range) -> tuple[_Range, _Range]:
    """Where a take changed its shape: the segment with the change belongs to both ranges."""
    last = before.stretch.segments[-1]
    at = await change(last.segment.path, before.stretch.shape)
    if at is None:
        return before, after
    begun = replace(after.stretch, segments=(last, *after.stretch.segments))
    return replace(before, high=min(before.high, at)), replace(after, stretch=begun, low=max(at, before.low))


async def _clips(exporter: Exporter, one: _Range) -> list[Clip]:
    first, *others = (t.segment for t in one.stretch.segments)
    last = others[-1] if others else first
    return await exporter.cut(first, one.low, last, one.high, others[:-1])


def _placed(stretch: Stretch, clips: Sequence[Clip]) -> list[Placed]:
    timed = {t.segment.number: t for t in stretch.segments}
    placed: list[Placed] = []
    before: Clip | None = None
    for clip in clips:
        one = timed[clip.number]
        joins = before is not None and bool(clip.pieces) and continues(before, clip)
        placed.append(Placed(clip=clip, wall=one.start + clip.start - one.segment.start, joins=joins))
        before = clip if clip.pieces else None
    return placed


def _faults(stretch: Stretch, placed: Sequence[Placed]) -> list[Gap]:
    """The gaps from damaged segments that no file shows: the whole segment if it has no pieces, else the part after the
    readable pieces, where no clip joins."""
    ends = {t.segment.number: t.segment.end for t in stretch.segments}
    found = []
    for one, following in zip_longest(placed, placed[1:]):
        if not one.clip.fault or (one.clip.pieces and following is not None and following.joins):
            continue
        start, until = one.clip.start if not one.clip.pieces else one.clip.end, ends[one.clip.number]
        wall = one.wall + start - one.clip.start
        found.append(Gap(start=wall, duration=max(0.0, until - start), cause=one.clip.fault))
    return found
