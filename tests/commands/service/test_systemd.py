"""What systemd hears, over a real datagram socket: of a real service, and of one whose turns stop coming round."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.service.commanding import captures, room
from support.service.running import Conference, Running, Talk, now, seconds, until

from streamer.commands.service.systemd import Notifier, standing
from streamer.core.base.json import Document
from streamer.core.records.journal import Audience

WATCHDOG = 1.5
SNAPSHOT: Document = {
    "rehearsal": False,
    "rooms": [{"state": "live"}, {"state": "slate"}],
    "sessions": [{"state": s} for s in ("live", "held", "scheduled", "scheduled", "ended", "cancelled")],
}


class Manager:
    """systemd's end of the line."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    async def hears(self, word: str, within: float = 15.0) -> str:
        """The next message with this word."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within):
            while True:
                message = (await loop.sock_recv(self._socket, 4096)).decode()
                if word in message.split("\n") or (word.endswith("=") and word in message):
                    return message

    def has_heard(self) -> list[str]:
        found = []
        try:
            while True:
                found.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    address = f"@streamer-test-{os.getpid()}-{time.monotonic_ns()}" if request.param == "abstract" else None
    one = Manager(address or str(tmp_path / "notify"))
    yield one
    one.close()


class Service:
    """As much of one as is looked at."""

    def __init__(self) -> None:
        self.behind = 0.0
        self.document = SNAPSHOT

    def lag(self) -> float:
        return self.behind

    def snapshot(self, audience: Audience) -> Document:
        assert audience is Audience.VIEWER
        return self.document


async def test_it_says_what_there_is_to_say(manager: Manager) -> None:
    environ = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "60000", "WATCHDOG_PID": str(os.getpid()), "A": "b"}
    notifier, service = Notifier.taken_from(environ), Service()
    assert environ == {"A": "b"}, "nobody else may speak in our name"
    notifier.ready()
    assert await manager.hears("READY=1") == "READY=1"
    telling = asyncio.create_task(notifier.keep_telling(service))
    first = await manager.hears("WATCHDOG=1")
    assert first.split("\n") == ["WATCHDOG=1", "STATUS=1 of 2 rooms on air, 2 sessions live, 2 ahead"]
    assert await manager.hears("WATCHDOG=1") == "WATCHDOG=1", "nothing has changed"
    service.behind = 1.0
    manager.has_heard()
    with pytest.raises(TimeoutError):
        await manager.hears("WATCHDOG=1", within=0.3)
    service.behind = 0.0
    await manager.hears("WATCHDOG=1")
    telling.cancel()
    notifier.stopping()
    assert "STATUS=stopping" in await manager.hears("STOPPING=1")


async def test_without_a_watchdog_it_only_tells_how_things_stand(manager: Manager) -> None:
    notifier = Notifier.taken_from({"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    telling = asyncio.create_task(notifier.keep_telling(Service()))
    assert "WATCHDOG" not in await manager.hears("STATUS=")
    telling.cancel()


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "@nobody-listens-here"])
async def test_where_nobody_listens_nothing_happens(address: str) -> None:
    notifier = Notifier.taken_from({"NOTIFY_SOCKET": address} if address else {})
    notifier.ready()
    telling = asyncio.create_task(notifier.keep_telling(Service()))
    await asyncio.sleep(0)
    notifier.stopping()
    telling.cancel()


def test_how_things_stand_in_a_sentence() -> None:
    few: Document = {"rehearsal": True, "rooms": [{"state": "idle"}], "sessions": [{"state": "live"}]}
    assert standing(few) == "rehearsal: 0 of 1 room on air, 1 session live, 0 ahead"


# -- a real service -----------------------------------------------------------------------------------------------


@pytest.fixture
async def watched(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Running, Manager]]:
    manager = Manager(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    monkeypatch.setenv("WATCHDOG_USEC", str(round(WATCHDOG * 1e6)))
    talk = Talk(id="one", room="main", start=now() - seconds(5), end=now() + seconds(600))
    conference = Conference(folder=tmp_path / "conference", port=free_port, rooms=room("main"), talks=[talk])
    conference.write()
    service = Running(conference)
    try:
        yield service, manager
    finally:
        service.close()
        manager.close()


def of(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


async def test_a_service_under_systemd(watched: tuple[Running, Manager]) -> None:
    service, manager = watched
    await manager.hears("READY=1", within=30)
    assert "attendees" in service.said, "it has greeted"
    assert "of 1 room on air" in await manager.hears("STATUS=")
    await until(lambda: captures(service.conference), "a capture")
    for pid in [*service.conference.processes(), *service.conference.guards()]:
        if pid != service.process.pid:
            environment = of(pid, "environ")
            assert b"STREAMER_TEST" in environment
            assert b"NOTIFY_SOCKET" not in environment
            assert b"WATCHDOG_" not in environment
    times = []
    for _ in range(4):
        await manager.hears("WATCHDOG=1")
        times.append(time.monotonic())
    assert times[-1] - times[0] < 3 * WATCHDOG, "in time for the watchdog, each of them"
    service.send(signal.SIGSTOP)
    await until(lambda: of(service.process.pid, "stat").rpartition(b") ")[2][:1] == b"T", "a service that hangs")
    manager.has_heard()
    with pytest.raises(TimeoutError):
        await manager.hears("WATCHDOG=1", within=WATCHDOG)
    service.send(signal.SIGCONT)
    service.send(signal.SIGTERM)
    await manager.hears("STOPPING=1")
    assert await service.ended() == 0
