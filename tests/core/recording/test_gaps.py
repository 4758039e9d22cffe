"""What counts as missing: the source's clock within a take, wall time between takes."""

from __future__ import annotations

import pytest

from streamer.core.base.ids import RunId
from streamer.core.footage.continuity import ClockStep
from streamer.core.footage.order import in_order, of_window
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Loss
from streamer.core.footage.wall_clock import SMALLEST_GAP, Timed
from streamer.core.recording.gaps import coverage, merged_gaps, missing, was_full
from streamer.core.recording.recording import Gap


def timed(number: int, source: float, wall: float, take: str = "t1", length: float = 2.0) -> Timed:
    segment = Segment(
        take=RunId(take),
        number=number,
        path=f"{take}/{number}",
        start=source,
        end=source + length,
        closed_at=wall + length,
        bytes=1,
    )
    return Timed(segment=segment, start=wall, end=wall + length)


def spans(
    *segments: Timed, start: float = 100.0, end: float = 108.0, steps: tuple[ClockStep, ...] = ()
) -> list[tuple[float, float]]:
    return [(g.start, g.duration) for g in missing(start, end, segments, {}, steps=steps)]


def step(size: float, at: float) -> ClockStep:
    """Seen by somebody who looks each half second; ``at`` by the clock as it was."""
    return ClockStep(size=size, since=at - 0.3, until=at + 0.2 + size)


def test_what_is_merely_late_is_not_missing() -> None:
    late = [timed(0, 0, 100), timed(1, 2, 102), timed(2, 4, 104.6), timed(3, 6, 106.6)]
    assert spans(*late) == []


def test_a_hole_on_the_sources_clock_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(1, 4, 104), timed(2, 6, 106)) == [(102.0, 2.0)]


def test_a_long_silence_that_ffmpeg_smoothed_away_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(1, 2, 112), end=114.0) == [(102.0, 10.0)]


def test_what_a_take_catches_up_with_was_late_however_much() -> None:
    late = [timed(n, 2.0 * n, 100 + 2.0 * n + (7 if 2 <= n < 5 else 0)) for n in range(8)]
    assert spans(*late, end=116) == []


def test_an_encoder_that_begins_anew_leaves_a_hole_that_only_the_wall_clock_tells() -> None:
    """FFmpeg goes on where it was, whatever the source's clock says: the segments follow each other."""
    anew = [timed(n, 2.0 * n, 100 + 2.0 * n + (4.5 if n > 1 else 0)) for n in range(6)]
    assert spans(*anew, end=116) == [(104.0, 4.5)]
    assert spans(*anew, end=106) == [(104.0, 2.0)]
    assert spans(*anew, start=106, end=116) == [(106.0, 2.5)]


@pytest.mark.parametrize("by", [5.0, 12.0, 3600.0, -5.0, -3600.0])
def test_a_wall_clock_that_is_set_makes_no_hole(by: float) -> None:
    taken = [timed(n, 2.0 * n, 100 + 2.0 * n + (by if n > 3 else 0)) for n in range(8)]
    end = max(taken[-1].end, 110)
    assert spans(*taken, end=end, steps=(step(by, 106.9),)) == []
    assert spans(*taken, end=end, steps=(step(30.0, 50.0), step(by, 107.9), step(-7.0, 300.0))) == []
    while_away = ClockStep(size=by, since=90.0, until=130.0 + by)
    assert spans(*taken, end=end, steps=(while_away,)) == [], "nobody knows exactly when it was"
    if by > 0:
        assert spans(*taken, end=end) == [(108.0, by)]
        assert spans(*taken, end=end, steps=(step(by, 101.0),)) == [(108.0, by)], "that was another time"


def test_a_wall_clock_that_is_set_at_the_edge_of_a_window_makes_no_hole_there() -> None:
    forward = [timed(0, 0, 100), timed(1, 2, 102), timed(2, 4, 109), timed(3, 6, 111)]
    steps = (step(5.0, 105.0),)
    assert spans(*forward, end=106, steps=steps) == []
    assert spans(*forward, start=106, end=112, steps=steps) == []
    assert spans(*forward[:2], end=106, steps=steps) == [(104.0, 2.0)]
    assert spans(*forward[2:], start=106, end=112, steps=steps) == [(106.0, 3.0)]


def test_what_is_lost_while_the_clock_is_set_is_told_as_long_as_it_was() -> None:
    both = [timed(0, 0, 100), timed(1, 2, 102), timed(2, 7, 3707), timed(3, 9, 3709)]
    assert spans(*both, end=3711, steps=(step(3600.0, 105.0),)) == [(3704.0, 3.0)]


def test_a_wall_clock_that_is_set_hides_no_hole() -> None:
    assert spans(timed(0, 0, 100), timed(1, 5, 110), end=112) == [(102.0, 8.0)]
    assert spans(timed(0, 0, 100), timed(2, 4, 109), end=111) == [(102.0, 7.0)]


def test_between_takes_the_wall_counts() -> None:
    assert spans(timed(0, 0, 100), timed(0, 0, 103, take="t2"), timed(1, 2, 105, take="t2"), end=107) == [(102.0, 1.0)]


def test_a_segment_that_is_not_there_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(2, 4, 104), timed(3, 6, 106)) == [(102.0, 2.0)]


def test_head_and_tail() -> None:
    assert spans(timed(1, 2, 102), timed(2, 4, 104)) == [(100.0, 2.0), (106.0, 2.0)]


def test_segments_are_in_the_order_of_their_capture() -> None:
    """The clock was set back in each of the takes."""
    takes = [RunId("t2"), RunId("t1")]
    whole = [timed(n, 2.0 * n, 100 + 2.0 * n - (5 if n > 2 else 0), take="t2") for n in range(5)]
    whole += [timed(n, 2.0 * n, 104 + 2.0 * n - (5 if n > 0 else 0), take="t1") for n in range(3)]
    assert in_order(sorted(whole, key=lambda t: t.start), takes) == whole
    assert in_order(whole, []) == [*whole[5:], *whole[:5]], "takes that nobody knows are at least not mixed up"


def test_what_was_captured_inside_of_a_window_belongs_to_it_whatever_the_clock_said() -> None:
    back = [timed(n, 2.0 * n, 100 + 2.0 * n - (5 if n > 4 else 0)) for n in range(12)]
    assert [t.segment.number for t in of_window(back, 100, 110)] == list(range(8))
    assert [t.segment.number for t in of_window(back, 104, 106)] == [2, 3, 4, 5]
    other = timed(0, 0, 103, take="t2")
    assert of_window([*back[:2], other], 100, 103.5) == [*back[:2], other]
    assert of_window(back, 200, 210) == []


def test_of_takes_side_by_side_the_one_that_reached_furthest_says_why() -> None:
    short, long = timed(0, 0, 101, take="short", length=1.0), timed(0, 0, 100, take="long", length=4.0)
    [gap] = missing(100, 108, [short, long], {RunId("short"): "killed", RunId("long"): "gone"})
    assert (gap.start, gap.cause) == (104, "gone")


def test_what_is_late_in_both_of_two_takes_is_not_missing() -> None:
    one = [timed(n, 2 * n, 100 + 2 * n + 0.6 * (n > 1), take="a") for n in range(4)]
    other = [timed(n, 2 * n, 100.1 + 2 * n + 0.6 * (n > 1), take="b") for n in range(4)]
    assert spans(*one, *other) == []


def test_gaps_that_touch_are_one_explained_by_its_longer_part() -> None:
    torn = Gap(start=100.0, duration=0.5, cause="112 of its bytes are missing")
    full = Gap(start=100.6, duration=12.0, cause="the disk was full")
    other = Gap(start=120.0, duration=1.0, cause="a cable")
    found = merged_gaps(90.0, 120.5, [other, full, torn])
    assert [(g.start, round(g.duration, 3), g.cause) for g in found] == [
        (100.0, 12.6, "the disk was full"),
        (120.0, 0.5, "a cable"),
    ]


def test_gaps_that_overlap_are_not_counted_twice() -> None:
    found = merged_gaps(0.0, 10.0, [Gap(start=-2.0, duration=5.0, cause="a"), Gap(start=2.0, duration=20.0, cause="b")])
    assert [(g.start, g.duration, g.cause) for g in found] == [(0.0, 10.0, "b")]


# -- why ---------------------------------------------------------------------------------------------------------

HOLE = (timed(0, 0, 100), timed(2, 4, 104), timed(3, 6, 106))
"""From 102 to 104."""


def cause(*segments: Timed, **known: object) -> str:
    [gap] = missing(100.0, 108.0, segments, **{"causes": {}, **known})  # type: ignore[arg-type]
    return gap.cause


def loss(start: float, end: float, reason: str = "it is torn") -> Loss:
    return Loss(take=RunId("t1"), number=1, start=start, end=end, reason=reason)


def test_what_was_captured_and_lost_says_why() -> None:
    assert cause(*HOLE, lost=[loss(102, 104)]) == "it is torn"
    assert (
        cause(*HOLE, lost=[loss(101, 102.5), loss(102.5, 103, "another"), loss(103, 110)]) == "it is torn, and 2 more"
    )


@pytest.mark.parametrize("beside", [(100.0, 102.0), (104.0, 106.0), (90.0, 91.0), (110.0, 111.0)])
def test_what_was_lost_beside_a_hole_is_not_its_cause(beside: tuple[float, float]) -> None:
    assert cause(*HOLE, lost=[loss(*beside)]) == "the source delivered nothing"


def test_a_full_disk_is_the_cause_where_it_was_full_for_most_of_the_hole() -> None:
    assert cause(*HOLE, full=[(102.9, 110.0)], lost=[loss(102, 104)]) == "the disk was full"
    assert cause(*HOLE, full=[(90.0, 102.6), (103.0, 103.6)]) == "the disk was full"
    assert cause(*HOLE, full=[(103.0, 110.0)], lost=[loss(102, 104)]) == "it is torn"
    assert not was_full(100, 110, [(90, 95), (115, 120)])
    assert not was_full(100, 101, [(90, 95)]), "full only before the hole"


def test_the_take_that_ended_before_it_says_why() -> None:
    ended = {RunId("t1"): "killed by a signal"}
    assert cause(timed(0, 0, 100), timed(0, 0, 104, "t2", 4.0), causes=ended) == "killed by a signal"
    assert cause(timed(0, 0, 98), timed(0, 0, 101, "t2", 7.0), causes=ended) == "killed by a signal", "also from before"
    assert cause(timed(0, 0, 101, length=7.0)) == "nothing had been captured yet"


@pytest.mark.parametrize(
    ("closed", "withheld"),
    [
        ((90.0, 100.0), True),
        ((90.0, 100.0 - SMALLEST_GAP), False),
        ((101.0 + SMALLEST_GAP, 120.0), False),
        ((101.0 + SMALLEST_GAP / 2, 120.0), True),
    ],
)
def test_next_to_a_session_that_may_not_be_recorded_that_is_the_cause(
    closed: tuple[float, float], withheld: bool
) -> None:
    told = cause(timed(0, 0, 101, length=7.0), withheld=[closed])
    assert told == ("a session next to it may not be recorded" if withheld else "nothing had been captured yet")


def test_an_interruption_too_short_to_be_seen_is_no_gap() -> None:
    assert spans(timed(0, 0, 100), timed(0, 0, 102 + SMALLEST_GAP, "t2", 10.0)) == []
    [(start, duration)] = spans(timed(0, 0, 100), timed(0, 0, 102.01 + SMALLEST_GAP, "t2", 10.0))
    assert (start, duration) == pytest.approx((102, 0.01 + SMALLEST_GAP))
    assert spans(timed(0, 0, 100, length=8.0 - SMALLEST_GAP)) == []


@pytest.mark.parametrize(
    ("lengths", "share"), [((), 1.0), ((2.5,), 0.75), ((2.5, 2.5), 0.5), ((10.0,), 0.0), ((8.0, 8.0), 0.0)]
)
def test_coverage_is_what_gaps_leave_of_a_window(lengths: tuple[float, ...], share: float) -> None:
    assert coverage(100.0, 110.0, [Gap(start=100.0, duration=length, cause="") for length in lengths]) == share


def test_a_window_of_no_length_is_not_covered() -> None:
    assert coverage(100.0, 100.0, []) == 0.0
    assert coverage(100.0, 99.0, []) == 0.0


def test_gaps_apart_stay_apart_and_of_equal_parts_the_first_explains_both() -> None:
    first, apart = Gap(start=1.0, duration=1.0, cause="a"), Gap(start=2.0 + SMALLEST_GAP, duration=1.0, cause="b")
    assert merged_gaps(0.0, 10.0, [first, apart]) == (first, apart)
    touching = Gap(start=2.0, duration=1.0, cause="b")
    assert merged_gaps(0.0, 10.0, [first, touching]) == (Gap(start=1.0, duration=2.0, cause="a"),)


def test_what_is_hidden_in_another_gap_adds_nothing() -> None:
    whole = Gap(start=1.0, duration=5.0, cause="a")
    assert merged_gaps(0.0, 10.0, [whole, Gap(start=2.0, duration=1.0, cause="b")]) == (whole,)
    assert merged_gaps(0.0, 10.0, [Gap(start=1.0, duration=2.0, cause="b"), whole]) == (whole,), "the longer one first"
    assert merged_gaps(0.0, 10.0, [Gap(start=9.9995, duration=5.0, cause="b")]) == (), "nothing of it is inside"
