"""Pauses of a file's tracks: each is told once, where it was and with the tracks that it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.core.base.ids import RunId
from streamer.core.export.files import FileFacts, Hole, RecordingFile
from streamer.core.export.made import Made, file_runs
from streamer.core.footage.segments import Clip, Segment
from streamer.core.footage.sequence import Part, Placed, continues
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.specs import Piece
from streamer.core.recording.gaps import coverage, merged_gaps, missing
from streamer.core.recording.pauses import pauses, shown

START = 1_757_314_800.0
PICTURE, SOUND = "the picture paused, the sound went on", "the sound paused, the picture went on"
NOTHING = "the source delivered nothing"


def clip(number: int, start: float, end: float, take: str = "one", fault: str = "") -> Clip:
    return Clip(take=RunId(take), number=number, pieces=(Piece(path="p"),), start=start, end=end, fault=fault)


def take(*spans: tuple[float, float], name: str = "one", wall: float = START) -> list[Placed]:
    """The clips of a take whose clock begins at 0, at ``wall``."""
    clips = [clip(n, low, high, name) for n, (low, high) in enumerate(spans)]
    joins = [False, *(continues(before, one) for before, one in pairwise(clips))]
    return [Placed(clip=c, wall=wall + c.start, joins=j) for c, j in zip(clips, joins, strict=True)]


def made(clips: Sequence[Placed], holes: Sequence[Hole] = (), *sounds: Sequence[Hole]) -> Made:
    facts = FileFacts(
        duration=20.0,
        bytes=5,
        sha256="ab" * 32,
        video_frames=600,
        has_audio=bool(sounds),
        av_offset=0.0,
        holes=tuple(holes),
        sound_holes=tuple(map(tuple, sounds)),
    )
    file = RecordingFile(name="talk.mp4", kind="mp4", path="talk.mp4", bytes=5, sha256="ab" * 32)
    return Made(file=file, facts=facts, part=Part(shape="h264", clips=tuple(clips)))


def told(one: Made) -> list[tuple[float, float, str]]:
    return [(round(gap.start - START, 3), round(gap.duration, 3), gap.cause) for gap in pauses([one])]


STEADY = take((0, 2), (2, 4), (4, 6), (6, 8), (8, 10))
TWO_TAKES = [*STEADY, *take((0, 2), (2, 4), (4, 6), (6, 8), (8, 10), name="two", wall=START + 13)]


@pytest.mark.parametrize(
    ("picture", "sounds", "expected"),
    [
        ([(3.5, 1.0)], [[]], [(3.5, 1.0, PICTURE)]),
        ([], [[(3.5, 1.0)]], [(3.5, 1.0, SOUND)]),
        ([(3.5, 1.0)], [[(3.5, 1.0)]], [(3.5, 1.0, NOTHING)]),
        ([(3.5, 1.0)], [], [(3.5, 1.0, "the source delivered no picture")]),
        ([(3.0, 2.0)], [[(3.0, 1.5)]], [(3.0, 1.5, NOTHING), (4.5, 0.5, PICTURE)]),
        ([], [[(1, 1)], [(5, 1)]], [(1, 1, f"the first {SOUND[4:]}"), (5, 1, f"the second {SOUND[4:]}")]),
    ],
)
def test_a_pause_names_its_tracks(
    picture: list[Hole], sounds: list[list[Hole]], expected: list[tuple[float, float, str]]
) -> None:
    assert told(made(STEADY, picture, *sounds)) == expected


def test_a_pause_between_segments_is_told_by_the_file_alone() -> None:
    """A looped file whose sound is longer than its picture: the keyframe after the pause begins a segment."""
    looped = take((0, 2), (2, 3), (3.44, 5.44), (5.44, 6.44), (6.88, 8.88))
    one = made(looped, [(3.0, 0.44), (6.44, 0.44)], [])
    assert told(one) == [(3.0, 0.44, PICTURE), (6.44, 0.44, PICTURE)]
    segments = [
        Segment(take=c.take, number=c.number, path="", start=c.start, end=c.end, closed_at=START + c.end, bytes=1)
        for c in (placed.clip for placed in looped)
    ]
    timed = [Timed(segment=s, start=START + s.start, end=START + s.end) for s in segments]
    assert missing(START, START + 8.88, timed, {}, shown=shown([one])) == ()
    assert len(missing(START, START + 8.88, timed, {})) == 2, "without a file, the segments tell it"


@pytest.mark.parametrize("pause", [0.4, 3.0, 9.5])
def test_the_pause_that_joining_takes_leaves_is_none_and_moves_what_follows(pause: float) -> None:
    one = made(TWO_TAKES, [(10.05, pause), (10 + pause + 5, 1.0)], [(10.0, pause)])
    assert told(one) == [(18.0, 1.0, PICTURE)], "five seconds into the second take"
    assert [run.offset for run in file_runs(one)] == [0.0, 10 + pause]


def test_a_pause_in_a_damaged_segment_has_its_cause() -> None:
    damaged = [*STEADY[:2], replace(STEADY[2], clip=replace(STEADY[2].clip, fault="it is torn")), *STEADY[3:]]
    assert told(made(damaged, [(4.5, 1.5)], [])) == [(4.5, 1.5, "it is torn")]
    assert told(made(damaged, [(3.9, 1.5)], [])) == [(3.9, 1.5, "it is torn")]
    assert told(made(damaged, [(2.5, 1.0)], [])) == [(2.5, 1.0, PICTURE)]


@pytest.mark.parametrize(("pause", "goes_on"), [(-0.2, True), (0.0, True), (9.9, True), (10.1, False), (-0.3, False)])
def test_a_clip_continues_the_one_before_on_its_clock(pause: float, goes_on: bool) -> None:
    assert continues(clip(3, 0, 2), clip(4, 2 + pause, 4 + pause)) is goes_on


def test_a_clip_does_not_continue_another_take_or_one_that_is_not_directly_before() -> None:
    assert not continues(clip(3, 0, 2), clip(5, 2, 4))
    assert not continues(clip(3, 0, 2), clip(4, 2, 4, take="two"))


@given(data=st.data())
def test_the_gaps_are_what_a_reader_of_the_file_counts(data: st.DataObject) -> None:
    """A take of sixty seconds with random pauses of its tracks; segments begin where the picture resumes."""
    pause = st.tuples(st.integers(0, 560), st.integers(3, 40)).map(lambda p: (p[0] / 10, p[1] / 10))
    tracks = [disjoint(data.draw(st.lists(pause, max_size=6))) for _ in range(2)]
    edges = [0.0, *(start + length for start, length in tracks[0]), 60.0]
    ends = [*(start for start, _ in tracks[0]), 60.0]
    one = made(take(*zip(edges[:-1], ends, strict=True)), *tracks)
    gaps = merged_gaps(START, START + 60, [], pauses([one]))
    holes = [*tracks[0], *tracks[1]]
    tenths = [any(start <= (t + 0.5) / 10 < start + length for start, length in holes) for t in range(600)]
    assert sum(gap.duration for gap in gaps) == pytest.approx(sum(tenths) / 10, abs=0.15)
    assert coverage(START, START + 60, gaps) == pytest.approx(1 - sum(tenths) / 600, abs=0.0025)


def disjoint(found: list[Hole]) -> list[Hole]:
    """Without those that touch an earlier one."""
    kept: list[Hole] = []
    for start, length in sorted(found):
        if start > (kept[-1][0] + kept[-1][1] if kept else 0.0):
            kept.append((start, length))
    return kept
