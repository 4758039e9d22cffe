"""The order of captured segments, and those of a window."""

from __future__ import annotations

import pytest
from support.day.days import segment

from streamer.core.base.ids import RunId
from streamer.core.footage.order import in_order, of_window, touches_window

ONE, TWO = RunId("one"), RunId("two")
TAKE = [segment(2 * n, 2 * n + 2, n, ONE) for n in range(5)]
"""Ten seconds."""


@pytest.mark.parametrize(
    ("start", "end", "numbers"),
    [(0, 10, [0, 1, 2, 3, 4]), (2, 6, [1, 2]), (3, 5, [1, 2]), (10, 12, []), (-2, 0, []), (4, 4, [])],
)
def test_a_window_has_the_segments_that_it_touches(start: float, end: float, numbers: list[int]) -> None:
    assert [t.segment.number for t in of_window(TAKE, start, end)] == numbers
    assert touches_window(TAKE, start, end) is bool(numbers)


def test_what_a_clock_that_was_set_back_puts_outside_a_window_is_in_it_all_the_same() -> None:
    back = [segment(-100, -98, 2, ONE)]
    other = [segment(3, 5, 0, TWO), segment(11, 13, 1, TWO)]
    found = of_window([*TAKE[:2], *back, *TAKE[3:], *other], 2, 8)
    assert [(t.segment.take, t.segment.number) for t in found] == [("one", 1), ("one", 2), ("one", 3), ("two", 0)]


def test_segments_follow_their_takes_beginning_and_then_their_numbers_whatever_the_clock_says() -> None:
    late, unknown = segment(0, 2, 7, TWO), [segment(0, 2, 0, RunId(id)) for id in "zy"]
    found = in_order([*unknown, late, *reversed(TAKE)], [ONE, TWO])
    assert found == [*TAKE, late, *reversed(unknown)]
