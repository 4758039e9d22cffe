"""The alarm of missed bells: one for all of late, with the last one's time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from support.day.days import SECOND, after, session

from streamer.core.plan.cues import Cue
from streamer.core.status.bell_alarms import SHOWN_FOR, MissedBell, bell_alarms

ZONE = ZoneInfo("Europe/Copenhagen")


def missed(minute: float) -> MissedBell:
    cue = Cue(at=after(minute), session=session().id, action="session.start")
    return MissedBell(cue=cue, reason="did not ring", seen=after(minute))


def test_a_missed_bell_is_told_for_a_while() -> None:
    (alarm,) = bell_alarms([missed(0)], ZONE, after(0) + SHOWN_FOR - SECOND).values()
    assert (alarm.id, alarm.severity, alarm.session) == ("bell", "error", "a")
    assert alarm.message == "the bell session.start of 11:00:00 did not ring"
    assert bell_alarms([missed(0)], ZONE, after(0) + SHOWN_FOR) == {}
    assert bell_alarms([], ZONE, after(0)) == {}


def test_of_several_missed_bells_the_last_is_told_and_the_others_are_counted() -> None:
    found = bell_alarms([missed(0), missed(5), missed(6), missed(9)], ZONE, after(12))
    assert found["bell"].message == "the bell session.start of 11:09:00 did not ring; 2 more before it"
