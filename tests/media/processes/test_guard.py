"""The keeper's guard as a real process: what it starts again, what it leaves alone, and when it goes."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.media.short_keeper import DEADLINE, FAST, Visitor, eventually, guard_of, keeper_of, kept_folder

from streamer.media.processes import guard, procfs
from streamer.media.processes.keeper_client import KeeperClient, KeeperLost


@pytest.fixture
async def kept_data(tmp_path: Path) -> AsyncIterator[Path]:
    async with kept_folder(tmp_path) as folder:
        yield folder


@asynccontextmanager
async def visiting(data: Path) -> AsyncIterator[Visitor]:
    visitor = await Visitor(data).enter()
    try:
        yield visitor
    finally:
        await visitor.client.close()


async def ended(pidfd: int) -> None:
    """Wait for the end of a process that is not our child."""
    try:
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        assert await asyncio.to_thread(poll.poll, DEADLINE * 1000), "it goes on"
    finally:
        os.close(pidfd)


async def connected(data: Path) -> KeeperClient:
    """To a keeper that somebody else starts."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await KeeperClient.connect(data, lambda end: None)
            except KeeperLost:
                await asyncio.sleep(0.02)


async def test_where_service_and_keeper_are_killed_media_ends_when_it_is_due(kept_data: Path) -> None:
    async with visiting(kept_data) as visitor:
        process = await visitor.start("one", "sleep", "60", ends_by=time.time() + 1.5)
        await visitor.start("two", "sleep", "60", ends_by=8e9)
        await visitor.client.request("lease", ends_by={"two": time.time() + 1.5})
        guardian = os.pidfd_open(guard_of(await keeper_of(visitor)))
        visitor.client.kill()
        assert await visitor.client.gone(5)
    assert procfs.start_ticks(process["pid"]) == process["start_ticks"]

    for run in ("one", "two"):
        await eventually((kept_data / "run" / run / "exit.json").exists)
        assert visitor.stored(run, "exit.json")["reason"] == "deadline"
    assert procfs.start_ticks(process["pid"]) is None
    await ended(guardian)  # and nothing is left
    assert not (kept_data / "run/keeper.sock").exists()
    assert "ended with status -9; starting another one in 0 s" in (kept_data / "run/keeper.log").read_text()


async def test_a_service_finds_the_keeper_that_the_guard_has_started(kept_data: Path) -> None:
    async with visiting(kept_data) as visitor:
        process = await visitor.start("one", "sleep", "60", ends_by=8e9)
        first = await keeper_of(visitor)
        guardian = guard_of(first)
        visitor.client.kill()
        assert await visitor.client.gone(5)
    client = await connected(kept_data)
    state = await client.state()
    await client.close()
    assert state["processes"] == [process]
    assert state["pid"] != first
    assert guard_of(state["pid"]) == guardian


async def test_guard_and_service_may_start_the_next_at_the_same_time(kept_data: Path) -> None:
    """However the race goes there is one keeper, with one guard, and it has everything."""
    for _ in range(3):
        async with visiting(kept_data) as visitor:
            process = await visitor.start("one", "sleep", "60", ends_by=8e9)
            former = await keeper_of(visitor)
            visitor.client.kill()
            assert await visitor.client.gone(5)
        async with visiting(kept_data) as visitor:
            assert (await visitor.client.state())["processes"] == [process]
            assert await keeper_of(visitor) != former
            assert guard_of(await keeper_of(visitor))
    await eventually(lambda: len(guards(kept_data)) == 1)


def guards(data: Path) -> list[int]:
    found = []
    for proc in Path("/proc").iterdir():
        try:
            if proc.name.isdecimal() and str(data).encode() in (proc / "cmdline").read_bytes():
                found += [int(proc.name)] if (proc / "comm").read_text() == "streamer-guard\n" else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize("how", ["idle", "shutdown", "SIGTERM", "killed with nothing to keep"])
async def test_it_goes_with_a_keeper_that_has_nothing_to_keep(kept_data: Path, how: str) -> None:
    async with visiting(kept_data) as visitor:
        keeper = await keeper_of(visitor)
        guardian = os.pidfd_open(guard_of(keeper))
        await visitor.start("one", "true")
        await visitor.end_of("one")
        match how:
            case "shutdown":
                await visitor.client.request("shutdown")
            case "SIGTERM":
                os.kill(keeper, signal.SIGTERM)
            case "killed with nothing to keep":
                visitor.client.kill()
        if how != "idle":
            assert await visitor.client.gone(5)
    await ended(guardian)
    with pytest.raises(KeeperLost):
        await KeeperClient.connect(kept_data, lambda end: None)


async def test_a_keeper_that_can_not_start_is_tried_again(kept_data: Path) -> None:
    async with visiting(kept_data) as visitor:
        process = await visitor.start("one", "sleep", "60", ends_by=8e9)
        os.kill(await keeper_of(visitor), signal.SIGSTOP)
        (kept_data / "run/keeper.sock").unlink()
        (kept_data / "run/keeper.sock").mkdir()
        visitor.client.kill()
        assert await visitor.client.gone(5)
    log = kept_data / "run/keeper.log"
    await eventually(lambda: "status 1; starting another one in 1 s" in log.read_text())
    (kept_data / "run/keeper.sock").rmdir()
    client = await connected(kept_data)
    assert (await client.state())["processes"] == [process]
    await client.close()


async def test_a_keeper_that_hangs_without_a_service_is_replaced(kept_data: Path) -> None:
    options = [f"--{name}={getattr(FAST, name)}" for name in ("idle", "tick")]
    short = (
        "import sys; from streamer.media.processes import guard; guard.HUNG = 1.5; sys.exit(guard.main(sys.argv[1:]))"
    )
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", short, str(kept_data), *options)
    assert await starter.wait() == 0
    async with visiting(kept_data) as visitor:
        process = await visitor.start("one", "sleep", "60", ends_by=8e9)
        first = await keeper_of(visitor)
    os.kill(first, signal.SIGSTOP)
    hanging = os.pidfd_open(first)
    await ended(hanging)
    client = await connected(kept_data)
    assert (await client.state())["processes"] == [process]
    await client.close()
    assert "no sign of life" in (kept_data / "run/keeper.log").read_text()


async def test_what_runs_under_a_recycled_id_is_nothing_to_keep(kept_data: Path) -> None:
    async with visiting(kept_data) as visitor:
        process = await visitor.start("one", "sleep", "60")
        assert guard.anything_to_keep(str(kept_data))
        record = kept_data / "run/one/process.json"
        text = record.read_text()
        for there, instead in (
            (f'"start_ticks": {process["start_ticks"]}', f'"start_ticks": {process["start_ticks"] - 1}'),
            (procfs.boot(), "another-boot"),
            (f'"pid": {process["pid"]}', f'"pid": {2**22 + 1}'),
            (text, "garbage"),
        ):
            record.write_text(text.replace(there, instead))
            assert not guard.anything_to_keep(str(kept_data)), instead
        record.write_text(text.replace(f'"pid": {process["pid"]}', '"pid": 0'))
        assert guard.anything_to_keep(str(kept_data)), "it is found by its mark"
        record.write_text(text)
        await visitor.client.request("stop", run="one")
        await visitor.end_of("one")
        assert not guard.anything_to_keep(str(kept_data))
    assert not guard.anything_to_keep(str(kept_data / "elsewhere"))


async def test_it_is_small(kept_data: Path) -> None:
    async with visiting(kept_data) as visitor:
        guardian = guard_of(await keeper_of(visitor))
        memory = Path(f"/proc/{guardian}/status").read_text()  # noqa: ASYNC240  # procfs does not block
    assert int(memory.partition("VmRSS:")[2].split()[0]) < 13_000
