from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from streamer.core.base.errors import MediaError
from streamer.media.ffmpeg.oneshot import TookTooLong, run_once

FOREVER = "import time; print('begun', flush=True); time.sleep(600)"
WITH_CHILD = """
import subprocess, sys
alive = open("alive", "w")
code = "import time; print('begun', flush=True); time.sleep(600)"
subprocess.run([sys.executable, "-c", code], stdout=alive)
"""


async def test_output_errors_and_status_are_collected() -> None:
    code = "import sys; print(sys.stdin.read().upper()); print('why', file=sys.stderr); sys.exit(3)"
    done = await run_once([sys.executable, "-c", code], timeout=20, stdin=b"text")
    assert (done.status, done.output, done.errors) == (3, b"TEXT\n", "why\n")


async def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TookTooLong, match=r"within 0\.3 s"):
        await run_once([sys.executable, "-c", FOREVER], timeout=0.3)


async def test_with_the_child_go_its_children(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    work = asyncio.create_task(run_once([sys.executable, "-c", WITH_CHILD], timeout=60, cwd=tmp_path))
    alive = await asyncio.to_thread((tmp_path / "alive").open, "rb")
    with alive:
        assert await asyncio.to_thread(alive.readline) == b"begun\n"
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(alive.read) == b""  # nobody holds the other end any more


async def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(MediaError, match="can't be started"):
        await run_once(["/no/such/program"], timeout=1)


async def test_a_child_that_does_not_read_is_no_error() -> None:
    done = await run_once([sys.executable, "-c", "pass"], timeout=20, stdin=b"x" * 1_000_000)
    assert done.status == 0


async def test_a_child_that_is_nice_lets_others_go_first() -> None:
    [usual, nice] = [await run_once(("nice",), timeout=20, nice=value) for value in (0, 7)]
    assert int(nice.output) == min(19, int(usual.output) + 7)
