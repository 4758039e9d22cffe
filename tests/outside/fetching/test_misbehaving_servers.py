"""What real servers do to a feed: none of it costs more than one sentence."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from support.feeds.servers import error_of, on_the_wire, serving
from yarl import URL

from streamer.core.base.errors import TimetableUnavailable
from streamer.outside.feeds.origins import origin_of
from streamer.outside.fetching.addresses import Ourselves
from streamer.outside.fetching.client import Client, seconds_to_wait
from streamer.outside.fetching.url_origin import AskedToWait
from streamer.timetables.detect import LARGEST

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"


async def test_a_byte_now_and_then_is_given_up_when_the_time_is_over() -> None:
    sent = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            sent.set()
            await asyncio.sleep(0.02)

    async with on_the_wire(trickle) as url:
        error = await error_of(url, timeout=0.3)
        assert sent.is_set()
    assert isinstance(error, TimetableUnavailable)
    assert error.message == "no whole answer within 0.3 s"


async def test_less_than_was_announced_is_not_taken_for_the_whole() -> None:
    async def short(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\n<schedule>")
        await writer.drain()

    async with on_the_wire(short) as url:
        error = await error_of(url)
    assert isinstance(error, TimetableUnavailable)
    assert error.message == "the answer broke off"


async def test_a_connection_that_is_reset_in_the_middle() -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<sche\r\n")
        await writer.drain()
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    async with on_the_wire(reset) as url:
        assert (await error_of(url)).message == "the answer broke off"


async def test_what_is_no_http() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()

    async with on_the_wire(greet) as url:
        assert (await error_of(url)).message == "what answers does not speak HTTP"


async def test_what_announces_too_much_is_not_even_read() -> None:
    async def large(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 50000000\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with on_the_wire(large) as url:
        error = await error_of(url, timeout=5)
    assert error.message == "larger than 40 MB, more than any timetable has"
    assert not error.temporary


async def test_packed_answers_are_unpacked_whole_or_not_at_all() -> None:
    whole = b"<schedule/>" * 100
    bare = zlib.compressobj(wbits=-15)
    packed = {
        "/gzip": ("gzip", gzip.compress(whole)),
        "/twice": ("gzip", gzip.compress(whole[:500]) + gzip.compress(whole[500:])),
        "/deflate": ("deflate", zlib.compress(whole)),
        "/bare": ("deflate", bare.compress(whole) + bare.flush()),
        "/torn": ("gzip", gzip.compress(whole)[:-12]),
        "/wrong": ("gzip", whole),
        "/other": ("br", whole),
        "/bomb": ("deflate", zlib.compress(bytes(LARGEST + 1))),
    }

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "gzip, deflate"
        encoding, body = packed[request.path]
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    async with serving(answer) as url:
        for path in ("gzip", "twice", "deflate", "bare"):
            assert await origin_of(url + path).read() == whole, path
        assert (await error_of(f"{url}torn")).message == "the answer broke off"
        assert (await error_of(f"{url}wrong")).message == "the answer is packed wrongly"
        assert (await error_of(f"{url}other")).message == "the answer is packed as “br”, which was not requested"
        assert "larger than 40 MB" in (await error_of(f"{url}bomb")).message


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("file:///etc/passwd", "redirects to something other than http and https"),
        ("http://169.254.169.254/latest/meta-data", "that is an address where a cloud gives its machines secrets"),
        ("http://[::ffff:169.254.169.254]/", "that is an address where a cloud gives its machines secrets"),
        ("http://169.254.7.7/day.xml", "redirects to an address that is not a server's"),
        ("http://[fe80::1]/day.xml", "redirects to an address that is not a server's"),
        ("http://streams.example.org/api/v1/status", "that is this service itself"),
    ],
)
async def test_where_a_redirect_must_not_lead(target: str, said: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    async with serving(answer) as url:
        origin = origin_of(url, ourselves=Ourselves(public=("streams.example.org", 80)), timeout=5)
        with pytest.raises(TimetableUnavailable, match=re.escape(said)) as caught:
            await origin.read()
    assert caught.value.message == said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]"])
async def test_this_service_is_not_asked_however_it_is_spelt(host: str) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="ours")

    async with serving(answer) as own:
        port = int(own.rstrip("/").rpartition(":")[2])

        async def redirect(request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": f"http://{host}:{port}/"})

        async with serving(redirect) as url:
            with pytest.raises(TimetableUnavailable, match=r"this service itself|that address cannot be used"):
                await origin_of(url, ourselves=Ourselves(port=port)).read()
        with pytest.raises(TimetableUnavailable, match=r"this service itself|that address cannot be used"):
            await origin_of(f"http://{host}:{port}/day.xml", ourselves=Ourselves(port=port)).read()
    assert asked == []


async def test_a_token_goes_to_nobody_else() -> None:
    seen: dict[str, str | None] = {}

    async def other(request: web.Request) -> web.Response:
        seen["other"] = request.headers.get("Authorization")
        return web.Response(text="day")

    async with serving(other) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            seen[request.path] = request.headers.get("Authorization")
            return web.Response(status=302, headers={"Location": "/here" if request.path == "/" else elsewhere})

        async with serving(answer) as url:
            origin = origin_of(url, token="sesame")
            assert await origin.read() == b"day"
            assert origin.landed == elsewhere
    assert seen == {"/": "Bearer sesame", "/here": "Bearer sesame", "other": None}


async def test_a_user_in_the_address_is_told_to_its_server_and_to_nobody_else() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Basic dTpzZXNhbWU=":
            return web.Response(status=401)
        if request.path == "/":
            raise web.HTTPFound("/here")
        return web.Response(text="day")

    async with serving(answer) as url:
        secret = url.replace("http://", "http://u:sesame@")
        assert await origin_of(secret).read() == b"day"
        error = await error_of(secret.replace("sesame", "guess"))
    assert (error.message, error.hint) == ("the server answers 401", "it needs a login or a token")
    assert "guess" not in f"{error} {error.__cause__}"


async def test_a_cache_that_says_304_for_ever_is_asked_for_the_whole_now_and_then() -> None:
    content, asked = "one", 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        if "If-None-Match" in request.headers:
            return web.Response(status=304)
        return web.Response(text=content, headers={"ETag": '"v1"'})

    async with serving(answer) as url:
        origin = origin_of(url)
        assert await origin.read() == b"one"
        content = "two"
        assert [await origin.read() for _ in range(15)] == [None] * 15
        assert await origin.read() == b"two"
    assert asked == 17


async def test_a_cache_that_says_nothing_else_is_an_error_in_the_end() -> None:
    whole = True

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="one", headers={"ETag": '"v1"'}) if whole else web.Response(status=304)

    async with serving(answer) as url:
        origin = origin_of(url)
        assert await origin.read() == b"one"
        whole = False
        for _ in range(15):
            assert await origin.read() is None
        for _ in range(2):
            with pytest.raises(TimetableUnavailable, match="the server answers 304"):
                await origin.read()


async def test_a_server_that_refuses_what_it_gave_to_ask_with_is_asked_without() -> None:
    async def answer(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match")
        return web.Response(status=412) if known else web.Response(text="one", headers={"ETag": '"v1"'})

    async with serving(answer) as url:
        origin = origin_of(url)
        assert [await origin.read() for _ in range(3)] == [b"one"] * 3


@pytest.mark.parametrize(("status", "said"), [(500, "ask the server's operator"), (206, "check the address")])
async def test_whatever_a_server_answers_somebody_can_do_something(status: int, said: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(answer) as url:
        assert (await error_of(url)).hint.startswith(said)


async def test_what_has_not_changed_behind_a_redirect_costs_a_304() -> None:
    answers: list[int] = []

    async def other(request: web.Request) -> web.Response:
        answers.append(304 if request.headers.get("If-None-Match") == '"v1"' else 200)
        return web.Response(status=answers[-1], headers={"ETag": '"v1"'})

    async with serving(other) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": elsewhere})

        async with serving(answer) as url:
            origin = origin_of(url)
            assert [await origin.read() for _ in range(2)] == [b"", None]
    assert answers == [200, 304]


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("http://example.org/next", True),
        ("https://example.org/next", True),
        ("https://example.org:8443/next", False),
        ("https://www.example.org/next", False),
        ("/next", False),
    ],
)
def test_who_is_still_the_same_server(url: str, home: bool) -> None:
    assert Client("http://example.org/day", most=1).is_home(URL(url)) is home


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_wants_to_be_left_alone_says_for_how_long(status: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "120"})

    async with serving(answer) as url:
        error = await error_of(url)
    assert isinstance(error, AskedToWait)
    assert error.seconds == 120
    assert error.hint == "it asks for a pause of 2m, and is"


def test_how_long_that_is() -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    date = {"Date": format_datetime(noon, usegmt=True)}
    assert seconds_to_wait({}) == 0
    assert seconds_to_wait({"Retry-After": " 30 "}) == 30
    assert seconds_to_wait({"Retry-After": "86400"}) == 900
    assert seconds_to_wait({"Retry-After": "soon"}) == 0
    wait = seconds_to_wait({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=45), usegmt=True)})
    assert wait == round(wait), "nobody reads millionths"
    later = format_datetime(noon + timedelta(seconds=45), usegmt=True)
    assert seconds_to_wait({"Retry-After": later, **date}) == 45
    assert seconds_to_wait({"Retry-After": format_datetime(noon - timedelta(days=1), usegmt=True), **date}) == 0


@pytest.mark.needs("openssl")
async def test_a_certificate_that_is_not_trusted_is_explained(tmp_path: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    making = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", tmp_path / "key", "-out", tmp_path / "certificate", "-subj", "/CN=feeds",
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await making.wait() == 0
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    async with on_the_wire(answer, tls) as url:
        error = await error_of(url)
    assert error.message == "the server's certificate is signed by itself"
    assert error.hint == "add it to this machine's trusted certificates"


async def test_a_server_without_tls_is_explained() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response()

    async with serving(answer) as url:
        error = await error_of(url.replace("http:", "https:"))
    assert error.message == "the server does not use TLS there"
    assert error.hint == "is the address http instead of https?"
