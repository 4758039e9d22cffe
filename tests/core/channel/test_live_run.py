"""A livestream run as the channel sees it: its place in wall time, and cuts that reach no further than they may."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st
from support.day.days import LAW
from support.media.chunks import FORMAT, PARTS, PICTURES, SEGMENT, at, chunk, part_ends

from streamer.core.base.ids import RunId
from streamer.core.channel.live_run import Cut, LiveRun

T0 = 1_757_322_000.0
TOLERANCE = 0.02
ARRIVES = 0.1
"""Seconds after its last frame was made at which a part is there, when nothing is slow."""


def run_until(
    seconds: float, *, jitter: float = 0.0, burst: float = 0.0, seed: int = 0, behind: float = 0.0
) -> LiveRun:
    """A run that began ``burst`` seconds before it was first looked at, fed part by part; its media time 0 is T0.

    The second picture track and the sound lag ``behind`` seconds.
    """
    chance, run = Random(seed), LiveRun(RunId("run"), FORMAT)
    steps = int(seconds / (SEGMENT / PARTS))
    for step in range(1, steps + 1):
        made = step * SEGMENT / PARTS
        seen = T0 + max(made, burst) + ARRIVES + chance.uniform(0, jitter)
        for track in FORMAT.tracks:
            have = step if track == "720p" else max(0, step - round(behind / (SEGMENT / PARTS)))
            number, parts = divmod(have - 1, PARTS)
            if have > 0:
                run.feed([chunk(track, number, parts + 1, seen)])
    return run


# -- wall time ----------------------------------------------------------------------------------------------------


@LAW
@given(st.integers(0, 10**6), st.floats(0, 0.15), st.floats(0, 0.5), st.sampled_from([2.0, 5.0, 60.0, 70.0]))
def test_wall_time_is_true_to_a_fifth_of_a_second(seed: int, jitter: float, burst: float, seconds: float) -> None:
    run = run_until(seconds, seed=seed, jitter=jitter, burst=burst)
    assert run.offset is not None
    assert abs(run.offset - T0) <= 0.2
    last = int(seconds / SEGMENT) - 1
    start = run.begins_at(last)
    assert start is not None
    assert abs(start - (T0 + last * SEGMENT)) <= 0.2


def test_a_run_has_no_place_before_it_has_settled() -> None:
    run = run_until(0.5)
    assert (run.cursor, run.offset, run.begins_at(0), run.reach(0), run.expected_start()) == (0, None, None, None, None)
    run.cursor = 1
    assert run.expected_start() is None
    assert run_until(1.0).begins_at(0) is not None


def test_a_track_that_lags_does_not_move_it() -> None:
    assert run_until(20.0, behind=1.0).offset == run_until(20.0).offset


def test_what_arrived_quickest_counts_for_a_minute() -> None:
    run = run_until(2.0)
    quick = run.offset
    assert quick is not None
    for number in range(1, 40):
        for parts in range(1, PARTS + 1):
            made = number * SEGMENT + parts * SEGMENT / PARTS
            run.feed([chunk(t, number, parts, T0 + made + ARRIVES + 0.3) for t in FORMAT.tracks])
        assert run.offset == at(quick if number < 30 else quick + 0.3)


def test_a_stall_does_not_move_it() -> None:
    run = run_until(10.0)
    before = run.offset
    run.feed([chunk(t, 5, 1, T0 + 25.0) for t in FORMAT.tracks])
    assert run.offset == before
    assert run.last_seen == T0 + 25.0


def test_what_is_fed_counts_and_emptiness_does_not() -> None:
    run = LiveRun(RunId("run"), FORMAT)
    assert not run.feed([])
    assert not run.feed([chunk("720p", 3, 0)])
    assert run.cursor is None
    assert run.feed([chunk("720p", 3, 1, T0)])
    assert run.cursor == 3


# -- tracks side by side ------------------------------------------------------------------------------------------


def test_a_segment_begins_when_every_track_has_some_of_it_and_is_whole_when_all_are() -> None:
    run = run_until(10.0, behind=1.0)
    assert run.offset is not None
    assert run.begins_at(4) == at(run.offset + 8.0)
    assert run.begins_at(5) is None
    assert (run.is_complete(3), run.is_complete(4), run.is_complete(9)) == (True, False, False)
    run.feed([chunk(t, 4) for t in FORMAT.tracks])
    assert run.is_complete(4)


def test_a_segment_reaches_as_far_as_the_slowest_picture() -> None:
    run = run_until(9.0, behind=0.667)
    assert run.offset is not None
    assert run.reach(4) == at(run.offset + 25 / 3)
    assert run.reach(3) == at(run.offset + 8.0)
    assert run.reach(9) is None
    run.feed([chunk("720p", 5, 1)])
    assert run.reach(5) is None, "the other tracks have nothing of it yet"


def test_the_next_segment_is_expected_where_the_last_will_end() -> None:
    run = run_until(10.0)
    assert run.offset is not None
    run.cursor = 4
    assert run.expected_start() == at(run.offset + 8.0)
    run.cursor = 5
    assert run.expected_start() == at(run.offset + 10.0)
    run.cursor = 7
    assert run.expected_start() is None


def test_a_segment_that_a_track_never_had_is_lost_as_soon_as_that_track_goes_on() -> None:
    run = run_until(10.0)
    assert not any(run.is_lost(n) for n in range(8))
    del run._chunks[3]["audio"]
    assert [n for n in range(8) if run.is_lost(n)] == [3]
    del run._chunks[4]["audio"]
    assert not any(run.is_lost(n) for n in range(8)), "its sound may still come"


def test_what_is_forgotten_is_gone() -> None:
    run = run_until(10.0)
    run.forget(3)
    assert [run.begins_at(n) is None for n in range(5)] == [True, True, True, False, False]
    assert run.reach(2) is None


# -- cuts ---------------------------------------------------------------------------------------------------------


@LAW
@given(st.floats(1.0, 12.0), st.floats(-1.0, 3.0), st.sampled_from([0.0, 0.334, 1.0]))
def test_a_cut_ends_with_a_part_of_each_track_and_never_past_its_limit(
    seconds: float, limit: float, behind: float
) -> None:
    run = run_until(seconds, behind=behind)
    number = max(0, int((seconds - behind) / (SEGMENT / PARTS)) - 1) // PARTS
    if run.offset is None or run.begins_at(number) is None:
        return
    until = run.offset + number * SEGMENT + limit
    cut = run.until(number, until)
    grown = {t: run._chunks[number][t] for t in FORMAT.tracks}
    inside = {t: [e for e in part_ends(c).values() if run.offset + e <= until + TOLERANCE] for t, c in grown.items()}
    assert (cut is None) == any(not ends for ends in inside.values())
    if cut is None:
        return
    for track, file in cut.files.items():
        assert file.path == grown[track].path
        assert file.start + file.duration <= until + TOLERANCE + 1e-6
        assert file.start + file.duration == at(run.offset + max(inside[track])), "and as far as it can"
        assert (file.bytes is None) == (grown[track].complete and len(inside[track]) == PARTS)
        if file.bytes is not None:
            assert part_ends(grown[track])[file.bytes] == max(inside[track])
    assert_begins_with_the_picture(cut)


def test_nothing_is_cut_off_that_not_every_track_has() -> None:
    """The first part of the sound ends a frame or two after the picture's."""
    run = run_until(10.0)
    assert run.offset is not None
    assert run.until(1, run.offset + SEGMENT + 1 / 3) is None
    assert run.until(1, run.offset + SEGMENT + 1 / 3 + 0.05) is not None


def assert_begins_with_the_picture(cut: Cut) -> None:
    assert (cut.start, cut.duration) == (cut.files["720p"].start, cut.files["720p"].duration)
    assert set(cut.files) == set(FORMAT.tracks)


def test_a_whole_segment_is_all_of_every_file() -> None:
    run = run_until(10.0)
    assert run.offset is not None
    cut = run.whole(2)
    assert_begins_with_the_picture(cut)
    assert {f.bytes for f in cut.files.values()} == {None}
    assert all(cut.files[t].duration == at(SEGMENT) for t in PICTURES)
    assert abs(cut.files["audio"].duration - SEGMENT) < 0.043, "sound ends where one of its own frames ends"
    assert cut.start == at(run.offset + 4.0)


def test_a_truncated_segment_ends_with_its_last_whole_part() -> None:
    run = run_until(10.0)
    grown = run._chunks[2]
    grown["360p"] = replace(grown["360p"], truncated=True)
    files = run.whole(2).files
    assert files["720p"].bytes is None
    assert files["360p"].bytes == max(part_ends(grown["360p"]))


def test_segments_of_a_run_follow_each_other_in_every_track() -> None:
    run = run_until(20.0)
    cuts = [run.whole(n) for n in range(10)]
    for track in FORMAT.tracks:
        for one, other in pairwise(cuts):
            here, there = one.files[track], other.files[track]
            assert there.start == at(here.start + here.duration)


# -- after a death of the service -----------------------------------------------------------------------------------


@LAW
@given(st.integers(3, 40), st.integers(0, 200), st.integers(0, 10**6))
@example(3, 200, 0)  # more than is remembered
def test_a_resumed_run_keeps_its_place_in_wall_time(last: int, away: int, seed: int) -> None:
    """What was made meanwhile is all seen at once, and what comes then comes late: neither moves the run."""
    chance, run = Random(seed), LiveRun(RunId("run"), FORMAT)
    run.resume(last, T0 + 0.25)
    assert run.cursor == last + 1
    back = last + 1 + away // PARTS, away % PARTS
    looked = T0 + 0.25 + back[0] * SEGMENT + back[1] * SEGMENT / PARTS + ARRIVES + 0.3
    known = [chunk(t, n, PARTS, looked) for n in range(last, back[0]) for t in FORMAT.tracks]
    run.feed([*known, *(chunk(t, back[0], back[1], looked) for t in FORMAT.tracks if back[1])])
    assert run.begins_at(last) == T0 + 0.25 + last * SEGMENT
    for number in range(back[0], back[0] + 20):
        for part in range(1, PARTS + 1):
            if (number, part) <= back:
                continue
            seen = T0 + 0.25 + number * SEGMENT + part * SEGMENT / PARTS + ARRIVES + chance.uniform(0.01, 0.2)
            run.feed([chunk(t, number, part, seen) for t in FORMAT.tracks])
            assert run.begins_at(number) == T0 + 0.25 + number * SEGMENT
