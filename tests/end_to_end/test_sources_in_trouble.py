"""Sources that refuse, are silent, leave, or send nonsense: told in a sentence, and mended by themselves."""

from __future__ import annotations

import pytest
from measuring import breaks
from real_day import RATES, TROUBLED, Day
from running import Document

from streamer.media.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SENTENCES = {
    "refused": "Nothing came from srt://127.0.0.1:",
    "silent": "Nothing came from udp://127.0.0.1:",
    "leaving": "The publisher of srt://127.0.0.1:",
    "noise-udp": "is no media that FFmpeg knows",
    "noise-tcp": "is no media that FFmpeg knows",
}


def jobs(day: Day, room: str) -> list[Document]:
    """The states of the room's capture, in order."""
    found = [c["job"] for c in day.crew.changes() if c["kind"] == "job.state"]
    return [job for job in found if job["id"] == f"capture:{room}"]


@pytest.mark.parametrize("room", TROUBLED)
def test_the_crew_is_told_in_a_sentence(day: Day, room: str) -> None:
    errors = [job["error"] for job in jobs(day.story(room), room) if job["error"]]
    assert SENTENCES[room] in errors[0]
    assert "\n" not in errors[0]
    alarms = [c["alarm"] for c in day.crew.changes() if c["kind"] == "alarm"]
    [alarm] = [a for a in alarms if a["id"] == f"job capture:{room}"][:1]
    assert (alarm["severity"], alarm["room"]) == ("error", room)
    assert errors[0] in alarm["message"]


@pytest.mark.parametrize("room", TROUBLED)
def test_it_is_mended_by_itself(day: Day, room: str) -> None:
    states = jobs(day.story(room), room)
    assert states[-1]["state"] in ("exited", "stopping")
    ran = [job for job in states if job["state"] == "running"]
    assert ran, states
    assert ran[-1]["restarts"] >= 1
    recording = day.recordings[f"t-{room}"]
    assert recording["state"] in ("ready", "partial")
    assert [f["kind"] for f in recording["files"]][:1] == ["mp4"]


@pytest.mark.parametrize("room", TROUBLED)
def test_what_came_is_recorded_without_loss(day: Day, room: str) -> None:
    codes = read_codes(day.story(room).file(f"t-{room}"))
    seams = breaks(codes)
    assert [again for _, again in seams] == ([0] if room == "leaving" else [])
    recording = day.recordings[f"t-{room}"]
    assert len(codes) / RATES["hall"] == pytest.approx(recording["coverage"] * recording["duration"], abs=2.5)


def test_a_gap_says_why(day: Day) -> None:
    recording = day.story("leaving").recordings["t-leaving"]
    [gap] = recording["gaps"]
    assert SENTENCES["leaving"] in gap["cause"]
    assert gap["duration"] > 1
    assert recording["state"] == "partial"


def test_nobody_else_suffers(day: Day) -> None:
    assert day.story("hall").recordings["h1"]["gaps"] == []
