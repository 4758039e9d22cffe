"""What a take lost between two segments that follow each other on the source's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.day.days import segment

from streamer.core.base.ids import RunId
from streamer.core.footage.continuity import ClockStep, Lost, lost_before
from streamer.core.footage.wall_clock import Timed

TAKE = RunId("take")


def captured(offsets: Sequence[float]) -> list[Timed]:
    """Segments of two seconds without a gap on the source's clock, so many seconds late in wall time."""
    found = [segment(2 * n, 2 * n + 2, n, TAKE) for n in range(len(offsets))]
    return [
        replace(
            one,
            segment=replace(one.segment, closed_at=one.end + late),
            start=one.start + late,
            end=one.end + late,
        )
        for one, late in zip(found, offsets, strict=True)
    ]


def lost(offsets: Sequence[float], *steps: ClockStep) -> dict[int, float]:
    """By number, without the places where nothing was lost."""
    found = lost_before(captured(offsets), steps).items()
    return {number: one.seconds for (_, number), one in found if one.seconds}


@pytest.mark.parametrize(("shift", "seconds"), [(0.9, 0), (1.0, 1.0), (12.0, 12.0)])
def test_a_lasting_shift_of_a_second_is_a_loss(shift: float, seconds: float) -> None:
    assert lost([0, 0, *[shift] * 4]) == ({2: seconds} if seconds else {})


def test_a_segment_that_is_only_late_lost_nothing_and_hides_no_loss() -> None:
    assert lost([0, 0, 5, 5, 0, 0]) == {}
    late = captured([0, 0, 5, 5, 5, 0, 0])
    apart = [replace(one, segment=replace(one.segment, start=one.segment.start + 0.5)) for one in late[3:4]]
    found = lost_before([*late[:3], *apart, *late[4:]])
    assert found[TAKE, 3] == Lost(paused=0.5, unseen=0)


def test_a_gap_on_the_sources_clock_is_lost_and_a_missing_segment_is_no_neighbour() -> None:
    first, second, third, fourth = captured([0, 0, 0, 0])
    later = replace(second, segment=replace(second.segment, start=2.5), start=2.5)
    assert lost_before([first, later]) == {(TAKE, 1): Lost(paused=0.5, unseen=0)}
    assert lost_before([fourth, first, third]) == {(TAKE, 3): Lost(paused=0, unseen=0)}


@pytest.mark.parametrize(
    ("size", "since", "is_explained"),
    [(30, 3, True), (-30, 3, True), (30, 8, True), (-30, 8, True), (30, 8.1, False), (30, 0.9, False), (30, 1, True)],
)
def test_a_step_of_the_wall_clock_between_two_segments_lost_nothing(
    size: float, since: float, is_explained: bool
) -> None:
    """The second segment closes at 4, the third at 6 by the old clock; either may be two seconds off."""
    step = ClockStep(size=size, since=since, until=since + size + 1)
    assert lost([0, 0, size, size], step) == ({} if is_explained else {2: size})
