"""``streamer alarms``, ``acknowledge`` and ``timeline``: with a service that runs, without one, and after one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.service.commanding import Caller, Killed, caller, wait_for

pytestmark = pytest.mark.slow

OVERLAP = "overlap long next"


def alarms(call: Caller) -> dict[str, dict[str, object]]:
    """By id. The exit status says whether an unacknowledged error is among them."""
    found = call.json("session", "list")  # a service that does not answer fails here, and not by its status below
    assert found["sessions"]
    for status in (0, 1):
        try:
            listed = json.loads(call.said("alarms", "--json", status=status))
        except AssertionError:
            continue
        is_bad = any(one["severity"] == "error" and one["acknowledged"] is None for one in listed)
        assert status == is_bad
        return {one["id"]: one for one in listed}
    raise AssertionError("it ended with another status")


@contextmanager
def overlapping(call: Caller) -> Iterator[None]:
    """The long session reaches into the next one, until it is undone."""
    taken = call.json("session", "extend", "long", "6.5")["override"]["id"]
    try:
        wait_for(lambda: OVERLAP in alarms(call), "the alarm", 20)
        yield
    finally:
        call("session", "undo", taken)


def test_an_alarm_is_listed_and_taken_on(call: Caller) -> None:
    with overlapping(call):
        assert alarms(call)[OVERLAP]["acknowledged"] is None
        assert call.said("acknowledge", OVERLAP).startswith("Acknowledged: “Talk long” and “Talk next” overlap")
        taken = alarms(call)[OVERLAP]["acknowledged"]
        assert isinstance(taken, dict)
        assert taken["by"] == "command line"
        assert "alarm nothing: there is no such alarm, or it is over" in call.refused("acknowledge", "nothing")
    told = call.said("timeline")
    assert "extend long by 6.5 min (command line)" in told
    assert "acknowledged: “Talk long” and “Talk next” overlap" in told
    assert "undone: extend long by 6.5 min (command line)" in call.said("timeline", "long")
    assert call.json("timeline", "long")["title"] == "Talk long"
    assert "session nobody: there is no such session" in call.refused("timeline", "nobody")


def test_without_a_service_there_are_no_alarms_and_the_timeline_is_read_from_the_store(call_resting: Caller) -> None:
    assert "no service is running" in call_resting.refused("alarms")
    assert "no service is running" in call_resting.refused("acknowledge", OVERLAP)
    assert "Nothing happened." in call_resting.said("timeline")


def test_a_timeline_is_there_after_the_service_was_killed(killed: Killed) -> None:
    told = caller(killed.conference).said("timeline")
    assert "**main:** captured" in told
    assert "“Talk talk” and “Talk later” overlap" in told
