"""The crew hears each room's newest meter; a client that does not take them gets no backlog."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import socketio
from support.web.described import event, faults
from support.web.running_server import RunningServer
from support.web.small_service import SmallService

from streamer.web.sockets.meters import MeterFeed


class Desk:
    """Takes what is sent to each client."""

    def __init__(self, service: SmallService, *clients: str) -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.feed = MeterFeed(service.as_service(), lambda: clients, self._take)

    async def _take(self, client: str, packets: Sequence[Any]) -> None:
        for packet in packets:
            name, meter = json.loads(packet.encode().split(",", 1)[1])
            assert name == "meter"
            assert list(faults(meter, event("/crew", "meter"))) == []
            self.heard.append((client, meter["room"], meter["at"][17:19]))


async def test_each_client_hears_the_newest_meter_of_each_room_once(tmp_path: Path) -> None:
    service = SmallService(tmp_path)
    desk = Desk(service, "a", "b")
    for second in (1, 2):
        service.monitoring.measure("main", second)
    service.monitoring.measure("side", 5)
    await desk.feed.once()
    await desk.feed.once()
    service.monitoring.measure("main", 3)
    await desk.feed.once()
    first = [(client, *meter) for client in ("a", "b") for meter in (("main", "02"), ("side", "05"))]
    assert desk.heard == [*first, ("a", "main", "03"), ("b", "main", "03")]


async def test_a_service_that_stops_measures_nothing(tmp_path: Path) -> None:
    service = SmallService(tmp_path)
    service.monitoring.measure("main", 1)
    service.ready = False
    desk = Desk(service, "a")
    await desk.feed.once()
    assert desk.heard == []


async def test_a_client_that_takes_nothing_is_sent_no_more_than_one_meter_of_a_room(running: RunningServer) -> None:
    url = f"{running.url}/socket.io/?EIO=4&transport=polling"
    crew, news = socketio.AsyncClient(reconnection=False), asyncio.Queue[Any]()
    crew.on("meter", news.put_nowait, namespace="/crew")
    async with running.client.get(url) as answer:
        slow = url + "&sid=" + json.loads((await answer.text())[1:])["sid"]
    async with running.client.post(slow, data="40/crew," + json.dumps({"token": running.crew})) as answer:
        assert answer.status == 200
    await crew.connect(running.url, auth={"token": running.crew}, namespaces=["/crew"], transports=["websocket"])
    async with asyncio.timeout(10):
        for second in range(4):
            running.service.monitoring.measure("main", second)
            assert (await news.get())["at"][17:19] == f"{second:02}"
    async with running.client.get(slow, headers={"Accept-Encoding": "identity"}) as answer:
        taken = await answer.text()
    await crew.disconnect()
    assert "snapshot" in taken
    assert taken.count('"meter"') <= 1


async def test_a_viewer_hears_no_meter(running: RunningServer) -> None:
    viewer, crew, news = (
        socketio.AsyncClient(reconnection=False),
        socketio.AsyncClient(reconnection=False),
        asyncio.Queue[str](),
    )
    viewer.on("*", lambda name, _: news.put_nowait(f"viewer: {name}"), namespace="/viewer")
    crew.on("meter", lambda _: news.put_nowait("crew: meter"), namespace="/crew")
    await viewer.connect(running.url, namespaces=["/viewer"], transports=["websocket"])
    await crew.connect(running.url, auth={"token": running.crew}, namespaces=["/crew"], transports=["websocket"])
    running.service.monitoring.measure("main", 1)
    async with asyncio.timeout(10):
        heard = [await news.get(), await news.get()]
        running.service.change("s1", title="Changed")
        heard += [await news.get()]
    await viewer.disconnect()
    await crew.disconnect()
    assert heard == ["viewer: snapshot", "crew: meter", "viewer: change"]
