"""The whole server: what it listens on, what every answer carries, how it ends."""

from __future__ import annotations

import asyncio
import socket
import stat
import time
from pathlib import Path

import aiohttp
import pytest
from support.web.running_server import RunningServer, RunServer

from streamer.core.base.address import parse_address
from streamer.core.base.errors import ConfigError, DataFolderBusy
from streamer.core.channel.channel import FilePrefix


@pytest.mark.parametrize("path", ["/", "/crew", "/recordings", "/login"])
async def test_pages(running: RunningServer, path: str) -> None:
    async with running.client.get(running.url + path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "DNGC &lt;2025&gt;" in await answer.text()
    async with running.client.get(running.url + path, headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status == 304 or path == "/login"


async def test_static_files_are_kept_by_browsers(running: RunningServer, pages_version: str) -> None:
    for path, cached in (
        (f"/static/{pages_version}/base.css", "public, max-age=31536000, immutable"),
        ("/static/base.css", "no-cache"),
    ):
        async with running.client.get(running.url + path, headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == cached
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Vary"] == "Accept-Encoding"
        async with running.client.get(running.url + path, headers={"Accept-Encoding": "gzip;q=0"}) as plain:
            assert "Content-Encoding" not in plain.headers
            assert plain.headers["Content-Length"] > answer.headers["Content-Length"]
        async with running.client.get(running.url + path, headers={"If-None-Match": plain.headers["ETag"]}) as known:
            assert (known.status, await known.read()) == (304, b"")


async def raw(running: RunningServer, request: bytes) -> bytes:
    """What comes back for bytes that no client would send."""
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return await reader.read(65536)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/static/....//server.py",
        "/static/base.css%00.js",
        "/live/../../../etc/passwd",
        "/live/main/../../control.sock",
        "/api/v1/recordings/../../../etc/passwd",
        "/api/v1/recordings/%2e%2e/%2e%2e",
    ],
)
async def test_no_path_leads_out(running: RunningServer, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {running.crew}\r\n\r\n"
    answer = await raw(running, head.encode())
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"root:" not in answer
    assert b"import" not in answer


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "nonsense\r\n\r\n",
        f"GET /{'x' * 20000} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {'x' * 20000}\r\n\r\n",
    ],
)
async def test_broken_http_is_refused(running: RunningServer, request_text: str) -> None:
    answer = await raw(running, request_text.encode("latin-1"))
    assert answer.startswith(b"HTTP/1."), answer
    assert answer.split()[1] == b"400"
    assert b"Traceback" not in answer


@pytest.mark.parametrize("host", ["", "evil.example", "[", "a b", "x:99999999", "x@y"])
async def test_an_odd_host_harms_nothing(running: RunningServer, host: str) -> None:
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: 0\r\n"
    head += "Connection: close\r\n\r\n"
    answer = await raw(running, head.encode())
    assert answer.split()[1] in (b"400", b"421")


async def test_it_does_not_say_what_it_is_made_of(running: RunningServer) -> None:
    for path in ("/", "/nothing", "/api/v1/status", "/live/main/index.m3u8"):
        async with running.client.get(running.url + path) as answer:
            assert answer.headers["Server"] == "streamer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("public_url", "sockets", "https"),
    [
        (None, "ws://OWN", None),
        ("http://streams.lan/video", "ws://OWN ws://streams.lan", None),
        ("https://live.example.org", "ws://OWN wss://live.example.org", "max-age=15552000"),
    ],
)
async def test_browsers_are_told_where_to_connect_and_to_stay_with_https(
    run_server: RunServer, public_url: str | None, sockets: str, https: str | None
) -> None:
    running = await run_server(public_url=public_url)
    own = running.url.removeprefix("http://")
    for path in ("/", "/login?token=x", "/nothing"):
        async with running.client.get(running.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert f"connect-src 'self' {sockets.replace('OWN', own)}" in policy
            assert answer.headers.get("Strict-Transport-Security") == https


# -- listening ---------------------------------------------------------------------------------------


async def test_a_busy_port_is_said_and_leaves_nothing(run_server: RunServer, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError) as raised:
            await run_server(listen=parse_address(f"127.0.0.1:{other.getsockname()[1]}"))
    assert raised.value.where == "[server] listen"
    assert "--listen" in raised.value.hint
    assert not (tmp_path / "control.sock").exists()


async def test_a_second_server_on_one_data_folder_is_refused(running: RunningServer, run_server: RunServer) -> None:
    with pytest.raises(DataFolderBusy):
        await run_server()
    connector = aiohttp.UnixConnector(path=str(running.control))
    async with aiohttp.ClientSession(connector=connector) as local, local.get("http://x/control/status") as answer:
        assert answer.status == 200


async def test_the_control_socket_is_private_and_goes_with_the_server(running: RunningServer) -> None:
    assert stat.S_IMODE(running.control.stat().st_mode) == 0o600
    await running.server.stop()
    assert not running.control.exists()


async def test_addresses_are_for_people(run_server: RunServer) -> None:
    running = await run_server(public_url="https://live.example.org/", listen=parse_address("0.0.0.0:0"))
    first, second = running.server.addresses[:2]
    assert first == "https://live.example.org"
    assert second.startswith("http://127.0.0.1:")


# -- the end -----------------------------------------------------------------------------------------


async def test_it_ends_soon_whoever_is_still_there(running: RunningServer, tmp_path: Path) -> None:
    """A player amid a segment, an idle connection, a silent WebSocket, a poller, a body that never comes."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(500_000_000)
    running.service.delivery.media["main", "720p", 1] = FilePrefix(path=str(big), start=0, duration=2)
    host, port = running.url.removeprefix("http://").split(":")
    connections = []
    for request in (
        b"GET /live/main/720p/1.m4s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"POST /api/v1/sessions/s1/end HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n"
        + f"Authorization: Bearer {running.crew}\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(request)
        if b"POST" not in request and request.endswith(b"\r\n\r\n"):
            await reader.readuntil(b"\r\n\r\n")
        connections.append((reader, writer))
    poll = f"{running.url}/socket.io/?EIO=4&transport=polling"
    async with running.client.get(poll) as answer:
        sid = (await answer.text()).split('"')[3]
    polling = asyncio.create_task(running.client.get(f"{poll}&sid={sid}"))
    await asyncio.sleep(0)
    begun = time.monotonic()
    await running.server.stop()
    assert time.monotonic() - begun < 3
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    for _, writer in connections:
        writer.close()


async def test_a_request_under_way_is_finished(running: RunningServer) -> None:
    gate = asyncio.Event()
    entered = asyncio.Event()
    decide = running.service.decide

    async def slow(request: object) -> object:
        entered.set()
        await gate.wait()
        return await decide(request)  # type: ignore[arg-type]  # what the web passes on

    running.service.decide = slow  # type: ignore[assignment,method-assign]  # slower, otherwise the same
    asked = asyncio.create_task(
        running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=running.bearer()).__aenter__()
    )
    await entered.wait()
    stopping = asyncio.create_task(running.server.stop())
    await asyncio.sleep(0.05)
    gate.set()
    answer = await asked
    assert answer.status == 200
    assert (await answer.json())["override"]["id"] == "o1"
    await stopping
    answer.close()
