"""Bells that did not ring in time: they become an alarm, which a bell in time or the time clears."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from support.day.conference_day import at

from streamer.core.base.ids import SessionId
from streamer.core.plan.cues import Cue
from streamer.core.status.bell_alarms import RINGS_WITHIN, SHOWN_FOR
from streamer.engine.status.bell_watch import BellWatch

ZONE = ZoneInfo("Europe/Copenhagen")
START = Cue(at=at("09:00"), session=SessionId("a"), action="session.start")
END = Cue(at=at("09:30"), session=SessionId("a"), action="session.end")
SECOND = timedelta(seconds=1)


def watch() -> BellWatch:
    watch = BellWatch()
    watch.expect([START, END], at("08:00"))
    return watch


def test_bells_that_ring_in_time_are_no_alarm() -> None:
    bells = watch()
    assert bells.is_ringing(START.at)
    bells.rang(START, START.at + SECOND)
    assert not bells.is_ringing(START.at + SECOND)
    assert not bells.look(START.at + 10 * SECOND)
    assert bells.alarms(ZONE, START.at + 10 * SECOND) == {}


def test_a_bell_that_does_not_ring_is_an_alarm_until_the_next_one_rings_in_time() -> None:
    bells = watch()
    assert not bells.look(START.at + RINGS_WITHIN)
    seen = START.at + RINGS_WITHIN + SECOND
    assert bells.look(seen)
    [alarm] = bells.alarms(ZONE, seen).values()
    assert (alarm.id, alarm.severity, alarm.session) == ("bell", "error", "a")
    assert alarm.message == "the bell session.start of 11:00:00 did not ring"
    assert not bells.look(seen + SECOND), "it is told once"
    bells.rang(END, END.at)
    assert bells.alarms(ZONE, END.at) == {}


def test_a_bell_that_does_not_ring_is_no_alarm_for_ever() -> None:
    bells = watch()
    seen = START.at + RINGS_WITHIN + SECOND
    bells.look(seen)
    assert bells.alarms(ZONE, seen + SHOWN_FOR - SECOND)
    assert not bells.alarms(ZONE, seen + SHOWN_FOR)


def test_bells_that_ring_late_or_fail_are_told_in_one_alarm() -> None:
    bells = watch()
    bells.rang(START, START.at + 7 * SECOND)
    [alarm] = bells.alarms(ZONE, START.at + 7 * SECOND).values()
    assert alarm.message == "the bell session.start of 11:00:00 rang 7 s late"
    bells.failed(END, "failed: no rope", START.at + 8 * SECOND)
    [alarm] = bells.alarms(ZONE, START.at + 8 * SECOND).values()
    assert alarm.message == "the bell session.end of 11:30:00 failed: no rope; 1 more before it"
    assert not bells.look(END.at + 10 * SECOND), "what failed is not missed as well"


def test_a_bell_that_is_set_late_may_ring_then() -> None:
    bells = BellWatch()
    bells.expect([START], START.at + 60 * SECOND)
    bells.rang(START, START.at + 61 * SECOND)
    assert bells.alarms(ZONE, START.at + 61 * SECOND) == {}


def test_bells_that_are_wanted_no_more_are_not_missed() -> None:
    bells = watch()
    bells.expect([END], at("08:30"))
    assert not bells.look(START.at + 10 * SECOND)
