"""A finished file gets its name when all of it is on the disk, and the name is on the disk before anybody is told."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.day.recorded_disk import RecordedDisk

from streamer.core.base.errors import DiskFull, MediaError, StoreError
from streamer.core.export.files import FileFacts
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files.export import FileExporter

PARTIAL, FINAL = "recordings/a/v1/1.partial.mp4", "recordings/a/v1/a.mp4"


def in_its_place(path: str, partial: str = "") -> list[str]:
    """All that is to happen, in this order. Each of the folders may be new, so each gets its names synced."""
    partial = partial or f"{path}.partial"
    folders = ("recordings/a/v1", "recordings/a", "recordings", ".")
    renamed = f"rename {partial} to {path}"
    return [f"write {partial}", f"sync {partial}", renamed, *(f"sync {folder}" for folder in folders)]


def facts_of(content: bytes, *, video_frames: int) -> FileFacts:
    """The facts of a file that is not a video."""
    digest = hashlib.sha256(content).hexdigest()
    return FileFacts(
        duration=0.0, bytes=len(content), sha256=digest, video_frames=video_frames, has_audio=False, av_offset=0.0
    )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RecordedDisk]:
    recorded = RecordedDisk(tmp_path)
    yield recorded
    recorded.close()


@pytest.fixture
def exporter(tmp_path: Path, ffmpeg: str, disk: RecordedDisk) -> FileExporter:
    return FileExporter(tmp_path, ffmpeg, disk.sync)


@pytest.fixture
async def exported(tmp_path: Path, ffmpeg: str, disk: RecordedDisk) -> bytes:
    """What an export job has written: two seconds of picture."""
    (tmp_path / PARTIAL).parent.mkdir(parents=True)
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x36:rate=10:duration=2")
    argv = (ffmpeg, "-v", "error", *source, "-c:v", "libx264", "-pix_fmt", "yuv420p", str(tmp_path / PARTIAL))
    assert (await run_once(argv, timeout=20)).status == 0
    disk.note()
    return (tmp_path / PARTIAL).read_bytes()


async def test_a_video_is_synced_renamed_and_its_names_synced_7_to_9(
    exporter: FileExporter, disk: RecordedDisk, exported: bytes
) -> None:
    facts = await exporter.accept(PARTIAL, FINAL)
    assert disk.events == in_its_place(FINAL, PARTIAL)
    assert disk.after_a_power_cut(FINAL) == exported
    assert (facts.bytes, facts.sha256) == (len(exported), hashlib.sha256(exported).hexdigest())


async def test_a_video_whose_acceptance_is_cancelled_is_gone(
    tmp_path: Path, exporter: FileExporter, disk: RecordedDisk, exported: bytes
) -> None:
    renamed, goes_on = threading.Event(), threading.Event()

    def hold(path: Path) -> None:
        if path == (tmp_path / FINAL).parent and not renamed.is_set():
            renamed.set()
            assert goes_on.wait(20)

    disk.before_sync = hold
    accepting = asyncio.create_task(exporter.accept(PARTIAL, FINAL))
    assert await asyncio.to_thread(renamed.wait, 20)
    assert (tmp_path / FINAL).exists()
    accepting.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await accepting
    assert not (tmp_path / FINAL).exists()


async def test_small_files_too_7_to_9(exporter: FileExporter, disk: RecordedDisk, exported: bytes) -> None:
    await exporter.accept(PARTIAL, FINAL)
    disk.events.clear()
    written = await exporter.write(b"{}", "recordings/a/v1/a.json")
    assert disk.events == in_its_place("recordings/a/v1/a.json")
    assert written == facts_of(b"{}", video_frames=0)
    assert disk.after_a_power_cut("recordings/a/v1/a.json") == b"{}"
    disk.events.clear()
    picture = await exporter.thumbnail(FINAL, "recordings/a/v1/a.jpg")
    assert disk.events == in_its_place("recordings/a/v1/a.jpg")
    content = disk.after_a_power_cut("recordings/a/v1/a.jpg")
    assert content is not None
    assert picture == facts_of(content, video_frames=1)


async def test_erased_files_are_gone_after_a_power_cut_14(exporter: FileExporter, disk: RecordedDisk) -> None:
    for path in ("recordings/a/v1/a.json", "recordings/a/v2/a.json", "recordings/b/v1/b.json"):
        await exporter.write(b"{}", path)
    disk.events.clear()
    exporter.erase(["recordings/a/v1/a.json"])
    assert disk.events == ["delete recordings/a/v1/a.json", "sync recordings/a"]
    disk.events.clear()
    exporter.erase(["recordings/a/v2/a.json", "recordings/a/v2/none.json"])
    assert disk.events == ["delete recordings/a/v2/a.json", "sync recordings"], "empty folders go too"
    assert disk.after_a_power_cut("recordings/b/v1/b.json") == b"{}"


async def test_a_video_is_not_put_in_its_place_where_it_can_t_be_synced(
    exporter: FileExporter, disk: RecordedDisk, exported: bytes, tmp_path: Path
) -> None:
    disk.before_sync = _failing(errno.EIO)
    with pytest.raises(StoreError, match="can't be put in its place") as caught:
        await exporter.accept(PARTIAL, FINAL)
    assert not isinstance(caught.value, DiskFull)
    assert (tmp_path / PARTIAL).exists()
    assert not (tmp_path / FINAL).exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_small_file_without_room_leaves_nothing_and_says_so(
    exporter: FileExporter, disk: RecordedDisk, tmp_path: Path, code: int
) -> None:
    await exporter.write(b"first", "recordings/a/a.json")
    disk.before_sync = _failing(code)
    with pytest.raises(DiskFull, match="can't be written") as caught:
        await exporter.write(b"second", "recordings/a/a.json")
    assert caught.value.where == "recordings/a/a.json"
    assert (tmp_path / "recordings/a/a.json").read_bytes() == b"first"
    assert [path.name for path in (tmp_path / "recordings/a").iterdir()] == ["a.json"]


async def test_a_thumbnail_without_room_is_none_and_leaves_nothing(
    exporter: FileExporter, disk: RecordedDisk, exported: bytes, tmp_path: Path
) -> None:
    disk.before_sync = _failing(errno.ENOSPC)
    assert await exporter.thumbnail(PARTIAL, "recordings/a/a.jpg") is None
    assert list((tmp_path / "recordings/a").glob("a.jpg*")) == []


@pytest.mark.parametrize("wrong", ["echo half a picture > $last; exit 1", ": > $last"], ids=["fails", "writes nothing"])
async def test_a_thumbnail_that_ffmpeg_does_not_finish_is_none_and_leaves_nothing(
    exported: bytes, tmp_path: Path, wrong: str
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\nfor last; do :; done\n{wrong}\n")
    program.chmod(0o700)
    assert await FileExporter(tmp_path, str(program)).thumbnail(PARTIAL, "recordings/a/a.jpg") is None
    assert list((tmp_path / "recordings/a").glob("a.jpg*")) == []


async def test_a_file_is_read_or_said_to_be_unreadable(exporter: FileExporter) -> None:
    await exporter.write(b"{}", "recordings/a/a.json")
    assert await exporter.read("recordings/a/a.json") == b"{}"
    with pytest.raises(StoreError, match="can't be read") as caught:
        await exporter.read("recordings/a/none.json")
    assert caught.value.where == "recordings/a/none.json"


async def test_what_can_t_be_read_to_its_end_is_not_put_in_its_place(
    exporter: FileExporter, disk: RecordedDisk, exported: bytes, tmp_path: Path
) -> None:
    (tmp_path / PARTIAL).write_bytes(exported[: len(exported) // 2])
    with pytest.raises(MediaError):
        await exporter.accept(PARTIAL, FINAL)
    assert not (tmp_path / FINAL).exists()
    assert not [event for event in disk.events if event.startswith("rename")]


def _failing(code: int) -> Callable[[Path], None]:
    def failing(path: Path) -> None:
        raise OSError(code, "the disk says no")

    return failing
