"""What counts as missing: the source's clock within a take, wall time between takes."""

from __future__ import annotations

from streamer.core.keeping import missing
from streamer.core.media import RunId, Segment
from streamer.core.wallclock import Timed


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


def spans(*segments: Timed, start: float = 100.0, end: float = 108.0) -> list[tuple[float, float]]:
    return [(g.start, g.duration) for g in missing(start, end, segments, {})]


def test_what_is_merely_late_is_not_missing() -> None:
    late = [timed(0, 0, 100), timed(1, 2, 102), timed(2, 4, 104.6), timed(3, 6, 106.6)]
    assert spans(*late) == []


def test_a_hole_on_the_sources_clock_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(1, 4, 104), timed(2, 6, 106)) == [(102.0, 2.0)]


def test_a_long_silence_that_ffmpeg_smoothed_away_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(1, 2, 112), end=114.0) == [(102.0, 10.0)]


def test_between_takes_the_wall_counts() -> None:
    assert spans(timed(0, 0, 100), timed(0, 0, 103, take="t2"), timed(1, 2, 105, take="t2"), end=107) == [(102.0, 1.0)]


def test_a_segment_that_is_not_there_is_missing() -> None:
    assert spans(timed(0, 0, 100), timed(2, 4, 104), timed(3, 6, 106)) == [(102.0, 2.0)]


def test_head_and_tail() -> None:
    assert spans(timed(1, 2, 102), timed(2, 4, 104)) == [(100.0, 2.0), (106.0, 2.0)]
