"""What keeps the service from starting is said in a sentence that names the place and what to do; nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from support.service.running import SETTINGS, Conference, Said, Talk, asked, now, running, seconds, until

ROOM = '[[rooms]]\nid = "hall"\n'
pytestmark = pytest.mark.timeout(150)


def conference(folder: Path, port: int, rooms: str = ROOM, settings: str = SETTINGS, *talks: Talk) -> Conference:
    made = Conference(folder=folder, port=port, rooms=rooms, settings=settings, talks=list(talks) or [talk()])
    made.write()
    return made


def talk(id: str = "a", start: float = 3600, length: float = 60) -> Talk:
    begins = now() + seconds(start)
    return Talk(id=id, room="hall", start=begins, end=begins + seconds(length))


def refused(said: Said, *words: str) -> None:
    """It ended with status 1 and a sentence that has these words, and no traceback."""
    assert said.status == 1, said
    assert "Traceback" not in said.err + said.out
    for word in words:
        assert word in said.err, said.err


async def test_no_ffmpeg(tmp_path: Path, free_port: int) -> None:
    settings = SETTINGS + f'\n[ffmpeg]\npath = "{tmp_path}/nowhere/ffmpeg"\n'
    refused(await conference(tmp_path, free_port, settings=settings).command("run"), "nowhere/ffmpeg", "bundled")


async def test_a_port_in_use(tmp_path: Path, free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        said = await conference(tmp_path, free_port).command("run")
    refused(said, f"127.0.0.1:{free_port}", "--listen")


async def test_a_file_where_the_data_folder_should_be(tmp_path: Path, free_port: int) -> None:
    made = conference(tmp_path, free_port)
    made.data.write_text("mine")
    refused(await made.command("run"), "data", "[storage] data")
    assert made.data.read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions don't stop root")
async def test_a_data_folder_that_can_not_be_written(tmp_path: Path, free_port: int) -> None:
    made = conference(tmp_path, free_port)
    made.folder.chmod(0o500)
    try:
        refused(await made.command("run"), "[storage] data")
    finally:
        made.folder.chmod(0o700)


async def test_a_key_that_does_not_exist(tmp_path: Path, free_port: int) -> None:
    said = await conference(tmp_path, free_port, rooms=ROOM + 'sorce = "test:"\n').command("run")
    refused(said, "config.toml", "sorce", "did you mean source")


async def test_a_timetable_that_is_broken(tmp_path: Path, free_port: int) -> None:
    made = conference(tmp_path, free_port)
    (tmp_path / "day.toml").write_text("[conference\n")
    refused(await made.command("run"), "day.toml", "line 1")


async def test_a_source_that_is_none(tmp_path: Path, free_port: int) -> None:
    said = await conference(tmp_path, free_port, rooms=ROOM + 'source = "srt://"\n').command("run")
    refused(said, "hall")


async def test_two_rooms_on_one_exclusive_source(tmp_path: Path, free_port: int, free_ports: object) -> None:
    listener = f'source = "srt://127.0.0.1:{free_port + 1}"\nlisten = true\n'
    rooms = f'{ROOM}{listener}\n[[rooms]]\nid = "lab"\n{listener}'
    said = await conference(tmp_path, free_port, rooms).command("check", "--seconds", "1")
    assert said.status == 1
    assert "hall" in said.out
    assert "lab" in said.out


async def test_a_second_service_on_one_folder_and_another_day(tmp_path: Path, free_port: int) -> None:
    """The first one runs on a timetable of another day: it says when the next session is, and serves."""
    far = datetime(2031, 5, 6, 9, 0, tzinfo=UTC)
    made = conference(
        tmp_path, free_port, ROOM, SETTINGS, Talk(id="far", room="hall", start=far, end=far + seconds(60))
    )
    async with running(made) as service, aiohttp.ClientSession() as http:
        assert "nothing today: the next session is on Tuesday, 06 May 2031 at 11:00" in service.said
        assert _off_the_venues_clock(service.said) < 600, "the log's times are those of the pages"
        refused(await made.command("run", "--listen", "127.0.0.1:0"), "already", str(service.process.pid))
        for path in ("/", "/api/v1/status", "/healthz"):
            async with http.get(made.url + path) as answer:
                assert answer.status == 200, path
        stopped = await made.command("stop")
        assert stopped.status == 0, stopped
        assert await service.ended() == 0
    assert made.processes() == {}


@pytest.mark.parametrize("host", ["", "127.0.0.1", "[::1]"])
async def test_another_address_moves_the_guard_against_fetching_ourselves(
    tmp_path: Path, free_ports: Callable[[int], list[int]], host: str
) -> None:
    port, other = free_ports(2)
    settings = SETTINGS.replace('"day.toml"', f'"http://localhost:{other}/day.toml"')
    said = await conference(tmp_path, port, settings=settings).command("run", "--listen", f"{host}:{other}")
    refused(said, "this service itself")


async def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path, free_port: int) -> None:
    said = await conference(tmp_path, free_port).command("run", "--listen", "8080")
    assert said.status == 2
    assert "“8080” is not host:port; write it like 127.0.0.1:8080" in said.err


async def test_overlapping_sessions_are_an_alarm_and_no_obstacle(tmp_path: Path, free_port: int) -> None:
    rooms = ROOM + 'source = "test:?size=320x180&rate=25"\n'
    made = conference(tmp_path, free_port, rooms, SETTINGS, talk("a", 3600, 600), talk("b", 3900, 600))
    async with running(made):
        said = await made.command("session", "list", "--json")
        assert said.status == 0, said
        crew = (await made.command("token", "add", "--role", "crew", "--name", "Ada")).out.strip()
        assert crew

        async def alarmed() -> bool:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(made.data / "control.sock"))) as http,
                http.get("http://localhost/control/snapshot") as answer,
            ):
                return [a["id"] for a in (await answer.json())["alarms"]] == ["overlap a b"]

        await asked(alarmed, "the alarm")


def _off_the_venues_clock(said: str) -> float:
    """Seconds between the log's first line and now in Copenhagen, whatever the machine's zone is."""
    venue = datetime.now(ZoneInfo("Europe/Copenhagen"))
    logged = datetime.fromisoformat(
        json.loads(next(line for line in said.splitlines() if line.startswith("{")))["timestamp"]
    )
    assert logged.utcoffset() == venue.utcoffset()
    return abs((venue - logged).total_seconds())


async def test_media_that_went_on_is_not_ended_by_a_start_that_fails(tmp_path: Path, free_port: int) -> None:
    rooms = '[[rooms]]\nid = "hall"\nsource = "test:?size=320x180"\n'
    made = conference(tmp_path, free_port, rooms, SETTINGS, talk(start=4, length=600))

    def captures() -> list[int]:
        return [pid for pid, line in made.processes().items() if "segment_list" in line]

    async with running(made) as service:
        await until(captures, "a capture")
        service.send(signal.SIGKILL)
        await service.ended()
        before = captures()
        slates = made.data / "slates"
        slates.rename(tmp_path / "away")
        slates.write_text("mine")
        refused(await made.command("run"), "slates")
        assert captures() == before != []
