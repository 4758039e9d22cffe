"""From the crew's click to what follows: the change at the sockets of all viewers, and slate in the playlist.

The high end of each range is the 99th percentile. The peer is a request to the same server that decides nothing.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bench.figures import BenchError, Figure, Sample, Unit
from bench.running_service import RunningService, run_service, temporary_folder, until
from bench.slots import in_turn

SOURCE = "test:?size=320x180&rate=25"
RULES = """
[capture]
lead = "5s"
linger = "5s"
[livestream]
renditions = ["180p"]
"""
CROWD = 2_000
DECISIONS = 40
MUTES = 12
_PEER = "GET /healthz of the same server"
_WITHIN = 10.0
_LIVE_WITHIN = 40.0
_LOOK_EVERY = 0.004


async def steering() -> list[Figure]:
    async with temporary_folder() as folder, run_service(folder, {"hall": SOURCE}, RULES) as service:
        await service.announce(in_turn(1, datetime.now(UTC) + timedelta(seconds=7), timedelta(minutes=10)), stream=True)
        await until(lambda: _is_live(service), "the room's being live", _LIVE_WITHIN)
        alone = await _of_viewers(service, 1)
        crowded = await _of_viewers(service, CROWD)
        slate = await _to_slate(service)
        peer = [await _timed(lambda: service.ask("/healthz")) for _ in range(DECISIONS)]
    return figures(alone, crowded, slate, peer)


def figures(alone: list[float], crowded: list[float], slate: list[float], peer: list[float]) -> list[Figure]:
    rows = [
        ("click to the change at one viewer", alone),
        (f"click to the change at the last of {CROWD} viewers", crowded),
        ("click to slate in the playlist, and live withdrawn", slate),
    ]
    return [
        Figure(what=what, unit=Unit.SECONDS, ours=_sample(values), peer=_PEER, theirs=_sample(peer))
        for what, values in rows
    ]


def _sample(values: list[float]) -> Sample:
    """Up to the 99th percentile."""
    if not values:
        raise BenchError("nothing was measured")
    found = sorted(values)
    return Sample(
        middle=statistics.median(found), low=found[0], high=found[min(len(found) - 1, int(0.99 * len(found)))]
    )


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.monotonic()
    await work()
    return time.monotonic() - begun


async def _is_live(service: RunningService) -> bool:
    return bool((await service.ask("/api/v1/status"))["rooms"][0]["state"] == "live")


# -- viewers -------------------------------------------------------------------------------------------


class _Viewers:
    """Sockets on /viewer that count the changes of each."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._heard = 0
        self._all = asyncio.Event()

    def expect(self) -> None:
        self._heard = 0
        self._all.clear()

    async def told(self) -> None:
        async with asyncio.timeout(_WITHIN):
            await self._all.wait()

    async def follow(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.data == "2":  # Engine.IO's ping
                await socket.send_str("3")
            elif "session.moved" in message.data:
                self._heard += 1
                if self._heard == self.count:
                    self._all.set()


@asynccontextmanager
async def _watching(service: RunningService, count: int) -> AsyncIterator[_Viewers]:
    viewers, work = _Viewers(count), []
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        try:
            for _ in range(count):
                url = f"{service.address}/socket.io/?EIO=4&transport=websocket"
                socket = await stack.enter_async_context(http.ws_connect(url))
                await socket.receive()  # Engine.IO's opening
                await socket.send_str("40/viewer,")
                while "snapshot" not in (await socket.receive()).data:
                    pass
                work.append(asyncio.create_task(viewers.follow(socket)))
            yield viewers
        finally:
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def _of_viewers(service: RunningService, count: int) -> list[float]:
    """Seconds from each decision's request until all viewers were told."""
    session = (await service.ask("/api/v1/status"))["sessions"][0]["id"]
    taken = []
    async with _watching(service, count) as viewers:
        for number in range(DECISIONS):
            viewers.expect()
            begun = time.monotonic()
            deciding = asyncio.create_task(_decide(service, f"sessions/{session}/extend", 0.1 if number % 2 else -0.1))
            await viewers.told()
            taken.append(time.monotonic() - begun)
            await deciding
    return taken


async def _decide(service: RunningService, path: str, minutes: float) -> None:
    await service.post(f"/api/v1/{path}", {"minutes": minutes})


# -- slate ---------------------------------------------------------------------------------------------


async def _to_slate(service: RunningService) -> list[float]:
    """Seconds from each mute's request until the playlist goes on with slate, and live media can't be fetched."""
    async with aiohttp.ClientSession(base_url=service.address) as http:
        return [await _mute(service, http) for _ in range(MUTES)]


async def _mute(service: RunningService, http: aiohttp.ClientSession) -> float:
    await until(lambda: _is_live(service), "the room's being live again", _LIVE_WITHIN)
    before = await _segments(http)
    begun = time.monotonic()
    muting = asyncio.create_task(service.post("/api/v1/rooms/hall/mute", {}))
    while not (now := await _segments(http)) or set(now) & set(before[-2:]):
        if time.monotonic() - begun > _WITHIN:
            raise BenchError("slate did not come")
        await asyncio.sleep(_LOOK_EVERY)
    taken = time.monotonic() - begun
    decided: dict[str, Any] = await muting
    await service.post(f"/api/v1/overrides/{decided['override']['id']}/undo", {})
    return taken


async def _segments(http: aiohttp.ClientSession) -> list[str]:
    """The segments in the playlist of the room's picture."""
    async with http.get("/live/hall/180p.m3u8") as answer:
        answer.raise_for_status()
        return [line for line in (await answer.text()).splitlines() if line and not line.startswith("#")]
