"""A take's timestamps in wall time: true to a tenth of a second, whatever the clocks on both sides do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import NEIGHBOURS, TAIL, Timed, placed, wall_times

TRUE = 0.1
"""Seconds of error that are allowed."""
T0 = 1_757_322_000.0


@dataclass
class Source:
    """A source whose segments close on disk as FFmpeg receives them.

    ``ppm`` is how much its clock is slow, ``burst`` how many seconds it had in store when the capture began,
    ``jitter`` how late a segment may close. ``steps`` are corrections of the clock on our side: seconds into the
    take, and by how much; ``jumps`` those of the source's own: the number of the segment that begins with one, and by
    how much. ``late`` are segments that the disk closed later still, and by how much.
    """

    seed: int = 0
    ppm: float = 0.0
    burst: float = 0.0
    jitter: float = 0.06
    steps: Sequence[tuple[float, float]] = ()
    jumps: Sequence[tuple[int, float]] = ()
    late: Sequence[tuple[int, float]] = ()
    lengths: tuple[float, float] = (2.0, 2.0)
    count: int = 90
    segments: list[Segment] = field(default_factory=list)
    truth: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance, media, says = Random(self.seed), 0.0, 0.0
        jumps, late = dict(self.jumps), dict(self.late)
        for number in range(self.count):
            start, media = media, media + chance.uniform(*self.lengths)
            says += jumps.get(number, 0.0)
            closed = max(self._made(media), 0.0) + chance.uniform(0, self.jitter) + late.get(number, 0.0)
            self.segments.append(
                Segment(
                    take=RunId("take"),
                    number=number,
                    path=f"takes/take/{number:06d}.ts",
                    start=start + says,
                    end=media + says,
                    closed_at=self._clock(closed),
                    bytes=1,
                )
            )
            self.truth.append((self._made(start), self._made(media)))

    def _made(self, media: float) -> float:
        """Seconds after the capture's start at which this moment of the media really was."""
        return (media - self.burst) * (1 + self.ppm * 1e-6)

    def _clock(self, elapsed: float) -> float:
        return T0 + elapsed + sum(by for at, by in self.steps if elapsed >= at)

    def errors(self, first: int = 0, last: int | None = None) -> list[float]:
        """How far the segments of a stretch are misplaced, without the one that a step falls into."""
        return self.misplaced(wall_times(self.segments[first:last]), first, last)

    def misplaced(self, placed: Sequence[Timed], first: int = 0, last: int | None = None) -> list[float]:
        found = []
        for timed, (start, end) in zip(placed, self.truth[first:last], strict=True):
            if not any(start - 0.1 <= at <= end + 0.1 for at, _ in self.steps):
                found += [abs(timed.start - self._clock(start)), abs(timed.end - self._clock(end))]
        return found


def test_a_steady_source_is_placed_where_its_last_frames_arrived() -> None:
    assert max(Source(jitter=0.0).errors()) < 1e-6
    assert max(Source().errors()) < 0.06


@pytest.mark.parametrize("ppm", [-100, 100])
def test_a_clock_that_drifts_is_followed(ppm: float) -> None:
    assert max(Source(ppm=ppm, count=1500).errors()) < TRUE


@pytest.mark.parametrize("burst", [0.5, 2.0, 3.3, 5.0, 6.2, 8.0, 9.3, 11.9, 24.0])
def test_what_a_source_had_in_store_does_not_move_the_rest(burst: float) -> None:
    assert max(Source(burst=burst).errors()) < TRUE


@pytest.mark.parametrize("by", [5.0, -5.0, 1000.0, -1000.0, 0.5, -0.5])
@pytest.mark.parametrize("at", [7.0, 11.0, 80.0, 81.97, 160.0])
def test_a_step_of_our_clock_moves_what_comes_after_and_nothing_before(by: float, at: float) -> None:
    assert max(Source(steps=[(at, by)]).errors()) < TRUE


def test_a_clock_that_steps_there_and_back() -> None:
    assert max(Source(steps=[(60.0, -1000.0), (120.0, 1000.0)]).errors()) < TRUE


@pytest.mark.parametrize("by", [5.0, -5.0, 1000.0, -1000.0])
def test_a_step_that_nothing_confirms_yet_moves_nothing_before_it(by: float) -> None:
    """Segments are placed as they come: while the newest is the first after the step, too."""
    source = Source(steps=[(80.0, by)])
    assert max(max(source.errors(last=n), default=0.0) for n in range(3, len(source.segments))) < TRUE


@LAW
@given(
    st.builds(
        Source,
        seed=st.integers(0, 10**6),
        ppm=st.floats(-100, 100),
        burst=st.floats(0, 5),
        jitter=st.floats(0, 0.06),
        steps=st.lists(
            st.tuples(st.sampled_from([40.0, 90.3, 130.7]), st.sampled_from([-1000, -5, 5, 1000])), max_size=1
        ),
        lengths=st.sampled_from([(2.0, 2.0), (2.0, 4.0), (1.92, 2.08), (6.0, 6.0)]),
    ),
    st.integers(3, 90),
)
def test_all_of_it_together_and_at_any_moment(source: Source, so_far: int) -> None:
    assert max(source.errors(last=so_far), default=0.0) < TRUE
    assert max(source.errors()) < TRUE


@LAW
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_a_part_of_a_take_is_placed_like_the_whole(seed: int, first: int) -> None:
    """The service looks at a take's tail only: the head of a tail has no burst to be wary of."""
    source = Source(seed=seed, ppm=50.0, steps=[(70.0, -5.0)])
    assert max(source.errors(first, first + 2 * NEIGHBOURS + 1), default=0.0) < TRUE


def test_segments_keep_their_lengths_and_their_order() -> None:
    source = Source(ppm=100, burst=5.0, lengths=(1.9, 4.0))
    placed = wall_times(source.segments)
    assert [t.segment for t in placed] == source.segments
    assert [t.key for t in placed] == [("take", n) for n in range(90)]
    for one in placed:
        assert one.end - one.start == pytest.approx(one.segment.end - one.segment.start)
    assert all(abs(other.start - one.end) < 0.05 for one, other in pairwise(placed)), "no hole and no overlap"


def test_a_late_segment_moves_nobody() -> None:
    """A disk that was busy for three seconds is not a clock that stepped."""
    source = Source(jitter=0.0)
    late = source.segments[40]
    source.segments[40] = Segment(
        take=late.take, number=40, path=late.path, start=late.start, end=late.end, closed_at=late.closed_at + 3, bytes=1
    )
    assert max(source.errors()) < 1e-6
    assert max(source.errors(last=41)) < 1e-6


def test_nothing_is_placed_nowhere() -> None:
    assert wall_times([]) == []
    (only,) = wall_times(Source(count=1, jitter=0.0).segments)
    assert (only.start, only.end) == (T0, T0 + 2)


@pytest.mark.parametrize("remnant", [0.03, 0.1, 0.29])
@pytest.mark.parametrize("waited", [0.5, 3.5, 60.0])
def test_what_is_closed_late_because_the_source_fell_silent_stays_in_its_place(waited: float, remnant: float) -> None:
    """Both segments that the muxer still held are written when the capture gives up, in the same moment."""
    source = Source(jitter=0.0, count=8)
    *steady, last = source.segments
    gave_up = last.closed_at + remnant + waited
    rest = replace(last, number=8, start=last.end, end=last.end + remnant, closed_at=gave_up)
    placed = wall_times([*steady, replace(last, closed_at=gave_up), rest])
    assert placed[-1].end - T0 == pytest.approx(rest.end, abs=TRUE)
    assert placed[-2].end - T0 == pytest.approx(last.end, abs=TRUE)


# -- for good ------------------------------------------------------------------------------------------------------


def written(segments: Sequence[Segment], *, ended: bool = False) -> list[Segment]:
    return [timed.segment for timed in placed(segments, ended=ended)]


def lived(source: Source) -> list[Segment]:
    """The segments as they are written down in the end, where each was seen when it closed, beside the newest only."""
    done: list[Segment] = []
    tail: list[Segment] = []
    for segment in source.segments:
        tail = written([*tail, segment])
        done += tail[:-TAIL]
        tail = tail[-TAIL:]
    return done + written(tail, ended=True)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_over_a_day_each_place_is_true_to_a_tenth_of_a_second(ppm: float) -> None:
    """Drift of 8.6 s, jumps of the source's clock, ours set by five seconds twice, a burst, a disk that is late."""
    source = Source(
        ppm=ppm,
        burst=4.0,
        lengths=(8.0, 8.0),
        count=86_400 // 8,
        steps=[(20_000.5, 5.0), (60_000.5, -5.0)],
        jumps=[(1_000, 7.0), (7_000, 2.5)],
        late=[(n, 1.0 + n % 5) for n in range(500, 10_000, 97)],
    )
    whole = lived(source)
    assert len(whole) == len(source.segments)
    assert all(s.wall is not None for s in whole)
    assert max(source.misplaced(wall_times(whole))) < TRUE


@LAW
@given(
    st.builds(
        Source,
        seed=st.integers(0, 10**6),
        ppm=st.floats(-100, 100),
        burst=st.floats(0, 13),
        jitter=st.floats(0, 0.06),
        steps=st.lists(st.tuples(st.sampled_from([60.5, 100.9]), st.sampled_from([-5.0, 5.0])), max_size=1),
        jumps=st.lists(st.tuples(st.sampled_from([12, 48, 75]), st.floats(0.5, 9)), max_size=1),
        late=st.lists(st.tuples(st.sampled_from([20, 40, 65]), st.floats(0.1, 5)), max_size=2),
    ),
    st.integers(0, 89),
)
def test_what_has_its_place_stays_there_when_others_have_gone(source: Source, first: int) -> None:
    whole = lived(source)
    before = wall_times(whole)
    assert max(source.misplaced(before)) < TRUE
    assert wall_times(whole[first:]) == before[first:]
    assert [t.start for t in before] == [s.wall for s in whole]
    assert [replace(s, wall=None) for s in whole] == source.segments, "nothing else of them changes"


def test_a_place_is_given_when_the_neighbours_are_known_and_never_again() -> None:
    source = Source(jitter=0.0)
    young = written(source.segments[:NEIGHBOURS])
    assert [s.wall for s in young] == [None] * NEIGHBOURS
    older = written(source.segments[: NEIGHBOURS + 3])
    assert [s.wall is not None for s in older] == [True] * 3 + [False] * NEIGHBOURS
    later = replace(source.segments[NEIGHBOURS + 3], closed_at=0.0)
    assert written([*older, later])[:3] == older[:3]
    assert all(s.wall is not None for s in written(young, ended=True))
    assert written([]) == []
