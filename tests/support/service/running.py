"""The service as people run it: ``streamer run`` in a process of its own, on free ports, with a folder for everything.

Whatever a test learns of it, it learns from outside: what is printed, HTTP, Socket.IO, files, processes by their id.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import CookieJar
from yarl import URL

STREAMER = Path(sys.executable).with_name("streamer")
LOOKS = 0.05
"""Seconds between looks at what can't be awaited."""
STARTS_WITHIN = 60.0
ENDS_WITHIN = 15.0
"""Contract: an ordinary stop takes no longer."""

Document = dict[str, Any]


async def until(condition: Callable[[], object], what: str, within: float = 30.0) -> None:
    """Look again and again, for what another process does."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  # another process can only be looked at
                await asyncio.sleep(LOOKS)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {within:g} s") from None


async def asked(ask: Callable[[], Awaitable[Any]], what: str, within: float = 30.0) -> Any:
    """Ask again and again until the answer is true; returns it."""
    deadline = time.monotonic() + within
    while not (answer := await ask()):
        assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
        await asyncio.sleep(LOOKS)
    return answer


def now() -> datetime:
    return datetime.now(UTC)


async def moment(instant: datetime) -> None:
    """Wait until the clock shows it: only where a test acts at a time of its own choosing."""
    await asyncio.sleep(max(0.0, (instant - now()).total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A session of a test's timetable. ``more`` is TOML."""

    id: str
    room: str
    start: datetime
    end: datetime
    title: str = ""
    more: str = ""

    @property
    def toml(self) -> str:
        fields = [
            f"id = {quoted(self.id)}",
            f"room = {quoted(self.room)}",
            f"title = {quoted(self.title or f'Talk {self.id}')}",
            f"start = {self.start.isoformat()}",
            f"end = {self.end.isoformat()}",
            self.more,
        ]
        return "[[sessions]]\n" + "\n".join(fields) + "\n"


def quoted(text: str) -> str:
    """A basic string of TOML."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text) + '"'


SETTINGS = """\
[conference]
title = "A conference"
timezone = "Europe/Copenhagen"
timetable = "day.toml"

[server]
listen = "127.0.0.1:{port}"

[capture]
lead = "8s"
linger = "2s"
ring = "6s"
monitor = false

[recording]
pre_roll = "2s"
post_roll = "2s"

[livestream]
renditions = ["180p"]
"""

MONITORED = SETTINGS.replace("monitor = false", "monitor = true")
"""With monitors, which take a part of the processor that other tests need."""

DAY = """\
[conference]
title = "A day"
"""


@dataclass(slots=True)
class Conference:
    """A folder with a configuration and a timetable. ``rooms`` are the [[rooms]] tables, as TOML."""

    folder: Path
    port: int
    rooms: str = ""
    settings: str = SETTINGS
    talks: list[Talk] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(self.settings.format(port=self.port) + "\n" + self.rooms)
        self.publish()

    def publish(self, *talks: Talk) -> None:
        """Add to the timetable. It is replaced in one step, as the service may read it at any moment."""
        self.talks += talks
        text = "\n".join([DAY, *(talk.toml for talk in self.talks)])
        fresh = self.folder / "day.new"
        fresh.write_text(text)
        fresh.replace(self.folder / "day.toml")

    async def command(self, *arguments: str, within: float = 60.0) -> Said:
        """Run a command of the command line to its end."""
        process = await asyncio.create_subprocess_exec(
            STREAMER,
            *arguments,
            "--config",
            str(self.config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(within):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert process.returncode is not None
        return Said(status=process.returncode, out=out.decode(), err=err.decode())

    def processes(self) -> dict[int, str]:
        """What works in the data folder, the keeper included: pid and command line."""
        found = {}
        for proc in Path("/proc").iterdir():
            if proc.name.isdecimal():
                with contextlib.suppress(OSError):  # it ended while we looked
                    if (proc / "cwd").readlink().is_relative_to(self.data) and (
                        line := (proc / "cmdline").read_bytes()
                    ):
                        found[int(proc.name)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
        return found

    def guards(self) -> list[int]:
        """What would start another keeper of the data folder, or of a rehearsal's in it."""
        found = []
        for proc in Path("/proc").iterdir():
            if proc.name.isdecimal():
                with contextlib.suppress(OSError):  # it ended while we looked
                    if (proc / "comm").read_text() == "streamer-guard\n" and any(
                        Path(os.fsdecode(word)).is_relative_to(self.data)
                        for word in (proc / "cmdline").read_bytes().split(b"\0")
                    ):
                        found.append(int(proc.name))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


class Running:
    """A service that was started, maybe not ready yet, maybe gone. ``stderr`` is a descriptor for its log."""

    def __init__(self, conference: Conference, *arguments: str, stderr: int = subprocess.STDOUT) -> None:
        conference.folder.mkdir(parents=True, exist_ok=True)
        self.conference = conference
        self._log = conference.folder / f"run-{time.monotonic_ns()}.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [STREAMER, "--config", conference.config, "run", *arguments],
                cwd=conference.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=stderr,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    async def ready(self, within: float = STARTS_WITHIN) -> Running:
        """Wait for the greeting, whose last line says what comes next."""

        def greeted() -> bool:
            assert self.lives, f"the service ended with status {self.process.returncode}:\n{self.said}"
            return "session" in self.said.partition("attendees ")[2].rpartition("(once)")[2]

        await until(greeted, "the greeting", within)
        return self

    def link(self, role: str) -> str:
        """The one-time link that was printed for a role."""
        found = re.search(rf"{role}\s+(\S+/login\?\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, within: float = ENDS_WITHIN) -> int:
        """Its exit status."""
        await until(lambda: not self.lives, f"the end of the service\n{self.said[-2000:]}", within)
        return int(self.process.returncode)

    def close(self) -> None:
        """End it and all that works in its folder, however it is."""
        self.process.kill()
        self.process.wait()
        for pid in [*self.conference.guards(), *self.conference.processes()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while self.conference.processes() and time.monotonic() < deadline:
            time.sleep(LOOKS)


@asynccontextmanager
async def running(conference: Conference, *arguments: str) -> AsyncIterator[Running]:
    """A service that has greeted; ended afterwards, whatever happened."""
    service = Running(conference, *arguments)
    try:
        yield await service.ready()
    finally:
        service.close()


class Person:
    """Somebody with a browser's cookies: what a one-time link makes of a stranger."""

    def __init__(self, http: aiohttp.ClientSession, url: str, secret: str) -> None:
        self.http = http
        self.url = url
        self.secret = secret

    async def get(self, path: str) -> Document:
        async with self.http.get(self.url + path) as answer:
            assert answer.status == 200, (path, answer.status, await answer.text())
            return dict(await answer.json())

    async def post(self, path: str, body: Document, status: int = 200, **headers: str) -> Document:
        headers = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        async with self.http.post(self.url + path, json=body, headers=headers) as answer:
            document = await answer.json()
            assert answer.status == status, (path, answer.status, document)
            return dict(document)

    async def recording(self, session: str) -> Document | None:
        found = (await self.get("/api/v1/recordings"))["recordings"]
        return next((one for one in found if one["session"] == session), None)

    async def finished(self, session: str, within: float = 60.0) -> Document:
        """A session's recording in its last state."""

        async def last() -> Document | None:
            one = await self.recording(session)
            return one if one and one["state"] in ("ready", "partial", "failed", "erased") else None

        return dict(await asked(last, f"the recording of {session}", within))


@asynccontextmanager
async def signed_in(link: str) -> AsyncIterator[Person]:
    """Who follows a one-time link and presses its button."""
    url = URL(link)
    form, headers = {"token": url.query["token"]}, {"Origin": str(url.origin())}
    async with aiohttp.ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        async with http.post(url.with_query(None), data=form, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303, (answer.status, await answer.text())
            [secret] = [cookie.value for cookie in answer.cookies.values()]
        yield Person(http, str(url.origin()), secret)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def instant(text: str) -> float:
    """ISO 8601 to Unix seconds."""
    return datetime.fromisoformat(text).timestamp()
