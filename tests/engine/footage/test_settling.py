"""The store is never ahead of the files: what is written down of a segment is written after the disk has it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.day.conference_day import Day, MemoryStore, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId
from streamer.core.records.batch import Batch
from streamer.engine.footage.intake import Waits

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "side", at("09:00"), 30))
POLICY = policy_for("main", "side")


def day_at(now: datetime, store: MemoryStore | None = None) -> AbstractAsyncContextManager[Day]:
    """Turns wait briefly: fake disks are quick or do not answer at all."""
    return conference_day(TABLE, POLICY, now, store=store, waits=Waits(settling=0.02, ending=0.02))


def written(day: Day, room: str) -> list[int]:
    """The numbers of a room's segments that are in the store."""
    takes = {p.run for p in day.world.processes.values() if p.spec.room == room}
    return sorted(number for take, number in day.store.segments if take in takes)


def numbered(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[-1] + 1))


async def test_nothing_is_written_down_before_it_is_safe() -> None:
    """(The store itself refuses segments that were not settled, in every test on fake time.)"""
    async with day_at(at("08:55")) as day:
        await day.go(at("09:01"))
        assert day.store.segments
        assert {s.path for s in day.store.segments.values()} <= day.world.settled


async def test_one_rooms_slow_disk_does_not_hold_up_the_others() -> None:
    async with day_at(at("08:55")) as day:
        await day.go(at("09:01"))
        before = written(day, "main")[-1]
        gate = day.world.slow_disks["main"] = asyncio.Event()
        await day.go(at("09:02"), step=10)
        assert written(day, "main")[-1] <= before
        assert written(day, "side")[-1] > before + 20
        edge = day.engine.archive.edge(RoomId("side"))
        assert edge is not None
        assert edge > at("09:01:50").timestamp(), "the other room goes on"
        gate.set()
        await day.go(day.clock.now() + timedelta(seconds=2), step=1)
        assert written(day, "main")[-1] > before + 20
        assert numbered([n for n in written(day, "main") if n >= before])
        await day.go(at("09:45"))
        assert {r["state"] for r in day.service.library.documents()} == {"ready"}


async def test_a_take_is_closed_when_its_last_segment_is_safe() -> None:
    async with day_at(at("08:55")) as day:
        await day.go(at("09:01"))
        (run,) = [p.run for p in day.world.alive() if p.spec.id == "capture:main"]
        gate = day.world.slow_disks["main"] = asyncio.Event()
        day.clock.advance(1.5)
        day.world.kill("capture:main")
        await day.turn()
        take = day.engine.archive.take(run)
        assert take.ended is None
        gate.set()
        await day.go(at("09:01:10"), step=0.25)
        take = day.engine.archive.take(run)
        assert (take.ended, take.cause) == (at("09:01:01.5").timestamp(), "killed by a signal")
        await day.go(at("09:45"))
        made = {r["session"]: r for r in day.service.library.documents()}
        assert sum(g["duration"] for g in made["a"]["gaps"]) < 2.5, "all that was written up to the kill is in it"


class Full(MemoryStore):
    """A store that refuses while the disk is full."""

    full = False

    async def commit(self, batch: Batch) -> None:
        if self.full:
            raise StoreError("database or disk is full")
        await super().commit(batch)


async def test_what_could_not_be_written_down_is_written_down_later() -> None:
    store = Full()
    async with day_at(at("08:55"), store=store) as day:
        await day.go(at("09:01"))
        before = written(day, "main")[-1]
        store.full = True
        for _ in range(5):
            day.clock.advance(2)
            with pytest.raises(StoreError):
                await day.turn()
        store.full = False
        await day.turn()
        assert written(day, "main")[-1] >= before + 4
        assert numbered(written(day, "main"))


async def test_what_could_not_be_written_down_is_written_down_at_the_latest_when_the_service_stops() -> None:
    store = Full()
    async with day_at(at("08:55"), store=store) as day:
        await day.go(at("09:01"))
        before = written(day, "main")[-1]
        store.full = True
        for _ in range(20):
            day.clock.advance(2)
            with pytest.raises(StoreError):
                await day.turn()
        store.full = False
    assert written(day, "main")[-1] >= before + 20
    assert numbered(written(day, "main"))


async def test_a_disk_that_refuses_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    async with day_at(at("08:55")) as day:
        await day.go(at("09:01"))
        before = written(day, "main")[-1]
        day.world.refusing = True
        await day.go(at("09:01:10"), step=1)
        assert written(day, "main")[-1] == before
        assert len([r for r in caplog.records if "can't be indexed" in r.message and "side" not in r.message]) <= 2
        day.world.refusing = False
        await day.go(at("09:01:12"), step=1)
        assert numbered(written(day, "main"))
        assert written(day, "main")[-1] >= before + 5


async def test_a_segment_of_zero_bytes_is_a_gap_with_its_reason_and_nothing_else() -> None:
    async with day_at(at("08:58")) as day:
        day.world.empty = {90, 150}
        await day.go(at("09:45"), step=5)
        made = {r["session"]: r for r in day.service.library.documents()}
        for recording in made.values():
            assert recording["state"] == "partial"
            assert [g["cause"] for g in recording["gaps"]] == [
                f"segment 000{n:03}.ts is empty on disk" for n in (90, 150)
            ]
            assert all(1.9 < g["duration"] < 2.1 for g in recording["gaps"])
        assert not {90, 150} & {number for _, number in day.store.segments}
        assert {Path(p).stem for p in day.world.deleted} >= {"000090", "000150"}, "the empty files go"
