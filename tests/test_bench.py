"""The benches measure what they say: the quick ones with a tiny size, what the long ones count on made-up data.

No figure is asserted: a machine may be as slow as it likes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from bench.feed import Loss, lost
from bench.feeds import history, one_feed
from bench.figures import BenchError, Figure, Sample, Unit, table, written
from bench.first_media import Sighting, first_behind, first_of, placed, segments
from bench.footprint import Footprint, growth
from bench.gap import Missing
from bench.gap import figures as gap_figures
from bench.hour import Split
from bench.hour import figures as hour_figures
from bench.killed import missing
from bench.planning import plan_day
from bench.programme import frab_xml, one_day
from bench.recorded import Recorded
from bench.tally import Tally
from bench.timetable import load
from bench.vod import Habit, Ready
from bench.vod import figures as vod_figures
from streamer.timetables import parse

NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)


def printed(figures: list[Figure]) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(table("Title", figures))
    return out.getvalue()


@pytest.mark.slow
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


@pytest.mark.slow
def test_planning() -> None:
    figures = plan_day(20, 3, rounds=2)
    assert [figure.what.split("()")[0] for figure in figures] == ["plan", "plan", "desired", "decide", "cues", "plan"]
    assert printed(figures).count("×") == 6


@pytest.mark.slow
def test_feeds() -> None:
    figures = one_feed(20, 3, rounds=2)
    assert [figure.what.split()[0] for figure in figures] == [
        "load",
        "diff",
        "identity",
        "identity",
        "weighing",
        "memory",
    ]
    assert printed(figures).count("×") == 6


async def test_a_history_is_replayed() -> None:
    figure = await history(1, 1, 8)
    assert figure.what.startswith("replay of 8 versions, 1 days, 1 rooms, ")
    assert figure.what.endswith(" 0 violations")


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


def test_frames_that_are_missing_are_counted_at_the_ends_too() -> None:
    assert missing([*range(5, 20), *range(30, 40)], 0, 45) == 5 + 10 + 5
    assert missing(range(5, 20), 5, 20) == 0
    with pytest.raises(BenchError, match="nothing was recorded"):
        missing([], 0, 45)


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


def test_what_is_held_at_the_end_beside_what_was_held_early() -> None:
    """A descriptor more with each of a hundred sessions, memory that came to rest, and an export now and then."""
    seen = [
        Footprint(at=NOON + timedelta(seconds=n), memory=100 + min(n, 10), descriptors=10 + n, processes=3 + (n % 2))
        for n in range(101)
    ]
    memory, descriptors, processes = growth(seen, NOON, NOON + timedelta(seconds=100), 100)
    assert (memory.ours.middle, memory.theirs.middle) == (110, 110)
    assert (descriptors.ours.middle, descriptors.theirs.middle) == (106, 20)
    assert (processes.ours.low, processes.ours.high) == (3, 4)
    assert descriptors.what == "file descriptors of service and keeper after 100 sessions"
    assert descriptors.peer == "the same after 10 of them"


def test_a_gap_is_held_against_what_is_missing() -> None:
    cases = [
        Missing(what="source away for 2 s", reported=2.0, true=2.5, by_length=-0.5),
        Missing(what="capture killed", reported=1.2, true=1.2, by_length=0.2),
    ]
    *each, error = gap_figures(cases)
    assert [(one.what, one.ours.middle, one.theirs.middle) for one in each] == [
        ("gap reported, source away for 2 s", 2.0, 2.5),
        ("gap reported, capture killed", 1.2, 1.2),
    ]
    assert (error.ours.high, error.theirs.high) == (0.5, 3.0)


def test_an_export_is_split_into_writing_and_reading() -> None:
    splits = [Split(cut=1, remux=4, accept=5), Split(cut=1, remux=6, accept=3)]
    whole, joined, read = hour_figures(splits, [2.0, 3.0], 1_200_000_000)
    assert whole.what == "export of an hour, 1.20 GB"
    assert (whole.ours.middle, joined.ours.middle, read.ours.middle) == (10, 6, 4)
    assert {one.theirs.middle for one in (whole, joined, read)} == {2.5}


def test_vod_and_file_stand_beside_peers_of_their_kind() -> None:
    ours = [Ready(watchable=0.5, complete=2, file=4)]
    rows = vod_figures(ours, [Habit(complete=0.25, file=0.5)])
    assert [(row.ours.middle, row.theirs.middle) for row in rows] == [(0.5, 0.25), (2, 0.25), (4, 0.5)]
    assert printed(rows).count("×") == 3


# -- what a soak counts ----------------------------------------------------------------------------------


def taken(tally: Tally, session: str, codes: Iterable[int], *gaps: float, tail: float = 0.0) -> None:
    """``gaps`` begin with the recording, ``tail`` ends with it."""
    told = [(NOON, seconds) for seconds in gaps]
    end = NOON + timedelta(seconds=20)
    told += [(end - timedelta(seconds=tail), tail)] if tail else []
    document = {
        "state": "partial" if told else "ready",
        "reason": "",
        "end": end.isoformat(),
        "gaps": [{"start": start.isoformat(), "duration": seconds, "cause": "killed"} for start, seconds in told],
    }
    tally.count(session, Recorded(document=document, files=()), list(codes))


def test_a_soak_counts_what_is_missing_and_what_was_told() -> None:
    tally = Tally()
    taken(tally, "a", range(0, 600))
    taken(tally, "b", [*range(590, 800), *range(830, 1200)], 1.1)
    assert (tally.recordings, tally.partial, tally.inside, tally.seams) == (2, 1, 30, 0)
    assert (tally.missing, tally.reported, tally.wrong) == (1.0, 1.1, [])


def test_what_a_soak_lost_over_a_seam_may_be_told_on_either_side() -> None:
    tally = Tally()
    taken(tally, "a", range(0, 540), tail=1.9)
    taken(tally, "b", range(600, 1200), 0.1)
    assert (tally.seams, tally.wrong) == (60, [])
    taken(tally, "c", range(1200, 1800), tail=1.9)
    taken(tally, "nothing lost", range(1800, 2400))
    assert [sentence.partition(":")[0] for sentence in tally.wrong] == ["nothing lost"]


def test_a_soak_notices_what_may_not_be() -> None:
    tally = Tally()
    taken(tally, "a", range(0, 600))
    taken(tally, "untold", [*range(600, 800), *range(900, 1200)])
    taken(tally, "seam", range(1300, 1900))
    taken(tally, "twice", [*range(1900, 2500), 2400])
    taken(tally, "empty", [])
    assert tally.seams == 100
    assert [sentence.partition(":")[0] for sentence in tally.wrong] == ["untold", "seam", "twice", "empty"]


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
