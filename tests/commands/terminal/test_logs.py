"""The log: its two forms, what its lines are bound to, and that no secret is in it. The last by a real start."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.contextvars import bound_contextvars
from structlog.stdlib import ProcessorFormatter
from support.service.commanding import room
from support.service.running import SETTINGS, Conference, Running, Talk, now, seconds, until

from streamer.commands.terminal.logs import formatter, log_to_stderr

PASSWORD = "correct-horse"
PLAIN = "hush-7431-hush"
"""A secret of no known shape: it is masked only because the configuration says that it is one."""

log = structlog.stdlib.get_logger("streamer.some.module")
SHORT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (debug|info|warning|error|critical) +\S")


Written = Callable[[], list[dict[str, object]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """The lines that were logged to standard error, which is no terminal."""
    log_to_stderr(logging.INFO, [PLAIN])
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    log_to_stderr(logging.WARNING)


def short(message: str, *arguments: object) -> str:
    record = logging.LogRecord("aiohttp.server", logging.ERROR, __file__, 1, message, arguments, None)
    return formatter(terminal=True).format(record)


# -- forms ---------------------------------------------------------------------------------------------


def test_a_line_has_its_time_and_the_keys_it_was_bound_to(written: Written) -> None:
    log.bind(take="t1", job="capture:main", room="main", session=None).warning("no progress", seconds=6)
    [line] = written()
    instant = datetime.fromisoformat(str(line.pop("timestamp")))
    assert abs((datetime.now(UTC) - instant).total_seconds()) < 60
    assert instant.utcoffset() == datetime.now().astimezone().utcoffset()
    assert list(line.items()) == [
        ("level", "warning"),
        ("event", "no progress"),
        ("logger", "streamer.some.module"),
        ("room", "main"),
        ("job", "capture:main"),
        ("take", "t1"),
        ("seconds", 6),
    ]


def test_a_librarys_line_takes_the_same_way(written: Written) -> None:
    with bound_contextvars(session="keynote"):
        logging.getLogger("aiohttp.server").error("%d of %s", 3, "them")
    [line] = written()
    assert (line["event"], line["logger"], line["session"]) == ("3 of them", "aiohttp.server", "keynote")


def test_chatty_libraries_are_heard_from_warnings_on(written: Written) -> None:
    logging.getLogger("apscheduler.scheduler").info("Added job")
    assert written() == []
    logging.getLogger("apscheduler.scheduler").warning("missed")
    assert [line["event"] for line in written()] == ["missed"]


def test_a_line_on_a_terminal_is_short_and_does_nothing_to_it() -> None:
    line = short("a title: %s", "\x1b[2J\nfaked")
    assert re.fullmatch(SHORT.pattern + r" title: \\x1b\[2J\\nfaked", line)


def test_an_exception_follows_its_line() -> None:
    try:
        raise ValueError(f"https://crew:{PASSWORD}@example.org/")
    except ValueError:
        record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    first, *rest = formatter(terminal=True).format(record).splitlines()
    assert SHORT.match(first)
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "ValueError: https://***@example.org/"


def test_what_cannot_be_formatted_is_told_without_its_arguments(written: Written) -> None:
    record = logging.LogRecord("aiohttp.server", logging.ERROR, __file__, 1, "%d", (PASSWORD,), None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, ProcessorFormatter):  # pytest's own handlers raise
            handler.handle(record)
    [line] = written()
    assert (line["event"], line["logger"]) == ("a line of the log could not be formatted or written", "aiohttp.server")


# -- secrets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        f"rtmp://live.example.org/app/{PASSWORD}",
        f"srt://198.51.100.1:9000?passphrase={PASSWORD}",
        [{"feed": f"https://crew:{PASSWORD}@example.org/feed"}],
        {"password": PASSWORD},
        OSError(f"-passphrase {PASSWORD}"),
        f"http://encoder/{PLAIN}/index",
        b"Authorization: Bearer " + PASSWORD.encode(),
    ],
)
def test_every_value_is_redacted(written: Written, value: object) -> None:
    log.error("what came", value=value)
    [line] = written()
    text = str(line["value"])
    assert "***" in text
    assert PASSWORD not in text
    assert PLAIN not in text


def test_exceptions_are_redacted(written: Written) -> None:
    try:
        raise ValueError(f"{PLAIN}, and https://crew:{PASSWORD}@example.org/")
    except ValueError:
        log.exception("failed")
    [line] = written()
    text = str(line["exception"])
    assert text.endswith("ValueError: ***, and https://***@example.org/")
    assert "Traceback" in text


def test_an_uncaught_exception_is_logged_and_redacted(written: Written) -> None:
    error = ValueError(PLAIN)
    sys.excepthook(ValueError, error, error.__traceback__)
    [line] = written()
    assert (line["level"], line["exception"]) == ("critical", "ValueError: ***")


@pytest.mark.parametrize("terminal", [True, False])
async def test_a_start_with_secrets_tells_none_of_them(
    tmp_path: Path, free_ports: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    port, closed = free_ports(2)
    source = tmp_path / f"{PLAIN}.ts"
    source.write_bytes(b"no video")
    monkeypatch.setenv("ROOM_SOURCE", str(source))
    rooms = room("plain", "env:ROOM_SOURCE") + room("keyed", f"rtmp://127.0.0.1:{closed}/app/{PASSWORD}")
    start = now() - seconds(5)
    talks = [Talk(id=f"in-{id}", room=id, start=start, end=start + seconds(600)) for id in ("plain", "keyed")]
    settings = SETTINGS.replace('"day.toml"', '"env:FEED"\npoll = "1s"')
    conference = Conference(folder=tmp_path / "c", port=port, settings=settings, rooms=rooms, talks=talks)
    conference.write()
    timetable = conference.folder / "day.toml"

    async def published(request: web.Request) -> web.Response:
        return web.Response(text=timetable.read_text())

    app = web.Application()
    app.router.add_get("/day.toml", published)
    async with TestServer(app, host="127.0.0.1") as server:
        monkeypatch.setenv("FEED", f"http://crew:{PASSWORD}@127.0.0.1:{server.port}/day.toml?token={PLAIN}")
        with read_from(terminal=terminal) as (descriptor, text):
            service = Running(conference, stderr=descriptor)
            try:
                await service.ready()
                for id in ("plain", "keyed"):
                    await until(partial(told, text, terminal, id), f"the end of a capture of {id}")
                timetable.write_text(f'title = "http://crew:{PASSWORD}@example.org/')
                await until(lambda: "of the timetable can't be used" in text(), "a timetable that can't be used")
            finally:
                service.close()
            said = text()
    assert PASSWORD not in said
    assert PLAIN not in said
    if terminal:
        assert all(SHORT.match(line) for line in said.splitlines()), said
    else:
        assert all({"timestamp", "level", "event", "logger"} <= set(json.loads(line)) for line in said.splitlines())


def told(text: Callable[[], str], terminal: bool, id: str) -> bool:
    """Whether the log says that a room's capture ended, bound to its room, job and take."""
    words = ["the process ended", f"room={id}", f"job=capture:{id}", "take="]
    if not terminal:
        words = ["the process ended", f'"room": "{id}"', f'"job": "capture:{id}"', '"take": ']
    return any(all(word in line for word in words) for line in text().splitlines())


@contextlib.contextmanager
def read_from(*, terminal: bool) -> Iterator[tuple[int, Callable[[], str]]]:
    """A descriptor to write to, of a terminal or of a pipe, and what has been written so far."""
    ours, theirs = os.openpty() if terminal else os.pipe()
    heard = bytearray()

    def listen() -> None:
        with contextlib.suppress(OSError):  # a terminal whose other side is closed
            while some := os.read(ours, 65536):
                heard.extend(some)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield theirs, lambda: heard.decode().replace("\r\n", "\n")
    finally:
        os.close(theirs)
        thread.join(10)
        os.close(ours)
