"""What the crew is told of the disk, hours ahead, and coarsely enough not to be told each second."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from support.day.days import MAIN, MINUTE, NINE, SECOND, after

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import SessionId
from streamer.core.status.disk import Pressure, Syncing
from streamer.core.status.disk_alarms import NEAR, disk_alarms
from streamer.core.status.forecast import Forecast

ZONE = ZoneInfo("Europe/Copenhagen")
"""Two hours ahead of the days' nine o'clock."""
MISSED = tuple(SessionId(id) for id in "abc")


def raised(
    pressure: Pressure = Pressure.EASY, seen: Forecast | None = None, syncing: Syncing | None = None
) -> dict[str, Alarm]:
    return disk_alarms(pressure, seen, syncing, 5_000_000_000, ZONE, NINE)


def ahead(**more: object) -> Forecast:
    return Forecast(needed=1, lacking=1_150_000_000, **more)  # type: ignore[arg-type]


def test_a_disk_that_is_large_and_quick_is_quiet() -> None:
    assert raised() == {}
    assert raised(seen=Forecast(needed=10**9), syncing=Syncing(latest=0.9, worst=0.99)) == {}


def test_a_disk_that_will_be_full_is_told_hours_ahead() -> None:
    (alarm,) = raised(seen=ahead(reserve_at=after(200), full_at=after(279), missed=MISSED)).values()
    assert (alarm.id, alarm.severity) == ("disk forecast", "warning")
    assert alarm.message == (
        "at the present rate the disk is full at about 15:30; 3 sessions would not be recorded whole"
    )
    assert alarm.hint.startswith("free 1.2 GB more")


@pytest.mark.parametrize(("late", "severity"), [(timedelta(0), "error"), (SECOND, "warning")])
def test_what_is_near_is_worse(late: timedelta, severity: str) -> None:
    assert raised(seen=ahead(full_at=NINE + NEAR + late))["disk forecast"].severity == severity


def test_a_few_minutes_more_or_less_are_the_same_sentence() -> None:
    one, other = (raised(seen=ahead(full_at=after(271) + m * MINUTE))["disk forecast"] for m in (0, 8))
    assert one == other


def test_another_day_is_named_and_a_guess_is_said() -> None:
    seen = ahead(full_at=after(24 * 60), missed=MISSED[:1], assumed=(MAIN,))
    message = raised(seen=seen)["disk forecast"].message
    assert "on Tuesday at about 11:00; 1 session would not" in message
    assert message.endswith("(the rate of main is a guess)")


def test_the_reserve_is_told_ahead_and_when_it_is_reached() -> None:
    seen = ahead(reserve_at=after(60))
    assert "falls to the reserve at about 12:00" in raised(seen=seen)["disk forecast"].message
    alarms = raised(Pressure.SAVING, seen)
    assert set(alarms) == {"disk reserve"}
    assert "less than the reserve of 5 GB is free" in alarms["disk reserve"].message


def test_a_full_disk_is_not_foretold_any_more() -> None:
    alarms = raised(Pressure.FULL, ahead(full_at=NINE, reserve_at=NINE))
    assert {id: a.severity for id, a in alarms.items()} == {"disk full": "error"}


@pytest.mark.parametrize(
    ("worst", "severity", "text"), [(1.0, "warning", "1 s"), (3.9, "warning", "2 s"), (9.0, "error", "8 s")]
)
def test_a_slow_disk(worst: float, severity: str, text: str) -> None:
    (alarm,) = raised(syncing=Syncing(worst=worst)).values()
    assert (alarm.id, alarm.severity) == ("disk slow", severity)
    assert f"more than {text}" in alarm.message


def test_a_disk_that_reports_errors() -> None:
    (alarm,) = raised(syncing=Syncing(error="Input/output error")).values()
    assert (alarm.id, alarm.severity) == ("disk error", "error")
    assert "Input/output error" in alarm.message
