"""The timetable as a value: its order, its revision, its instants; and the day of a rehearsal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, NINE, SIDE, after, instants, session, sessions, timetable

from streamer.core.base.ids import SessionId
from streamer.core.timetable.sessions import Doubt, Session, Speaker, shift_and_compress

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@LAW
@given(sessions(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_feed_lists_its_sessions_is_of_no_account(
    found: tuple[Session, ...], chance: Random
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    table = timetable(*shuffled)
    assert table == timetable(*found)
    assert table.revision == timetable(*found).revision
    assert [(s.start, s.room, s.id) for s in table.sessions] == sorted((s.start, s.room, s.id) for s in found)
    assert all(table.session(s.id) == s for s in found)


def test_an_unknown_session_is_none() -> None:
    assert timetable(session("a")).session(SessionId("b")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"room": SIDE},
        {"start": after(1)},
        {"end": after(31)},
        {"record": False},
        {"stream": True},
        {"abstract": "More."},
        {"speakers": (Speaker(name="Ada"),)},
    ],
)
def test_every_change_of_a_session_is_another_revision(change: dict[str, object]) -> None:
    before = session("a")
    assert timetable(replace(before, **change)).revision != timetable(before).revision  # type: ignore[arg-type] # by name


def test_the_revision_outlives_the_process() -> None:
    """It is stored and compared after a restart: nothing of it may hang on Python's hash seed."""
    code = """
from datetime import UTC, datetime
from streamer.core.timetable.sessions import Room, Session, Timetable
at = datetime(2025, 9, 8, tzinfo=UTC)
found = [Session(id=id, room="main", title="T", start=at, end=at, record=id == "a") for id in ("b", "a")]
print(Timetable(title="T", timezone="UTC", rooms=(Room(id="main", name="M"),), sessions=tuple(found)).revision)
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert len(told[0]) == 16
    assert told[0] == told[1]


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=2)), ZoneInfo("Asia/Kolkata"), COPENHAGEN])
def test_the_same_instant_in_another_notation_is_the_same_session(zone: timezone | ZoneInfo) -> None:
    one = session("a")
    other = replace(one, start=one.start.astimezone(zone), end=one.end.astimezone(zone))
    assert other == one
    assert timetable(other).revision == timetable(one).revision
    assert len(timetable(one).revision) == 16


def test_a_session_lasts_as_long_as_time_really_passes() -> None:
    """In the night of 26 October 2025 the hour after two o'clock comes twice."""
    night = session("night")
    long = replace(
        night,
        start=datetime(2025, 10, 26, 1, 30, tzinfo=COPENHAGEN),
        end=datetime(2025, 10, 26, 3, 30, tzinfo=COPENHAGEN),
    )
    assert long.duration == timedelta(hours=3)
    second = replace(
        night,
        start=datetime(2025, 10, 26, 2, 30, tzinfo=COPENHAGEN),
        end=datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=COPENHAGEN),
    )
    assert second.duration == timedelta(hours=1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="end of session a has no time zone"):
        replace(session("a"), end=datetime(2025, 9, 8, 12))


@LAW
@given(sessions(), instants, st.sampled_from([1, 7.5, 90]))
def test_a_rehearsal_keeps_proportions(found: tuple[Session, ...], target: datetime, factor: float) -> None:
    table = timetable(*found)
    moved = shift_and_compress(table, NINE, target, factor)
    for before in found:
        now = moved.session(before.id)
        assert now is not None
        assert abs((now.start - target) * factor - (before.start - NINE)) < timedelta(milliseconds=1)
        assert abs(now.duration * factor - before.duration) < timedelta(milliseconds=1)
        assert replace(now, start=before.start, end=before.end) == before
    back = shift_and_compress(moved, target, NINE, 1 / factor)
    assert all(
        abs(b.start - a.start) < timedelta(milliseconds=1) for a, b in zip(table.sessions, back.sessions, strict=True)
    )


def test_a_rehearsal_moves_an_end_that_waits_for_the_crew() -> None:
    doubt = Doubt(claims=after(3000))
    moved = shift_and_compress(timetable(session("a", doubt=doubt)), NINE, after(60), 10).session(SessionId("a"))
    assert moved is not None
    assert moved.doubt == Doubt(claims=after(360))


def test_utc_is_what_a_session_holds() -> None:
    assert replace(session("a"), start=NINE.astimezone(COPENHAGEN)).start.tzinfo is UTC
