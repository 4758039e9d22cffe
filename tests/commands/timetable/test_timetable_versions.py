"""``streamer timetable versions`` and its decisions, against a service that runs, and where none does."""

from __future__ import annotations

from support.service.commanding import Caller, wait_for
from support.service.running import Running


def test_versions_are_listed_pinned_and_followed_again(service: Running, call: Caller) -> None:
    status = call.json("timetable", "versions")
    newest = status["versions"][0]["id"]
    assert status["current"]["id"] == newest
    assert "current" in call.said("timetable", "versions")
    assert call.said("timetable", "versions", str(newest)).splitlines()[-1] == "No change."
    assert call.said("timetable", "pin") == f"Version {newest} is pinned.\n"
    assert call.json("timetable", "versions")["decisions"][-1]["by"] == "command line"
    assert call.said("timetable", "unpin").startswith(f"Version {newest} applies, seen ")
    seen = call.said("timetable", "rollback", str(newest), "--preview").splitlines()
    assert seen[0].startswith(f"Version {newest} would apply: ")
    assert seen[1:] == ["No change."]
    assert call.json("timetable", "versions")["pinned"] is None
    assert call.said("timetable", "rollback", str(newest)) == f"Version {newest} is pinned.\n"
    assert call.json("timetable", "unpin")["pinned"] is None
    assert "no version is pinned" in call.refused("timetable", "unpin")
    assert "no change is held back" in call.refused("timetable", "approve")
    assert "no held change has this id" in call.refused("timetable", "refuse", "nonsense")
    assert "there is no such version" in call.refused("timetable", "versions", "999")


def test_a_running_session_that_the_file_forgets_is_asked_about(service: Running, call: Caller) -> None:
    conference = service.conference
    talks = conference.talks
    conference.talks = [talk for talk in talks if talk.id != "long"]
    conference.publish()
    try:
        wait_for(lambda: call.json("timetable", "versions")["held"], "the question")
        assert "“Talk long”: it is running, and is gone from the timetable" in call.said("timetable", "versions")
        assert call.said("timetable", "refuse").splitlines()[-1].startswith("refused ")
    finally:
        conference.talks = talks
        conference.publish()
        wait_for(lambda: not call.json("timetable", "versions")["refused"], "the session's return")


def test_without_a_service_there_are_none(call_resting: Caller) -> None:
    assert "no service is running" in call_resting.refused("timetable", "versions")
