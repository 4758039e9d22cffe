"""Each client sees a snapshot, or what it missed, and then every change once: whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.web.small_service import SmallService

from streamer.core.base.errors import StoreError
from streamer.core.base.json import Document
from streamer.core.records.journal import Audience
from streamer.engine.status import bus
from streamer.web.sockets.fanout import HELD, Fanout, JournalPosition

Heard = list[tuple[str, Document]]


class Hall:
    """Followers that hear everything at once."""

    def __init__(self, service: SmallService, audience: Audience = Audience.VIEWER) -> None:
        self.packets: dict[str, list[Any]] = defaultdict(list)
        self._news = asyncio.Condition()
        self.fanout = Fanout(service.as_service(), audience, self._send)

    async def _send(self, sid: str, packet: Any) -> None:
        async with self._news:
            self.packets[sid].append(packet)
            self._news.notify_all()

    def heard(self, sid: str) -> Heard:
        return [self._read(packet) for packet in self.packets[sid]]

    def _read(self, packet: Any) -> tuple[str, Document]:
        event, document = json.loads(packet.encode().split(",", 1)[1])
        return event, document

    def revisions(self, sid: str) -> list[tuple[str, int]]:
        return [(event, document["revision"]) for event, document in self.heard(sid)]

    async def until(self, sid: str, revision: int) -> None:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: self._revision(sid) >= revision)

    def _revision(self, sid: str) -> int:
        packets = self.packets[sid]
        return int(self._read(packets[-1])[1]["revision"]) if packets else -1


@asynccontextmanager
async def running(hall: Hall) -> AsyncIterator[Hall]:
    task = asyncio.create_task(hall.fanout.run())
    try:
        yield hall
    finally:
        hall.fanout.close()
        await task


@pytest.fixture
def service(tmp_path: Path) -> SmallService:
    return SmallService(tmp_path)


async def test_a_snapshot_then_changes(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("a", None)
        service.change("s1", state="live")
        service.change("s1", state="ended")
        await hall.until("a", 5)
    assert hall.revisions("a") == [("snapshot", 3), ("change", 4), ("change", 5)]
    assert hall.heard("a")[1][1]["session"]["state"] == "live"


async def test_a_change_is_encoded_once_for_all(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        for number in range(20):
            await hall.fanout.welcome(f"client-{number}", None)
        [entry, _] = service.change("s1", state="live")
        for number in range(20):
            await hall.until(f"client-{number}", entry.revision)
        await hall.fanout.welcome("late", JournalPosition(epoch="epoch-1", revision=3))
    assert len({id(packets[-1]) for packets in hall.packets.values()}) == 1


async def test_what_was_missed_comes_first(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        service.change("s1", title="one")
        service.change("s1", title="two")
        await hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3))
        service.change("s1", title="three")
        await hall.until("a", 6)
    assert hall.revisions("a") == [("change", 4), ("change", 5), ("change", 6)]


async def test_who_missed_nothing_is_sent_nothing(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3))
        assert hall.heard("a") == []
        service.change("s1", title="one")
        await hall.until("a", 4)
    assert hall.revisions("a") == [("change", 4)]


@pytest.mark.parametrize(("epoch", "revision"), [("other", 3), ("epoch-1", 99), ("epoch-1", 0)])
async def test_who_can_t_be_caught_up_starts_over(service: SmallService, epoch: str, revision: int) -> None:
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("a", JournalPosition(epoch=epoch, revision=revision))
    assert hall.revisions("a") == [("snapshot", 3)]


async def test_a_journal_that_can_t_be_read_is_no_reason_to_fail(service: SmallService) -> None:
    service.journal_fault = StoreError("disk gone")
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3))
    assert hall.revisions("a") == [("snapshot", 3)]


async def test_changes_while_catching_up_are_neither_lost_nor_doubled(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("other", None)
        service.change("s1", title="missed")
        service.gate.clear()
        welcome = asyncio.create_task(hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3)))
        await service.waiting.wait()
        for number in range(5):
            service.change("s1", title=f"meanwhile {number}")
        await hall.until("other", 9)
        assert hall.heard("a") == []
        service.gate.set()
        await welcome
        service.change("s1", title="after")
        await hall.until("a", 10)
    assert hall.revisions("a") == [("change", revision) for revision in range(4, 11)]


async def test_announcements_that_are_still_on_their_way_are_not_repeated(service: SmallService) -> None:
    hall = Hall(service)
    service.change("s1", title="journalled, in the snapshot, not yet passed on")
    await hall.fanout.welcome("a", None)
    async with running(hall):
        service.change("s1", title="next")
        await hall.until("a", 5)
    assert hall.revisions("a") == [("snapshot", 4), ("change", 5)]


async def test_who_leaves_while_being_caught_up_is_forgotten(service: SmallService) -> None:
    async with running(Hall(service)) as hall:
        service.gate.clear()
        welcome = asyncio.create_task(hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3)))
        await service.waiting.wait()
        hall.fanout.leave("a")
        service.gate.set()
        await welcome
        assert len(hall.fanout) == 0
        await hall.fanout.welcome("b", None)
        service.change("s1", title="after")
        await hall.until("b", 4)
    assert hall.heard("a") == []


async def test_who_waits_too_long_starts_over(service: SmallService) -> None:
    last = 3 + HELD + 3
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("other", None)
        service.gate.clear()
        welcome = asyncio.create_task(hall.fanout.welcome("a", JournalPosition(epoch="epoch-1", revision=3)))
        await service.waiting.wait()
        for revision in range(4, last + 1):
            service.change("s1", title=f"meanwhile {revision}")
            await hall.until("other", revision)
        service.gate.set()
        await welcome
        service.change("s1", title="after")
        await hall.until("a", last + 1)
    revisions = hall.revisions("a")
    assert revisions[:HELD] == [("change", revision) for revision in range(4, 4 + HELD)]
    assert ("snapshot", last + 1) in revisions[HELD:]


async def test_a_lagging_announcer_sends_everybody_a_snapshot(
    service: SmallService, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Hall(service)) as hall:
        await hall.fanout.welcome("a", None)
        burst = bus.QUEUE_LENGTH + 10
        for number in range(burst):
            service.change("s1", title=f"burst {number}")
        await hall.until("a", 3 + burst)
        service.change("s1", title="after")
        await hall.until("a", 4 + burst)
    revisions = hall.revisions("a")
    assert revisions[-2:] == [("snapshot", 3 + burst), ("change", 4 + burst)]
    assert "snapshot" in caplog.text


async def test_many_come_and_go_while_changes_stream(service: SmallService) -> None:
    async with running(Hall(service)) as hall:

        async def change() -> None:
            for number in range(300):
                service.change("s1", title=f"change {number}")
                await asyncio.sleep(0)

        async def come(number: int) -> None:
            for _ in range(number % 40):
                await asyncio.sleep(0)
            position = JournalPosition(epoch="epoch-1", revision=3) if number % 2 else None
            await hall.fanout.welcome(f"client-{number}", position)

        await asyncio.gather(change(), *(come(number) for number in range(60)))
        for number in range(60):
            await hall.until(f"client-{number}", 303)
    for number in range(60):
        (first, start), *rest = hall.revisions(f"client-{number}")
        assert first == ("change" if number % 2 else "snapshot")
        assert rest == [("change", revision) for revision in range(start + 1, 304)]
        assert number % 2 == 0 or start == 4


async def test_viewers_are_not_told_of_jobs(service: SmallService) -> None:
    viewers, crew = Hall(service, Audience.VIEWER), Hall(service, Audience.CREW)
    async with running(viewers), running(crew):
        await viewers.fanout.welcome("v", None)
        await crew.fanout.welcome("c", None)
        service.work()
        service.change("s1", title="for all")
        await crew.until("c", 5)
        await viewers.until("v", 4)
    assert [d["kind"] for e, d in crew.heard("c") if e == "change"] == ["job.state", "session.changed"]
    assert [d["kind"] for e, d in viewers.heard("v") if e == "change"] == ["session.changed"]
    assert "do-not-tell" not in json.dumps(viewers.heard("v"))
    assert "do-not-tell" in json.dumps(crew.heard("c"))


@pytest.mark.parametrize(
    "auth",
    [
        None,
        [],
        "x",
        {},
        {"epoch": "e"},
        {"epoch": 1, "revision": 1},
        {"epoch": "e", "revision": "1"},
        {"epoch": "e", "revision": True},
        {"epoch": "e", "revision": 1.0},
        {"epoch": "e", "revision": -1},
        {"epoch": "e", "revision": 10**30},
    ],
)
def test_what_is_no_position_is_none(auth: object) -> None:
    assert JournalPosition.of(auth) is None


def test_a_position() -> None:
    assert JournalPosition.of({"epoch": "e", "revision": 0, "token": "x"}) == JournalPosition(epoch="e", revision=0)
