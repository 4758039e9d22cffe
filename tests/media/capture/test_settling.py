"""Closed segments are on the disk before anything is said of them."""

from __future__ import annotations

import errno
import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.day.recorded_disk import RecordedDisk

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.media.capture.settling import settle

CONTENT = b"\x47 a segment" * 200_000
"""More than is read at once."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RecordedDisk]:
    recorded = RecordedDisk(tmp_path)
    yield recorded
    recorded.close()


def written(data: Path, take: str, number: int, content: bytes = CONTENT) -> Segment:
    segment = Segment(
        take=RunId(take),
        number=number,
        path=f"takes/{take}/{number:06d}.ts",
        start=2.0 * number,
        end=2.0 * number + 2,
        closed_at=0.0,
        bytes=1,
    )
    (data / segment.path).parent.mkdir(parents=True, exist_ok=True)
    (data / segment.path).write_bytes(content)
    return segment


def test_the_file_is_synced_and_then_its_folder_1_to_3(tmp_path: Path, disk: RecordedDisk) -> None:
    segments = [written(tmp_path, "one", 0), written(tmp_path, "one", 1), written(tmp_path, "two", 0)]
    settled = settle(tmp_path, segments, disk.sync)
    synced = [event.removeprefix("sync ") for event in disk.events if event.startswith("sync ")]
    assert synced[:3] == [segment.path for segment in segments]
    assert sorted(synced[3:]) == ["takes/one", "takes/two"], "a folder once, after its files"
    assert {(s.bytes, s.sha256) for s in settled} == {(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())}


def test_the_checksum_is_that_of_the_file_after_it_was_synced_2(tmp_path: Path, disk: RecordedDisk) -> None:
    segment = written(tmp_path, "one", 0, b"")

    def last_bytes_arrive(path: Path) -> None:
        (tmp_path / segment.path).write_bytes(b"all")

    disk.before_sync = last_bytes_arrive
    [settled] = settle(tmp_path, [segment], disk.sync)
    assert (settled.bytes, settled.sha256) == (3, hashlib.sha256(b"all").hexdigest())


def test_what_evaporated_meanwhile_is_left_out(tmp_path: Path, disk: RecordedDisk) -> None:
    gone, there = written(tmp_path, "one", 0), written(tmp_path, "two", 0)
    (tmp_path / gone.path).unlink()
    assert [segment.path for segment in settle(tmp_path, [gone, there], disk.sync)] == [there.path]
    assert "sync takes/one" not in disk.events


def test_a_segment_that_can_t_be_read_is_lost_and_the_others_are_not(
    tmp_path: Path, disk: RecordedDisk, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = written(tmp_path, "one", 0), written(tmp_path, "one", 1)

    def failing(path: Path) -> None:
        if path.name == "000000.ts":
            raise OSError(errno.EIO, "Input/output error")

    disk.before_sync = failing
    with caplog.at_level(logging.ERROR):
        lost, kept = settle(tmp_path, [bad, good], disk.sync)
    assert (lost.bytes, lost.sha256) == (0, "")
    assert kept.bytes == len(CONTENT)
    assert bad.path in caplog.text


@pytest.mark.parametrize("refused", ["takes/one/000000.ts", "takes/one"])
def test_nothing_is_settled_that_the_disk_can_t_take_now(tmp_path: Path, disk: RecordedDisk, refused: str) -> None:
    segment = written(tmp_path, "one", 0)

    def full(path: Path) -> None:
        if path == tmp_path / refused:
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.before_sync = full
    with pytest.raises(StoreError, match="No space left") as caught:
        settle(tmp_path, [segment], disk.sync)
    assert caught.value.where.endswith(refused)
