"""The whole server: what it listens on, what every answer carries, how it ends."""

from __future__ import annotations

import asyncio
import socket
import stat
import time
from pathlib import Path

import aiohttp
import pytest
from web_house import House, Open

from streamer.core.base.address import parse_address
from streamer.core.base.errors import ConfigError, DataFolderBusy
from streamer.core.channel.channel import FilePrefix


@pytest.mark.parametrize("path", ["/", "/crew", "/recordings", "/login"])
async def test_pages(house: House, path: str) -> None:
    async with house.client.get(house.url + path, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "DNGC &lt;2025&gt;" in await answer.text()
    async with house.client.get(house.url + path, headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status == 304 or path == "/login"


async def test_static_files_are_kept_by_browsers(house: House, pages_version: str) -> None:
    for path, cached in (
        (f"/static/{pages_version}/base.css", "public, max-age=31536000, immutable"),
        ("/static/base.css", "no-cache"),
    ):
        async with house.client.get(house.url + path, headers={"Accept-Encoding": "br, gzip;q=0.5"}) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == cached
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Vary"] == "Accept-Encoding"
        async with house.client.get(house.url + path, headers={"Accept-Encoding": "gzip;q=0"}) as plain:
            assert "Content-Encoding" not in plain.headers
            assert plain.headers["Content-Length"] > answer.headers["Content-Length"]
        async with house.client.get(house.url + path, headers={"If-None-Match": plain.headers["ETag"]}) as known:
            assert (known.status, await known.read()) == (304, b"")


async def raw(house: House, request: bytes) -> bytes:
    """What comes back for bytes that no client would send."""
    host, port = house.url.removeprefix("http://").split(":")
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
async def test_no_path_leads_out(house: House, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {house.crew}\r\n\r\n"
    answer = await raw(house, head.encode())
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"root:" not in answer
    assert b"import" not in answer


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "nonsense\r\n\r\n",
        f"GET /{'x' * 20000} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nCookie: {'x' * 20000}\r\n\r\n",
    ],
)
async def test_broken_http_is_refused(house: House, request_text: str) -> None:
    answer = await raw(house, request_text.encode("latin-1"))
    assert answer.startswith(b"HTTP/1."), answer
    assert answer.split()[1] == b"400"
    assert b"Traceback" not in answer


@pytest.mark.parametrize("host", ["", "evil.example", "[", "a b", "x:99999999", "x@y"])
async def test_an_odd_host_harms_nothing(house: House, host: str) -> None:
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: 0\r\n"
    head += "Connection: close\r\n\r\n"
    answer = await raw(house, head.encode())
    assert answer.split()[1] in (b"400", b"303", b"403", b"401")


async def test_it_does_not_say_what_it_is_made_of(house: House) -> None:
    for path in ("/", "/nothing", "/api/v1/status", "/live/main/index.m3u8"):
        async with house.client.get(house.url + path) as answer:
            assert answer.headers["Server"] == "streamer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


# -- listening ---------------------------------------------------------------------------------------


async def test_a_busy_port_is_said_and_leaves_nothing(open_house: Open, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConfigError) as raised:
            await open_house(listen=parse_address(f"127.0.0.1:{other.getsockname()[1]}"))
    assert raised.value.where == "[server] listen"
    assert "--listen" in raised.value.hint
    assert not (tmp_path / "control.sock").exists()


async def test_a_second_server_on_one_data_folder_is_refused(house: House, open_house: Open) -> None:
    with pytest.raises(DataFolderBusy):
        await open_house()
    connector = aiohttp.UnixConnector(path=str(house.control))
    async with aiohttp.ClientSession(connector=connector) as local, local.get("http://x/control/status") as answer:
        assert answer.status == 200


async def test_the_control_socket_is_private_and_goes_with_the_server(house: House) -> None:
    assert stat.S_IMODE(house.control.stat().st_mode) == 0o600
    await house.server.stop()
    assert not house.control.exists()


async def test_addresses_are_for_people(open_house: Open) -> None:
    house = await open_house(public_url="https://live.example.org/", listen=parse_address("0.0.0.0:0"))
    first, second = house.server.addresses[:2]
    assert first == "https://live.example.org"
    assert second.startswith("http://127.0.0.1:")


# -- the end -----------------------------------------------------------------------------------------


async def test_it_ends_soon_whoever_is_still_there(house: House, tmp_path: Path) -> None:
    """A player amid a segment, an idle connection, a silent WebSocket, a poller, a body that never comes."""
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(500_000_000)
    house.service.delivery.media["main", "720p", 1] = FilePrefix(path=str(big), start=0, duration=2)
    host, port = house.url.removeprefix("http://").split(":")
    connections = []
    for request in (
        b"GET /live/main/720p/1.m4s HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"POST /api/v1/sessions/s1/end HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
        + f"Authorization: Bearer {house.crew}\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        writer.write(request)
        if b"POST" not in request and request.endswith(b"\r\n\r\n"):
            await reader.readuntil(b"\r\n\r\n")
        connections.append((reader, writer))
    poll = f"{house.url}/socket.io/?EIO=4&transport=polling"
    async with house.client.get(poll) as answer:
        sid = (await answer.text()).split('"')[3]
    polling = asyncio.create_task(house.client.get(f"{poll}&sid={sid}"))
    await asyncio.sleep(0)
    begun = time.monotonic()
    await house.server.stop()
    assert time.monotonic() - begun < 3
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    for _, writer in connections:
        writer.close()


async def test_a_request_under_way_is_finished(house: House) -> None:
    gate = asyncio.Event()
    entered = asyncio.Event()
    decide = house.service.decide

    async def slow(request: object) -> object:
        entered.set()
        await gate.wait()
        return await decide(request)  # type: ignore[arg-type]  # what the web passes on

    house.service.decide = slow  # type: ignore[assignment,method-assign]  # slower, otherwise the same
    asked = asyncio.create_task(
        house.client.post(f"{house.url}/api/v1/sessions/s1/end", headers=house.bearer()).__aenter__()
    )
    await entered.wait()
    stopping = asyncio.create_task(house.server.stop())
    await asyncio.sleep(0.05)
    gate.set()
    answer = await asked
    assert answer.status == 200
    assert (await answer.json())["override"]["id"] == "o1"
    await stopping
    answer.close()
