"""The world of a conference day on fake time: a clock that jumps, processes that capture as it passes, a disk.

All of it is computed from the clock; nothing waits and nothing is written.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamer.core.base.errors import DiskFull, StoreError
from streamer.core.base.ids import RunId, SessionId
from streamer.core.export.files import FileFacts, RecordingFile
from streamer.core.footage.segments import Clip, Segment
from streamer.core.footage.takes import FoundTake
from streamer.core.jobs.processes import ProcessExit, ProcessRecord, Progress
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.jobs.specs import JobKind, JobSpec, Piece
from streamer.core.recording.quality import Quality, Stretch
from streamer.core.status.disk import DiskSpace, Syncing
from support.day.fake_monitor import FakeMonitor, MemoryTimelines

DELAY = 1.0
"""Seconds from a process's start to its first media."""
FACTS = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(30), audio="aac")


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._steps: list[tuple[float, float]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step_wall(self, seconds: float) -> None:
        """The wall clock is corrected; monotonic time goes on."""
        self._steps.append((self.steady(), seconds))
        self._now += timedelta(seconds=seconds)

    def steady(self) -> float:
        """Unix time of a clock that nobody ever corrects: what media goes by."""
        return self._now.timestamp() - sum(by for _, by in self._steps)

    def wall(self, steady: float) -> float:
        """What the wall clock said, or will say, at a steady time: what files are dated with."""
        return steady + sum(by for at, by in self._steps if at < steady)


@dataclass(slots=True)
class FakeProcess:
    spec: JobSpec
    run: RunId
    started: float
    ended: float | None = None
    silent_from: float | None = None
    untaken: frozenset[str] = frozenset()
    world: World | None = None
    burst: float = 0.0
    """It makes so many seconds at once, and then waits as long."""
    pace: float = 1.0
    """Seconds of media in a second: its source's clock."""

    def media(self, now: float) -> float:
        """Seconds of media it has made."""
        if self.world is not None and self.world.dead:
            return 0.0
        until = min(x for x in (now, self.ended, self.silent_from) if x is not None)
        made = max(0.0, until - self.started - DELAY) * self.pace
        return made // self.burst * self.burst if self.burst else made

    def made_at(self, media: float) -> float:
        """When it has made so many seconds of media."""
        whole = math.ceil(media / self.burst - 1e-9) * self.burst if self.burst else media
        return self.started + DELAY + whole / self.pace


class FakeDisk:
    """Has as much room as the test says."""

    def __init__(self) -> None:
        self.total = 10**12
        self.free = 10**12
        self.held = 0

    async def space(self) -> DiskSpace:
        return DiskSpace(total=self.total, free=self.free)

    async def hold(self, size: int) -> None:
        self.held = size

    async def give_up(self) -> bool:
        held, self.held = self.held, 0
        return held > 0


class World:
    """Launcher, captured files, chunks and exports, all functions of the fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.processes: dict[RunId, FakeProcess] = {}
        self.monitor = FakeMonitor()
        self.timelines = MemoryTimelines()
        self.history: list[tuple[datetime, str, str]] = []
        self.dead = False
        """No source delivers anything."""
        self.deleted: set[str] = set()
        self.settled: set[str] = set()
        """The segments that are safe on the disk."""
        self.slow_disks: dict[str, asyncio.Event] = {}
        """Rooms whose segments can't be made safe before the event."""
        self.empty: set[int] = set()
        """The numbers of segments of which the disk has nothing."""
        self.refusing = False
        self.no_room_for: tuple[str, ...] = ()
        """How the names of files end that can't be written now."""
        """The disk takes nothing."""
        self.erased: set[str] = set()
        self.video = "h264"
        """The codec of every source's picture."""
        self.plays = True
        """Browsers play the recordings."""
        self.sources: dict[str, SourceTracks] = {}
        """What FFmpeg says of the rooms' sources; nothing of those that are missing here."""
        self.exported: dict[str, Sequence[Piece]] = {}
        self.cuts: list[tuple[RunId, float, float]] = []
        """What was taken of which take for exports, in order, in wall time."""
        self.written: dict[str, bytes] = {}
        self.leases: dict[RunId, float] = {}
        self.sync_seconds = 0.0
        self.part_seconds = 0.0
        """Of a livestream's parts, where they are to be others than usual."""
        self.pictures = False
        """Recordings have thumbnails."""
        self.disk = FakeDisk()
        self._exits: asyncio.Queue[ProcessExit] = asyncio.Queue()
        self._pids = iter(range(5000, 10**6))

    # -- launcher ------------------------------------------------------------------------------

    async def open(self) -> list[ProcessRecord]:
        return [self._record(p) for p in self.processes.values() if p.ended is None]

    def _record(self, process: FakeProcess) -> ProcessRecord:
        spec = process.spec
        return ProcessRecord(
            run=process.run,
            job=spec.id,
            kind=spec.kind,
            room=spec.room,
            digest=spec.digest,
            pid=next(self._pids),
            start_ticks=1,
            started=self.clock.wall(process.started),
            session=spec.session,
        )

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        assert not [p for p in self.alive() if p.spec.id == spec.id], f"two processes for {spec.id}"
        process = FakeProcess(spec=spec, run=run, started=self._unix(), world=self)
        self.processes[run] = process
        self.history.append((self.clock.now(), "start", spec.id))
        return self._record(process)

    async def stop(self, run: RunId) -> None:
        self.end(run, 255)

    def end(self, run: RunId, status: int, error: str = "", **more: Any) -> None:
        process = self.processes[run]
        if process.ended is None:
            process.ended = self._unix()
            self.history.append((self.clock.now(), "end", process.spec.id))
            self._exits.put_nowait(
                ProcessExit(run=run, status=status, at=self.clock.now().timestamp(), error=error, **more)
            )

    def kill(self, job: str) -> None:
        """SIGKILL from outside."""
        for process in self.alive():
            if process.spec.id == job:
                self.end(process.run, -9, "killed by a signal")

    def silence(self, job: str) -> None:
        """The process lives on and does nothing more."""
        for process in self.alive():
            if process.spec.id == job:
                process.silent_from = self._unix()

    def replace_source(self, job: str, *, silent: bool) -> None:
        """Its source sends another picture; with ``silent``, instead of the one that it sent before."""
        for process in self.alive():
            if process.spec.id == job:
                process.untaken = frozenset({"video"})
                process.silent_from = self._unix() if silent else None

    def alive(self) -> list[FakeProcess]:
        return [p for p in self.processes.values() if p.ended is None]

    def running(self, job: str) -> bool:
        return any(p.spec.id == job for p in self.alive())

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        self.leases |= ends_by

    async def exits(self) -> AsyncIterator[ProcessExit]:
        while True:
            yield await self._exits.get()

    def finish_exports(self) -> None:
        for process in self.alive():
            if process.spec.kind is JobKind.EXPORT and self._unix() - process.started >= DELAY:
                settings: Any = process.spec.settings
                self.exported[settings.target] = settings.pieces
                self.end(process.run, 0)

    def progress(self, run: RunId) -> Progress | None:
        process = self.processes[run]
        media = process.media(self._unix())
        if not media:
            return None
        return Progress(media_seconds=media, output_bytes=int(media * 1000), untaken=process.untaken)

    async def syncing(self) -> Syncing | None:
        return Syncing(worst=self.sync_seconds)

    async def close(self, *, end_media: bool) -> None:
        if end_media:
            for process in self.alive():
                self.end(process.run, 255)

    # -- takes ---------------------------------------------------------------------------------

    def _segments(self, take: RunId, after: int) -> list[Segment]:
        process = self.processes[take]
        count = int(process.media(self._unix()) // 2)
        return [self._segment(process, n, (n + 1) * 2.0) for n in range(after + 1, count)]

    def _segment(self, process: FakeProcess, number: int, end: float) -> Segment:
        return Segment(
            take=process.run,
            number=number,
            path=f"takes/{process.run}/{number:06d}.ts",
            start=number * 2.0,
            end=end,
            closed_at=self.clock.wall(process.started + DELAY + end),
            bytes=1000,
        )

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        return self._segments(take, after)

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        process = self.processes[take]
        segments = self._segments(take, after)
        media = process.media(self._unix())
        number = max(int(media // 2), after + 1)
        if media - number * 2 > 0.05:
            segments.append(self._segment(process, number, media))
        return segments

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        if self.refusing:
            raise StoreError("No space left on device")
        room = self.processes[segments[0].take].spec.room if segments else ""
        if room in self.slow_disks:
            await self.slow_disks[room].wait()
        settled = [replace(s, sha256=f"{s.number:064x}", shape="h264 1280x720") for s in segments]
        settled = [replace(s, bytes=0) if s.number in self.empty else s for s in settled]
        self.settled |= {s.path for s in settled}
        return settled

    async def facts(self, segment_path: str) -> SourceFacts:
        return replace(FACTS, video=self.video)

    def tracks(self, take: RunId) -> SourceTracks | None:
        process = self.processes[take]
        return self.sources.get(process.spec.room) if process.spec.kind is JobKind.CAPTURE else None

    def shape(self, segment_path: str) -> str:
        return "h264 1280x720 · aac 48000/2"

    async def turn(self, segment_path: str, known: str) -> float | None:
        return None

    async def keyframes(self, segment_path: str) -> list[tuple[float, int]]:
        return [(int(Path(segment_path).stem) * 2.0, 0)]

    def delete(self, paths: Iterable[str]) -> None:
        self.deleted |= set(paths)

    def delete_folder(self, take: RunId) -> None:
        assert self.processes[take].ended is not None

    # -- salvage -------------------------------------------------------------------------------

    async def takes(self) -> list[FoundTake] | None:
        return [self._found(p) for p in self.processes.values() if p.spec.kind is JobKind.CAPTURE]

    def _found(self, process: FakeProcess) -> FoundTake:
        made = process.media(self._unix())
        numbers = [n for n in range(int(made // 2) + 1) if f"takes/{process.run}/{n:06d}.ts" not in self.deleted]
        return FoundTake(id=process.run, numbers=tuple(numbers), room=process.spec.room, started=process.started)

    async def faults(
        self, segments: Sequence[Segment], read: Collection[tuple[RunId, int]]
    ) -> dict[tuple[RunId, int], str]:
        return {(s.take, s.number): f"{s.path} is missing on disk" for s in segments if s.path in self.deleted}

    async def remainder(self, segment: Segment) -> Segment | None:
        return None

    async def broken(self, files: Iterable[RecordingFile]) -> set[str]:
        return {f.path for f in files if f.path in self.erased}

    async def sweep(self, kept: Collection[str], closed: Collection[SessionId], busy: Collection[SessionId]) -> int:
        return 0

    # -- exporter ------------------------------------------------------------------------------

    async def accept(self, partial: str, final: str) -> FileFacts:
        assert partial in self.exported
        self.exported[final] = self.exported.pop(partial)
        return FileFacts(duration=1, bytes=10, sha256="0" * 64, video_frames=30, has_audio=True, av_offset=0)

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Clip]:
        self.cuts.append((first.take, self.wall(first.take, start), self.wall(last.take, end)))
        return [
            Clip(take=s.take, number=s.number, pieces=(Piece(path=s.path),), start=s.start, end=s.end)
            for s in dict.fromkeys([first, *between, last])
        ]

    async def frame(self, segment: Segment, at: float) -> bytes:
        return f"{segment.path} {at:.3f}".encode()

    async def digests(self, segment: Segment) -> list[tuple[float, str, str]]:
        """A source has a keyframe in each second, and every capture of it gets the same."""
        offset = self.wall(segment.take, 0.0)
        instants = range(math.ceil(segment.start + offset), math.ceil(segment.end + offset))
        return [(instant - offset, f"keyframe of {instant}", f"sound of {instant}") for instant in instants]

    def wall(self, take: RunId, time: float) -> float:
        """When it was on the clock of a take that it was ``time``."""
        process = self.processes.get(take)
        return process.started + DELAY + time if process is not None else time

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        if not self.pictures:
            return None
        self.exported[target] = ()
        return FileFacts(duration=0, bytes=10, sha256="1" * 64, video_frames=1, has_audio=False, av_offset=0)

    async def write(self, content: bytes, target: str) -> FileFacts:
        if target.endswith(self.no_room_for):
            raise DiskFull("can't be written: No space left on device", where=target)
        self.written[target] = content
        digest = hashlib.sha256(content).hexdigest()
        return FileFacts(duration=0, bytes=len(content), sha256=digest, video_frames=0, has_audio=False, av_offset=0)

    async def read(self, file: str) -> bytes:
        return self.written[file]

    async def playable(self, file: str, target: str) -> FileFacts | None:
        return None if self.plays else await self.write(b"H.264", target)

    async def analyse(self, file: str) -> Quality:
        assert file in self.exported
        return Quality(
            loudness=-23.0,
            loudness_range=5.0,
            true_peak=-1.0,
            silent=(Stretch(start=60, duration=7),),
            black=(),
            frozen=(),
            precision=2.0,
        )

    def erase(self, files: Iterable[str]) -> None:
        self.erased |= set(files)
        for file in files:
            self.exported.pop(file, None)
            self.written.pop(file, None)

    def _unix(self) -> float:
        return self.clock.steady()
