"""Alarms that come and go, their acknowledgement, and calls for help."""

from __future__ import annotations

import pytest
from support.day.days import MAIN, NINE, SECOND

from streamer.core.base.alarm import Alarm
from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import SessionId
from streamer.core.status.alarm_book import CLOSES_AFTER, RETURNS_WITHIN, AlarmBook, HelpCall

SILENT = Alarm(id="silent main", severity="error", message="no sound", room=MAIN)
PRESENT = {SILENT.id: SILENT}


def book() -> AlarmBook:
    return AlarmBook({}, NINE)


def test_an_alarm_that_comes_and_goes_stays_one_alarm() -> None:
    alarms = book()
    for second in range(0, 40, 4):
        present = PRESENT if second % 8 == 0 else {}
        assert alarms.shown(present, NINE + second * SECOND).keys() == {"silent main"}


def test_an_alarm_closes_when_it_has_been_over_for_some_seconds() -> None:
    alarms = book()
    alarms.shown(PRESENT, NINE)
    assert alarms.shown({}, NINE + CLOSES_AFTER - SECOND) == PRESENT
    assert alarms.shown({}, NINE + CLOSES_AFTER) == {}


def test_the_newest_words_of_an_alarm_are_shown() -> None:
    alarms = book()
    alarms.shown(PRESENT, NINE)
    worse = Alarm(id="silent main", severity="error", message="still no sound", room=MAIN)
    assert alarms.shown({worse.id: worse}, NINE + SECOND)["silent main"].message == "still no sound"


def test_an_acknowledgement_lasts_as_long_as_its_alarm() -> None:
    alarms = book()
    alarms.shown(PRESENT, NINE)
    alarms.acknowledge("silent main", "Ada", NINE + SECOND)
    assert alarms.acknowledged["silent main"].by == "Ada"
    alarms.shown({}, NINE + SECOND)
    assert "silent main" in alarms.acknowledged
    alarms.shown({}, NINE + CLOSES_AFTER)
    assert alarms.acknowledged == {}


def test_the_first_to_acknowledge_an_alarm_has_it() -> None:
    alarms = book()
    alarms.shown(PRESENT, NINE)
    alarms.acknowledge("silent main", "Ada", NINE + SECOND)
    alarms.acknowledge("silent main", "Ada", NINE + 2 * SECOND)
    assert alarms.acknowledged["silent main"].at == NINE + SECOND
    with pytest.raises(Conflict, match="Ada has acknowledged this alarm already"):
        alarms.acknowledge("silent main", "Kim", NINE + 3 * SECOND)
    with pytest.raises(NotFound, match="or it is over"):
        alarms.acknowledge("black main", "Kim", NINE)


def test_an_acknowledgement_survives_a_restart_and_waits_for_its_alarm() -> None:
    before = book()
    before.shown(PRESENT, NINE)
    before.acknowledge("silent main", "Ada", NINE)
    after = AlarmBook(before.document(), NINE + 10 * SECOND)
    assert after.shown({}, NINE + 20 * SECOND) == {}
    assert after.shown(PRESENT, NINE + 40 * SECOND) == PRESENT
    assert after.acknowledged["silent main"].by == "Ada"
    late = AlarmBook(before.document(), NINE)
    late.shown({}, NINE + RETURNS_WITHIN)
    assert late.acknowledged == {}, "its alarm did not return"


def test_a_call_for_help_is_closed_by_whoever_takes_it_on() -> None:
    alarms = book()
    alarms.call(MAIN, "Kim", "the projector")
    [call] = alarms.calls.values()
    alarm = call.alarm("Hall A")
    assert alarm.message == "Kim asks for help in Hall A: the projector"
    assert HelpCall(room=MAIN, by="Kim", text="").alarm("Hall A").message == "Kim asks for help in Hall A"
    assert AlarmBook(alarms.document(), NINE).calls == alarms.calls
    alarms.shown({alarm.id: alarm}, NINE)
    alarms.acknowledge("help main", "Ada", NINE)
    assert (alarms.calls, alarms.acknowledged) == ({}, {})
    assert alarms.shown({}, NINE) == {}


@pytest.mark.parametrize(
    ("id", "kind"),
    [("no picture a", "no picture"), ("silent main", "silent"), ("job capture:main", "job"), ("disk", "disk")],
)
def test_the_kind_of_an_alarm_is_the_beginning_of_its_id(id: str, kind: str) -> None:
    assert Alarm(id=id, severity="error", message="", room=MAIN, session=SessionId("a")).kind == kind
