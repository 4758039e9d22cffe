"""Reads every file of the recordings again and compares it with the index, the checksums and the invariants.

Reads a copy of the store, so a service may run meanwhile; files that it deletes during the check are not reported.
Changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from streamer.commands.checks.store import PUT_RIGHT
from streamer.commands.place import assembly
from streamer.commands.place.assembly import Mode
from streamer.commands.place.lost_database import FIND_AGAIN, forgotten
from streamer.commands.place.place import Place
from streamer.commands.place.store_copy import StoreCopy, copied
from streamer.commands.terminal.screen import Screen
from streamer.core.base.errors import MediaError, NotFound
from streamer.core.export.files import FileKind, RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.records.batch import Stored
from streamer.media.capture import probe
from streamer.media.capture.salvage import fault
from streamer.media.capture.settling import checksum
from streamer.store.database.sql_store import SqlStore

_VIDEOS = frozenset({FileKind.MP4, FileKind.PLAYABLE})
_RESTORE = "restore it from a copy; without one, the next start drops it and the recording says what is missing"
_EVAPORATES = "nothing to do: no recording needs this file, and the service will delete it"
_MAKE_AGAIN = "restore it from a copy; or move it away, and the next start makes it again from what was captured"

_MADE_AGAIN = "restore it from a copy; without one, the next start makes it again from what was captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A problem: its file or other place, what is wrong, and what to do."""

    where: str
    message: str
    hint: str
    known: tuple[str, int, str] | None = None
    """The file's path, size and checksum in the index."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message} → {self.hint}"


@dataclass(slots=True, kw_only=True)
class Verification:
    """One run of ``recordings verify``; ``sessions`` are the requested ones (empty: all)."""

    place: Place
    sessions: Collection[str]
    screen: Screen
    segments: int = 0
    files: int = 0
    bytes: int = 0
    skipped: str = ""
    findings: list[Found] = field(default_factory=list)

    async def run(self, now: datetime) -> None:
        """Raises StoreError, and NotFound for a session without stored media."""
        copy = await copied(self.place)
        stored = copy.stored if copy is not None else Stored(epoch="", node="")
        lost = forgotten(self.place.data, stored)
        if lost:
            database = SqlStore(self.place.database, data=self.place.data).path
            self.findings.append(Found(where=str(database), message=lost, hint=FIND_AGAIN))
            return
        segments, files = self._chosen(stored)
        whole = sum(s.bytes for s in segments) + sum(f.bytes for f in files)
        with self.screen.task("Reading every file", whole) as done:
            for segment in segments:
                await self._segment(segment, stored)
                done(self.bytes)
            for file in files:
                await self._file(file)
                done(self.bytes)
        if copy is not None and not self.sessions:
            await self._invariants(copy, now)
        if self.findings:
            await self._look_again()

    def _chosen(self, stored: Stored) -> tuple[list[Segment], list[RecordingFile]]:
        known = {k.session for k in stored.keeps} | {r.session for r in stored.recordings}
        for session in self.sessions:
            if session not in known:
                hint = "see: streamer recordings list"
                raise NotFound("this session has no stored media", where=f"session {session}", hint=hint)
        wanted = {(k.take, k.number) for k in stored.keeps if not self.sessions or k.session in self.sessions}
        recordings = [r for r in stored.recordings if not self.sessions or r.session in self.sessions]
        segments = [s for s in stored.segments if not self.sessions or (s.take, s.number) in wanted]
        return segments, [f for r in recordings for f in r.files]

    async def _segment(self, segment: Segment, stored: Stored) -> None:
        what = await asyncio.to_thread(fault, self.place.data, segment, read=True)
        self.segments += 1
        self.bytes += segment.bytes
        if what:
            kept = sorted({k.session for k in stored.keeps if (k.take, k.number) == (segment.take, segment.number)})
            message = f"{what}, kept for session {' and '.join(kept)}" if kept else what
            self._find(segment, message, _RESTORE if kept else _EVAPORATES)

    async def _file(self, file: RecordingFile) -> None:
        path = self.place.data / file.path
        self.files += 1
        self.bytes += file.bytes
        try:
            size, digest = await asyncio.to_thread(checksum, path)
        except FileNotFoundError:
            return self._find(file, "it is missing", _MADE_AGAIN)
        except OSError as error:
            return self._find(file, f"it can't be read: {error.strerror}", _MAKE_AGAIN)
        if size != file.bytes:
            return self._find(file, f"it has {size:,} of {file.bytes:,} bytes", _MAKE_AGAIN)
        if digest != file.sha256:
            return self._find(file, "its content has another checksum", _MAKE_AGAIN)
        if file.kind in _VIDEOS:
            await self._played(file, path)

    async def _played(self, file: RecordingFile, path: Path) -> None:
        """From the first packet to the last."""
        try:
            found = await probe.recording(path)
        except MediaError as error:
            return self._find(file, error.message, _MAKE_AGAIN)
        if not found["video_frames"]:
            self._find(file, "it has no picture", _MAKE_AGAIN)

    def _find(self, file: Segment | RecordingFile, message: str, hint: str) -> None:
        where = str(self.place.data / file.path)
        self.findings.append(Found(where=where, message=message, hint=hint, known=_known(file)))

    # -- beside the files --------------------------------------------------------------------------

    async def _invariants(self, copy: StoreCopy, now: datetime) -> None:
        """Checks the invariants with the last good copy of the timetable."""
        if self.place.rehearsal:
            self.skipped = "a rehearsal moves the timetable's times"
            return
        config = self.place.config
        reading = await asyncio.to_thread(assembly.kept, config, self.place.data)
        if reading.parsed is None:
            reading = await assembly.published(config)
        if reading.parsed is None:
            self.skipped = "; ".join(str(error) for _, error in reading.errors)
            return
        timetable = assembly.matching(config)(reading.parsed.timetable)
        for sentence in copy.violations(timetable, assembly.policy(self.place.config, Mode(), {}), now):
            self.findings.append(Found(where="index", message=f"invariant {sentence}", hint=PUT_RIGHT))

    async def _look_again(self) -> None:
        """Drops findings about files that were deleted or replaced during the check."""
        copy = await copied(self.place)
        if copy is None:
            return
        still = {_known(segment) for segment in copy.stored.segments}
        still |= {_known(file) for recording in copy.stored.recordings for file in recording.files}
        self.findings = [one for one in self.findings if one.known is None or one.known in still]

    def document(self) -> dict[str, object]:
        return {
            "segments": self.segments,
            "files": self.files,
            "bytes": self.bytes,
            "skipped": self.skipped,
            "findings": [{"where": f.where, "message": f.message, "hint": f.hint} for f in self.findings],
        }


def _known(file: Segment | RecordingFile) -> tuple[str, int, str]:
    return file.path, file.bytes, file.sha256
