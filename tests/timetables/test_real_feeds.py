"""Timetables that real conferences published; skipped where they are not at hand (``STREAMER_SHARED``)."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed
from streamer.core.timetable_diff import ChangeKind, diff
from streamer.timetables import parse

SHARED = Path(os.environ.get("STREAMER_SHARED") or Path(__file__).parents[3] / "shared")
FEEDS = SHARED / "data" / "timetables"

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the real feeds are not at hand")


def read(name: str) -> Parsed:
    return parse((FEEDS / name).read_bytes(), name=name, timezone=None)


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


@pytest.mark.parametrize(
    "name",
    ["lca2020_tzid_no_vtimezone.ics", "purplecon2019.csv", "pyconfr2025_pretalx_api_expanded.json"],
)
def test_other_formats_are_refused_in_words(name: str) -> None:
    with pytest.raises(TimetableError) as caught:
        read(name)
    assert caught.value.hint
