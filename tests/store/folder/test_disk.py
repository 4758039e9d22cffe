"""What the data folder's disk says, and the ballast on it."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from streamer.core.base.errors import StoreError
from streamer.core.base.layout import BALLAST
from streamer.store.folder.disk import DataDisk

SIZE = 300_000


async def test_it_says_what_is_free(tmp_path: Path) -> None:
    space = await DataDisk(tmp_path).space()
    assert 0 < space.free <= space.total
    with pytest.raises(StoreError, match="is it mounted"):
        await DataDisk(tmp_path / "gone").space()


async def test_the_ballast_is_real_room_and_ours_alone(tmp_path: Path) -> None:
    disk, ballast = DataDisk(tmp_path), tmp_path / BALLAST
    await disk.hold(SIZE)
    held = ballast.stat()
    assert held.st_size == SIZE
    assert held.st_blocks * 512 >= SIZE
    assert held.st_mode & 0o077 == 0
    await disk.hold(SIZE)
    assert ballast.stat().st_ino == held.st_ino
    assert await disk.give_up()
    assert not ballast.exists()
    assert not await disk.give_up()


async def test_what_there_is_no_room_for_is_not_held_by_half(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE // 2, before[1]))
    try:
        await DataDisk(tmp_path).hold(SIZE)
        assert not (tmp_path / BALLAST).exists()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_without_room_for_another_name_is_full(tmp_path: Path) -> None:
    found = os.statvfs(tmp_path)
    if not found.f_files:
        pytest.skip("this file system does not count its files")
    assert (await DataDisk(tmp_path, few_names=found.f_files).space()).free == 0
    assert (await DataDisk(tmp_path).space()).free > 0
