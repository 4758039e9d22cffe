"""The crew's connections are looked at again and again: a token may be revoked where no server hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer
from support.day.conference_day import NOON
from support.day.fake_world import FakeClock
from support.web.small_service import SmallService

from streamer.core.records.sign_ins import SignInLimits
from streamer.core.records.tokens import Role
from streamer.engine.service.tokens import Tokens
from streamer.engine.turns.store import Store
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


async def test_an_open_page_keeps_its_browser_signed_in_but_not_for_ever(service: SmallService, url: str) -> None:
    clock, store = FakeClock(NOON), service.token_store
    service.tokens = tokens = Tokens(cast(Store, store), clock, SignInLimits(idle=100, longest=250))
    made = await tokens.sign_in(await tokens.add("Kim", Role.CREW))
    assert made is not None
    client, left = socketio.AsyncClient(reconnection=False), asyncio.Event()
    client.on("disconnect", lambda *_: left.set(), namespace="/crew")
    await client.connect(url, auth={"token": made[0]}, namespaces=["/crew"], transports=["websocket"])
    for _ in range(2):
        clock.advance(80)
        async with asyncio.timeout(5):
            await store.written.wait()
        store.written.clear()
        assert store.uses[made[1].digest] == clock.now().timestamp()
    assert not left.is_set()
    clock.advance(90)
    async with asyncio.timeout(5):
        await left.wait()
    await client.disconnect()


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
