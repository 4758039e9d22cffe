"""Copies of finished files: checked, resumed, never over another file."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from pathlib import Path

import pytest
from support.day.recorded_disk import RecordedDisk

from streamer.commands.recordings import copying
from streamer.commands.recordings.copying import Original
from streamer.core.base.errors import StoreError

CONTENT = os.urandom(3_500_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def original(tmp_path: Path) -> Original:
    path = tmp_path / "data" / "a.mp4"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return Original(path=path, name="a.mp4", bytes=len(CONTENT), sha256=DIGEST)


@pytest.fixture
def folder(tmp_path: Path, original: Original) -> Path:
    target = tmp_path / "new" / "folder"
    copying.prepare(target, [original])
    return target


def test_a_copy_says_how_far_it_is_and_leaves_nothing_else(original: Original, folder: Path) -> None:
    assert not copying.is_there(original, folder)
    told = list(copying.copy(original, folder))
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)
    assert [path.name for path in folder.iterdir()] == ["a.mp4"]
    assert (folder / "a.mp4").read_bytes() == CONTENT
    assert copying.is_there(original, folder)
    assert list(copying.compare(original, folder))[-1] == len(CONTENT)


def test_a_copy_in_a_new_folder_is_whole_after_a_power_cut(original: Original, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    partial = f"new/folder/.a.mp4.{DIGEST[:12]}.partial"
    with closing(RecordedDisk(tmp_path)) as disk:
        copying.prepare(folder, [original], disk.sync)
        list(copying.copy(original, folder, disk.sync))
        renamed = f"rename {partial} to new/folder/a.mp4"
        disk.check_order(f"write {partial}", f"sync {partial}", renamed, "sync new/folder")
        assert disk.after_a_power_cut("new/folder/a.mp4") == CONTENT
    assert (folder / "a.mp4").stat().st_mtime_ns == original.path.stat().st_mtime_ns


def test_a_copy_that_was_broken_off_is_continued(original: Original, folder: Path) -> None:
    steps = copying.copy(original, folder)
    assert next(steps) < len(CONTENT)
    steps.close()
    [partial] = folder.iterdir()
    assert partial.name.startswith(".a.mp4.")
    done = partial.stat().st_size
    assert 0 < done < len(CONTENT)
    with original.path.open("r+b") as file:  # what is there is not read from the original again
        file.write(b"changed!")
    list(copying.copy(original, folder))
    assert (folder / "a.mp4").read_bytes() == CONTENT


def test_what_another_hand_left_in_a_broken_copy_is_not_trusted(original: Original, folder: Path) -> None:
    steps = copying.copy(original, folder)
    next(steps)
    steps.close()
    [partial] = folder.iterdir()
    partial.write_bytes(b"rubbish")
    list(copying.copy(original, folder))
    assert (folder / "a.mp4").read_bytes() == CONTENT


def test_a_damaged_original_is_not_handed_on(original: Original, folder: Path) -> None:
    damaged = bytearray(CONTENT)
    damaged[1_000_000] ^= 1
    original.path.write_bytes(damaged)
    with pytest.raises(StoreError, match="has changed since it was made"):
        list(copying.copy(original, folder))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("other", [b"short", b"x" * len(CONTENT)], ids=["of another length", "of the same length"])
def test_another_file_is_never_written_over(original: Original, folder: Path, other: bytes) -> None:
    (folder / "a.mp4").write_bytes(other)

    def deliver() -> None:
        if copying.is_there(original, folder):
            list(copying.compare(original, folder))

    with pytest.raises(StoreError, match="a different file of this name exists"):
        deliver()
    with pytest.raises(StoreError, match="a different file of this name exists"):
        list(copying.copy(original, folder))
    assert (folder / "a.mp4").read_bytes() == other


def test_a_disk_without_room_is_told_beforehand(original: Original, tmp_path: Path) -> None:
    large = Original(path=original.path, name="b.mp4", bytes=10**18, sha256=DIGEST)
    with pytest.raises(StoreError, match=r"must be copied, but only .* are free"):
        copying.prepare(tmp_path / "new", [original, large])


def test_a_folder_that_is_a_file_is_told(original: Original, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("")
    with pytest.raises(StoreError, match="name another folder with --to"):
        copying.prepare(tmp_path / "new", [original])


def test_an_original_that_is_gone_is_told(original: Original, folder: Path) -> None:
    original.path.unlink()
    with pytest.raises(StoreError, match=r"a\.mp4: can't be copied: No such file"):
        list(copying.copy(original, folder))
