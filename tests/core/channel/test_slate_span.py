"""The slate's loop in wall time: endless, without a seam, and cut where it has to give way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW
from support.media.chunks import AAC_FRAME, FORMAT, PICTURES, SEGMENT, at, chunk, loop, part_ends

from streamer.core.channel.live_run import Cut
from streamer.core.channel.slate_span import SlateSpan

T0 = 1_757_322_000.0
TOLERANCE = 0.02
LOOP = loop()


def test_the_loop_goes_on_for_ever_on_one_clock() -> None:
    slate = SlateSpan(LOOP, T0)
    cuts = [cut for _ in range(100) if (cut := slate.next(T0 + 1000))]
    assert len(cuts) == 100
    assert [c.start for c in cuts] == [at(T0 + n * SEGMENT) for n in range(100)]
    for track in FORMAT.tracks:
        files = [c.files[track] for c in cuts]
        for one, other in pairwise(files):
            assert other.start == at(one.start + one.duration), "no hole and no overlap"
        scale = LOOP.timescales[track]
        assert [f.shift for f in files] == [n // 4 * 8 * scale for n in range(100)]
        # What a player sees: the chunk's own time, moved by the shift.
        begins = [LOOP.segments[track][n % 4].start * scale + f.shift for n, f in enumerate(files)]
        assert begins == sorted(begins)
        assert [f.start - T0 for f in files] == [at(b / scale) for b in begins]
        assert {f.bytes for f in files} == {None}


@LAW
@given(st.lists(st.floats(0.0, 3.0), max_size=40), st.floats(-3.0, 3.0))
def test_no_track_reaches_past_the_limit_and_a_shortened_segment_is_the_last(steps: list[float], last: float) -> None:
    """Limits as the engine gives them: whole segments for a while, then where live begins."""
    slate, edge = SlateSpan(LOOP, T0), T0
    for step in steps:
        edge = follow(slate, edge, edge + SEGMENT + step)
    assert edge == at(T0 + len(steps) * SEGMENT)
    end = edge + last
    while not slate.closed:
        before, edge = edge, follow(slate, edge, end)
        if edge == before:
            break
    assert end - SEGMENT / 6 - TOLERANCE - 1e-6 <= edge <= end + TOLERANCE + 1e-6 or last < 0.4
    if slate.closed:
        assert slate.next(end + 100) is None


def follow(slate: SlateSpan, edge: float, limit: float) -> float:
    """Take the next cut, check it, and return where the picture ends then."""
    was_closed = slate.closed
    cut = slate.next(limit)
    if cut is None:
        return edge
    assert not was_closed
    assert cut.start == at(edge)
    check(cut, limit)
    assert slate.closed == (cut.files[PICTURES[0]].bytes is not None)
    return cut.start + cut.duration


def check(cut: Cut, limit: float) -> None:
    whole = {t: f.bytes is None for t, f in cut.files.items()}
    assert len({whole[t] for t in PICTURES}) == 1, "all pictures end together"
    for track, file in cut.files.items():
        sound = track == "audio"
        assert file.start + file.duration <= limit + TOLERANCE + (2 * AAC_FRAME if sound else 0) + 1e-6
        number = next(n for n, c in enumerate(LOOP.segments[track]) if c.path == file.path)
        if file.bytes is not None:
            assert file.bytes in part_ends(chunk(track, number))
    assert whole["audio"] or not whole[PICTURES[0]], "sound is whole where the picture is"


def test_where_nothing_fits_nothing_is_lost() -> None:
    slate = SlateSpan(LOOP, T0)
    assert slate.next(T0 + 0.2) is None
    assert slate.next(T0 - 5) is None
    assert not slate.closed
    cut = slate.next(T0 + 2)
    assert cut is not None
    assert cut.start == T0
    assert cut.duration == at(SEGMENT)


def test_a_cut_in_the_middle_ends_with_the_last_part_that_fits() -> None:
    slate = SlateSpan(LOOP, T0)
    cut = slate.next(T0 + 1.2)
    assert cut is not None
    assert cut.duration == at(1.0)
    assert {t: f.bytes for t, f in cut.files.items()} == {"720p": 330, "360p": 330, "audio": 330}
    assert slate.closed
    assert slate.next(T0 + 100) is None


@pytest.mark.parametrize(("limit", "seconds"), [(1.0, 1.0), (0.99, 1.0), (0.97, 2 / 3), (1.97, 5 / 3), (1.99, 2.0)])
def test_a_limit_a_frame_off_a_parts_end_is_that_end(limit: float, seconds: float) -> None:
    cut = SlateSpan(LOOP, T0).next(T0 + limit)
    assert cut is not None
    assert cut.duration == at(seconds)


def test_a_loop_may_begin_at_any_instant() -> None:
    cut = SlateSpan(LOOP, T0 + 0.123).next(T0 + 3)
    assert cut is not None
    assert {round(f.start - T0, 6) for f in cut.files.values()} == {0.123}


@LAW
@given(st.integers(0, 40), st.floats(0.0, 2.5), st.sampled_from(FORMAT.tracks))
def test_it_goes_on_from_what_was_published_of_it(count: int, more: float, track: str) -> None:
    """Whoever only knows the last segment publishes what the span itself would have."""
    slate = SlateSpan(LOOP, T0)
    cuts = [slate.next(T0 + 1000) for _ in range(count)] + [slate.next(T0 + count * SEGMENT + more)]
    published = [cut for cut in cuts if cut is not None]
    if not published:
        return
    again = SlateSpan.after(LOOP, published[-1].files[track])
    assert again is not None
    closed = published[-1].files[PICTURES[0]].bytes is not None
    if not closed:
        assert shape(again.next(T0 + 1000)) == shape(slate.next(T0 + 1000))
    elif track in PICTURES:
        assert again.next(T0 + 1000) is None, "a shortened segment is a span's last"


def shape(cut: Cut | None) -> object:
    assert cut is not None
    return {t: (f.path, round(f.start - T0, 4), round(f.duration, 4), f.bytes, f.shift) for t, f in cut.files.items()}


def test_another_loop_s_segment_is_not_gone_on_from() -> None:
    cut = SlateSpan(LOOP, T0).next(T0 + 1000)
    assert cut is not None
    other = replace(cut.files["720p"], path="/another/720p-0.m4s")
    assert SlateSpan.after(LOOP, other) is None
