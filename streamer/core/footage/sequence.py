"""The order of kept segments in a recording, and where its files are parted.

Within a take the order is that of the numbers, independent of the wall clock. When the source changes its codec, its
picture's size or its sound's layout, another file begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Clip
from streamer.core.footage.shapes import fits, is_foreign, learned
from streamer.core.footage.wall_clock import SMALLEST_GAP, Timed

LONGEST_PAUSE = 10.0
"""The longest pause (s) that FFmpeg keeps in the timestamps of what it captures and joins; it takes a longer one for a
new clock (its ``dts_delta_threshold``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Segments of one take and of one shape, in order. ``shape`` is empty where it is unknown."""

    take: RunId
    shape: str
    segments: tuple[Timed, ...]

    @property
    def start(self) -> float:
        """Wall time, Unix s."""
        return self.segments[0].start

    @property
    def end(self) -> float:
        return self.segments[-1].end


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A clip with its place in wall time (Unix s). ``joins``: its media continues the clip before on one clock."""

    clip: Clip
    wall: float
    joins: bool

    @property
    def duration(self) -> float:
        return max(0.0, self.clip.end - self.clip.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The clips of one file: of one shape, in order."""

    shape: str
    clips: tuple[Placed, ...]

    @property
    def duration(self) -> float:
        """Seconds of media, with the pauses within it."""
        return sum(seconds for _, seconds in self.lasting)

    @property
    def lasting(self) -> tuple[tuple[Placed, float], ...]:
        """The clips, each with its seconds up to the clip that joins it, else up to its end."""
        return tuple(
            (one, after.clip.start - one.clip.start if after is not None and after.joins else one.duration)
            for one, after in zip_longest(self.clips, self.clips[1:])
        )


def continues(before: Clip, clip: Clip) -> bool:
    """Whether a clip is on the clock of the one before it. FFmpeg keeps a pause of its source of up to
    ``LONGEST_PAUSE`` in the timestamps, so that a file shows it."""
    follows = (clip.take, clip.number) == (before.take, before.number + 1)
    return follows and -SMALLEST_GAP <= clip.start - before.end <= LONGEST_PAUSE


def ordered(kept: Iterable[Timed]) -> list[Stretch]:
    """Takes in the order of their beginning, each in the order of its numbers and parted where its shape changes.

    A segment of unknown shape goes with the one before it, and so does a single one that can't be read: one disturbed
    picture has the same effect. A change is inside the last segment before it.
    """
    by_take: dict[RunId, list[Timed]] = {}
    for one in kept:
        by_take.setdefault(one.segment.take, []).append(one)
    stretches = []
    for take, segments in by_take.items():
        segments.sort(key=lambda t: t.segment.number)
        shape, begun = "", 0
        for index in range(len(segments)):
            seen = _shape(segments, index)
            if fits(shape, seen):
                shape = learned(shape, seen)
                continue
            stretches.append(Stretch(take=take, shape=shape, segments=tuple(segments[begun:index])))
            shape, begun = seen, index
        stretches.append(Stretch(take=take, shape=shape, segments=tuple(segments[begun:])))
    return sorted(stretches, key=lambda s: (s.start, s.take))


def _shape(segments: Sequence[Timed], index: int) -> str:
    """The shape that a segment proves together with its neighbours."""
    shape = segments[index].segment.shape
    beside = [t.segment.shape for t in segments[max(0, index - 1) : index + 2]]
    return "" if is_foreign(shape) and sum(map(is_foreign, beside)) < 2 else shape


def parted(stretches: Sequence[tuple[str, Sequence[Placed]]]) -> list[Part]:
    """Stretches of (shape, clips) that follow each other, in as few files as their shapes allow."""
    parts: list[Part] = []
    for shape, clips in stretches:
        if not clips:
            continue
        last = parts[-1] if parts else None
        if last is not None and fits(last.shape, shape):
            parts[-1] = Part(shape=learned(last.shape, shape), clips=(*last.clips, *clips))
        else:
            parts.append(Part(shape=shape, clips=tuple(clips)))
    return parts
