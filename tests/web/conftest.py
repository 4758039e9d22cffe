"""A web server on a free port over a small service, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.web.running_server import RunningServer, RunServer
from support.web.small_service import SmallService

from streamer.core.base.address import parse_address
from streamer.core.records.tokens import Role
from streamer.web.pages.pages import Site
from streamer.web.server import WebServer


@pytest.fixture(scope="session")
def pages() -> Site:
    return Site(title="DNGC <2025>", rehearsal=False)


@pytest.fixture
def pages_version(pages: Site) -> str:
    return pages.version


@pytest.fixture
async def run_server(tmp_path: Path, pages: Site) -> AsyncIterator[RunServer]:
    """Starts servers; options go to the server."""
    async with AsyncExitStack() as stack:

        async def start_one(**options: Any) -> RunningServer:
            service = SmallService(tmp_path)
            stopped: list[bool] = []
            server = WebServer(
                service.as_service(),
                **{
                    "listen": parse_address("127.0.0.1:0"),
                    "control": tmp_path / "control.sock",
                    "pages": pages,
                    "stop_service": lambda: stopped.append(True),
                    **options,
                },
            )
            await server.start()
            stack.push_async_callback(server.stop)
            jar = aiohttp.CookieJar(unsafe=True)
            client = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, auto_decompress=False))
            return RunningServer(
                service=service,
                server=server,
                url=server.addresses[-1],
                client=client,
                control=tmp_path / "control.sock",
                crew=await service.tokens.add("Kim", Role.CREW),
                organiser=await service.tokens.add("Ola", Role.ORGANISER),
                stopped=stopped,
            )

        yield start_one


@pytest.fixture
async def running(run_server: RunServer) -> RunningServer:
    return await run_server()
