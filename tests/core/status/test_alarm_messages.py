"""What people are told of alarms by message."""

from __future__ import annotations

from typing import Any

from streamer.core.base.json import Document
from streamer.core.status.alarm_messages import AlarmMessages, Message

ROOMS = {"main": "Hall A", "side": "Hall B"}


def alarm(id: str, room: str | None = "main", **more: Any) -> Document:
    document = {"id": id, "room": room, "message": f"message of {id}", "hint": "do this", "severity": "error"}
    return {**document, "acknowledged": None, **more}


def cleared(id: str, room: str | None = "main", **more: Any) -> Document:
    return alarm(id, room, cleared=True, **more)


def test_an_alarm_is_told_once_when_it_is_raised_and_once_when_it_is_over() -> None:
    told = AlarmMessages("DNGC")
    assert told.messages([alarm("a")], ROOMS) == [
        Message(title="DNGC: an alarm in Hall A", text="message of a (do this)", rooms=("main",))
    ]
    assert told.messages([alarm("a", message="other words")], ROOMS) == []
    assert told.messages([cleared("a")], ROOMS) == [
        Message(title="DNGC: Over: an alarm in Hall A", text="message of a", rooms=("main",))
    ]
    assert len(told.messages([alarm("a")], ROOMS)) == 1


def test_alarms_that_come_together_are_one_message() -> None:
    [message] = AlarmMessages("DNGC").messages([alarm("a"), alarm("b", "side"), alarm("disk", None)], ROOMS)
    assert message.title == "DNGC: 3 alarms in Hall A, Hall B"
    assert message.text.count("\n") == 2
    assert message.rooms == ("main", "side")


def test_what_comes_and_goes_at_once_is_not_told() -> None:
    told = AlarmMessages("DNGC")
    assert told.messages([alarm("a"), cleared("a")], ROOMS) == []
    told.messages([alarm("b")], ROOMS)
    assert told.messages([cleared("b"), alarm("b")], ROOMS) == []
    assert len(told.messages([cleared("b")], ROOMS)) == 1, "its end is still told"


def test_warnings_are_told_where_that_is_wanted_and_acknowledged_ones_are_not() -> None:
    warning = alarm("a", severity="warning")
    assert AlarmMessages("DNGC").messages([warning], ROOMS) == []
    told = AlarmMessages("DNGC")
    told.messages([alarm("a", acknowledged={"by": "Ada", "at": ""})], ROOMS)
    assert told.messages([cleared("a")], ROOMS) == [], "what was not told when it was raised"
    assert len(AlarmMessages("DNGC", least="warning").messages([warning], ROOMS)) == 1
    assert AlarmMessages("DNGC").messages([alarm("a", acknowledged={"by": "Ada", "at": ""})], ROOMS) == []
    told = AlarmMessages("DNGC")
    told.messages([warning], ROOMS)
    assert len(told.messages([alarm("a")], ROOMS)) == 1, "it has become an error"


def test_the_end_of_an_alarm_of_a_former_run_is_told() -> None:
    told = AlarmMessages("DNGC")
    assert [one.title for one in told.messages([cleared("a")], ROOMS)] == ["DNGC: Over: an alarm in Hall A"]
    assert told.messages([cleared("b", severity="warning")], ROOMS) == []
