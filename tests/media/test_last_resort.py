"""The limit of processor time that ends what nobody looks after any more, with real processes."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kept import Visitor, eventually, kept_folder
from running import until

from streamer.media import procfs
from streamer.media.last_resort import LEAST, Allowance

SPIN = (sys.executable, "-c", "while True: pass")


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """It needs a whole core, or what of it a busy machine has left."""
    with subprocess.Popen(SPIN) as process:
        yield process
        process.kill()


def ticks(pid: int) -> int:
    found = procfs.start_ticks(pid)
    assert found is not None
    return found


def used(pid: int) -> float:
    found = procfs.processor_time(pid, ticks(pid))
    assert found is not None
    return found


def limit(pid: int) -> int:
    return resource.prlimit(pid, resource.RLIMIT_CPU)[0]


async def test_it_allows_what_a_process_needs_until_its_lease_ends(busy: subprocess.Popen[bytes]) -> None:
    allowance = Allowance(busy.pid, ticks(busy.pid), 5)
    allowance.renew(3600, 1e6)
    assert limit(busy.pid) == resource.RLIM_INFINITY, "it is too young to say what it needs"
    begun = time.monotonic()
    await until(lambda: used(busy.pid) > 0.3, "some work")
    allowance.renew(3600, 0.01)
    hour = limit(busy.pid)
    share = 0.3 / (time.monotonic() - begun + 0.5)
    assert share * 3600 * 0.5 < hour <= 3601, "about as much of the hour as it has had of its life"
    allowance.renew(7200, 0.01)
    assert limit(busy.pid) > 1.5 * hour * 0.9, "a lease that is prolonged"
    allowance.renew(-10, 0.01)
    assert 5 <= limit(busy.pid) <= LEAST + 5, "one that is over and that the service stands by"


def test_what_is_idle_may_begin_to_work() -> None:
    with subprocess.Popen(["sleep", "60"]) as idle:
        Allowance(idle.pid, ticks(idle.pid), 60).renew(900, 0.0)
        assert limit(idle.pid) == 60
        idle.kill()


async def test_a_process_that_has_the_id_by_now_is_left_alone(busy: subprocess.Popen[bytes]) -> None:
    await until(lambda: used(busy.pid) > 0.1, "some work")
    Allowance(busy.pid, ticks(busy.pid) + 1, 5).renew(900, 0.01)
    assert limit(busy.pid) == resource.RLIM_INFINITY


async def test_ffmpeg_takes_it_for_a_request_to_end(ffmpeg: str, tmp_path: Path) -> None:
    source = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30")
    argv = (ffmpeg, "-nostdin", "-loglevel", "error", *source, "-c:v", "mpeg4", "-f", "mpegts", str(tmp_path / "a.ts"))
    process = await asyncio.create_subprocess_exec(*argv)
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (1, resource.RLIM_INFINITY))
    async with asyncio.timeout(60):
        assert await process.wait() == 255, "as by SIGTERM"


@pytest.fixture
async def kept_data(tmp_path: Path) -> AsyncIterator[Path]:
    async with kept_folder(tmp_path) as folder:
        yield folder


async def test_a_keeper_allows_anew_for_as_long_as_it_lives(kept_data: Path) -> None:
    visitor = await Visitor(kept_data).enter()
    process = await visitor.start("one", *SPIN, ends_by=time.time() + 900)
    pid = process["pid"]
    await eventually(lambda: limit(pid) > 0)
    first = limit(pid)
    await visitor.client.request("lease", ends_by={"one": time.time() + 90_000})
    await eventually(lambda: limit(pid) > 10 * first)
    os.kill(pid, signal.SIGKILL)
    await visitor.end_of("one")
    await visitor.client.close()
