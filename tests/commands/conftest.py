"""Services for the tests of the command line, each started once: one that runs on, and one that was killed."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.service.commanding import Caller, Killed, caller, captures, room, wait_for
from support.service.running import SETTINGS, Conference, Running, Talk, moment, now, seconds

HERE = Path(__file__).parent
SLOW = {"service", "killed", "either", "capturing", "watched", "trouble"}
"""Fixtures that start a real service, or ask sources that do not answer."""
LONG = 1800
"""Seconds that a session lasts which is to be running whenever a test looks."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and SLOW.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def small_day(folder: Path, port: int, *, rooms: str = "", starts_in: float = 3.0, lasts: float = 3.0) -> Conference:
    """``short`` in the main hall, and ``long`` and ``next`` in the side room, overlapping by nothing."""
    start = now() + seconds(starts_in)
    talks = [
        Talk(id="short", room="main", start=start, end=start + seconds(lasts)),
        Talk(id="long", room="side", start=start - seconds(60), end=start + seconds(LONG)),
        Talk(id="next", room="side", start=start + seconds(LONG + 300), end=start + seconds(LONG + 600)),
    ]
    return Conference(folder=folder, port=port, rooms=room("main") + room("side") + rooms, talks=talks)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]) -> Iterator[Running]:
    """It runs in a folder so deep that its socket's path is too long for an address."""
    folder = tmp_path_factory.mktemp("service") / ("a-folder-with-a-long-name" * 4)
    port, silent = free_ports(2)
    rooms = room("silent", f"udp://127.0.0.1:{silent}")
    conference = small_day(folder, port, rooms=rooms, starts_in=12.0)  # a busy machine takes its time to start it
    folder.mkdir()
    conference.write()
    running = Running(conference)
    try:
        yield asyncio.run(running.ready())
    finally:
        running.close()


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory, free_ports: Callable[[int], list[int]]) -> Iterator[Killed]:
    """Its media runs on for a while, and is then ended by ``streamer stop``."""
    later = now() + seconds(300)
    folder = tmp_path_factory.mktemp("killed")
    conference = Conference(
        folder=folder,
        port=free_ports(1)[0],
        rooms=room("main"),
        settings=SETTINGS.replace('lead = "8s"', 'lead = "10m"'),
        talks=[Talk(id="later", room="main", start=later, end=later + seconds(60))],
    )
    conference.write()
    call, service = caller(conference), Running(conference)
    try:
        asyncio.run(service.ready())
        wait_for(lambda: [path for path in conference.data.rglob("list.csv") if path.stat().st_size], "a segment")
        start = now()
        conference.publish(Talk(id="talk", room="main", start=start, end=start + seconds(LONG)))
        wait_for(lambda: len(call.json("session", "list")["sessions"]) == 2, "the new version of the timetable")
        service.send(signal.SIGKILL)
        service.process.wait()
        asyncio.run(moment(start + seconds(3)))
        before = len(captures(conference))
        said = call.said("stop")
        pristine = tmp_path_factory.mktemp("pristine") / "conference"
        shutil.copytree(folder, pristine, ignore=shutil.ignore_patterns("*.sock", "run"))
        yield Killed(
            conference=conference,
            pristine=pristine,
            start=start,
            before=before,
            said=said,
            left=conference.processes(),
        )
    finally:
        service.close()


@pytest.fixture
def call(service: Running) -> Caller:
    """Commands to the service that runs."""
    return caller(service.conference)


@pytest.fixture
def resting(tmp_path: Path, free_port: int) -> Conference:
    """A conference of which no service runs; its long session is running now."""
    conference = small_day(tmp_path, free_port, starts_in=30.0)
    conference.write()
    return conference


@pytest.fixture
def call_resting(resting: Conference) -> Caller:
    """Commands where no service runs."""
    return caller(resting)
