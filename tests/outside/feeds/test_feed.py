"""A feed followed over time, against real files and a real server; only the waiting is scripted."""

from __future__ import annotations

import asyncio
import inspect
import os
import stat
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from support.feeds.servers import serving

from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.core.timetable.sessions import Parsed
from streamer.outside.feeds.feed import Feed, read_once

NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)
Step = Callable[[], object] | None


def day(title: str, sessions: int = 1) -> bytes:
    """A TOML timetable."""
    text = f'[conference]\ntitle = "{title}"\ntimezone = "UTC"\n'
    for number in range(sessions):
        text += f'[[sessions]]\nid = "s{number}"\nroom = "r{number}"\ntitle = "T"\n'
        text += 'start = 2025-09-08T09:00:00\nduration = "1h"\n'
    return text.encode()


class ScriptEnded(Exception):
    """The script of a test has no further step."""


class Script:
    """A sleep that does the test's next step instead of waiting, and a clock that moves by what was slept."""

    def __init__(self, *steps: Step) -> None:
        self._steps = list(steps)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=sum(self.slept))

    async def sleep(self, seconds: float) -> None:
        if not self._steps:
            raise ScriptEnded
        self.slept.append(seconds)
        step = self._steps.pop(0)
        result = step() if step is not None else None
        if inspect.isawaitable(result):
            await result


async def news(feed: Feed) -> list[str]:
    """What ``updates`` yields until the script ends: titles and the messages of errors."""
    found: list[str] = []
    with suppress(ScriptEnded):
        async for update in feed.updates():
            found.append(update.timetable.title if isinstance(update, Parsed) else f"! {update.message}")
    return found


def feed_of(source: object, cache: Path, script: Script) -> Feed:
    return Feed(str(source), cache=cache, poll=timedelta(minutes=1), sleep=script.sleep, now=script.now)


class Publisher:
    """A server whose timetable a test changes; it answers with an ETag and counts what it sent."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.status = 200
        self.retry_after = ""
        self.answers: list[int] = []
        self._server: TestServer | None = None
        self._port = 0

    async def _answer(self, request: web.Request) -> web.Response:
        etag = f'"{hash(self.content)}"'
        same = request.headers.get("If-None-Match") == etag
        status = 304 if same and self.status == 200 else self.status
        self.answers.append(status)
        headers = {"ETag": etag, **({"Retry-After": self.retry_after} if self.retry_after else {})}
        return web.Response(status=status, body=None if same else self.content, headers=headers)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/day", self._answer)
        self._server = TestServer(app, port=self._port or None)
        await self._server.start_server()
        self._port = self._server.port or 0

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/day"

    def publishes(self, content: bytes) -> Callable[[], None]:
        return lambda: setattr(self, "content", content)

    def says(self, status: int) -> Callable[[], None]:
        return lambda: setattr(self, "status", status)

    async def __aenter__(self) -> Publisher:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def written(path: Path, content: bytes) -> Callable[[], None]:
    """Replaces a file as an editor does."""

    def write() -> None:
        partial = path.with_suffix(".new")
        partial.write_bytes(content)
        partial.replace(path)

    return write


async def test_an_unchanged_url_costs_304s_and_is_no_news(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        script = Script(None, None, None)
        feed = feed_of(publisher.url, tmp_path, script)
        assert (await feed.load()).timetable.title == "One"
        assert await news(feed) == []
        assert publisher.answers == [200, 304, 304, 304]
        assert script.slept == [60, 60, 60]


async def test_a_url_changes_breaks_and_recovers(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        broken, page = b"[conference]\ntitle =\n", b"<!doctype html><p>Log in"
        script = Script(
            *(publisher.publishes(day("Two")), None),
            *(publisher.publishes(broken), None, None),
            *(publisher.publishes(page), None),
            *(publisher.publishes(day("Two")), None),
            *(publisher.publishes(day("Three")), None),
        )
        feed = feed_of(publisher.url, tmp_path, script)
        await feed.load()
        assert await news(feed) == [
            "Two",
            "! not TOML: Invalid value",
            "! it is a web page, not a timetable",
            "Two",
            "Three",
        ]


async def test_a_server_that_vanishes_is_told_once_and_so_is_its_return(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        script = Script(
            publisher.stop, None, None, publisher.start, None, publisher.says(503), None, publisher.says(200)
        )
        feed = feed_of(publisher.url, tmp_path, script)
        await feed.load()
        gone, back, refused, again = await news(feed)
        assert "can't connect" in gone
        assert (back, refused, again) == ("One", "! the server answers 503", "One")


async def test_a_timetable_that_loses_all_its_sessions_is_not_believed(tmp_path: Path) -> None:
    async with Publisher(day("One", sessions=2)) as publisher:
        script = Script(publisher.publishes(day("None", sessions=0)), None, publisher.publishes(day("Two")))
        feed = feed_of(publisher.url, tmp_path, script)
        await feed.load()
        assert await news(feed) == ["! the new version holds no session", "Two"]


async def test_a_timetable_may_begin_empty(tmp_path: Path) -> None:
    async with Publisher(day("Soon", sessions=0)) as publisher:
        feed = feed_of(publisher.url, tmp_path, Script(publisher.publishes(day("Now")), None))
        assert (await feed.load()).timetable.sessions == ()
        assert await news(feed) == ["Now"]


async def test_a_start_without_the_server_uses_the_last_good_copy_and_says_how_old_it_is(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        await feed_of(publisher.url, tmp_path, Script()).load()
        await publisher.stop()
        script = Script(None, publisher.start, None)
        script.slept.append(26 * 3600 + 90)
        feed = feed_of(publisher.url, tmp_path, script)
        parsed = await feed.load()
        assert parsed.timetable.title == "One"
        remark = parsed.remarks[0]
        assert "can't connect" in remark.message
        assert remark.message.endswith("; the last good copy is used, 1d2h1m old")
        assert remark.where == feed.name
        assert await news(feed) == ["One"]


async def test_the_copys_age_counts_from_when_it_was_last_confirmed(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        script = Script(*[None] * 10)
        feed = feed_of(publisher.url, tmp_path, script)
        await feed.load()
        await news(feed)
        await publisher.stop()
        later = Script()
        later.slept.append(660)
        parsed = await feed_of(publisher.url, tmp_path, later).load()
        assert parsed.remarks[0].message.endswith("1m old")


async def test_a_start_with_a_broken_timetable_uses_the_last_good_copy(tmp_path: Path) -> None:
    path, cache = tmp_path / "day.toml", tmp_path / "cache"
    path.write_bytes(day("One"))
    await feed_of(path, cache, Script()).load()
    path.write_bytes(b"[conference\n")
    feed = feed_of(path, cache, Script(None, None, written(path, day("Mended")), None, None))
    parsed = await feed.load()
    assert parsed.timetable.title == "One"
    assert parsed.remarks[0].message.startswith("not TOML")
    assert parsed.remarks[0].message.endswith("the last good copy is used, less than a minute old")
    assert parsed.remarks[0].where == f"{path}, line 1"
    assert await news(feed) == ["Mended"]


async def test_without_a_copy_the_first_reading_fails(tmp_path: Path, free_port: int) -> None:
    with pytest.raises(TimetableUnavailable, match="this file does not exist"):
        await feed_of(tmp_path / "day.toml", tmp_path / "cache", Script()).load()
    with pytest.raises(TimetableUnavailable, match="can't connect"):
        await feed_of(f"http://127.0.0.1:{free_port}/day", tmp_path / "cache", Script()).load()


async def test_copies_of_different_sources_stay_apart_and_private(tmp_path: Path) -> None:
    cache = tmp_path / "feeds"
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(day(name))
        await feed_of(tmp_path / name, cache, Script()).load()
    (tmp_path / "one").unlink()
    assert (await feed_of(tmp_path / "one", cache, Script()).load()).timetable.title == "one"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert sorted(copy.suffix for copy in cache.iterdir()) == [".feed", ".feed", ".since", ".since"]


async def test_a_damaged_copy_is_no_copy(tmp_path: Path) -> None:
    path, cache = tmp_path / "day.toml", tmp_path / "cache"
    path.write_bytes(day("One"))
    await feed_of(path, cache, Script()).load()
    for copy in cache.iterdir():
        copy.write_bytes(b"\0\1\2")
    path.unlink()
    with pytest.raises(TimetableUnavailable, match="this file does not exist"):
        await feed_of(path, cache, Script()).load()


async def test_a_folder_that_cannot_be_written_costs_the_copy_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "day.toml").write_bytes(day("One"))
    (tmp_path / "cache").write_text("a file where the folder should be")
    parsed = await feed_of(tmp_path / "day.toml", tmp_path / "cache", Script()).load()
    assert parsed.timetable.title == "One"
    assert "no copy of the timetable" in caplog.text


async def test_a_file_is_watched_closely_and_only_its_content_counts(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(day("One"))
    script = Script(
        *(lambda: os.utime(path, (1, 1)), None, None),
        *(written(path, day("Twofold")), None, None),
        *(written(path, b"[conference]\ntitle = 3\n"), None, None),
        *(path.unlink, None, None),
        *(written(path, day("Three")), None, None),
    )
    feed = feed_of(path, tmp_path / "cache", script)
    await feed.load()
    assert await news(feed) == ["Twofold", "! is not text", "! this file does not exist", "Three"]
    assert set(script.slept) == {0.5}


async def test_a_feed_passes_its_zone_on_and_hides_passwords(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(day("One").replace(b'timezone = "UTC"\n', b""))
    feed = Feed(str(path), cache=tmp_path / "cache", timezone="Asia/Tokyo")
    assert (await feed.load()).timetable.timezone == "Asia/Tokyo"
    assert Feed("https://u:sesame@example.org/d?t=sesame", cache=tmp_path).name == "https://example.org/d?…"


async def test_reading_once(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(day("One"))
    assert (await read_once(str(path))).timetable.title == "One"
    with pytest.raises(TimetableError, match="not JSON"):
        await read_once(str(path), format="schedule-json")
    async with Publisher(day("Two")) as publisher:
        assert (await read_once(publisher.url, timezone="UTC")).timetable.title == "Two"


async def test_the_real_clock_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_bytes(day("One"))
    feed = Feed(str(path), cache=tmp_path / "cache", poll=timedelta(seconds=0.01))
    await feed.load()
    updates: Awaitable[Parsed | TimetableError] = anext(feed.updates().__aiter__())
    written(path, day("Later"))()
    update = await updates
    assert isinstance(update, Parsed)
    assert update.timetable.title == "Later"


async def test_a_feed_knows_how_old_what_it_has_is(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        script = Script(None, publisher.says(500), None, publisher.says(200), publisher.publishes(day("Two")))
        feed = feed_of(publisher.url, tmp_path, script)
        seen = [feed.health()]
        await feed.load()
        seen.append(feed.health())
        async with aclosing(feed.updates()) as updates:
            with suppress(ScriptEnded):
                while True:
                    await anext(updates)
                    seen.append(feed.health())
    before, loaded, failed, back, changed = seen
    assert (before.confirmed, before.changed, before.age(NOON)) == (None, None, None)
    assert (loaded.confirmed, loaded.changed, loaded.sessions) == (NOON, NOON, 1)
    minute = timedelta(minutes=1)
    assert (failed.confirmed, failed.failing) == (NOON + minute, NOON + 2 * minute)
    assert failed.age(NOON + 3 * minute) == 2 * minute
    assert "answers 500" in failed.error
    assert (back.confirmed, back.changed, back.error, back.failing) == (NOON + 4 * minute, NOON, "", None)
    assert changed.changed == NOON + 5 * minute


async def test_since_when_it_is_so_is_known_after_a_restart(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        first = feed_of(publisher.url, tmp_path, Script(*[None] * 10))
        await first.load()
        await news(first)
        later = Script()
        later.slept.append(3600)
        second = feed_of(publisher.url, tmp_path, later)
        await second.load()
        assert second.health().changed == NOON
        assert second.health().confirmed == NOON + timedelta(hours=1)


async def test_an_empty_timetable_after_a_restart_is_not_believed_either(tmp_path: Path) -> None:
    path, cache = tmp_path / "day.toml", tmp_path / "cache"
    path.write_bytes(day("One", sessions=3))
    await feed_of(path, cache, Script()).load()
    path.write_bytes(day("None", sessions=0))
    for _ in range(2):
        parsed = await feed_of(path, cache, Script()).load()
        assert parsed.timetable.title == "One"
        assert parsed.remarks[0].message.startswith("the new version holds no session; the last good copy is used")


async def test_a_server_that_wants_to_be_left_alone_is(tmp_path: Path) -> None:
    async with Publisher(day("One")) as publisher:
        publisher.retry_after = "300"
        script = Script(publisher.says(429), None, publisher.says(200), None)
        feed = feed_of(publisher.url, tmp_path, script)
        await feed.load()
        assert await news(feed) == ["! the server answers 429", "One"]
    assert script.slept == [60, 300, 300, 60]


async def test_a_login_page_names_where_it_is(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/day":
            raise web.HTTPFound("/login?next=sesame")
        return web.Response(text="<!doctype html><p>Log in", content_type="text/html")

    async with serving(answer) as url:
        with pytest.raises(TimetableError) as caught:
            await feed_of(f"{url}day", tmp_path, Script()).load()
        assert caught.value.hint.endswith(f"; the server sent us on to {url}login?…")
        with pytest.raises(TimetableError, match="a web page"):
            await read_once(f"{url}day")


async def test_a_start_does_not_wait_for_a_slow_server_where_there_is_a_copy(tmp_path: Path) -> None:
    slow = asyncio.Event()
    slow.set()

    async def answer(request: web.Request) -> web.Response:
        await slow.wait()
        return web.Response(body=day("Now"))

    async with serving(answer) as url:
        await Feed(url, cache=tmp_path, hurry=0.0).load()  # without a copy it waits
        slow.clear()
        script = Script(slow.set)
        feed = Feed(url, cache=tmp_path, hurry=0.2, sleep=script.sleep, now=script.now)
        parsed = await feed.load()
        assert parsed.timetable.title == "Now"
        assert parsed.remarks[0].message.startswith("no whole answer within 0.2 s, and a start does not wait longer")
        assert await news(feed) == ["Now"]
