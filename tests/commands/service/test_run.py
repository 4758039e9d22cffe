"""``streamer run`` from outside: what a start asks of others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from support.feeds.servers import serving
from support.service.commanding import room
from support.service.running import DAY, SETTINGS, Conference, Talk, now, running, seconds

from streamer.shipped import shipped_folder


async def test_a_start_fetches_the_timetable_once(tmp_path: Path, free_ports: Callable[[int], list[int]]) -> None:
    begin = now() + seconds(3600)
    talk = Talk(id="later", room="main", start=begin, end=begin + seconds(60))
    fetched: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        fetched.append(request.path)
        return web.Response(text=f"{DAY}\n{talk.toml}", content_type="application/toml")

    async with serving(answer) as url:
        settings = SETTINGS.replace('timetable = "day.toml"', f'timetable = "{url}day.toml"\npoll = "1h"')
        (port,) = free_ports(1)
        conference = Conference(folder=tmp_path / "conference", port=port, rooms=room("main"), settings=settings)
        conference.write()
        async with running(conference) as service:
            assert "next session" in service.said
            assert fetched == ["/day.toml"]
        async with running(conference, "--rehearse") as service:
            assert "rehearsal of" in service.said
            assert fetched == ["/day.toml"] * 2


async def test_any_timetable_is_rehearsed_with_a_test_picture_in_each_of_its_rooms(
    tmp_path: Path, free_port: int
) -> None:
    """The configured rooms and feed are those of the conference, and are left out."""
    shipped = shipped_folder() / "schedules" / "three-rooms.toml"
    conference = Conference(folder=tmp_path / "conference", port=free_port, rooms=room("main"))
    conference.write()
    async with running(conference, "--rehearse", "--compress", "200", "--timetable", str(shipped)) as service:
        assert "Harbour Days" in service.said
        assert "10 sessions in 3 rooms" in service.said
        listed = await conference.command("session", "list", "--json", "--rehearsal")
        document = json.loads(listed.out)
        rooms = {one["name"]: one["stream"] for one in document["rooms"]}
        assert rooms.keys() == {"Great hall", "Boathouse", "Lighthouse"}
        assert all(rooms.values()), "each is captured"
        sessions = {one["id"]: (one["record"], one["stream"]) for one in document["sessions"]}
        assert (sessions["wrecks"], sessions["members"]) == ((False, True), (True, False))


async def test_a_timetable_that_can_not_be_read_is_named(tmp_path: Path, free_port: int) -> None:
    conference = Conference(folder=tmp_path / "conference", port=free_port, rooms=room("main"))
    conference.write()
    broken = tmp_path / "broken.toml"
    broken.write_text("[[sessions]]\nid = \n")
    said = await conference.command("run", "--rehearse", "--timetable", str(broken))
    assert (said.status, "broken.toml" in said.err) == (1, True)
    said = await conference.command("run", "--timetable", str(broken))
    assert (said.status, "--timetable belongs to --rehearse" in said.err) == (2, True)


async def test_an_alarm_of_the_start_is_sent_as_a_message_and_a_rehearsal_sends_none(
    tmp_path: Path, free_ports: Callable[[int], list[int]]
) -> None:
    """Both have two sessions at a time in one room. The rehearsal starts first, so its message would come first."""
    begin = now() + seconds(600)
    got: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def hook(request: web.Request) -> web.Response:
        await got.put(await request.json())
        return web.Response()

    def conference(where: str, port: int, url: str) -> Conference:
        alarms = f'[alarms]\nurls = ["{url.replace("http", "json")}"]\nseverity = "warning"\n'
        talks = [Talk(id=id, room=where, start=begin, end=begin + seconds(60)) for id in ("one", "two")]
        made = Conference(folder=tmp_path / where, port=port, rooms=alarms + room(where), talks=talks)
        made.write()
        return made

    rehearsed, real = free_ports(2)
    async with (
        serving(hook) as url,
        running(conference("rehearsed", rehearsed, url), "--rehearse"),
        running(conference("real", real, url)),
    ):
        message = await asyncio.wait_for(got.get(), 20)
    assert message["title"] == "A conference: an alarm in real"
    assert message["message"].startswith("“Talk one” and “Talk two” overlap in room real for 1 min (")
