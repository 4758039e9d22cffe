from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.base.layout import process_file, take_folder
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import FoundTake
from streamer.media.capture.salvage import FolderSalvage, fault
from streamer.media.capture.settling import settle
from streamer.media.processes import procfs
from streamer.media.processes.children import Entry

RUN = RunId("20250908T085952Z-capture-main-hall-0badcafe")


@pytest.fixture
def salvage(tmp_path: Path) -> FolderSalvage:
    return FolderSalvage(tmp_path)


def take(data: Path, run: str = RUN, *names: str) -> None:
    folder = data / take_folder(RunId(run))
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def record(data: Path, run: str = RUN, **more: object) -> None:
    entry = Entry(run=run, job="capture:main:2", kind="capture", room="main", digest="", argv=[], ends_by=0.0)
    path = data / process_file(RunId(run))
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(asdict(entry) | more))


async def test_a_take_is_known_by_the_record_of_its_process(salvage: FolderSalvage, tmp_path: Path) -> None:
    assert await salvage.takes() is None
    take(tmp_path, RUN, "000011.ts", "000002.ts", "list.csv", "notes.ts")
    record(tmp_path, started=5.0, boot="the one before")
    take(tmp_path, "another")
    record(tmp_path, "another", boot=procfs.boot())
    first, second = await salvage.takes() or []
    assert first == FoundTake(id=RUN, numbers=(2, 11), room=RoomId("main"), started=5.0, rebooted=True, slot=2)
    assert second == FoundTake(id=RunId("another"), numbers=(), room=RoomId("main"), slot=2)


@pytest.mark.parametrize("content", [None, "", '{"run": "20', "\0" * 300])
async def test_or_by_its_name_where_that_is_torn(salvage: FolderSalvage, tmp_path: Path, content: str | None) -> None:
    take(tmp_path, RUN, "000000.ts")
    take(tmp_path, "who knows", "000000.ts")
    if content is not None:
        record(tmp_path)
        (tmp_path / process_file(RUN)).write_text(content)
    named, unknown = await salvage.takes() or []
    assert named == FoundTake(id=RUN, numbers=(0,), room=RoomId("main-hall"), started=1757321992.0)
    assert unknown.room is None


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    take(tmp_path, RUN, "000000.ts")
    path = f"{take_folder(RUN)}/000000.ts"
    (tmp_path / path).write_bytes(bytes(range(250)) * 10)
    known = Segment(take=RUN, number=0, path=path, start=0, end=2, closed_at=1, bytes=1)
    (settled,) = settle(tmp_path, [known])
    return settled


async def test_what_is_wrong_with_a_file(salvage: FolderSalvage, tmp_path: Path, segment: Segment) -> None:
    path, key = tmp_path / segment.path, (segment.take, segment.number)
    assert await salvage.faults([segment], {key}) == {}
    path.write_bytes(bytes(2_500))
    assert await salvage.faults([segment], set()) == {}, "as long as it was; it is not read"
    expected = "segment 000000.ts was damaged on disk (its content has another checksum)"
    assert await salvage.faults([segment], {key}) == {key: expected}
    assert fault(tmp_path, replace(segment, sha256=""), read=True) == "", "what was never known can't be another"
    path.write_bytes(b"")
    assert fault(tmp_path, segment, read=False) == "segment 000000.ts was damaged on disk (0 of 2,500 bytes)"
    path.unlink()
    assert fault(tmp_path, segment, read=True) == "segment 000000.ts is missing on disk"
    assert await salvage.remainder(segment) is None


async def test_what_is_left_over_is_swept(salvage: FolderSalvage, tmp_path: Path) -> None:
    names = ["a/new.mp4", "a/old.mp4", "a/x.partial.mp4", "b/any.mp4", "b/y.jpg.partial", "c/z.partial.mp4", "d/e.mp4"]
    for name in names:
        path = tmp_path / "recordings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12")
    swept = await salvage.sweep({"recordings/a/new.mp4"}, {SessionId("a"), SessionId("d")}, {SessionId("c")})
    left = {p.relative_to(tmp_path / "recordings").as_posix() for p in (tmp_path / "recordings").rglob("*.*")}
    assert left == {"a/new.mp4", "b/any.mp4", "c/z.partial.mp4"}
    assert swept == len(names) - len(left)
    files = [
        RecordingFile(name=name, kind="mp4", path=f"recordings/{name}", bytes=size, sha256="")
        for name, size in (("a/new.mp4", 2), ("b/any.mp4", 3), ("gone.mp4", 2))
    ]
    assert await salvage.broken(files) == {"recordings/b/any.mp4", "recordings/gone.mp4"}
