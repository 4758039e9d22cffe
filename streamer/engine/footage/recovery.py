"""Reconciles index and disk before the service starts: finds, checks and restores what a power cut left.

The disk is right: files that the index lacks are indexed; index entries without files are dropped, with the reason, so
that a recording's report can list what is missing. It changes the index by a batch like any turn, and reports its
findings in a sentence. It runs before the captures start, so it reads only what may have been under way.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from streamer.core.base.errors import StoreError, StreamerError
from streamer.core.base.ids import RunId, SessionId
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import FoundTake, Keep, Loss, Take
from streamer.core.footage.wall_clock import wall_times
from streamer.core.jobs.processes import ProcessRecord
from streamer.core.jobs.specs import JobKind
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import Damaged, RecordingState, advance
from streamer.core.records.batch import Batch, Stored
from streamer.engine.footage.keep_index import Key
from streamer.engine.footage.losses import Losses
from streamer.engine.footage.recovery_report import Report
from streamer.engine.footage.take_reader import TakeReader

log = structlog.stdlib.get_logger(__name__)

REREAD = 5
"""The number of newest indexed segments to read again in a take that was under way."""
AT_ONCE = 4
"""The number of takes that are read to their ends in parallel: each may need a process."""
_CLOSED = (RecordingState.READY, RecordingState.PARTIAL, RecordingState.ERASED)


class Salvage(Protocol):
    """Examines the data folder after an unclean stop."""

    async def takes(self) -> list[FoundTake] | None:
        """The folders of takes, in order of their names; None if their parent folder is missing."""

    async def faults(
        self, segments: Sequence[Segment], read: Collection[tuple[RunId, int]]
    ) -> dict[tuple[RunId, int], str]:
        """The faults of segment files, found by size; files of ``read`` are also read and compared with their
        checksum. Segments without a fault are absent."""

    async def remainder(self, segment: Segment) -> Segment | None:
        """The usable part of a damaged segment, made safe; None if no part is usable."""

    async def broken(self, files: Iterable[RecordingFile]) -> set[str]:
        """The paths of finished files that are missing or have another size."""

    async def sweep(self, kept: Collection[str], closed: Collection[SessionId], busy: Collection[SessionId]) -> int:
        """Delete unfinished files of recordings, except for ``busy`` sessions, and all files of ``closed``
        recordings except those ``kept``. Returns the number of deleted files."""


@dataclass(slots=True, kw_only=True)
class Recovered:
    """The recovered content, the batch of changes that the store still lacks, and the files to delete once it is
    written."""

    stored: Stored
    batch: Batch
    report: Report
    doomed: list[str]


class Recovery:
    """Examines everything once; afterwards the index matches the disk."""

    def __init__(self, stored: Stored, survivors: Iterable[ProcessRecord], takes: TakeReader, salvage: Salvage) -> None:
        self._stored = stored
        self._survivors = list(survivors)
        self._alive = {record.run for record in self._survivors}
        self._reader = takes
        self._salvage = salvage
        self._takes: dict[RunId, Take] = {t.id: t for t in stored.takes}
        self._segments: dict[Key, Segment] = {(s.take, s.number): s for s in stored.segments}
        self._losses = Losses.of(stored)
        self._report = Report()
        self._batch = Batch()
        self._doomed: list[str] = []

    async def run(self) -> Recovered:
        """Raises StoreError if the disk with the takes seems to be missing."""
        known = list(self._segments.values())
        folders = await self._salvage.takes()
        if folders is None and known:
            hint = "mount its disk; if the disk is lost, create an empty folder in its place"
            raise StoreError("the folder of the captured takes is missing", where="takes", hint=hint)
        found = {one.id: one for one in folders or ()}
        under_way = {t.id for t in self._takes.values() if t.ended is None and t.id not in self._alive}
        self._report.interrupted = len(under_way)
        self._report.rebooted = any(found[id].rebooted for id in under_way if id in found)
        await self._check(known, under_way)
        self._adopt(found.values())
        await self._index(found.values())
        recordings = await self._recordings()
        return Recovered(
            stored=replace(
                self._stored,
                takes=tuple(self._takes.values()),
                segments=tuple(self._segments.values()),
                keeps=tuple(k for k in self._stored.keeps if k not in self._dropped()),
                recordings=recordings,
                settings={**self._stored.settings, **self._batch.settings},
            ),
            batch=self._batch,
            report=self._report,
            doomed=self._doomed,
        )

    # -- index to disk ------------------------------------------------------------------------

    async def _check(self, known: list[Segment], under_way: Collection[RunId]) -> None:
        """Check every file by its size; read the newest ones again."""
        newest: dict[RunId, list[Key]] = defaultdict(list)
        for segment in sorted(known, key=lambda s: s.number):
            newest[segment.take].append((segment.take, segment.number))
        read = {key for take in under_way for key in newest[take][-REREAD:]}
        faults = await self._salvage.faults(known, read)
        self._report.checked = len(known)
        places = self._places({take for take, _ in faults})
        for key, reason in faults.items():
            await self._treat(self._segments[key], places[key], reason)

    async def _treat(self, segment: Segment, place: tuple[float, float], reason: str) -> None:
        """Use the usable part of a damaged segment; record the rest as lost."""
        key = (segment.take, segment.number)
        self._report.faults.append(f"take {segment.take}: {reason}")
        left = await self._salvage.remainder(segment)
        if left is None:
            start, end = place
            del self._segments[key]
            self._batch.deleted_segments.append(key)
            self._batch.dropped_keeps += [k for k in self._stored.keeps if (k.take, k.number) == key]
            self._doomed.append(segment.path)
        else:
            start, end = place[0] + left.end - segment.start, place[1]
            self._segments[key] = left
            self._batch.segments.append(left)
        loss = Loss(take=segment.take, number=segment.number, start=start, end=end, reason=reason)
        self._losses.add(loss, self._batch)

    def _places(self, takes: Collection[RunId]) -> dict[Key, tuple[float, float]]:
        """The places of some takes' segments in wall time."""
        by_take: dict[RunId, list[Segment]] = defaultdict(list)
        for segment in sorted(self._segments.values(), key=lambda s: s.number):
            if segment.take in takes:
                by_take[segment.take].append(segment)
        return {timed.key: (timed.start, timed.end) for one in by_take.values() for timed in wall_times(one)}

    def _dropped(self) -> set[Keep]:
        return set(self._batch.dropped_keeps)

    # -- disk to index -------------------------------------------------------------------------

    def _adopt(self, found: Iterable[FoundTake]) -> None:
        """Add a take for a capture whose start was not stored before the power cut."""
        for one in found:
            if one.id in self._takes or one.id in self._alive:
                continue
            if not one.numbers:
                self._reader.delete_folder(one.id)
            elif one.room is None:
                log.warning("a folder below takes/ belongs to no known room and is left as it is", take=one.id)
            else:
                take = self._takes[one.id] = Take(id=one.id, room=one.room, started=one.started, slot=one.slot)
                self._batch.takes.append(take)
                self._report.adopted += 1
                self._report.rebooted |= one.rebooted

    async def _index(self, found: Iterable[FoundTake]) -> None:
        """Index segments that closed, or were open, after the last commit. Older ones that are not indexed had
        evaporated."""
        places = asyncio.Semaphore(AT_ONCE)
        last: dict[RunId, int] = defaultdict(lambda: -1)
        for take, number in [*self._segments, *self._batch.deleted_segments]:
            last[take] = max(last[take], number)

        async def rest(one: FoundTake) -> None:
            async with places:
                try:
                    closed = await self._reader.last_segment(one.id, last[one.id])
                    segments = await self._reader.settle(closed)
                except StreamerError as error:
                    log.error("the last segments can't be indexed", room=one.room, take=one.id, error=error)
                    return
            for segment in segments:
                self._take_up(segment)

        known = [one for one in found if one.id in self._takes]
        for one in known:
            stray = [n for n in one.numbers if n < last[one.id] and (one.id, n) not in self._segments]
            self._doomed += [f"takes/{one.id}/{number:06d}.ts" for number in stray]
            self._report.swept += len(stray)
        unread = [o for o in known if o.id not in self._alive and o.numbers and o.numbers[-1] > last[o.id]]
        await asyncio.gather(*map(rest, unread))

    def _take_up(self, segment: Segment) -> None:
        """Index a closed segment; record it as lost if it is empty on the disk."""
        if segment.bytes:
            self._segments[segment.take, segment.number] = segment
            self._batch.segments.append(segment)
            self._report.indexed += 1
            return
        reason = f"segment {segment.path.rsplit('/', 1)[-1]} is empty on disk"
        start, end = segment.closed_at - (segment.end - segment.start), segment.closed_at
        self._report.faults.append(f"take {segment.take}: {reason}")
        loss = Loss(take=segment.take, number=segment.number, start=start, end=end, reason=reason)
        self._losses.add(loss, self._batch)
        self._doomed.append(segment.path)

    async def _recordings(self) -> tuple[Recording, ...]:
        """Make recordings with damaged files again; delete files without a reference."""
        files = [f for r in self._stored.recordings for f in r.files]
        broken = await self._salvage.broken(files)
        recordings = []
        for recording in self._stored.recordings:
            bad = [f for f in recording.files if f.path in broken]
            if bad:
                self._report.faults += [
                    f"session {recording.session}: its file {f.name} was damaged on disk" for f in bad
                ]
                self._report.again += 1
                recording = advance(recording, Damaged(files=tuple(bad)))
                self._batch.recordings.append(recording)
            recordings.append(recording)
        closed = [r.session for r in recordings if r.state in _CLOSED]
        busy = {p.session for p in self._survivors if p.kind is JobKind.EXPORT and p.session is not None}
        self._report.swept += await self._salvage.sweep({f.path for f in files}, closed, busy)
        return tuple(recordings)
