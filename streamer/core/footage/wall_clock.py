"""Mapping a take's own timestamps to wall time.

A source's clock may drift, jump, or deliver its first seconds in a burst. A segment closes on disk a little
after its last frame was made, so the smallest (closed_at − end) of its neighbours is the best offset known;
a step of more than ``EPOCH_STEP`` begins a new epoch. It needs only the files.

A segment with a final place has it in ``Segment.wall``, also after its neighbours have evaporated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment

SMALLEST_GAP = 0.25
"""Shorter holes (s) between two segments are the tolerance of the mapping to wall time, not missing media."""
NEIGHBOURS = 15
TAIL = 2 * NEIGHBOURS + 1
"""The neighbours that a segment needs for a final place, on both sides."""
EPOCH_STEP = 0.3
SETTLING = 3
"""The minimum of segments at a take's head that do not show a step: they may have arrived in a burst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A segment with its place in wall time, Unix seconds."""

    segment: Segment
    start: float
    end: float

    @property
    def key(self) -> tuple[RunId, int]:
        return self.segment.take, self.segment.number


def wall_times(segments: Sequence[Segment]) -> list[Timed]:
    """Place consecutive segments of one take, in order of number, in wall time; a final place stays."""
    offsets = [s.closed_at - s.end for s in segments]
    long_enough = [s.end - s.start > EPOCH_STEP for s in segments]
    settling = _settling(segments) if segments and segments[0].number == 0 else 0
    epochs = _epochs(offsets, long_enough, settling)
    timed = []
    for index, segment in enumerate(segments):
        if segment.wall is None:
            near = range(max(0, index - NEIGHBOURS), min(len(segments), index + NEIGHBOURS + 1))
            offset = min(offsets[j] for j in near if epochs[j] == epochs[index])
        else:
            offset = segment.wall - segment.start
        timed.append(Timed(segment=segment, start=segment.start + offset, end=segment.end + offset))
    return timed


def placed(segments: Sequence[Segment], *, ended: bool = False) -> list[Timed]:
    """The segments in wall time, with a final place where no later one can change it.

    ``segments`` are the newest of a take, at least ``TAIL`` if there are so many; ``ended``: no more will come.
    """
    final = len(segments) if ended else len(segments) - NEIGHBOURS
    return [
        replace(timed, segment=replace(timed.segment, wall=timed.start))
        if index < final and timed.segment.wall is None
        else timed
        for index, timed in enumerate(wall_times(segments))
    ]


def _settling(segments: Sequence[Segment]) -> int:
    """How many segments at a take's head do not show a step: media that waited for the analysis of the source arrives
    in a burst and closes at once; only the first segment after it shows how late they were."""
    for index, (before, one) in enumerate(pairwise(segments), 1):
        if one.closed_at - before.closed_at > (one.end - one.start) / 2:
            return max(SETTLING, index + 1)
    return max(SETTLING, len(segments))


def _epochs(offsets: Sequence[float], long_enough: Sequence[bool], settling: int) -> list[int]:
    """Number the stretches between steps of the clock, which the first ``settling`` segments can't show: a step is one
    that the next segment confirms.

    A remnant confirms nothing: if a take ends while it waits for its source, it closes at the same moment as the one
    before, and both seem equally late.
    """
    epochs: list[int] = []
    epoch, reference = 0, offsets[0] if offsets else 0.0
    for index, offset in enumerate(offsets):
        if index < settling:
            reference = min(reference, offset)
        elif abs(offset - reference) > EPOCH_STEP:
            following = index + 1
            confirmed = (
                following < len(offsets) and long_enough[following] and abs(offsets[following] - offset) <= EPOCH_STEP
            )
            if confirmed:
                epoch += 1
                reference = offset
            elif offset < reference and index + 1 == len(offsets):
                # The newest segment closed too early for its neighbours, as after a step back of the clock. Until
                # the next one confirms that, it moves none of them.
                epoch += 1
        else:
            reference = min(reference, offset) if offset < reference else reference + 0.1 * (offset - reference)
        epochs.append(epoch)
    return epochs
