"""What is heard and seen is an alarm while a session loses something by it, and nothing in a break."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support.day.days import MAIN, NINE, SIDE, after, override, planned, session

from streamer.core.decisions.rooms.mute import Mute
from streamer.core.monitor.alarms import ContentRules, RoomsSeen, content_alarms
from streamer.core.monitor.conditions import Condition, Conditions

RULES = ContentRules()
DAY = planned(session("a"), session("b", start=60))
SECOND = timedelta(seconds=1)


def alarms(now: datetime, rules: ContentRules = RULES, **conditions: float) -> dict[str, str]:
    """Severities by id, where each condition has held for so many seconds in the main room."""
    at = now.timestamp()
    known = Conditions(at=at, heard=at, **{name: Condition(since=at - seconds) for name, seconds in conditions.items()})
    return told(now, RoomsSeen(conditions={MAIN: known}, captured=[MAIN]), rules)


def told(now: datetime, seen: RoomsSeen, rules: ContentRules = RULES) -> dict[str, str]:
    return {id: alarm.severity for id, alarm in content_alarms(DAY, seen, rules, now).items()}


def test_silence_in_a_session_is_an_error_after_the_configured_time() -> None:
    assert alarms(after(10), silent=14) == {}
    assert alarms(after(10), silent=15) == {f"silent {MAIN}": "error"}
    assert alarms(after(10), ContentRules(silence=timedelta(minutes=1)), silent=59) == {}


@pytest.mark.parametrize("minute", [-1, 30, 45, 59, 95])
def test_nothing_that_is_heard_or_seen_outside_a_session_is_an_alarm(minute: float) -> None:
    assert alarms(after(minute), silent=600, noise=600, black=600, frozen=600) == {}


def test_silence_before_a_session_does_not_count() -> None:
    assert alarms(NINE + 14 * SECOND, silent=600) == {}
    assert alarms(NINE + 15 * SECOND, silent=600) == {f"silent {MAIN}": "error"}


def test_noise_is_a_warning_and_black_becomes_an_error_and_slides_are_nothing() -> None:
    assert alarms(after(10), noise=19, frozen=900, black=2.4) == {}
    assert alarms(after(10), noise=20, black=2.5) == {f"noise {MAIN}": "warning", f"black {MAIN}": "warning"}
    assert alarms(after(10), black=14.9) == {f"black {MAIN}": "warning"}
    assert alarms(after(10), black=15) == {f"black {MAIN}": "error"}


def test_a_test_tone_needs_no_speech() -> None:
    assert alarms(after(10), ContentRules(tones=[MAIN]), noise=60) == {}


def test_what_was_measured_long_ago_says_nothing() -> None:
    now = after(10)
    old = Conditions(at=now.timestamp() - 6, silent=Condition(since=now.timestamp() - 60))
    assert told(now, RoomsSeen(conditions={MAIN: old}, captured=[MAIN])) == {}
    new = Conditions(at=now.timestamp() - 5, silent=Condition(since=now.timestamp() - 60))
    assert told(now, RoomsSeen(conditions={MAIN: new}, captured=[MAIN])) == {f"silent {MAIN}": "error"}


def test_where_sessions_overlap_the_alarm_is_about_the_later_one() -> None:
    now = after(25)
    both = planned(session("a"), session("late", start=20))
    known = Conditions(at=now.timestamp(), silent=Condition(since=after(1).timestamp()))
    [alarm] = content_alarms(both, RoomsSeen(conditions={MAIN: known}, captured=[MAIN]), RULES, now).values()
    assert alarm.session == "late"


def test_a_muted_room_may_be_silent() -> None:
    now = after(10)
    muted = planned(session("a"), decisions=[override(Mute(room=MAIN), minute=5)])
    known = Conditions(at=now.timestamp(), silent=Condition(since=after(6).timestamp()))
    assert content_alarms(muted, RoomsSeen(conditions={MAIN: known}, captured=[MAIN]), RULES, now) == {}


def ready(now: datetime, seen: RoomsSeen, rules: ContentRules = RULES) -> str:
    return "; ".join(alarm.message for alarm in content_alarms(DAY, seen, rules, now).values())


def test_a_room_has_to_be_ready_five_minutes_before_its_session() -> None:
    deaf = RoomsSeen(conditions={MAIN: Conditions(at=after(-4).timestamp())}, captured=[MAIN])
    assert ready(after(-6), RoomsSeen()) == ""
    assert "nothing comes from its source" in ready(after(-5), RoomsSeen())
    assert "no sound has been heard" in ready(after(-4), deaf)
    assert told(after(-4), deaf) == {f"not ready {MAIN}": "warning"}
    assert told(after(-4), RoomsSeen(captured=[MAIN])) == {}


def test_a_short_lead_is_checked_from_its_half_on_and_a_very_short_one_not_at_all() -> None:
    assert ready(after(-2), RoomsSeen(), ContentRules(lead=timedelta(minutes=2))) == ""
    assert ready(after(-1), RoomsSeen(), ContentRules(lead=timedelta(minutes=2))) != ""
    assert ready(after(-0.1), RoomsSeen(), ContentRules(lead=timedelta(seconds=59))) == ""
    assert ready(after(-0.1), RoomsSeen(), ContentRules(lead=timedelta(seconds=60))) != ""
    assert ready(after(0), RoomsSeen()) == "", "it has begun, and other alarms tell that nothing is captured"


def test_a_room_without_its_monitor_is_a_warning_while_it_matters() -> None:
    seen = RoomsSeen(captured=[MAIN, SIDE], unmonitored={MAIN: "it was killed", SIDE: "it was killed"})
    assert told(after(10), seen) == {f"monitor {MAIN}": "warning"}
    assert told(after(45), seen) == {}


def test_an_alarm_names_the_room_and_the_session_and_says_what_to_do() -> None:
    now = after(10)
    known: Any = Conditions(at=now.timestamp(), silent=Condition(since=now.timestamp() - 20))
    [alarm] = content_alarms(DAY, RoomsSeen(conditions={MAIN: known}), RULES, now).values()
    assert (alarm.room, alarm.session) == (MAIN, "a")
    assert "microphone" in alarm.hint
