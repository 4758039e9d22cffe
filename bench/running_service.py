"""The real service in a temporary folder, started as anybody starts it: ``streamer run`` with a config.toml."""

from __future__ import annotations

import asyncio
import json
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bench.figures import BenchError
from bench.processes import end_all_in, last_words, launched
from bench.slots import Slot
from streamer.core.base.layout import CONTROL_SOCKET

STARTS_WITHIN = 30.0
KNOWN_WITHIN = 5.0
LOOK_EVERY = 0.05
"""Seconds between looks at what can't be awaited: how exact the moments are that are found so."""
BRIEF = """
[capture]
lead = "5s"
linger = "5s"
[recording]
pre_roll = "1s"
post_roll = "1s"
"""
"""Rules for sessions that last some seconds."""
_T = TypeVar("_T")
_DATA, _TIMETABLE, _CONFIG = "data", "timetable.toml", "config.toml"


@dataclass(frozen=True, slots=True)
class RunningService:
    """A running service. ``pid`` is its process, ``address`` its web server's URL, ``data`` its data folder."""

    pid: int
    address: str
    data: Path
    _timetable: Path
    _control: aiohttp.ClientSession

    async def announce(self, slots: Sequence[Slot], *, stream: bool) -> None:
        """Publish the programme, as organisers do while the service runs, and wait until it is known.

        So nothing depends on how long the start takes. Raises BenchError where that takes too long.
        """
        fresh = self._timetable.with_suffix(".new")
        fresh.write_text(_programme(slots, stream=stream))
        fresh.replace(self._timetable)

        async def known() -> bool:
            return len((await self.ask("/api/v1/status"))["sessions"]) == len(slots)

        await until(known, "the new timetable's arrival", KNOWN_WITHIN)

    async def ask(self, path: str) -> dict[str, Any]:
        """A document from the service, as the command line gets it."""
        async with self._control.get(f"http://control{path}") as response:
            response.raise_for_status()
            return dict(await response.json())

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request that changes something, as the command line makes it."""
        async with self._control.post(f"http://control{path}", json=dict(body)) as response:
            response.raise_for_status()
            return dict(await response.json())

    async def fetch(self, path: str) -> bytes:
        """Any file from the service, whole."""
        async with self._control.get(f"http://control{path}") as response:
            response.raise_for_status()
            return await response.read()


@asynccontextmanager
async def temporary_folder() -> AsyncIterator[Path]:
    """Gone at the end, and with it whatever still worked in it."""
    with tempfile.TemporaryDirectory(prefix="streamer-bench-") as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            await end_all_in(folder)


@asynccontextmanager
async def run_service(folder: Path, rooms: Mapping[str, str], rules: str) -> AsyncIterator[RunningService]:
    """A service for these rooms (id to source), ready, without a programme; ended after the block, with all its media.

    ``rules`` is the part of config.toml that the bench decides. Raises BenchError where it does not start.
    """
    furnish(folder, rooms, rules)
    async with serving(folder) as service:
        yield service


def furnish(folder: Path, rooms: Mapping[str, str], rules: str) -> None:
    """Write config.toml and an empty programme."""
    (folder / _TIMETABLE).write_text(_programme([], stream=False))
    (folder / _CONFIG).write_text(_config(rooms, rules))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[RunningService]:
    """A service in a furnished folder, ready, until the end of the block. Raises BenchError where it does not start."""
    log = folder / "service.log"
    program = Path(sysconfig.get_path("scripts"), "streamer")
    async with (
        launched(log, str(program), "run", "--config", str(folder / _CONFIG)) as process,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(folder / _DATA / CONTROL_SOCKET))) as control,
    ):
        status: dict[str, Any] = {}

        async def ready() -> bool:
            if process.returncode is not None:
                raise BenchError(f"the service did not start:\n{last_words(log)}")
            try:
                async with control.get("http://control/control/status") as response:
                    status.update(await response.json())
            except (aiohttp.ClientError, OSError):
                return False
            return bool(status["ready"]) and status["pid"] == process.pid

        await until(ready, "the service's start", STARTS_WITHIN)
        yield RunningService(status["pid"], status["addresses"][0], folder / _DATA, folder / _TIMETABLE, control)


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str, within: float) -> None:
    """Look again and again, for what only shows in files or answers. Raises BenchError after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found if isinstance(found, bool) else await found:
            return
        if time.monotonic() > deadline:
            raise BenchError(f"{what} did not happen within {within:g} s; is the machine too busy?")
        await asyncio.sleep(LOOK_EVERY)


async def together(*work: Awaitable[_T]) -> list[_T]:
    """The results of work that goes on at the same time. Where one fails, the others are ended and its error raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _config(rooms: Mapping[str, str], rules: str) -> str:
    listed = "".join(
        f"\n[[rooms]]\nid = {json.dumps(id)}\nsource = {json.dumps(source)}\n" for id, source in rooms.items()
    )
    return f"""[conference]
timetable = "{_TIMETABLE}"
[server]
listen = "127.0.0.1:0"
[storage]
data = "{_DATA}"
{rules}
{listed}"""


def _programme(slots: Sequence[Slot], *, stream: bool) -> str:
    listed = "".join(
        f"""
[[sessions]]
id = {json.dumps(slot.id)}
room = {json.dumps(slot.room)}
title = {json.dumps(f"Session {slot.id}")}
start = {slot.start.isoformat(timespec="milliseconds")}
end = {slot.end.isoformat(timespec="milliseconds")}
record = true
stream = {str(stream).lower()}
"""
        for slot in slots
    )
    return f'[conference]\ntitle = "A day to measure"\ntimezone = "Europe/Copenhagen"\n{listed}'
