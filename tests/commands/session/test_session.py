"""``streamer session``: decisions taken by a service that runs, and noted in the store where none does."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.service.commanding import Caller
from support.service.running import Conference

Document = dict[str, object]


def end_of(call: Caller, id: str) -> datetime:
    [found] = [one for one in call.json("session", "list")["sessions"] if one["id"] == id]
    return datetime.fromisoformat(found["end"])


@pytest.fixture(params=["running", "resting"])
def either(request: pytest.FixtureRequest) -> Caller:
    """Commands to a service, and to the store."""
    found = request.getfixturevalue("call" if request.param == "running" else "call_resting")
    assert isinstance(found, Caller)
    return found


def test_a_session_is_extended_and_the_decision_undone(either: Caller) -> None:
    before = end_of(either, "long")
    answer = either.json("session", "extend", "long", "6.5")
    assert set(answer) == {"override", "revision", "sessions", "conflicts"}
    assert answer["override"]["by"] == "command line"
    assert [one["id"] for one in answer["sessions"]] == ["long"]
    assert datetime.fromisoformat(answer["sessions"][0]["end"]) == before + timedelta(minutes=6.5)
    assert [(one["session"], one["with"]) for one in answer["conflicts"]] == [("long", "next")]
    assert end_of(either, "long") == before + timedelta(minutes=6.5)
    assert answer["override"]["id"] in either.said("session", "list")
    text = either.said("session", "undo", answer["override"]["id"])
    assert text.startswith("Undone: extend long by 6.5 min.\n“Talk long” ends at ")
    assert "To undo it" not in text
    assert end_of(either, "long") == before
    assert "undone already" in either.refused("session", "undo", answer["override"]["id"])


def test_negative_minutes_need_no_tricks(either: Caller) -> None:
    before = end_of(either, "long")
    lines = either.said("session", "extend", "long", "-5").splitlines()
    assert lines[0].startswith("“Talk long” ends at ")
    assert end_of(either, "long") == before - timedelta(minutes=5)
    either("session", "undo", lines[-1].split()[-1])
    assert end_of(either, "long") == before


def test_a_preview_changes_nothing(either: Caller) -> None:
    before = either.json("session", "list")["sessions"]
    answer = either.json("session", "extend", "long", "5", "--preview")
    assert answer["override"] is None
    assert datetime.fromisoformat(answer["sessions"][0]["end"]) == end_of(either, "long") + timedelta(minutes=5)
    text = either.said("session", "extend", "long", "5.5", "--preview")
    assert text.startswith("Preview; nothing has been changed.\n")
    assert "! “Talk long” and “Talk next” overlap" in text
    after = either.json("session", "list")["sessions"]
    assert [one["end"] for one in after] == [one["end"] for one in before]


def test_consent_is_withdrawn_and_given_back(either: Caller) -> None:
    lines = either.said("session", "consent", "long", "--stream", "no").splitlines()
    assert "“Talk long” is no longer streamed." in lines
    [long] = [one for one in either.json("session", "list")["sessions"] if one["id"] == "long"]
    assert (long["record"], long["stream"]) == (True, False)
    either("session", "undo", lines[-1].split()[-1])
    [long] = [one for one in either.json("session", "list")["sessions"] if one["id"] == "long"]
    assert long["stream"] is True


def test_a_session_that_has_changed_since_is_left_alone(either: Caller) -> None:
    [long] = [one for one in either.json("session", "list")["sessions"] if one["id"] == "long"]
    text = either.refused("session", "extend", "long", "1", "--if-revision", str(long["revision"] + 7))
    assert "the session has changed since" in text
    assert "read it again" in text
    assert end_of(either, "long") == datetime.fromisoformat(long["end"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("end", "nobody"), "session nobody: there is no such session"),
        (("end", "next"), "the session has not started (end it once it runs)"),
        (("extend", "long", "-600"), "end"),
        (("extend", "long", "0"), "zero minutes change nothing"),
        (("undo", "nothing"), "override nothing: there is no such decision"),
        (("end", "long", "--at", "soon"), "--at: “soon” is not a time (write it like 10:45"),
    ],
)
def test_what_is_not_possible_is_told(either: Caller, arguments: tuple[str, ...], words: str) -> None:
    assert words in either.refused("session", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("extend", "long"),
        ("extend", "long", "five"),
        ("extend", "long", "nan"),
        ("extend", "long", "5", "--previw"),
        ("consent", "long"),
        ("consent", "long", "--record", "maybe"),
        ("end", "long", "--if-revision", "-1"),
    ],
)
def test_a_wrong_call_is_status_2(call_resting: Caller, arguments: tuple[str, ...]) -> None:
    call_resting("session", *arguments, status=2)


def test_a_running_session_is_ended_at_a_time_in_the_venue_s_own_zone(either: Caller) -> None:
    end = end_of(either, "long")
    wall = (end - timedelta(minutes=1)).replace(tzinfo=None)
    answer = either.json("session", "end", "long", "--at", wall.isoformat())
    assert datetime.fromisoformat(answer["sessions"][0]["end"]) == end - timedelta(minutes=1)
    either("session", "undo", answer["override"]["id"])
    assert end_of(either, "long") == end


def test_what_was_decided_at_rest_is_said_to_wait(call_resting: Caller) -> None:
    text = call_resting.said("session", "extend", "long", "3")
    assert "No service is running: the next start carries it out.\n" in text


def test_a_decision_needs_no_source_that_works(call_resting: Caller, resting: Conference) -> None:
    resting.config.write_text(resting.config.read_text().replace("test:?size=320x180", "test:?size=odd"))
    call_resting("session", "consent", "long", "--record", "no")


def test_a_list_for_people(call: Caller) -> None:
    text = call.said("session", "list")
    assert "Talk short" in text
    assert "Talk next" in text
    assert [word for word in ("Time", "Room", "State", "Recording", "Revision") if word not in text] == []


def test_no_rehearsal_is_running(call: Caller) -> None:
    text = call.refused("session", "list", "--rehearsal")
    assert "no rehearsal is running (the service of the conference is running: leave --rehearsal out)" in text


def test_bounds_are_a_command_of_recordings(call_resting: Caller) -> None:
    call_resting("recordings", "bounds", "long", status=2)
    text = call_resting.refused("recordings", "bounds", "long", "--start", "soon")
    assert "--start: “soon” is not a time (write it like 10:45" in text
    assert "there is no such session" in call_resting.refused("recordings", "bounds", "nobody", "--end", "10:45")


def test_the_rest_of_a_room_is_delayed(either: Caller) -> None:
    before = end_of(either, "next")
    [room] = [one["room"] for one in either.json("session", "list")["sessions"] if one["id"] == "next"]
    answer = either.json("room", "delay", room, "5", "--shrink-breaks", "no")
    moved = {one["id"]: datetime.fromisoformat(one["end"]) for one in answer["sessions"]}
    assert moved["next"] == end_of(either, "next") == before + timedelta(minutes=5)
    either("session", "undo", answer["override"]["id"])
    assert end_of(either, "next") == before
    assert "no such room" in either.refused("room", "delay", "cellar", "5")
