"""Timetables that real conferences published; skipped where they are not at hand (``STREAMER_SHARED``)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.feeds.certainty import certain

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.diff import ChangeKind, diff
from streamer.core.timetable.sessions import Parsed, SessionKind, Timetable
from streamer.timetables import parse
from streamer.timetables.frab.write_json import schedule_json_of
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.toml.writing import toml_of

SHARED = Path(os.environ.get("STREAMER_SHARED") or Path(__file__).parents[3] / "shared")
FEEDS = SHARED / "data" / "timetables"

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the real feeds are not at hand")


def read(name: str, timezone: str | None = None, options: Options = NOTHING_SAID) -> Parsed:
    return parse((FEEDS / name).read_bytes(), name=name, timezone=timezone, options=options)


def test_fosdem_on_the_eve() -> None:
    parsed = read("fosdem2026_eve_20260130.xml")
    assert (len(parsed.timetable.sessions), len(parsed.timetable.rooms)) == (1070, 37)
    assert parsed.timetable.timezone == "Europe/Brussels"
    assert {session.record for session in parsed.timetable.sessions} == {None}
    assert sum(bool(session.speakers) for session in parsed.timetable.sessions) > 900
    assert not any("<p>" in session.abstract for session in parsed.timetable.sessions)


def test_fosdem_with_conflict_markers() -> None:
    with pytest.raises(TimetableError, match=r"line 4053: not XML: conflict markers"):
        read("fosdem2026_conflict_markers.xml")


def test_39c3_opts_out_in_three_states() -> None:
    sessions = read("39c3_mainhalls_himmel.xml").timetable.sessions
    assert Counter(session.record for session in sessions) == {None: 176, False: 10}


def test_36c3_loses_a_source_for_eight_minutes_and_gets_it_back() -> None:
    before, during, after = (
        read(f"36c3_live_{name}.json") for name in ("1_before", "2_source_missing", "3_source_back")
    )
    assert [len(parsed.timetable.sessions) for parsed in (before, during, after)] == [1113, 1077, 1115]
    gone = [c for c in diff(before.timetable, during.timetable) if c.kind is ChangeKind.REMOVED]
    back = [c for c in diff(during.timetable, after.timetable) if c.kind is ChangeKind.ADDED]
    assert len(gone) == 38
    assert {change.session for change in gone} == {change.session for change in back}
    ids = [session.id for session in before.timetable.sessions]
    assert sum(id.endswith("~2") for id in ids) == 3
    assert Counter(session.record for session in before.timetable.sessions) == {True: 649, None: 433, False: 31}


def test_winterchaos_breaks_its_schema_and_is_read() -> None:
    (session,) = read("winterchaos2022_invalid.json").timetable.sessions
    assert (session.record, session.room) == (False, "winterchaos")


def test_lca_names_a_zone_that_it_does_not_define() -> None:
    parsed = read("lca2020_tzid_no_vtimezone.ics")
    assert (parsed.format, parsed.timetable.timezone) == ("icalendar", "Australia/Brisbane")
    assert len(parsed.timetable.sessions) == 262
    assert sum(session.room == "no-room" for session in parsed.timetable.sessions) == 17
    opening = next(s for s in parsed.timetable.sessions if s.title == "Conference Opening")
    assert opening.start == datetime(2020, 1, 12, 23, tzinfo=UTC)
    assert [speaker.name for speaker in opening.speakers] == ["Joel Addison"]
    breaks = [session.title for session in parsed.timetable.sessions if session.kind is SessionKind.BREAK]
    assert Counter(breaks)["Main Conference: lunch"] == 5


def test_machbar_repeats_itself_but_for_its_exceptions() -> None:
    parsed = read("machbar2019_vtimezone_rrule.ics")
    schoolclass = [session.start for session in parsed.timetable.sessions if session.title == "Montessori Schulklasse"]
    assert datetime(2019, 2, 28, 7, 30, tzinfo=UTC) in schoolclass
    assert datetime(2019, 3, 7, 7, 30, tzinfo=UTC) not in schoolclass
    assert datetime(2019, 4, 4, 6, 30, tzinfo=UTC) in schoolclass
    assert sum(session.kind is SessionKind.BREAK for session in parsed.timetable.sessions) == 3
    assert len({session.id for session in parsed.timetable.sessions}) == len(parsed.timetable.sessions)


def test_pyconuk_in_universal_time() -> None:
    parsed = read("pyconuk2015_run1.ics", "Europe/London")
    assert (len(parsed.timetable.sessions), parsed.timetable.timezone) == (162, "Europe/London")
    assert all("@" in session.foreign for session in parsed.timetable.sessions)


def test_pyconfr_made_its_own_shape_of_the_api() -> None:
    parsed = read("pyconfr2025_pretalx_api_expanded.json")
    assert (parsed.format, len(parsed.timetable.sessions), len(parsed.timetable.rooms)) == ("pretalx", 93, 13)
    assert sum(session.id.endswith("~2") for session in parsed.timetable.sessions) == 9


def test_purplecon_is_asked_for_its_day_and_zone() -> None:
    with pytest.raises(TimetableError, match="its times have no date"):
        read("purplecon2019.csv", "Pacific/Auckland")
    options = Options(date=date(2019, 9, 12), room="Main")
    with pytest.raises(TimetableError, match="no time zone is named"):
        read("purplecon2019.csv", options=options)
    parsed = read("purplecon2019.csv", "Pacific/Auckland", options)
    assert len(parsed.timetable.sessions) == 20
    assert sum(session.kind is SessionKind.BREAK for session in parsed.timetable.sessions) == 3
    assert parsed.timetable.sessions[0].start == datetime(2019, 9, 11, 21, 20, tzinfo=UTC)


@pytest.mark.parametrize("write", [toml_of, schedule_json_of])
@pytest.mark.parametrize(
    "name",
    ["39c3_mainhalls_himmel.xml", "36c3_live_1_before.json", "lca2020_tzid_no_vtimezone.ics", "pyconuk2015_run1.ics"],
)
def test_what_is_written_reads_back_equal(name: str, write: Callable[[Timetable], str]) -> None:
    timetable = certain(read(name).timetable)
    assert parse(write(timetable).encode(), name="written", timezone=None).timetable == timetable
