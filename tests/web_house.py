"""What the tests of the web floor hold in their hands: a running server over a small service, and a client of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from small_service import SmallService

from streamer.web.server import WebServer


@dataclass(kw_only=True)
class House:
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


Open = Callable[..., Awaitable[House]]
