"""The benches measure what they say: the quick ones with a tiny size, what the long ones count on made-up data.

No figure is asserted: a machine may be as slow as it likes.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from bench.feed import Loss, lost
from bench.figures import BenchError, Figure, Sample, Unit, table, written
from bench.first_media import Sighting, first_behind, first_of, placed, segments
from bench.planning import plan_day
from bench.programme import frab_xml, one_day
from bench.timetable import load
from streamer.timetables import parse

NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)


def printed(figures: list[Figure]) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(table("Title", figures))
    return out.getvalue()


def test_timetable_load(tmp_path: Path) -> None:
    real = tmp_path / "schedule.xml"
    real.write_bytes(frab_xml(5, 2))
    figures = load(20, 3, rounds=2, real=real)
    assert [figure.what.split(",")[0] for figure in figures] == [
        "load 20 sessions in 3 rooms",
        "load 5 sessions in 2 rooms",
    ]
    assert all(0 < figure.ours.low <= figure.ours.middle <= figure.ours.high for figure in figures)
    assert printed(figures).count("×") == 2


def test_timetable_load_without_the_real_one(tmp_path: Path) -> None:
    assert len(load(4, 2, rounds=1, real=tmp_path / "none.xml")) == 1


def test_planning() -> None:
    figures = plan_day(20, 3, rounds=2)
    assert [figure.what.split("()")[0] for figure in figures] == ["plan", "desired", "decide", "cues", "plan"]
    assert printed(figures).count("×") == 5


@pytest.mark.parametrize(("sessions", "rooms"), [(1_070, 37), (5, 2), (1, 1), (3, 7)])
def test_made_up_timetables_hold_what_was_asked_for(sessions: int, rooms: int) -> None:
    parsed = parse(frab_xml(sessions, rooms), name="made up", timezone=None)
    assert (len(parsed.timetable.sessions), len(parsed.timetable.rooms)) == (sessions, rooms)
    assert not parsed.remarks
    assert frab_xml(sessions, rooms) == frab_xml(sessions, rooms)


def test_a_day_is_a_day() -> None:
    day = one_day(1_000, 30)
    assert (len(day.sessions), len({s.room for s in day.sessions})) == (1_000, 30)
    assert max(s.end for s in day.sessions) - min(s.start for s in day.sessions) <= timedelta(days=1)


# -- what the long ones count ----------------------------------------------------------------------------


def test_frames_that_overlap_are_not_lost() -> None:
    assert lost([range(0, 160), range(150, 300)]) == Loss(seams=0, inside=0)


def test_frames_that_touch_are_not_lost() -> None:
    assert lost([range(0, 150), range(150, 300)]) == Loss(seams=0, inside=0)


def test_lost_frames_are_counted_between_files_and_inside() -> None:
    assert lost([range(0, 150), range(160, 300), [305, 306, 310]]) == Loss(seams=10 + 5, inside=3)


@pytest.mark.parametrize("codes", [[1, -1, 3], []])
def test_what_cannot_be_read_is_not_counted(codes: list[int]) -> None:
    with pytest.raises(BenchError, match="can't be read"):
        lost([codes])


def sightings(*pairs: tuple[float, float]) -> list[Sighting]:
    return [Sighting(begins=NOON + timedelta(seconds=b), there=NOON + timedelta(seconds=t)) for b, t in pairs]


def test_segments_with_their_times() -> None:
    playlist = """#EXTM3U
#EXT-X-MAP:URI="360p/init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2025-09-08T12:00:00.000Z
#EXTINF:2.00000,
360p/1.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2025-09-08T12:00:02.500Z
#EXTINF:2.00000,
360p/2.m4s
"""
    assert segments(playlist) == [("360p/1.m4s", NOON), ("360p/2.m4s", NOON + timedelta(seconds=2.5))]


def test_a_peer_is_placed_by_its_quickest_segment() -> None:
    """Its clock is half a second ahead: no segment can be there before its end."""
    assert placed(sightings((0.5, 2.2), (2.5, 4.0), (4.5, 6.3))) == sightings((0.0, 2.2), (2.0, 4.0), (4.0, 6.3))
    assert placed([]) == []


def test_the_first_segment_behind_an_instant() -> None:
    seen = sightings((0, 2), (2, 4.1), (4, 6.2))
    assert first_behind(seen, NOON + timedelta(seconds=2)) == NOON + timedelta(seconds=4.1)
    assert first_behind(seen, NOON + timedelta(seconds=2.01)) == NOON + timedelta(seconds=6.2)
    with pytest.raises(BenchError):
        first_behind(seen, NOON + timedelta(seconds=5))


def test_the_segment_with_which_a_session_went_live() -> None:
    seen = sightings((0, 2), (2, 4))
    assert first_of(seen, NOON + timedelta(seconds=2.02)) == NOON + timedelta(seconds=4)
    with pytest.raises(BenchError, match="went live"):
        first_of(seen, NOON + timedelta(seconds=1))


# -- how it is printed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "unit", "text"),
    [
        (Sample.single(0), Unit.FRAMES, "0"),
        (Sample.single(41), Unit.FRAMES, "41"),
        (Sample.single(0.0336), Unit.CORES, "3.36 % of a core"),
        (Sample.single(137_000_000), Unit.BYTES, "137 MB"),
        (Sample.of([0.0003, 0.0002, 0.0001]), Unit.SECONDS, "200 µs (100–300)"),
        (Sample.of([0.012]), Unit.SECONDS, "12 ms"),
        (Sample.of([2.5, 3.5]), Unit.SECONDS, "3 s (2.5–3.5)"),
    ],
)
def test_figures_as_they_are_written(sample: Sample, unit: Unit, text: str) -> None:
    assert written(sample, unit) == text


@pytest.mark.parametrize(("ours", "theirs", "ratio"), [(1, 4, "0.25×"), (0, 39, "0 : 39"), (2, 0, "2 : 0")])
def test_ratios(ours: float, theirs: float, ratio: str) -> None:
    figure = Figure(what="", unit=Unit.FRAMES, ours=Sample.single(ours), peer="", theirs=Sample.single(theirs))
    assert figure.ratio == ratio
    assert ratio in printed([figure])


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(BenchError, match="nothing"):
        Sample.of([])
