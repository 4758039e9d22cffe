"""Decisions about running sessions, taken through interface and command line: what follows of them everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from measuring import breaks, out_of_sync
from real_day import RATES, WINDOWS, Day
from running import Document, Said, instant
from watching import segments

from streamer.media.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HALF_A_MINUTE = 30


@pytest.fixture
def told(day: Day) -> dict[str, Any]:
    """What everybody was answered."""
    return day.story("studio").told


def window(document: Document, day: Day) -> tuple[float, float]:
    return instant(document["start"]) - day.at(0), instant(document["end"]) - day.at(0)


def test_a_preview_changes_nothing(day: Day, told: dict[str, Any]) -> None:
    start, end = WINDOWS["s1"]
    [session] = told["preview"]["sessions"]
    assert told["preview"]["override"] is None
    assert window(session, day) == pytest.approx((start, end + HALF_A_MINUTE), abs=0.002)
    moved = [c for c in day.viewer.changes("s1") if c["kind"] == "session.moved"]
    assert len(moved) == 3, "extended, undone, extended from the command line"


def test_extending_is_answered_and_announced(day: Day, told: dict[str, Any]) -> None:
    start, end = WINDOWS["s1"]
    [session] = told["extend"]["sessions"]
    for one in (session, told["extended"]["session"]):
        assert window(one, day) == pytest.approx((start, end + HALF_A_MINUTE), abs=0.002)
        assert instant(one["scheduled_end"]) == pytest.approx(day.at(end), abs=0.002)
    assert told["extend"]["override"]["description"]
    assert told["extend"]["conflicts"][0]["with"] == "s2"


def test_the_same_request_is_answered_the_same(told: dict[str, Any]) -> None:
    assert told["again"] == told["extend"]


def test_somebody_who_saw_an_older_state_is_refused(told: dict[str, Any]) -> None:
    assert "revision" in told["stale"]["detail"]


def test_undo_gives_the_old_end_back(day: Day, told: dict[str, Any]) -> None:
    assert told["undo"]["override"]["undone"]
    assert window(told["undone"]["session"], day) == pytest.approx(WINDOWS["s1"], abs=0.002)


def test_the_command_line_takes_the_same_door(day: Day, told: dict[str, Any]) -> None:
    command: Said = told["command"]
    assert command.status == 0, command.err
    answer = json.loads(command.out)
    start, end = WINDOWS["s1"]
    for one in (answer["sessions"][0], told["commanded"]["session"]):
        assert window(one, day) == pytest.approx((start, end + 6), abs=0.002)
    assert answer["override"]["by"] == "command line"


def test_an_extended_session_goes_on_beyond_its_end(told: dict[str, Any]) -> None:
    [session] = [one for one in told["beyond its end"] if one["id"] == "s1"]
    assert (session["state"], session["on_air"]) == ("live", True)


def test_ending_ends_channel_and_recording(day: Day, told: dict[str, Any]) -> None:
    [session] = told["end"]["sessions"]
    end = instant(session["end"])
    assert session["state"] == told["ended"]["session"]["state"] == "ended"
    assert 19 < end - day.at(0) < 22
    assert instant(told["ended"]["at"]) == pytest.approx(end, abs=0.002)
    watcher = day.watchers["studio"]
    live = [p.at for p in watcher.pictures() if p.code >= 0 and p.at < day.at(25)]
    assert end - 2.5 < max(live) < end + 0.1
    assert day.recordings["s1"]["state"] == "ready"
    assert instant(day.recordings["s1"]["end"]) == pytest.approx(end, abs=0.002)
    codes = read_codes(day.file("s1"))
    assert breaks(codes) == []
    assert len(codes) / RATES["studio"] == pytest.approx(end - day.at(0), abs=2.2)
    assert max(map(abs, out_of_sync(day.file("s1"), RATES["studio"]))) < 0.04


def test_a_withdrawn_chunk_has_no_name_any_more(told: dict[str, Any]) -> None:
    """Viewers had fetched it; now it is gone, and the playlist shows the slate."""
    assert told["no stream"].status == 0, told["no stream"].err
    assert "not streamed" in told["no stream"].out
    assert len(told["before"]) >= 1
    assert set(told["before"].values()) == {200}
    assert set(told["after"].values()) == {404}
    assert not {one.uri for one in segments(told["playlist"])} & told["before"].keys()
    assert told["consent"]["session"]["stream"] is False


def test_nobody_sees_what_may_not_be_streamed_any_more(day: Day, told: dict[str, Any]) -> None:
    withdrawn = instant(told["consent"]["at"])
    shown = [p.at for p in day.watchers["studio"].pictures() if p.code >= 0]
    assert max(shown) < withdrawn + 0.1
    assert day.viewer.changes("s2")[-1]["kind"] == "session.ended"


def test_nothing_stays_of_a_recording_without_consent(day: Day, told: dict[str, Any]) -> None:
    """Its segments had been kept; the file system has none of them, and no file."""
    assert told["kept before"]
    assert (day.recordings["s2"]["state"], day.recordings["s2"]["files"]) == ("erased", [])
    left = {str(path) for path in (day.conference.data / "takes").rglob("*-studio-*/*.ts")}
    wall = _wall(day)
    start, end = WINDOWS["s2"]
    for path in left:
        times = [wall + code / RATES["studio"] - day.at(0) for code in read_codes(path)]
        assert not [time for time in times if start + 0.2 < time < end - 0.2], path
    assert not list((day.conference.data / "recordings").glob("s2/*.mp4"))


def _wall(day: Day) -> float:
    offsets = sorted(p.at - p.code / RATES["studio"] for p in day.watchers["studio"].pictures() if p.code >= 0)
    return offsets[len(offsets) // 2]
