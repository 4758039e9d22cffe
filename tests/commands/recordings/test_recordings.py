"""``streamer recordings``: from a service that runs, and from what one that was killed has left."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

from support.service.commanding import Caller, Killed, caller, wait_for
from support.service.running import seconds

from streamer.media.capture import probe

Document = dict[str, Any]


def recording(call: Caller, session: str) -> Document:
    found = {one["session"]: one for one in call.json("recordings", "list")["recordings"]}
    return dict(found.get(session, {"state": "pending"}))


def check_files(delivered: list[Document], folder: Path) -> None:
    """What is there has the names, lengths and checksums that were told."""
    assert {one["path"] for one in delivered} == {str(path) for path in folder.iterdir()}
    for one in delivered:
        content = Path(one["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])


# -- a service runs ------------------------------------------------------------------------------------------


def test_export_waits_for_what_is_being_finalised(call: Caller, tmp_path: Path) -> None:
    wait_for(lambda: recording(call, "short")["state"] in ("finalising", "ready"), "the end of the session")
    answer = call.json("recordings", "export", "short", "--to", str(tmp_path / "out"))
    assert answer["withheld"] == []
    assert sorted(Path(one["path"]).suffix for one in answer["files"]) == [".jpg", ".json", ".mp4"]
    assert {one["session"] for one in answer["files"]} == {"short"}
    assert all(one["copied"] for one in answer["files"])
    check_files(answer["files"], tmp_path / "out")
    [report] = [Path(one["path"]) for one in answer["files"] if one["path"].endswith(".json")]
    report.write_text("{}")
    again = call.said("recordings", "export", "short", "--to", str(tmp_path / "out"))
    assert again.count("is there already, sha256 checked") == 2, "picture and film"
    assert json.loads(report.read_text())["session"] == "short", "a report is renewed"


def test_all_recordings_are_those_that_are_finished(call: Caller, tmp_path: Path) -> None:
    wait_for(lambda: recording(call, "short")["state"] == "ready", "the recording")
    wait_for(lambda: recording(call, "long")["state"] == "capturing", "the capture of the other")
    result = call("recordings", "export", "--to", str(tmp_path / "out"))
    assert result.stdout.count("sha256 checked") == 3
    assert result.stderr == "! long: its session is still running\n"
    named = call("recordings", "export", "long", "--to", str(tmp_path / "out"), status=1)
    assert named.stderr == "! long: its session is still running\n"


def test_another_file_of_the_name_stays_what_it_is(call: Caller, tmp_path: Path) -> None:
    wait_for(lambda: recording(call, "short")["state"] == "ready", "the recording")
    [name] = [file["name"] for file in recording(call, "short")["files"] if file["kind"] == "mp4"]
    (tmp_path / name).write_text("mine")
    answer = call.json("recordings", "export", "--to", str(tmp_path), status=1)
    [kept] = [one for one in answer["withheld"] if one["wrong"]]
    assert "a different file of this name exists" in kept["reason"]
    assert (tmp_path / name).read_text() == "mine"
    assert [Path(one["path"]).suffix for one in answer["files"]] == [".jpg", ".json"]


def test_a_list_for_people(call: Caller) -> None:
    wait_for(lambda: recording(call, "short")["state"] == "ready", "the recording")
    text = call.said("recordings", "list")
    [line] = [line for line in text.splitlines() if "Talk short" in line]
    assert [word for word in ("main", "ready", "3.0 s", "100.0%", "kB", "short") if word not in line] == []


def test_a_list_of_some(call: Caller) -> None:
    wait_for(lambda: recording(call, "short")["state"] == "ready", "the recording")
    assert [one["session"] for one in call.json("recordings", "list", "short")["recordings"]] == ["short"]
    assert "session next: this session has no recording" in call.refused("recordings", "list", "next")


def test_a_session_that_nobody_knows(call: Caller, tmp_path: Path) -> None:
    text = call.refused("recordings", "export", "short", "nobody", "--to", str(tmp_path / "out"))
    assert "session nobody: this session does not exist" in text
    assert not (tmp_path / "out").exists()


# -- none runs -----------------------------------------------------------------------------------------------


def test_what_a_killed_service_captured_is_made_into_a_recording(killed: Killed, tmp_path: Path) -> None:
    """The store knows nothing yet of the segments that its media went on to write."""
    call, data = caller(killed.conference), killed.conference.data
    running = call("recordings", "export", "talk", "--to", str(tmp_path / "out"), status=1)
    assert running.stderr == "! talk: its session is still running\n"
    call("session", "end", "talk", "--at", (killed.start + seconds(2)).isoformat())
    answer = call.json("recordings", "export", "--to", str(tmp_path / "out"))
    assert answer["withheld"] == []
    check_files(answer["files"], tmp_path / "out")
    made = recording(call, "talk")
    assert (made["state"], made["coverage"], made["duration"]) == ("ready", 1.0, 2.0)
    [video] = [Path(one["path"]) for one in answer["files"] if one["path"].endswith(".mp4")]
    assert video.name.endswith("_main_talk_talk-talk.mp4")
    found = asyncio.run(probe.recording(video))
    assert found["has_audio"]
    assert 2.0 <= found["duration"] <= 4.5  # from the keyframe before the start to the one after the end
    again = call.json("recordings", "export", "talk", "--to", str(tmp_path / "out"))
    assert [one["copied"] for one in again["files"]] == [False] * 3
    stored = sorted(path.name for path in (data / "recordings" / "talk").rglob("*") if path.is_file())
    assert stored == sorted(file["name"] for file in made["files"])


def test_what_has_not_begun_is_not_there(killed: Killed, tmp_path: Path) -> None:
    result = caller(killed.conference)("recordings", "export", "later", "--to", str(tmp_path / "out"), status=1)
    assert result.stderr == "! later: nothing has been captured yet\n"


def test_consent_that_was_withdrawn_counts_here_too(killed: Killed, tmp_path: Path) -> None:
    call = caller(killed.conference)
    call("recordings", "export", "talk", "--to", str(tmp_path / "before"))
    call("session", "consent", "talk", "--record", "no")
    result = call("recordings", "export", "talk", "--to", str(tmp_path / "after"), status=1)
    assert result.stderr == "! talk: consent was withdrawn\n"
    assert list((tmp_path / "after").iterdir()) == []
    assert not (killed.conference.data / "recordings" / "talk").exists()
    assert recording(call, "talk")["state"] == "erased"


def test_of_nothing_there_is_nothing(call_resting: Caller, tmp_path: Path) -> None:
    assert call_resting.said("recordings", "list") == "Nothing has been recorded.\n"
    assert call_resting.said("recordings", "export", "--to", str(tmp_path / "out")) == "Nothing has been recorded.\n"
