"""Files and URLs as origins of a timetable's bytes, against real files and a real server."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path

import pytest
from aiohttp import web
from support.feeds.servers import error_of, serving

from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.outside.feeds.origins import origin_of
from streamer.outside.fetching.addresses import shown
from streamer.timetables.detect import LARGEST


def touched(path: Path, content: str, seconds: int) -> None:
    path.write_text(content)
    os.utime(path, (seconds, seconds))


async def test_a_file_is_read_once_and_again_when_it_changed_and_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    touched(path, "one", 1)
    origin = origin_of(str(path))
    assert [await origin.read() for _ in range(3)] == [b"one", None, None]
    touched(path, "two", 2)
    assert [await origin.read() for _ in range(3)] == [None, b"two", None]


async def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    touched(path, "whole", 1)
    origin = origin_of(str(path))
    assert await origin.read() == b"whole"
    for second, part in enumerate(("n", "ne", "new"), start=2):
        touched(path, part, second)
        assert await origin.read() is None
    assert await origin.read() == b"new"


async def test_a_file_that_is_gone_and_comes_back_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    touched(path, "one", 1)
    origin = origin_of(str(path))
    assert await origin.read() == b"one"
    path.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(TimetableUnavailable, match="this file does not exist"):
            await origin.read()
    (tmp_path / "away").rename(path)
    assert await origin.read() == b"one"


async def test_what_is_no_readable_file_is_told(tmp_path: Path) -> None:
    assert "this file does not exist" in (await error_of(str(tmp_path / "nothing"))).message
    assert "is a folder" in (await error_of(str(tmp_path))).message
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "not a file" in (await error_of(str(fifo))).message
    assert "not a path" in (await error_of("a\0b")).message
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    assert "larger than 40 MB" in (await error_of(str(large))).message


@pytest.mark.parametrize("source", ["ftp://example.org/x", "file:///etc/passwd", "javascript://x"])
def test_only_http_urls_are_urls(source: str) -> None:
    with pytest.raises(TimetableError, match="URL of http or https"):
        origin_of(source)


async def test_a_url_is_asked_with_what_it_said() -> None:
    asked: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        assert request.headers["User-Agent"].startswith("streamer/")
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(text="one", headers={"ETag": '"v1"', "Last-Modified": "Mon, 08 Sep 2025 06:00:00 GMT"})

    async with serving(answer) as url:
        origin = origin_of(url)
        assert [await origin.read() for _ in range(3)] == [b"one", None, None]
    said = ('"v1"', "Mon, 08 Sep 2025 06:00:00 GMT")
    assert asked == [(None, None), said, said]


async def test_an_answer_that_broke_off_is_not_taken_for_the_whole() -> None:
    whole = False

    async def answer(request: web.Request) -> web.StreamResponse:
        if whole:
            assert "If-None-Match" not in request.headers
            return web.Response(text="whole")
        response = web.StreamResponse(headers={"Content-Length": "1000", "ETag": '"v1"'})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(answer) as url:
        origin = origin_of(url)
        with pytest.raises(TimetableUnavailable, match="broke off"):
            await origin.read()
        whole = True
        assert await origin.read() == b"whole"


async def test_a_compressed_answer_is_unpacked_and_bounded() -> None:
    packed = gzip.compress(b"\0" * (LARGEST + 1))
    assert len(packed) < 100_000

    async def answer(request: web.Request) -> web.Response:
        body = packed if "bomb" in request.path else gzip.compress(b"<schedule/>")
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    async with serving(answer) as url:
        assert await origin_of(url).read() == b"<schedule/>"
        assert "larger than 40 MB" in (await error_of(f"{url}bomb")).message


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "login"), (403, "login"), (404, "address"), (500, ""), (204, ""), (304, "")]
)
async def test_other_answers_are_failures_that_may_pass(status: int, hint: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(answer) as url:
        error = await error_of(url)
    assert isinstance(error, TimetableUnavailable)
    assert error.temporary
    assert error.message == f"the server answers {status}"
    assert hint in error.hint


async def test_redirects_are_followed_a_few_times_and_only_to_http() -> None:
    async def answer(request: web.Request) -> web.Response:
        match request.path:
            case "/once":
                raise web.HTTPFound("/here")
            case "/round":
                raise web.HTTPFound("/round")
            case "/elsewhere":
                raise web.HTTPFound("ftp://127.0.0.1/x")
            case _:
                return web.Response(text="here")

    async with serving(answer) as url:
        assert await origin_of(f"{url}once").read() == b"here"
        assert (await error_of(f"{url}round")).message == "redirects more than 5 times"
        assert (await error_of(f"{url}elsewhere")).message == "redirects to something other than http and https"


async def test_a_server_that_says_nothing_is_given_up() -> None:
    gone = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await gone.wait()
        return web.Response()

    async with serving(answer) as url:
        error = await error_of(url, timeout=0.2)
        gone.set()
    assert isinstance(error, TimetableUnavailable)
    assert error.message == "no whole answer within 0.2 s"


async def test_nobody_there(free_port: int) -> None:
    error = await error_of(f"http://user:sesame@127.0.0.1:{free_port}/day.xml?token=sesame")
    assert isinstance(error, TimetableUnavailable)
    assert error.message == "can't connect: connection refused"
    assert error.where == f"http://127.0.0.1:{free_port}/day.xml?…"
    assert "sesame" not in str(error)


@pytest.mark.parametrize(
    "url", ["http://", "http://127.0.0.1:99999/", "http://[::1/", "http://a b/", "https://\ud800/"]
)
async def test_an_address_that_is_none(url: str) -> None:
    assert isinstance(await error_of(url), TimetableUnavailable)


def test_a_url_is_shown_without_secrets() -> None:
    assert shown("https://u:p@example.org:8443/a/b.json?key=k#f") == "https://example.org:8443/a/b.json?…"
    assert shown("http://[::1]:80/x") == "http://[::1]:80/x"
    guid = "6d1f4a52-2f5e-4a7b-9d3f-0c8a6a3c1e55"
    assert shown(f"https://example.org/{guid}/day.ics") == f"https://example.org/{guid}/day.ics"
    calendar = "https://calendar.example.org/ical/day%40group/private-0a1b2c3d/basic.ics"
    assert shown(calendar) == "https://calendar.example.org/ical/day%40group/…/basic.ics"
    assert shown(f"https://example.org/feed/{'k3y' * 12}/all.ics") == "https://example.org/feed/…/all.ics"
    assert shown("http://[::1") == "a URL that can't be read"
