"""Asks for what a splice has to know, and says where it had to guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from streamer.core.base.ids import RunId
from streamer.core.footage.splice import Asking, Passage, splice
from streamer.core.footage.wall_clock import Timed
from streamer.engine.recordings.exporter import Exporter

log = structlog.stdlib.get_logger(__name__)


async def spliced(
    exporter: Exporter, kept: Sequence[Timed], slots: Mapping[RunId, int], start: float, end: float
) -> list[Passage]:
    """The way through what is kept that misses nothing from ``start`` to ``end`` (Unix s), and has nothing twice."""
    for one in (passages := await _answered(exporter, splice(kept, slots, start, end))):
        if one.guessed:
            log.warning(
                "the take has no keyframe in common with the one before it: they are joined by the wall clock,"
                " up to a second may be missing or doubled",
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
