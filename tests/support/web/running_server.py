"""What the tests of the web floor hold in their hands: a running server over a small service, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from streamer.core.base.address import parse_address
from streamer.core.records.tokens import Role
from streamer.web.pages.pages import Site
from streamer.web.server import WebServer
from support.day.conference_day import Day
from support.web.small_service import SmallService


@dataclass(kw_only=True)
class RunningServer:
    """A running server. ``client`` keeps cookies; ``stopped`` counts how often the command line asked for the end."""

    service: SmallService
    server: WebServer
    url: str
    client: aiohttp.ClientSession
    control: Path
    crew: str = ""
    organiser: str = ""
    stopped: list[bool] = field(default_factory=list)

    def bearer(self, secret: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {secret or self.crew}"}


RunServer = Callable[..., Awaitable[RunningServer]]


@asynccontextmanager
async def served(day: Day, control: Path, pages: Site) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """A day on fake time behind a real server: its URL, and a client with the crew's token."""
    server = WebServer(
        day.service, listen=parse_address("127.0.0.1:0"), control=control, pages=pages, stop_service=lambda: None
    )
    await server.start()
    secret = await day.service.tokens.add("Kim", Role.CREW)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {secret}"}) as http:
        yield server.addresses[0], http
    await server.stop()
