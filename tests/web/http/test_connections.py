"""Connections that go wrong, over real sockets: counted, one line for debugging, answers with our headers."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from support.web.running_server import RunningServer

from streamer.web.access.perimeter import Perimeter
from streamer.web.http.connections import Connection, Connections, Trouble

HOST = b"Host: 127.0.0.1\r\n"
WEBSOCKET = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
UNREADABLE = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9\r\n\r\n",
    "a bad method": b"F@@ / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "a bad chunk": b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{",
}


def place(running: RunningServer) -> tuple[str, int]:
    host, _, port = running.url.removeprefix("http://").rpartition(":")
    return host, int(port)


@asynccontextmanager
async def connected(
    running: RunningServer, *, reset: bool = False
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that is closed at the end, or reset."""
    reader, writer = await asyncio.open_connection(*place(running))
    try:
        yield reader, writer
    finally:
        if reset:
            option = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
            writer.transport.abort()
        else:
            writer.close()


async def troubles(running: RunningServer) -> dict[str, int]:
    async with running.client.get(running.url + "/metrics", headers=running.bearer()) as answer:
        lines = (await answer.text()).splitlines()
    found = [line for line in lines if line.startswith("streamer_connection_troubles_total{")]
    return {line.split('"')[1]: int(line.rpartition(" ")[2]) for line in found}


async def counted(running: RunningServer, trouble: Trouble) -> None:
    """Ask until one is counted."""
    async with asyncio.timeout(5):
        while not (await troubles(running))[trouble]:
            pass


def said(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno > logging.DEBUG or record.exc_info]


@pytest.mark.parametrize("what", UNREADABLE)
async def test_what_is_no_request_is_answered_with_our_headers(
    running: RunningServer, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with connected(running) as (reader, writer):
        writer.write(UNREADABLE[what])
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    assert head.startswith(("HTTP/1.0 400 ", "HTTP/1.1 400 "))
    assert "Server: streamer" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "aiohttp" not in head + body
    assert "this is not a request that can be read" in body
    assert (await troubles(running))[Trouble.UNREADABLE] == 1
    assert said(caplog) == []


@pytest.mark.parametrize("reset", [False, True])
async def test_a_download_that_breaks_off_is_one_line_for_debugging(
    running: RunningServer, caplog: pytest.LogCaptureFixture, *, reset: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    running.service.library.record("s1", "s1.mp4", bytes(20_000_000))
    token = running.bearer()["Authorization"].encode()
    async with connected(running, reset=reset) as (reader, writer):
        writer.write(b"GET /api/v1/recordings/s1/s1.mp4 HTTP/1.1\r\n%sAuthorization: %s\r\n\r\n" % (HOST, token))
        await reader.read(1000)
    await counted(running, Trouble.LEFT)
    assert said(caplog) == []
    assert len([r for r in caplog.records if "a connection went wrong" in str(r.msg)]) == 1


@pytest.mark.parametrize(
    "body", [b"Content-Type: application/json", b"Content-Type: application/x-www-form-urlencoded"]
)
async def test_a_body_that_is_cut_short_is_one_too(
    running: RunningServer, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    async with connected(running) as (_, writer):
        writer.write(b"POST /login HTTP/1.1\r\n%s%s\r\nContent-Length: 100\r\n\r\ntok" % (HOST, body))
        await writer.drain()
    await counted(running, Trouble.LEFT)
    assert said(caplog) == []


async def test_an_empty_frame_on_a_socket_is_one_too(running: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with connected(running) as (reader, writer):
        writer.write(WEBSOCKET + b"\x81\x80\0\0\0\0")
        await reader.read(100)
        await counted(running, Trouble.UNREADABLE)
    assert said(caplog) == []


async def test_an_address_has_a_limit_and_trusted_proxies_have_none() -> None:
    perimeter = Perimeter.of(public_url=None, trusted_proxies=["10.0.0.0/8"])
    connections = Connections(2, perimeter.is_exempt, {})
    assert [connections.admit("203.0.113.5") for _ in range(3)] == [True, True, False]
    assert connections.admit("203.0.113.6"), "another one is not concerned"
    connections.leave("203.0.113.5")
    assert connections.admit("203.0.113.5")
    assert all(connections.admit(address) for address in ("10.0.0.1", "127.0.0.1", "::1") for _ in range(5))
    assert ({"trouble": "too many"}, 1) in connections.metric().samples


async def test_a_connection_too_many_is_told_to_come_later() -> None:
    async def hello(request: web.BaseRequest) -> web.Response:
        return web.Response(text="hello")

    loop, connections = asyncio.get_running_loop(), Connections(1, lambda address: False, {})
    made = partial(Connection, web.Server(hello), connections, loop=loop)
    async with await loop.create_server(made, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, first = await asyncio.open_connection("127.0.0.1", port)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        answer = await reader.read()
        second.close()
        first.close()
        await first.wait_closed()
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/") as later:
            assert await later.text() == "hello", "the first has left"
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 10" in answer
