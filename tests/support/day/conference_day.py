"""A whole conference day on fake time: the real engine over a world that is computed from the clock.

Only the world is made up: processes that capture and encode exactly as time passes, a store in memory, a clock
that jumps. What is under test (plan, decisions, supervision, keeping, channel, announcing) is the real thing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from streamer.core.base.errors import StoreError, StreamerError, TimetableError
from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.base.json import Document
from streamer.core.channel.chunks import Chunk, Loop, Part, SlateText
from streamer.core.decisions.override import Override
from streamer.core.footage.segments import Segment
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.plan.cues import Cue
from streamer.core.plan.policy import Policy, RoomSetup
from streamer.core.records.batch import Answer, Batch, Stored
from streamer.core.records.invariants import Situation, violations
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token
from streamer.core.timetable.sessions import Parsed, Room, Session, Timetable
from streamer.core.trust.health import FeedHealth
from streamer.engine.footage.intake import WAITS, Waits
from streamer.engine.service.parts import ConferenceSetup, Parts
from streamer.engine.service.service import Service
from streamer.engine.turns.bells import SchedulerBells
from streamer.engine.turns.causes import Cause
from streamer.engine.turns.loops import Loops
from streamer.engine.turns.store import Store
from support.day.fake_world import FakeClock, World

MOST_TURNS = 6
"""So many turns come at one instant; what they cause beyond that comes with the next step of the day."""


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
            newest = self.world.clock.wall(process.made_at(parts[-1].start + parts[-1].duration))
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

    def delete_below(self, below: int) -> None:
        pass


def parts_of(start: float, part: float, media: float) -> tuple[Part, ...]:
    made = [start + i * part for i in range(round(2 / part)) if start + (i + 1) * part <= media + 1e-6]
    return tuple(Part(offset=i * 100, size=100, start=t, duration=part, independent=i == 0) for i, t in enumerate(made))


class MemoryLedgers:
    """Lines that outlive a service, as JSON. Files of livestream runs are there until their folder is deleted."""

    def __init__(self, folders: FakeFolders, texts: dict[RoomId, list[str]]) -> None:
        self.folders = folders
        self.texts = texts
        self.full = False
        """The disk takes no line, and a ledger that was written to is lost."""

    def read(self, room: RoomId) -> list[Document]:
        return [json.loads(text) for text in self.texts.get(room, [])]

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        self._accept(room)
        self.texts[room] = [json.dumps(line) for line in lines]

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        self._accept(room)
        self.texts[room] += [json.dumps(line) for line in lines]

    def _accept(self, room: RoomId) -> None:
        if self.full:
            self.delete(room)
            raise StoreError("the disk is full")

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
        self.answers: dict[str, Answer] = {}
        self.timetables: dict[int, Document] = {}
        self.journal: dict[Audience, list[JournalEntry]] = {a: [] for a in Audience}
        self.segments: dict[tuple[str, int], Segment] = {}
        self.keeps: dict[tuple[str, int], set[str]] = {}
        self.named: set[str] = set()
        """The names of the tokens that were added."""

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
        for answer in batch.answers:
            self.answers.setdefault(answer.key, answer)
        self.timetables |= {v.id: v.timetable for v in batch.versions if v.timetable is not None}
        self.batches.append(batch)

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        found = [e for e in self.journal[audience] if e.revision > revision]
        return found if len(found) <= limit else None

    async def journal_between(
        self, audience: Audience, start: float, end: float, *, after: int = 0, limit: int
    ) -> list[JournalEntry]:
        return [e for e in self.journal[audience] if start <= e.at < end and e.revision > after][:limit]

    async def overrides(self, limit: int = 200) -> list[Override]:
        return []

    async def answer(self, key: str) -> Answer | None:
        return self.answers.get(key)

    async def timetable(self, version: int) -> Document | None:
        return self.timetables.get(version)

    async def tokens(self) -> list[Token]:
        return []

    async def add_token(self, token: Token) -> None:
        self.named.add(token.name)

    async def revoke_token(self, name: str, at: float) -> bool:
        known = name in self.named
        self.named.discard(name)
        return known

    async def sign_ins(self) -> list[SignIn]:
        return []

    async def add_sign_in(self, sign_in: SignIn, *, link: str | None) -> None: ...

    async def delete_sign_ins(self, digests: Collection[str]) -> None: ...

    async def note_uses(self, uses: Mapping[str, float]) -> None: ...

    async def close(self) -> None: ...


class FakeBells:
    """Rings when the day's clock has come to a bell's time."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self._rung: set[Cue] = set()
        self._ring: Callable[[Cue], None] = lambda cue: None

    def set(self, cues: Sequence[Cue]) -> None:
        self.cues = sorted(cues, key=lambda c: (c.at, c.session, c.action))
        self._rung.difference_update(cues)

    def recheck(self) -> None: ...

    def listing(self) -> list[Cue]:
        return [cue for cue in self.cues if cue not in self._rung]

    def start(self, ring: Callable[[Cue], None], fail: Callable[[Cue, str], None]) -> None:
        self._ring = ring

    def stop(self) -> None: ...

    def ring_due(self, now: datetime) -> None:
        for cue in [cue for cue in self.listing() if cue.at <= now]:
            self._rung.add(cue)
            self._ring(cue)


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
    bells: Any
    service: Service
    killed: bool = False
    """The service goes without ending its media, as by kill -9."""
    unwired: bool = False
    """Bells do not ring in this test, so that safety turns have work to find."""

    @property
    def engine(self) -> Any:
        return self.service._engine

    @property
    def loops(self) -> Loops:
        return self.service._loops

    async def turn(self) -> None:
        """Let bells ring and exits arrive, step the channels, look; and turn as long as something causes a turn."""
        causes: set[Cause] = set()
        for _ in range(MOST_TURNS):
            self.bells.ring_due(self.clock.now())
            for _ in range(5):
                await asyncio.sleep(0)
            self.loops.step(self.engine)
            await self._look_at_disk()
            self.engine.archive.look()
            for _ in range(5):
                await asyncio.sleep(0)
            causes = self.loops.take_causes()
            if not causes:
                self.loops.look(self.engine)
                causes = self.loops.take_causes()
            if not causes and (by_time := self.loops.cause_by_time(self.engine)) is not None:
                causes = {by_time}
            if not causes:
                return
            try:
                await self.loops.turn(self.engine, causes)
            except StreamerError:
                self.loops.wake(Cause.AGAIN)
                raise
        for cause in causes:
            self.loops.wake(cause)

    async def _look_at_disk(self) -> None:
        before = self.engine.disk.pressure
        await self.engine.disk.look()
        await self.engine.disk.ask()
        if self.engine.disk.pressure is not before:
            self.loops.wake(Cause.DISK)

    async def go(self, until: datetime, step: float = 10.0) -> None:
        """Live through time, in steps, and exactly at each bell."""
        while self.clock.now() < until:
            now = self.clock.now()
            waits = [step, (until - now).total_seconds()]
            waits += [(cue.at - now).total_seconds() for cue in self.bells.listing() if cue.at > now][:1]
            self.clock.advance(min(waits))
            self.world.finish_exports()
            await self.turn()

    @property
    def repairs(self) -> float:
        """How many safety turns found work that nothing had announced."""
        found = {m.name: m.samples for m in self.service.metrics()}
        return found["streamer_safety_turn_repairs_total"][0][1]

    def state(self, id: str) -> str:
        return str(self.document(id)["state"])

    def document(self, id: str) -> Document:
        return next(dict(s) for s in self.service.snapshot(Audience.VIEWER)["sessions"] if s["id"] == id)

    def room(self, id: str) -> Document:
        return next(dict(r) for r in self.service.snapshot(Audience.VIEWER)["rooms"] if r["id"] == id)

    def oldest(self, room: RoomId) -> float:
        """The start (Unix s) of the oldest segment of a room that still exists."""
        return float(min(timed.start for timed in self.engine.archive.footage._timed[room].values()))

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
    feed: OneTimetable | None = None,
    bells: SchedulerBells | FakeBells | None = None,
    by_itself: bool = False,
    settled: bool = True,
    waits: Waits = WAITS,
) -> AsyncIterator[Day]:
    """A service on fake time, its loops not running: the test turns it, where something causes a turn. At the end of
    the block every invariant holds, and no safety turn has found anything to do.

    ``after`` is a day whose service was killed: its world and clock go on. ``world``, ``feed`` and ``bells`` are others
    than the usual. A day that goes ``by_itself`` has a clock that runs, and its loops run with it. Not ``settled``: the
    channels have not been stepped since the start, so what they show is not known yet. ``waits`` are a turn's, in real
    seconds.
    """
    world = world or (after.world if after is not None else World(FakeClock(now)))
    clock = world.clock
    folders = after.folders if after is not None else FakeFolders(world)
    ledgers = MemoryLedgers(folders, after.ledgers.texts if after is not None else {})
    store, bells = store or MemoryStore(), bells or FakeBells()
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
        feed=feed or OneTimetable(table),
        monitor=world.monitor,
        timelines=world.timelines,
        shift=lambda content, ticks: content,
        waits=waits,
    )
    service = Service(parts, ConferenceSetup(data=Path(), policy=policy, shape=lambda t: t))
    if not by_itself:
        service._spawn = lambda work, name: work.close()  # type: ignore[method-assign] # the test turns it
    await service.start()
    day = Day(clock, world, folders, ledgers, store, bells, service)
    if settled and not by_itself:
        await day.turn()
    try:
        yield day
        assert day.broken() == []
        assert day.unwired or day.repairs == 0, "a safety turn found work that nothing had announced"
    finally:
        await service.stop(end_media=not day.killed)


def replaced(table: Timetable, **changes: Any) -> Timetable:
    """The timetable with one session changed: ``replaced(t, id="a", title="New")``."""
    id = changes.pop("id")
    return replace(table, sessions=tuple(replace(s, **changes) if s.id == id else s for s in table.sessions))


NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)
