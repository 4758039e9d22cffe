"""What the crew took out of a recording on purpose: the times at which its room was muted, and what was cut out.

Neither counts as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.recording.recording import Gap, Recording

MUTED = "the room was muted"
CUT_OUT = "cut out by the crew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A stretch [start, end) of a recording (Unix s) that was taken out."""

    start: float
    end: float
    cause: str


def removals(recording: Recording, plan: Plan) -> list[Removal]:
    """What was taken out of the window of a recording, in order."""
    planned = plan.session(recording.session)
    cuts = [(*cut, CUT_OUT) for cut in planned.cuts] if planned is not None else []
    mutes = [(one.start, one.end, MUTED) for one in plan.mutes.get(recording.room, ())]
    found = [_within(start, end, cause, recording) for start, end, cause in [*cuts, *mutes]]
    return sorted((one for one in found if one.start < one.end), key=lambda one: one.start)


def _within(start: datetime, end: datetime | None, cause: str, recording: Recording) -> Removal:
    last = min(end.timestamp(), recording.end) if end is not None else recording.end
    return Removal(start=max(start.timestamp(), recording.start), end=last, cause=cause)


def unintended(gaps: Iterable[Gap], removed: Sequence[Removal], kept: Iterable[Timed]) -> tuple[Gap, ...]:
    """The gaps without what was taken out. A removal takes whole segments, so up to a segment beside it belongs to it.

    ``kept`` are the segments of the recording; the longest of them is the longest that can have gone.
    """
    segment = max((one.end - one.start for one in kept), default=0.0)
    left = list(gaps)
    for one in removed:
        left = [piece for gap in left for piece in _outside(gap, one, segment)]
    return tuple(left)


def _outside(gap: Gap, removal: Removal, segment: float) -> list[Gap]:
    end = gap.start + gap.duration
    if end < removal.start or removal.end < gap.start:
        return [gap]
    before, after = removal.start - gap.start, end - removal.end
    pieces = []
    if before > segment:
        pieces.append(replace(gap, duration=before))
    if after > segment:
        pieces.append(replace(gap, start=removal.end, duration=after))
    return pieces
