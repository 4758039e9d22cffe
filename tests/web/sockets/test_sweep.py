"""The crew's connections are looked at again and again: a token may be revoked where no server hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer
from support.web.small_service import SmallService

from streamer.core.records.tokens import Role
from streamer.web.access.attempts import Attempts
from streamer.web.access.perimeter import Perimeter
from streamer.web.access.tokens import Access
from streamer.web.sockets.namespaces import Sockets


@pytest.fixture
def service(tmp_path: Path) -> SmallService:
    return SmallService(tmp_path)


@pytest.fixture
async def url(service: SmallService) -> AsyncIterator[str]:
    sockets = Sockets(service.as_service(), Access(service.as_service(), Perimeter(), Attempts()), sweep_every=0.02)
    app = web.Application()
    app.add_routes(sockets.routes())
    server = TestServer(app)
    await server.start_server()
    sockets.start()
    yield str(server.make_url("/"))
    await sockets.stop()
    await server.close()
    assert (sockets._lines, sockets._upgraded, sockets._guests, sockets._tasks) == (set(), {}, {}, set()), "a leak"


async def test_a_connection_ends_soon_after_its_token_was_revoked(service: SmallService, url: str) -> None:
    left: dict[str, asyncio.Event] = {}
    clients = []
    for name in ("Kim", "Ola"):
        secret = await service.tokens.add(name, Role.CREW)
        client, left[name] = socketio.AsyncClient(reconnection=False), asyncio.Event()
        client.on("disconnect", lambda *_, gone=left[name]: gone.set(), namespace="/crew")
        await client.connect(url, auth={"token": secret}, namespaces=["/crew"], transports=["websocket"])
        clients.append(client)
    await service.tokens.revoke("Kim")
    async with asyncio.timeout(5):
        await left["Kim"].wait()
    assert not left["Ola"].is_set(), "a token that is live lets its client stay"
    for client in clients:
        await client.disconnect()
