"""What captures write is brought to the disk while it grows; slow and failing disks are noticed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.media.short_keeper import Visitor, eventually, kept_folder

from streamer.core.base.layout import SEGMENT_LIST
from streamer.media.processes import syncing
from streamer.media.processes.syncing import REMEMBERED, Syncer


class Disk:
    """Makes nothing safe, but knows what it was asked to; each thing takes ``seconds``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.now = 0.0
        self.seconds = 0.0
        self.error: OSError | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def sync(self, path: Path) -> None:
        self.now += self.seconds
        self.asked.append(path.relative_to(self.folder).as_posix())
        self.meanwhile()
        if self.error is not None:
            raise self.error
        syncing.sync(path)

    def told(self) -> set[str]:
        asked, self.asked = set(self.asked), []
        return asked


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def syncer(disk: Disk) -> Syncer:
    """It follows one take; the test takes its rounds."""
    syncer = Syncer(disk.sync, lambda: disk.now)
    syncer.follow({"run": str(disk.folder / "takes/run")})
    return syncer


def write(disk: Disk, *names: str) -> None:
    folder = disk.folder / "takes/run"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*names, SEGMENT_LIST):
        with (folder / name).open("a") as file:
            file.write("x")


def test_the_growing_segment_and_the_list_are_made_safe_in_each_round(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000000.ts")
    syncer.once()
    assert disk.told() == {"takes/run/000000.ts", "takes/run/list.csv", "takes/run", "takes", "."}
    write(disk, "000000.ts")
    syncer.once()
    assert disk.told() == {"takes/run/000000.ts", "takes/run/list.csv"}


def test_what_closed_since_is_made_safe_to_its_end_with_its_name(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000000.ts")
    syncer.once()
    disk.told()
    write(disk, "000000.ts", "000001.ts", "000002.ts")
    syncer.once()
    assert disk.told() == {
        *(f"takes/run/{name}" for name in ("000000.ts", "000001.ts", "000002.ts", "list.csv")),
        "takes/run",
    }
    syncer.once()
    assert disk.told() == {"takes/run/000002.ts", "takes/run/list.csv"}


def test_a_take_that_is_found_running_begins_with_its_newest(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000007.ts", "000008.ts", "000009.ts", "000010.ts")
    syncer.once()
    assert {name for name in disk.told() if name.endswith(".ts")} == {"takes/run/000009.ts", "takes/run/000010.ts"}


def test_a_capture_that_ended_gets_a_last_round(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000000.ts")
    syncer.once()
    disk.told()
    write(disk, "000000.ts", "000001.ts")
    syncer.follow({})
    syncer.once()
    assert {"takes/run/000000.ts", "takes/run/000001.ts"} < disk.told()
    syncer.once()
    assert disk.told() == set()


def test_what_evaporates_or_is_not_there_yet_is_no_error(disk: Disk, syncer: Syncer) -> None:
    syncer.once()
    write(disk, "000000.ts")
    syncer.once()
    (disk.folder / "takes/run/000000.ts").unlink()
    syncer.once()
    write(disk, "000005.ts")
    disk.told()
    syncer.once()
    assert "takes/run/000005.ts" in disk.told()
    assert syncer.report()["fault"] == ""


def test_a_slow_disk_is_known_while_it_is_slow_and_for_a_minute(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000000.ts")
    syncer.once()
    assert syncer.report() == {"latest": 0.0, "worst": 0.0, "fault": ""}
    disk.seconds, seen = 1.5, []
    disk.meanwhile = lambda: seen.append(syncer.report()["latest"])
    syncer.once()
    assert seen == [1.5, 3.0], "what is under way counts"
    disk.seconds, disk.meanwhile = 0.0, lambda: None
    syncer.once()
    assert syncer.report() == {"latest": 0.0, "worst": 3.0, "fault": ""}
    disk.now += REMEMBERED + 1
    assert syncer.report()["worst"] == 0.0


def test_a_failing_disk_is_told_until_it_works_again(disk: Disk, syncer: Syncer) -> None:
    write(disk, "000000.ts")
    disk.error = OSError(5, "Input/output error", "takes/run/000000.ts")
    syncer.once()
    assert syncer.report()["fault"] == "Input/output error (takes/run/000000.ts)"
    disk.error = None
    syncer.once()
    assert syncer.report()["fault"] == ""


# -- in the keeper ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as on_a_disk:
        async with kept_folder(Path(on_a_disk)) as folder:
            visitor = await Visitor(folder).enter()
            yield visitor
            await visitor.client.close()


async def test_the_keeper_makes_captures_safe_and_a_stuck_disk_does_not_stop_it(visitor: Visitor) -> None:
    """A pipe stands for a file on a disk that hangs: who opens it waits."""
    take = visitor.data / "takes/one"
    await asyncio.to_thread(take.mkdir, parents=True)
    (take / "000000.ts").write_text("x")
    os.mkfifo(take / "000001.ts")
    live = visitor.data / "live/two"
    await asyncio.to_thread(live.mkdir, parents=True)
    os.mkfifo(live / "000000.ts")
    before = await visitor.client.request("syncing")
    assert (before["latest"], before["fault"]) == (0.0, "")
    await visitor.start("two", "sleep", "60", kind="livestream", output="live/two")
    await visitor.start("one", "sleep", "60", output="takes/one")

    async def latest() -> float:
        return float((await visitor.client.request("syncing"))["latest"])

    async with asyncio.timeout(10):
        while await latest() < 0.3:  # noqa: ASYNC110  # another process's thread can only be looked at
            await asyncio.sleep(0.02)
    with (take / "000001.ts").open("r+b", buffering=0):  # it goes on, or rather fails: a pipe can't be made safe
        async with asyncio.timeout(10):
            while not (await visitor.client.request("syncing"))["fault"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    with pytest.raises(OSError, match="No such device"):  # nobody reads it: what is no capture is left alone
        os.close(os.open(live / "000000.ts", os.O_WRONLY | os.O_NONBLOCK))


FIEMAP = 0xC020660B
NOT_ON_DISK = 0x4
"""FIEMAP_EXTENT_DELALLOC (linux/fiemap.h): the system has not even decided where to put it."""


def on_disk(path: Path) -> int:
    """Bytes that have a place on the disk. Raises OSError where the file system does not tell."""
    asked = bytearray(struct.pack("=QQLLLL", 0, 2**64 - 1, 0, 0, 64, 0) + bytes(56 * 64))
    with path.open("rb") as file:
        fcntl.ioctl(file, FIEMAP, asked)
    (count,) = struct.unpack_from("=L", asked, 20)
    extents = [struct.unpack_from("=QQQQQL", asked, 32 + 56 * n) for n in range(count)]
    return int(sum(length for _, _, length, _, _, flags in extents if not flags & NOT_ON_DISK))


async def test_what_is_written_is_on_the_disk_within_two_seconds(visitor: Visitor) -> None:
    """Left alone, the system would keep it in memory for half a minute."""
    growing = visitor.data / "takes/one/000000.ts"
    await asyncio.to_thread(growing.parent.mkdir, parents=True)
    growing.write_bytes(bytes(4096))
    try:
        on_disk(growing)
    except OSError as error:
        pytest.skip(f"this file system does not tell what has reached the disk: {error}")
    writing = f"while :; do head -c 8192 /dev/zero >> {growing.relative_to(visitor.data)}; sleep 0.05; done"
    await visitor.start("one", "sh", "-c", writing, output="takes/one")
    await eventually(lambda: growing.stat().st_size > 50_000)
    delays = []
    for _ in range(3):
        written, since = growing.stat().st_size, time.monotonic()
        await eventually(lambda size=written: on_disk(growing) >= size)  # type: ignore[misc]
        delays.append(time.monotonic() - since)
    assert min(delays) < 2.0, delays
