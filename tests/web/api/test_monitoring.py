"""The newest picture of a room, and the timeline of a session, for the crew."""

from __future__ import annotations

import pytest
from support.web.described import component, faults
from support.web.running_server import RunningServer

from streamer.core.monitor.timeline import TimelineRow
from streamer.core.monitor.watching import Thumbnail

PICTURE = "/api/v1/rooms/main/thumbnail.jpg"
ROW: TimelineRow = {
    "at": "2025-09-08T09:30:00+02:00",
    "loudest": -18.0,
    "quietest": -44.0,
    "speech": 0.8,
    "silent": 0.0,
    "black": 0.0,
    "frozen": 1.0,
}


async def test_the_crew_gets_the_picture_with_its_time_and_no_cache_keeps_it(running: RunningServer) -> None:
    running.service.monitoring.thumbnails["main"] = Thumbnail(jpeg=b"\xff\xd8\xff", at=1_757_316_600.7)
    async with running.client.get(running.url + PICTURE, headers=running.bearer()) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
        assert answer.headers["Last-Modified"] == "Mon, 08 Sep 2025 07:30:00 GMT"
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.read() == b"\xff\xd8\xff"


async def test_where_no_picture_is_recent_there_is_none(running: RunningServer) -> None:
    async with running.client.get(running.url + PICTURE, headers=running.bearer()) as answer:
        assert answer.status == 404
        assert "no recent picture" in (await answer.json())["detail"]


@pytest.mark.parametrize("path", [PICTURE, "/api/v1/sessions/s1/meters"])
async def test_rooms_are_seen_by_the_crew_alone(running: RunningServer, path: str) -> None:
    async with running.client.get(running.url + path, headers=running.bearer(running.organiser)) as answer:
        assert answer.status == 403
    async with running.client.get(running.url + path) as answer:
        assert answer.status == 401


async def test_a_session_has_its_timeline(running: RunningServer) -> None:
    running.service.monitoring.rows["s1"] = [ROW]
    async with running.client.get(f"{running.url}/api/v1/sessions/s1/meters", headers=running.bearer()) as answer:
        document = await answer.json()
    assert document == {"session": "s1", "rows": [ROW]}
    assert list(faults(document, component("Meters"))) == []
    async with running.client.get(f"{running.url}/api/v1/sessions/s9/meters", headers=running.bearer()) as answer:
        assert answer.status == 404
