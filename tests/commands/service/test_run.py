"""``streamer run`` from outside: what a start asks of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from support.feeds.servers import serving
from support.service.commanding import room
from support.service.running import DAY, SETTINGS, Conference, Talk, now, running, seconds


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
