"""How old what we have is, and the alarm that says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from streamer.core.trust.health import FeedHealth, feed_alarms, feed_document

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def failing(minutes: float | None, name: str = "") -> FeedHealth:
    confirmed = None if minutes is None else NOON - timedelta(minutes=minutes)
    return FeedHealth(name=name, origin="https://example.org/x", confirmed=confirmed, error="the server answers 503")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.5, "the timetable could not be renewed: the server answers 503"),
        (1, "the timetable could not be renewed for more than 1m: the server answers 503"),
        (9, "the timetable could not be renewed for more than 5m: the server answers 503"),
        (59, "the timetable could not be renewed for more than 45m: the server answers 503"),
        (119, "the timetable could not be renewed for more than 1h30m: the server answers 503"),
        (26 * 60 + 59, "the timetable could not be renewed for more than 1d2h: the server answers 503"),
        (None, "the timetable can't be read, and there is no earlier version of it: the server answers 503"),
    ],
)
def test_the_alarm_says_how_old_what_stands_is(minutes: float | None, said: str) -> None:
    alarm = feed_alarms([failing(minutes)], NOON)["timetable"]
    assert alarm.message == said
    assert alarm.severity == "warning"


def test_the_age_grows_in_steps() -> None:
    steps = ["1m", "2m", "5m", "10m", "15m", "20m", "30m", "45m", "1h", "1h30m", "2h", "3h"]
    told = [feed_alarms([failing(minute)], NOON)["timetable"].message for minute in range(1, 181)]
    ages = [message.removesuffix(": the server answers 503").rpartition(" ")[2] for message in told]
    assert list(dict.fromkeys(ages)) == steps
    assert [ages.index(step) + 1 for step in steps] == [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180]


def test_each_feed_has_an_alarm_of_its_own_and_a_good_one_has_none() -> None:
    good = FeedHealth(name="good", origin="x", confirmed=NOON)
    found = feed_alarms([failing(1), good, failing(2, "sheet")], NOON)
    assert list(found) == ["timetable", "timetable sheet"]
    assert found["timetable sheet"].message.startswith("the timetable “sheet” could not be renewed")


def test_the_document() -> None:
    feed = FeedHealth(
        name="",
        origin="day.toml",
        confirmed=NOON - timedelta(seconds=90),
        changed=NOON - timedelta(hours=3),
        sessions=7,
    )
    assert feed_document(feed, NOON, ZoneInfo("Europe/Berlin")) == {
        "name": "",
        "origin": "day.toml",
        "confirmed": "2026-01-31T12:58:30+01:00",
        "changed": "2026-01-31T10:00:00+01:00",
        "age": 90.0,
        "sessions": 7,
        "error": None,
        "failing_since": None,
    }
