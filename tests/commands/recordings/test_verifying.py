"""``streamer recordings verify|bounds|erase``: on what a killed service left, and beside one that runs."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.service.commanding import Caller, Killed, wait_for
from support.service.running import seconds

from streamer.cli import main

Document = dict[str, Any]


@pytest.fixture(scope="module")
def made(killed: Killed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the killed service left, with its recording made."""
    folder = tmp_path_factory.mktemp("made") / "conference"
    shutil.copytree(killed.pristine, folder)
    call = Caller(folder / killed.conference.config.name)
    call("session", "end", "talk", "--at", (killed.start + seconds(2)).isoformat())
    call("recordings", "export", "talk", "--to", str(folder / "out"))
    return folder


@pytest.fixture
def left(made: Path, killed: Killed, tmp_path: Path) -> tuple[Caller, Path]:
    """A copy to be changed: commands for it, and its data folder."""
    shutil.copytree(made, tmp_path / "conference")
    data = killed.conference.data.relative_to(killed.conference.folder)
    return Caller(tmp_path / "conference" / killed.conference.config.name), tmp_path / "conference" / data


def test_what_is_whole_is_found_whole(left: tuple[Caller, Path]) -> None:
    call, data = left
    found = call.json("recordings", "verify")
    assert (found["findings"], found["skipped"]) == ([], "")
    assert found["segments"] > 0
    assert found["files"] == len([p for p in (data / "recordings/talk").rglob("*") if p.is_file()])
    assert found["bytes"] > 10_000
    text = call.said("recordings", "verify", "talk")
    assert text.endswith("no problems\n")
    assert "session nobody: this session has no stored media" in call.refused("recordings", "verify", "nobody")


def test_each_broken_file_is_named_and_what_to_do(left: tuple[Caller, Path]) -> None:
    call, data = left
    segments = sorted((data / "takes").rglob("*.ts"))
    segments[1].write_bytes(segments[1].read_bytes()[:1000])
    flipped = bytearray(segments[2].read_bytes())
    flipped[500] ^= 1
    segments[2].write_bytes(flipped)
    (video,) = (data / "recordings/talk").rglob("*.mp4")
    (picture,) = (data / "recordings/talk").rglob("*.jpg")
    content = video.read_bytes()
    video.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    picture.unlink()
    (data / "takes/stray").mkdir()
    (data / "takes/stray/000000.ts").write_bytes(b"whose?")
    found = call.json("recordings", "verify", status=1)["findings"]
    by_file = {one["where"]: one for one in found}
    assert set(by_file) == {str(p) for p in (segments[1], segments[2], video, picture)} | {"index"}
    assert " was damaged on disk (1,000 of " in by_file[str(segments[1])]["message"]
    assert "another checksum" in by_file[str(segments[2])]["message"]
    assert "another checksum" in by_file[str(video)]["message"]
    assert by_file[str(picture)]["message"] == "it is missing"
    assert "takes/stray/000000.ts is on the disk but belongs to no take" in by_file["index"]["message"]
    assert all(one["hint"] for one in found)
    lines = call.said("recordings", "verify", "talk", status=1).splitlines()
    assert lines[-1].endswith(f": {len(lines) - 1} findings")
    assert any(line.startswith(f"{video}: its content has another checksum → ") for line in lines)


def test_a_file_that_can_not_be_played_to_its_end(left: tuple[Caller, Path]) -> None:
    """Its checksum is right: it has always been so."""
    call, data = left
    (video,) = (data / "recordings/talk").rglob("*.mp4")
    whole = video.read_bytes()
    content = whole[: len(whole) * 3 // 4]
    video.write_bytes(content)
    with sqlite3.connect(data / "streamer.db") as store:
        (text,) = store.execute("SELECT files FROM recordings WHERE session = 'talk'").fetchone()
        files = json.loads(text)
        for file in files:
            if file["kind"] == "mp4":
                file |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        store.execute("UPDATE recordings SET files = ? WHERE session = 'talk'", [json.dumps(files)])
    store.close()
    (one,) = call.json("recordings", "verify", "talk", status=1)["findings"]
    assert one["where"] == str(video)
    assert "cut short" in one["message"]


def test_a_database_that_was_lost_is_no_empty_one(left: tuple[Caller, Path]) -> None:
    call, data = left
    for file in data.glob("streamer.db*"):
        file.unlink()
    [found] = call.json("recordings", "verify", status=1)["findings"]
    assert found["where"] == str(data / "streamer.db")
    assert "the database is empty, but its folder has " in found["message"]
    for what in (["list"], ["list", "--json"], ["export", "--to", str(data / "out")]):
        assert f"and 1 finished file ({found['hint']})" in call("recordings", *what, status=1).stderr


def test_nothing_is_verified_where_nothing_is(call_resting: Caller) -> None:
    assert call_resting.said("recordings", "verify") == "0 segments and 0 files read, 0 B: no problems\n"


def test_beside_a_service_that_runs(call: Caller) -> None:
    wait_for(lambda: state(call, "long") == "capturing", "the capture")
    found = call.json("recordings", "verify")
    assert found["findings"] == []
    assert found["segments"] > 0


def state(call: Caller, session: str) -> str:
    states = {one["session"]: str(one["state"]) for one in call.json("recordings", "list")["recordings"]}
    return states.get(session, "pending")


# -- bounds --------------------------------------------------------------------------------------------------


def test_bounds_are_set_and_taken_back(call: Caller) -> None:
    """Of a session that is running."""
    wait_for(lambda: state(call, "long") == "capturing", "the capture")
    [long] = [one for one in call.json("session", "list")["sessions"] if one["id"] == "long"]
    end = datetime.fromisoformat(long["end"]) - timedelta(seconds=60)
    assert call.json("recordings", "bounds", "long", "--end", end.isoformat(), "--preview")["override"] is None
    text = call.said("recordings", "bounds", "long", "--end", end.isoformat())
    assert text.startswith("The recording of “Talk long” ends at ")
    assert f"recording of long to {end:%Y-%m-%dT%H:%M:%S}" in call.said("session", "list")
    assert call.said("session", "undo", text.split()[-1]).startswith("Undone: recording of long to ")


def test_a_recording_is_made_anew_within_other_bounds(left: tuple[Caller, Path]) -> None:
    """A bare time is of the session's day, at the venue."""
    call, data = left
    [before] = call.json("recordings", "list", "talk")["recordings"]
    start = datetime.fromisoformat(before["start"]) + timedelta(seconds=1)
    text = call.said("recordings", "bounds", "talk", "--start", start.strftime("%H:%M:%S.%f"))
    assert text.startswith("The recording of “Talk talk” begins at ")
    call("recordings", "export", "talk", "--to", str(data / "out"))
    [after] = call.json("recordings", "list", "talk")["recordings"]
    assert after["duration"] == pytest.approx(before["duration"] - 1, abs=0.01)
    assert datetime.fromisoformat(after["start"]) == start


def test_bounds_that_are_none(left: tuple[Caller, Path]) -> None:
    call, _ = left
    assert "no bound is given" in call.refused("recordings", "bounds", "talk", status=2)
    assert "--end: “noon” is not a time" in call.refused("recordings", "bounds", "talk", "--end", "noon")
    text = call.refused("recordings", "bounds", "talk", "--start", "2001-01-01T10:00")
    assert "there is no media at this start" in text


# -- erase ---------------------------------------------------------------------------------------------------


def test_erasing_asks_first(left: tuple[Caller, Path]) -> None:
    call, data = left
    command = ["recordings", "erase", "talk", "--config", str(call.config)]
    refused = CliRunner().invoke(main, command, input="n\n")
    assert refused.exit_code == 1
    assert "Erase permanently all that was recorded of “Talk talk”?" in refused.stderr
    assert state(call, "talk") == "ready"
    assert "this session has no recording" in call.refused("recordings", "erase", "talk", "nobody", "--yes")
    lines = call.said("recordings", "erase", "talk", "--yes").splitlines()
    assert "“Talk talk” is no longer recorded." in lines
    assert lines[-1] == "This does not restore the erased files."
    call("recordings", "export", "talk", "--to", str(data / "out"), status=1)
    assert state(call, "talk") == "erased"
    assert list((data / "recordings/talk").rglob("*")) == []
