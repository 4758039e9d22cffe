"""A whole conference day on fake time: the real engine over a world that is computed from the clock.

Only the world is made up: processes that capture and encode exactly as time passes, a store in memory, a clock
that jumps. What is under test (plan, decisions, supervision, keeping, channel, announcing) is the real thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import math
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamer.core.disk import DiskSpace, Syncing
from streamer.core.errors import DiskFull, StoreError, TimetableError
from streamer.core.feed_health import FeedHealth
from streamer.core.ids import RoomId, SessionId
from streamer.core.invariants import Situation, violations
from streamer.core.live_media import Chunk, LiveFormat, Loop, Part, SlateText
from streamer.core.media import (
    Clip,
    FileFacts,
    JobKind,
    JobSpec,
    Piece,
    ProcessExit,
    ProcessRecord,
    Progress,
    RunId,
    Segment,
    SourceFacts,
)
from streamer.core.overrides import Override
from streamer.core.policy import Policy, RoomSetup
from streamer.core.ports import Store
from streamer.core.quality import Quality, Stretch
from streamer.core.records import Audience, Batch, Document, FoundTake, JournalEntry, RecordingFile, Stored, Token
from streamer.core.timetable import Parsed, Room, Session, Timetable
from streamer.engine.parts import House, Parts
from streamer.engine.service import Service

DELAY = 1.0
"""Seconds from a process's start to its first media."""
FACTS = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(30), audio="aac")


def at(text: str, day: str = "2025-09-08") -> datetime:
    """``at("09:30")`` in UTC."""
    return datetime.fromisoformat(f"{day}T{text}+00:00")


def session(id: str, room: str, start: datetime, minutes: float = 30, **more: Any) -> Session:
    return Session(
        id=SessionId(id),
        room=RoomId(room),
        title=more.pop("title", f"Title of {id}"),
        start=start,
        end=start + timedelta(minutes=minutes),
        **more,
    )


def timetable(*sessions: Session, timezone: str = "Europe/Copenhagen") -> Timetable:
    rooms = dict.fromkeys(s.room for s in sessions)
    return Timetable(
        title="Test conference",
        timezone=timezone,
        rooms=tuple(Room(id=r, name=f"Room {r}") for r in rooms),
        sessions=sessions,
    )


def policy_for(*rooms: str, **more: Any) -> Policy:
    setups = {
        RoomId(r): RoomSetup(id=RoomId(r), name=f"Room {r}", source="test:", tap=10_000 + i)
        for i, r in enumerate(rooms)
    }
    return Policy(rooms=setups, **more)


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

    def media(self, now: float) -> float:
        """Seconds of media it has made."""
        if self.world is not None and self.world.dead:
            return 0.0
        until = min(x for x in (now, self.ended, self.silent_from) if x is not None)
        return max(0.0, until - self.started - DELAY)


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

    def log_tail(self, run: RunId, lines: int = 40) -> list[str]:
        return []

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
        return FACTS

    def shape(self, segment_path: str) -> str:
        return "h264 1280x720 · aac 48000/2"

    async def turn(self, segment_path: str, known: str) -> float | None:
        return None

    async def keyframes(self, segment_path: str) -> list[tuple[float, int]]:
        return [(int(Path(segment_path).stem) * 2.0, 0)]

    def delete(self, paths: Iterable[str]) -> None:
        self.deleted |= set(paths)

    def forget(self, take: RunId) -> None:
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


class FakeFolders:
    """CMAF chunks that grow with the clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gone: set[str] = set()

    def reader(self, run: RunId, format: LiveFormat, begin: int = 0) -> FakeReader:
        assert run not in self.gone
        return FakeReader(self.world, run, format, begin)

    def delete(self, run: RunId) -> None:
        self.gone.add(run)

    def sweep(self, kept: Iterable[RunId]) -> None:
        names = set(kept)
        self.gone |= {run for run in self.world.processes if run not in names}


class FakeReader:
    def __init__(self, world: World, run: RunId, format: LiveFormat, begin: int) -> None:
        self.world, self.run, self.format = world, run, format
        self._next = max(1, begin)
        self._seen: dict[int, int] = {}

    def poll(self) -> list[Chunk]:
        process = self.world.processes[self.run]
        media = process.media(self.world.clock.steady())
        found = []
        part = self.world.part_seconds or float(self.format.part_seconds)
        for number in range(self._next, int(media // 2) + 2):
            parts = parts_of((number - 1) * 2.0, part, media)
            if not parts or self._seen.get(number) == len(parts):
                continue
            self._seen[number] = len(parts)
            newest = self.world.clock.wall(process.started + DELAY + parts[-1].start + parts[-1].duration)
            for track in self.format.tracks:
                path = f"/live/{self.run}/{track}-{number}.m4s"
                complete = len(parts) == round(2 / part)
                self._next = number + complete
                found.append(
                    Chunk(track=track, number=number, path=path, parts=parts, complete=complete, seen_at=newest)
                )
        return found

    def init(self, track: str) -> str | None:
        return f"/live/{self.run}/init-{track}.mp4"

    def forget(self, below: int) -> None:
        pass


def parts_of(start: float, part: float, media: float) -> tuple[Part, ...]:
    made = [start + i * part for i in range(round(2 / part)) if start + (i + 1) * part <= media + 1e-6]
    return tuple(Part(offset=i * 100, size=100, start=t, duration=part, independent=i == 0) for i, t in enumerate(made))


class MemoryLedgers:
    """Lines that outlive a service, as JSON. Files of livestream runs are there until their folder is deleted."""

    def __init__(self, folders: FakeFolders, texts: dict[RoomId, list[str]]) -> None:
        self.folders = folders
        self.texts = texts

    def read(self, room: RoomId) -> list[Document]:
        return [json.loads(text) for text in self.texts.get(room, [])]

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        self.texts[room] = [json.dumps(line) for line in lines]

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        self.texts[room] += [json.dumps(line) for line in lines]

    def delete(self, room: RoomId) -> None:
        self.texts.pop(room, None)

    def is_there(self, path: str) -> bool:
        return not any(path.startswith(f"/live/{run}/") for run in self.folders.gone)


class FakePainter:
    async def render(self, text: SlateText, format: LiveFormat) -> Loop:
        key = f"{text.headline}|{text.detail}|{len(format.renditions)}"
        part = float(format.part_seconds)
        segments = {
            track: tuple(
                Chunk(
                    track=track,
                    number=k,
                    path=f"/slates/{key}/{track}-{k}",
                    parts=parts_of(k * 2.0, part, 99),
                    complete=True,
                    seen_at=0,
                )
                for k in range(4)
            )
            for track in format.tracks
        }
        return Loop(
            key=key,
            seconds=8.0,
            inits={t: f"/slates/{key}/{t}-init" for t in format.tracks},
            segments=segments,
            timescales=dict.fromkeys(format.tracks, 90_000),
            codecs={t: "mp4a.40.2" if t == "audio" else "avc1.4d401f" for t in format.tracks},
        )


class MemoryStore:
    """Remembers committed batches; what is announced must be in here first."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.answers: dict[str, Document] = {}
        self.timetables: dict[int, Document] = {}
        self.journal: dict[Audience, list[JournalEntry]] = {a: [] for a in Audience}
        self.segments: dict[tuple[str, int], Segment] = {}
        self.keeps: dict[tuple[str, int], set[str]] = {}

    async def open(self) -> Stored:
        return Stored(epoch="epoch", node="node")

    async def commit(self, batch: Batch) -> None:
        for segment in batch.segments:
            assert segment.sha256, f"{segment.path} is written down before it is safe on the disk"
            self.segments[segment.take, segment.number] = segment
        for keep in batch.keeps:
            self.keeps.setdefault((keep.take, keep.number), set()).add(keep.session)
        for keep in batch.dropped_keeps:
            self.keeps[keep.take, keep.number].discard(keep.session)
        for key in batch.deleted_segments:
            assert not self.keeps.get(key), "a kept segment was deleted"
            del self.segments[key]
        for entry in batch.journal:
            before = self.journal[entry.audience]
            assert entry.revision == (before[-1].revision if before else 0) + 1
            before.append(entry)
        self.answers |= dict(batch.answers)
        self.timetables |= {v.id: v.timetable for v in batch.versions if v.timetable is not None}
        self.batches.append(batch)

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        found = [e for e in self.journal[audience] if e.revision > revision]
        return found if len(found) <= limit else None

    async def overrides(self, limit: int = 200) -> list[Override]:
        return []

    async def answer(self, key: str) -> Document | None:
        return self.answers.get(key)

    async def timetable(self, version: int) -> Document | None:
        return self.timetables.get(version)

    async def tokens(self) -> list[Token]:
        return []

    async def add_token(self, token: Token) -> None: ...

    async def revoke_token(self, name: str, at: float) -> bool:
        return False

    async def close(self) -> None: ...


class FakeBells:
    def __init__(self) -> None:
        self.cues: list[tuple[datetime, str]] = []

    def set(self, cues: Sequence[tuple[datetime, str]]) -> None:
        self.cues = sorted(cues)

    def listing(self) -> list[tuple[datetime, str]]:
        return self.cues

    def start(self, ring: Callable[[], None]) -> None: ...

    def stop(self) -> None: ...


class OneTimetable:
    """A feed that has one version, until it is given another by the test."""

    def __init__(self, table: Timetable) -> None:
        self.table = table
        self.fresh: tuple[FeedHealth, ...] = ()

    async def load(self) -> Parsed:
        return Parsed(timetable=self.table, format="test")

    async def updates(self) -> AsyncIterator[Parsed | TimetableError]:
        await asyncio.Event().wait()
        yield Parsed(timetable=self.table)

    def health(self) -> tuple[FeedHealth, ...]:
        return self.fresh


@dataclass
class Day:
    """A running engine and the world around it."""

    clock: FakeClock
    world: World
    folders: FakeFolders
    ledgers: MemoryLedgers
    store: Any
    bells: FakeBells
    service: Service
    killed: bool = False
    """The service goes without ending its media, as by kill -9."""

    @property
    def engine(self) -> Any:
        return self.service._engine

    async def turn(self) -> None:
        """Let exits arrive, step the channels, and turn until nothing more follows from it."""
        for _ in range(2):
            for _ in range(5):
                await asyncio.sleep(0)
            now = self.clock.now()
            self.engine.channels.step(self.engine.programme.plan(now), now)
            await self.engine.disk.look()
            await self.engine.disk.ask()
            await self.service.turn()
        for _ in range(5):
            await asyncio.sleep(0)

    async def go(self, until: datetime, step: float = 10.0) -> None:
        """Live through time, in steps, and exactly at each bell."""
        while self.clock.now() < until:
            rest = (until - self.clock.now()).total_seconds()
            bell = next((c for c, _ in self.bells.cues if c > self.clock.now()), None)
            to_bell = (bell - self.clock.now()).total_seconds() if bell else rest
            self.clock.advance(min(step, rest, to_bell))
            self.world.finish_exports()
            await self.turn()

    def state(self, id: str) -> str:
        return str(self.document(id)["state"])

    def document(self, id: str) -> Document:
        return next(s for s in self.service.snapshot(Audience.VIEWER)["sessions"] if s["id"] == id)

    def room(self, id: str) -> Document:
        return next(r for r in self.service.snapshot(Audience.VIEWER)["rooms"] if r["id"] == id)

    def told(self, audience: Audience = Audience.VIEWER) -> list[Document]:
        return [e.body for e in self.store.journal[audience]]

    def kinds(self, id: str) -> list[str]:
        """What viewers were told of a session, in order."""
        return [b["kind"] for b in self.told() if b.get("session", {}).get("id") == id]

    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        engine, now = self.engine, self.clock.now()
        plan = engine.programme.plan(now)
        present = Situation(
            plan=plan,
            policy=engine.policy,
            jobs=engine.supervisor.jobs,
            recordings=engine.recordings.all.values(),
        )
        if isinstance(self.store, MemoryStore):
            journal = [entry for entries in self.store.journal.values() for entry in entries]
            present = replace(present, journal=journal, announced=engine.announcer.revisions)
        return [*violations(present), *engine.archive.footage.violations(plan)]

    def starts(self, job: str) -> list[datetime]:
        return [when for when, what, id in self.world.history if id == job and what == "start"]

    def ends(self, job: str) -> list[datetime]:
        return [when for when, what, id in self.world.history if id == job and what == "end"]

    def publish(self, table: Timetable) -> None:
        """A new version of the timetable arrives."""
        self.service.receive(Parsed(timetable=table))


@contextlib.asynccontextmanager
async def conference_day(
    table: Timetable,
    policy: Policy,
    now: datetime,
    *,
    store: Store | None = None,
    after: Day | None = None,
    world: World | None = None,
) -> AsyncIterator[Day]:
    """A service on fake time, its loops not running: the test turns it. At the end of the block every invariant holds.

    ``after`` is a day whose service was killed: its world and clock go on. ``world`` is another than the usual.
    """
    world = world or (after.world if after is not None else World(FakeClock(now)))
    clock = world.clock
    folders = after.folders if after is not None else FakeFolders(world)
    ledgers = MemoryLedgers(folders, after.ledgers.texts if after is not None else {})
    store, bells = store or MemoryStore(), FakeBells()
    parts = Parts(
        clock=clock,
        store=store,
        launcher=world,
        takes=world,
        disk=world.disk,
        salvage=world,
        folders=folders,
        ledgers=ledgers,
        painter=FakePainter(),
        exporter=world,
        bells=bells,
        feed=OneTimetable(table),
        shift=lambda content, ticks: content,
    )
    service = Service(parts, House(data=Path(), policy=policy, shape=lambda t: t))
    service._spawn = lambda work, name: work.close()  # type: ignore[method-assign] # the test turns by itself
    await service.start()
    day = Day(clock, world, folders, ledgers, store, bells, service)
    await day.turn()
    try:
        yield day
        assert day.broken() == []
    finally:
        await service.stop(end_media=not day.killed)


def replaced(table: Timetable, **changes: Any) -> Timetable:
    """The timetable with one session changed: ``replaced(t, id="a", title="New")``."""
    id = changes.pop("id")
    return replace(table, sessions=tuple(replace(s, **changes) if s.id == id else s for s in table.sessions))


NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)
