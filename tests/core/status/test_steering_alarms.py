"""Alarms about decisions that may have been forgotten."""

from __future__ import annotations

from support.day.days import MAIN, after, override, planned, session

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import SessionId
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.decisions.rooms.unmute import Unmute
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.status.steering_alarms import steering_alarms

A = SessionId("a")
MUTED = override(Mute(room=MAIN, back_seconds=0), minute=10)


def found(at: float, *sessions: object, decisions: tuple[object, ...] = (MUTED,)) -> dict[str, Alarm]:
    plan = planned(*(sessions or (session("a"),)), decisions=decisions)  # type: ignore[arg-type]
    return steering_alarms(plan, after(at))


def test_a_mute_of_a_moment_is_no_alarm_and_a_longer_one_is_a_warning() -> None:
    assert found(10.5) == {}
    alarm = found(11)["muted main"]
    assert (alarm.severity, alarm.session) == ("warning", A)
    assert alarm.message == "room main is muted: “Title of a” is not recorded and streamed"
    unmuted = override(Unmute(room=MAIN), id="u", minute=12)
    assert found(13, decisions=(MUTED, unmuted)) == {}


def test_a_mute_that_reaches_into_the_next_session_is_an_error_at_once() -> None:
    day = (session("a", 0, 20), session("b", 20, 30, stream=False))
    alarm = found(20, *day)["muted main"]
    assert (alarm.severity, alarm.session) == ("error", "b")
    assert alarm.message == "room main is muted: “Title of b” is not recorded"


def test_a_muted_room_without_a_session_is_no_alarm() -> None:
    assert found(35) == {}
    assert found(15, session("a", record=False, stream=False)) == {}


def test_an_overrun_is_told_when_the_next_session_comes_near() -> None:
    day = (session("a", 0, 30), session("b", 40, 30))
    held = (override(Hold(session=A), minute=20),)
    assert found(29, *day, decisions=held) == {}
    assert found(34, *day, decisions=held) == {}
    alarm = found(36.5, *day, decisions=held)["overrun main"]
    assert alarm.message == (
        "“Title of a” runs over its time in room main, and the next session starts in less than 4 min"
    )
    assert "“Title of b” is next" in alarm.hint
    assert "in less than a minute" in found(39.5, *day, decisions=held)["overrun main"].message
    assert found(41, *day, decisions=held) == {}
