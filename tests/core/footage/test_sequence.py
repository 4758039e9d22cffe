"""The order of segments in a recording, and where its files are parted."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Clip, Segment
from streamer.core.footage.sequence import Placed, ordered, parted
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.specs import Piece

HD = "h264 1280x720 · aac 48000/2"
SD = "h264 640x360 · aac 48000/2"
BAD = "h264 unreadable · aac 48000/2"


def timed(take: str, number: int, wall: float, shape: str = "") -> Timed:
    segment = Segment(
        take=RunId(take),
        number=number,
        path=f"takes/{take}/{number:06d}.ts",
        start=2.0 * number,
        end=2.0 * number + 2,
        closed_at=wall + 2,
        bytes=1,
        shape=shape,
    )
    return Timed(segment=segment, start=wall, end=wall + 2)


def placed(number: int, take: str = "t") -> Placed:
    clip = Clip(take=RunId(take), number=number, pieces=(Piece(path="p"),), start=2.0 * number, end=2.0 * number + 2)
    return Placed(clip=clip, wall=100.0 + 2 * number, joins=True)


def test_takes_follow_each_other_in_the_order_in_which_they_began() -> None:
    kept = [timed("b", n, 200 + 2 * n) for n in range(3)] + [timed("a", n, 100 + 2 * n) for n in range(3)]
    random.Random(1).shuffle(kept)
    found = ordered(kept)
    assert [(s.take, [t.segment.number for t in s.segments]) for s in found] == [("a", [0, 1, 2]), ("b", [0, 1, 2])]


def test_a_clock_that_steps_back_does_not_shuffle_a_take() -> None:
    before = [timed("t", n, 100 + 2 * n) for n in range(5)]
    after = [timed("t", n, 100 + 2 * n - 5) for n in range(5, 10)]
    [stretch] = ordered(sorted(before + after, key=lambda t: t.start))
    assert [t.segment.number for t in stretch.segments] == list(range(10))


def test_a_take_is_parted_where_its_source_changed_and_unknown_shapes_go_with_the_one_before() -> None:
    shapes = ["", HD, "", HD, SD, "", SD]
    found = ordered([timed("t", n, 100 + 2 * n, shape) for n, shape in enumerate(shapes)])
    assert [(s.shape, len(s.segments)) for s in found] == [(HD, 4), (SD, 3)]
    assert [t.segment.number for s in found for t in s.segments] == list(range(7))
    assert [(s.start, s.end) for s in found] == [(100, 108), (108, 114)]


@pytest.mark.parametrize(
    ("disturbed", "stretches"),
    [
        ((), [(HD, 6)]),
        ((3,), [(HD, 6)]),
        ((1, 3), [(HD, 6)]),
        ((0, 1), [(BAD, 2), (HD, 4)]),
        ((3, 4), [(HD, 3), (BAD, 2), (HD, 1)]),
    ],
)
def test_two_disturbed_segments_in_a_row_part_a_take(
    disturbed: tuple[int, ...], stretches: list[tuple[str, int]]
) -> None:
    found = ordered([timed("t", n, 100 + 2 * n, BAD if n in disturbed else HD) for n in range(6)])
    assert [(s.shape, len(s.segments)) for s in found] == stretches


def test_equal_shapes_share_a_file_across_takes() -> None:
    parts = parted([(HD, [placed(0)]), (HD, [placed(1)]), ("", [placed(2)]), (SD, [placed(3)]), (HD, [placed(4)])])
    assert [(p.shape, [c.clip.number for c in p.clips]) for p in parts] == [(HD, [0, 1, 2]), (SD, [3]), (HD, [4])]
    assert [p.duration for p in parts] == [6.0, 2.0, 2.0]


def test_a_clip_that_ends_before_its_start_has_no_duration() -> None:
    clip = placed(1).clip
    short, none = replace(clip, end=clip.start + 0.5), replace(clip, end=clip.start - 0.5)
    assert [Placed(clip=one, wall=0.0, joins=False).duration for one in (short, none)] == [0.5, 0.0]


def test_nothing_makes_no_part() -> None:
    assert parted([(HD, []), ("", [])]) == []
    assert ordered([]) == []
