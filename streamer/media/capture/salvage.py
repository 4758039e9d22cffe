"""The data folder after a power cut: the owners of takes, complete files, and the usable rest of damaged ones.

Deletes only unfinished files and files that no recording refers to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.base.layout import recording_folder, run_folder
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import FoundTake
from streamer.core.jobs.desired import capture_slot
from streamer.core.jobs.specs import JobKind
from streamer.media.capture import probe
from streamer.media.capture.settling import checksum, settle
from streamer.media.processes import procfs
from streamer.media.processes.children import read_entry

TAKES = "takes"
RECORDINGS = "recordings"
_PARTIAL = ".partial"
_NAME = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)-capture-(?P<room>.+)-[0-9a-f]{8}")
"""The supervisor's names of capture runs, used if the record of the process is torn."""

Key = tuple[RunId, int]


class FolderSalvage:
    """Implements :class:`streamer.engine.footage.recovery.Salvage` in a data folder."""

    def __init__(self, data: Path, ask: probe.Ask = probe.ask_inspector) -> None:
        self._data = data
        self._ask = ask

    async def takes(self) -> list[FoundTake] | None:
        """See the port."""
        return await asyncio.to_thread(self._takes)

    def _takes(self) -> list[FoundTake] | None:
        root = self._data / TAKES
        if not root.is_dir():
            return None
        return [self._take(folder) for folder in sorted(root.iterdir()) if folder.is_dir()]

    def _take(self, folder: Path) -> FoundTake:
        run = RunId(folder.name)
        numbers = sorted(int(path.stem) for path in folder.glob("*.ts") if path.stem.isdecimal())
        found = FoundTake(id=run, numbers=tuple(numbers))
        entry = read_entry(self._data / run_folder(run))
        if entry is not None and entry.kind == JobKind.CAPTURE:
            rebooted = bool(entry.boot) and entry.boot != procfs.boot()
            slot = capture_slot(JobId(entry.job))
            return replace(found, room=RoomId(entry.room), started=entry.started, rebooted=rebooted, slot=slot)
        named = _NAME.fullmatch(folder.name)
        if named is None:
            return found
        started = datetime.strptime(named["stamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return replace(found, room=RoomId(named["room"]), started=started.timestamp())

    async def faults(self, segments: Sequence[Segment], read: Collection[Key]) -> dict[Key, str]:
        """See the port."""
        return await asyncio.to_thread(self._faults, segments, read)

    def _faults(self, segments: Sequence[Segment], read: Collection[Key]) -> dict[Key, str]:
        found = {(s.take, s.number): fault(self._data, s, read=(s.take, s.number) in read) for s in segments}
        return {key: what for key, what in found.items() if what}

    async def remainder(self, segment: Segment) -> Segment | None:
        """See the port."""
        try:
            start, end = await probe.span(self._data / segment.path, self._ask)
        except MediaError:
            return None
        start, end = max(segment.start, start), min(segment.end, end)
        wall = segment.wall + start - segment.start if segment.wall is not None else None
        if start >= end:
            return None
        (left,) = await asyncio.to_thread(settle, self._data, [replace(segment, start=start, end=end, wall=wall)])
        return left

    async def broken(self, files: Iterable[RecordingFile]) -> set[str]:
        """See the port."""
        return await asyncio.to_thread(lambda: {f.path for f in files if _size(self._data / f.path) != f.bytes})

    async def sweep(self, kept: Collection[str], closed: Collection[SessionId], busy: Collection[SessionId]) -> int:
        """See the port."""
        return await asyncio.to_thread(self._sweep, set(kept), set(closed), set(busy))

    def _sweep(self, kept: set[str], closed: set[SessionId], busy: set[SessionId]) -> int:
        whole = {self._data / recording_folder(session) for session in closed}
        spared = {self._data / recording_folder(session) for session in busy}
        root = self._data / RECORDINGS
        left = [(root / path.relative_to(root).parts[0], path) for path in root.rglob("*") if path.is_file()]
        swept = [
            path
            for of_session, path in left
            if (_PARTIAL in path.name and of_session not in spared) or of_session in whole
            if path.relative_to(self._data).as_posix() not in kept
        ]
        for path in swept:
            path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in swept}, key=lambda one: -len(one.parts)):
            if folder != root and not any(folder.iterdir()):
                folder.rmdir()
        return len(swept)


def fault(data: Path, segment: Segment, *, read: bool) -> str:
    """What is wrong with a segment's file, in a sentence; empty if nothing is. With ``read`` the whole file is read,
    which may take long."""
    path = data / segment.path
    size = _size(path)
    if size is None:
        return f"segment {path.name} is missing on disk"
    if size != segment.bytes:
        return f"segment {path.name} was damaged on disk ({size:,} of {segment.bytes:,} bytes)"
    if read and segment.sha256:
        try:
            digest = checksum(path)[1]
        except OSError as error:
            return f"segment {path.name} can't be read from the disk: {error.strerror}"
        if digest != segment.sha256:
            return f"segment {path.name} was damaged on disk (its content has another checksum)"
    return ""


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
