"""A rehearsal's frame: where the day lies, when it goes on, and when it starts over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from support.day.conference_day import NOON, at, session, timetable

from streamer.commands.service import rehearsal

DAY = timetable(session("a", "main", at("09:00"), 60), session("b", "main", at("17:00"), 60))


def test_the_first_session_begins_in_some_seconds_and_distances_are_divided(tmp_path: Path) -> None:
    frame = rehearsal.begin(tmp_path / "data", DAY, "day.toml", 60, NOON)
    first, last = frame.shape(DAY).sessions
    assert first.start == NOON + rehearsal.BEGINS_IN
    assert first.duration == timedelta(minutes=1)
    assert last.start - first.start == timedelta(minutes=8)


def test_a_killed_rehearsal_goes_on_with_the_same_shift(tmp_path: Path) -> None:
    frame = rehearsal.begin(tmp_path, DAY, "day.toml", 60, NOON)
    later = NOON + timedelta(minutes=5)
    assert rehearsal.goes_on(tmp_path, DAY, "day.toml", 60, later)
    assert rehearsal.begin(tmp_path, DAY, "day.toml", 60, later) == frame


def test_it_starts_over_when_it_ended_or_its_day_is_past_or_it_is_another(tmp_path: Path) -> None:
    rehearsal.begin(tmp_path, DAY, "day.toml", 60, NOON)
    soon, past = NOON + timedelta(minutes=5), NOON + timedelta(minutes=10)
    assert not rehearsal.goes_on(tmp_path, DAY, "day.toml", 60, past)
    assert not rehearsal.goes_on(tmp_path, DAY, "day.toml", 30, soon)
    assert not rehearsal.goes_on(tmp_path, DAY, "other.toml", 60, soon)
    rehearsal.end(tmp_path)
    assert not rehearsal.goes_on(tmp_path, DAY, "day.toml", 60, soon)
    assert rehearsal.begin(tmp_path, DAY, "day.toml", 60, soon).target == soon + rehearsal.BEGINS_IN


def test_a_torn_note_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "rehearsal.json").write_text('{"origin": "2025')
    assert not rehearsal.goes_on(tmp_path, DAY, "day.toml", 60, NOON)
    assert rehearsal.begin(tmp_path, DAY, "day.toml", 60, NOON).factor == 60
