"""What the command line can ask of a running service, and nobody else."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from support.web.running_server import RunningServer
from support.web.small_service import SOURCE

from streamer.core.records.tokens import Role
from streamer.web.api.control import link


@pytest.fixture
async def local(running: RunningServer) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.UnixConnector(path=str(running.control))
    async with aiohttp.ClientSession("http://local", connector=connector) as session:
        yield session


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/control/stop"),
        ("GET", "/control/status"),
        ("GET", "/control/snapshot"),
        ("GET", "/control/tokens"),
        ("POST", "/control/tokens"),
        ("DELETE", "/control/tokens/Kim"),
        ("POST", "/control/links"),
        ("POST", "/control/sign-outs"),
    ],
)
async def test_on_tcp_there_is_no_control(running: RunningServer, method: str, path: str) -> None:
    async with running.client.request(method, running.url + path, headers=running.bearer()) as answer:
        assert answer.status == 404
    assert running.stopped == []
    assert len(running.service.tokens.listing()) == 2


async def test_it_has_the_crew_s_rights_under_its_own_name(
    running: RunningServer, local: aiohttp.ClientSession
) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    async with local.post("/api/v1/sessions/s1/extend", json={"minutes": 5}) as answer:
        assert (await answer.json())["override"]["by"] == "command line"
    async with local.get("/api/v1/recordings") as answer:
        assert len((await answer.json())["recordings"]) == 1
    async with local.get("/metrics") as answer:
        assert answer.status == 200


async def test_pages_and_channels_are_not_there(local: aiohttp.ClientSession) -> None:
    for path in ("/", "/login", "/live/main/index.m3u8", "/socket.io/?EIO=4&transport=polling", "/static/base.css"):
        async with local.get(path) as answer:
            assert answer.status == 404


async def test_status(running: RunningServer, local: aiohttp.ClientSession) -> None:
    async with local.get("/control/status") as answer:
        document = await answer.json()
    assert document["pid"] == os.getpid()
    assert document["addresses"] == [running.url]
    assert document["ready"] is True
    assert document["rehearsal"] is False
    running.service.ready = False
    async with local.get("/control/status") as answer:
        assert (answer.status, (await answer.json())["ready"]) == (200, False)


async def test_the_crew_s_snapshot(local: aiohttp.ClientSession) -> None:
    async with local.get("/control/snapshot") as answer:
        assert SOURCE in (await answer.json())["jobs"][0]["error"]


async def test_stopping_answers_first(running: RunningServer, local: aiohttp.ClientSession) -> None:
    async with local.post("/control/stop") as answer:
        assert answer.status == 202
        assert await answer.json() == {"stopping": True, "pid": os.getpid()}
    assert running.stopped == [True]


async def test_a_token_is_shown_once(running: RunningServer, local: aiohttp.ClientSession) -> None:
    async with local.post("/control/tokens", json={"name": "Åse / ops", "role": "organiser"}) as answer:
        assert answer.status == 201
        secret = (await answer.json())["secret"]
    token = running.service.tokens.identify(secret)
    assert token is not None
    assert token.role is Role.ORGANISER
    async with local.get("/control/tokens") as answer:
        text = await answer.text()
    assert secret not in text
    assert token.digest not in text
    async with local.delete("/control/tokens/%C3%85se%20%2F%20ops") as answer:
        assert answer.status == 200
    assert running.service.tokens.identify(secret) is None


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({"name": "Kim", "role": "crew"}, 409, "name"),
        ({"name": "x", "role": "king"}, 400, "role"),
        ({"name": "x"}, 400, "role"),
        ({"name": "", "role": "crew"}, 400, "name"),
        ({"name": "x" * 101, "role": "crew"}, 400, "name"),
        ({"name": "x", "role": "crew", "admin": True}, 400, "admin"),
    ],
)
async def test_a_token_that_can_t_be(
    running: RunningServer, local: aiohttp.ClientSession, body: dict[str, object], status: int, where: str
) -> None:
    async with local.post("/control/tokens", json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["where"] == where


async def test_revoking_nobody(local: aiohttp.ClientSession) -> None:
    async with local.delete("/control/tokens/Nobody") as answer:
        assert answer.status == 404


async def test_a_link_signs_in(running: RunningServer, local: aiohttp.ClientSession) -> None:
    async with local.post("/control/links", json={"role": "crew"}) as answer:
        url = (await answer.json())["url"]
    assert url.startswith(f"{running.url}/login?token=")
    form, headers = {"token": url.partition("token=")[2]}, {"Origin": running.url}
    async with running.client.post(f"{running.url}/login", data=form, headers=headers, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/crew"


def test_a_link_is_below_the_address() -> None:
    assert link("https://live.example.org/", "a b") == "https://live.example.org/login?token=a+b"
    assert urlsplit(link("http://[::1]:80", "x")).port == 80
