"""The service: starts and stops the parts, runs the turns, and is the one door for web and command line."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from streamer.core.channel import FilePrefix
from streamer.core.errors import StreamerError
from streamer.core.ids import OverrideId
from streamer.core.media import Piece
from streamer.core.overrides import Action
from streamer.core.policy import Policy
from streamer.core.ports import (
    Bells,
    Clock,
    Disk,
    Exporter,
    Feed,
    Launcher,
    Ledgers,
    LiveFolders,
    Salvage,
    SlatePainter,
    Store,
    TakeReader,
)
from streamer.core.protection import Distrust
from streamer.core.records import Audience, Document, JournalEntry, RecordingFile, Role, Token
from streamer.core.timetable import Parsed, Timetable
from streamer.engine.announcer import Announcer
from streamer.engine.archive import Archive
from streamer.engine.bus import Bus, Subscription
from streamer.engine.channels import POSITIONS, Channels
from streamer.engine.decisions import DecisionRequest
from streamer.engine.desk import Desk
from streamer.engine.disk_watch import STRETCHES, DiskWatch
from streamer.engine.feed_beginning import Beginning
from streamer.engine.feed_watch import FeedWatch
from streamer.engine.library import Library
from streamer.engine.metrics import Metric, metrics
from streamer.engine.reconciler import Reconciler
from streamer.engine.recordings import Recordings
from streamer.engine.status import catch_up, finished, health, snapshot
from streamer.engine.supervisor import Supervisor
from streamer.engine.tokens import Tokens
from streamer.engine.versions import Versions

log = logging.getLogger(__name__)

TURN_EVERY = 0.5
SHORTEST_PAUSE = 0.05
STEP_EVERY = 0.1
SHIFTED_KEPT = 128


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the service is put together from; the command line chooses the implementations."""

    clock: Clock
    store: Store
    launcher: Launcher
    takes: TakeReader
    disk: Disk
    salvage: Salvage
    folders: LiveFolders
    ledgers: Ledgers
    painter: SlatePainter
    exporter: Exporter
    bells: Bells
    feed: Feed
    shift: Callable[[bytes, int], bytes]
    """Adds ticks to every ``tfdt`` of a CMAF segment."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What the configuration says about this conference."""

    data: Path
    policy: Policy
    shape: Callable[[Timetable], Timetable]
    """Makes of a feed's timetable the one to run: rooms matched, and in a rehearsal shifted."""
    privacy_notice: str | None = None
    rehearsal: bool = False
    distrust: Distrust = field(default_factory=Distrust)
    source: str = "the feed"
    """What the timetable's source is called before the crew."""
    fingerprint: str = ""
    """Of all that decides what ``shape`` makes of a feed: what was known under another one is no comparison."""


class Service:
    """One conference's video, running."""

    def __init__(self, parts: Parts, house: House) -> None:
        self.rehearsal = house.rehearsal
        self.ready = False
        self._tokens = Tokens(parts.store, parts.clock)
        self._parts = parts
        self._house = house
        self._bus = Bus()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._shifted: OrderedDict[FilePrefix, bytes] = OrderedDict()
        self._trouble = ""
        self._turned = self._stepped = parts.clock.monotonic()
        self._reconciler: Reconciler | None = None

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open everything, take up what a former run left, and begin to turn. Raises StreamerError."""
        parts, house = self._parts, self._house
        disk = DiskWatch(parts.disk, parts.launcher, parts.clock, house.policy.reserve)
        await disk.look()  # on a full disk even the database opens only with what was held back
        stored = await parts.store.open()
        disk.remember(stored.settings.get(STRETCHES, []))
        await self._tokens.load()
        beginning = Beginning(house.policy, house.distrust, house.source, house.fingerprint)
        programme, desk = await beginning.of(parts.feed, house.shape, stored, parts.clock.now())
        archive = Archive(parts.takes, self.wake)
        self._reconciler = Reconciler(
            clock=parts.clock,
            store=parts.store,
            bells=parts.bells,
            bus=self._bus,
            programme=programme,
            supervisor=Supervisor(parts.launcher, parts.clock, self.wake),
            archive=archive,
            channels=Channels(
                house.policy, parts.folders, parts.ledgers, parts.painter, stored.settings.get(POSITIONS, {})
            ),
            recordings=Recordings(archive, parts.exporter, stored.recordings, self.wake),
            announcer=Announcer(stored),
            disk=disk,
            feed_desk=desk,
            feed_watch=FeedWatch(programme, parts.feed.health),
        )
        survivors = await self._reconciler.restore(stored, parts.takes, parts.salvage)
        now, channels = parts.clock.now(), self._reconciler.channels
        parts.folders.sweep([*survivors, *channels.restore(programme.plan(now), now, survivors)])
        await channels.prepare(programme.timetable.title)
        parts.bells.start(self.wake)
        await self._one_turn()
        self._turned = self._stepped = parts.clock.monotonic()
        self._spawn(self._turns(), "turns")
        self._spawn(self._steps(), "channels")
        self._spawn(self._feed(), "feed")
        self._spawn(disk.run(self.wake), "disk")
        self.ready = True

    async def stop(self, *, end_media: bool) -> None:
        """Stop turning; with ``end_media`` end every process and index what it wrote last."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._parts.bells.stop()
        self._bus.close()
        if self._reconciler is None:
            await self._parts.store.close()
            return
        reconciler = self._reconciler
        await reconciler.channels.close()
        await reconciler.recordings.close()
        await reconciler.archive.close()
        await reconciler.supervisor.close(end_media=end_media)
        if end_media:
            await self._close_takes(reconciler)
            reconciler.channels.forget()
            self._parts.folders.sweep(())
            await reconciler.disk.close()
        await self._parts.store.close()

    async def _close_takes(self, reconciler: Reconciler) -> None:
        batch = reconciler.unwritten_media()
        try:
            for take in reconciler.archive.open_takes():
                await reconciler.archive.end_take(take, "the service was stopped", batch)
            now = self._parts.clock.now()
            plan = reconciler.programme.plan(now)
            reconciler.archive.keep(plan, self._house.policy, now, batch)
            reconciler.archive.purge(plan, batch)
            await self._parts.store.commit(batch)
            reconciler.archive.delete_doomed()
        except StreamerError as error:
            log.error("the last segments could not be indexed, the next start will: %s", error)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    def wake(self) -> None:
        """Ask for a turn."""
        self._wake.set()

    async def _one_turn(self) -> None:
        async with self._turn:
            await self._engine.once()

    async def _turns(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._one_turn()
                self._trouble = ""
            except StreamerError as error:
                self._report(str(error))
            except Exception:
                log.exception("a turn failed; the next one tries again")
                self._report("an unexpected error, see the log")
            self._turned = self._parts.clock.monotonic()
            try:
                async with asyncio.timeout(min(TURN_EVERY, max(SHORTEST_PAUSE, self._engine.supervisor.until_retry()))):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.error("a turn could not be finished, what it changes waits: %s", trouble)
        self._trouble = trouble

    async def _steps(self) -> None:
        engine = self._engine
        while True:
            now = self._parts.clock.now()
            try:
                published = engine.channels.step(engine.programme.plan(now), now)
                if any(e.session is not None for entries in published.values() for e in entries):
                    self.wake()
            except Exception:
                log.exception("a step of the channels failed; the next one tries again")
            self._stepped = self._parts.clock.monotonic()
            await asyncio.sleep(STEP_EVERY)

    async def _feed(self) -> None:
        async for update in self._parts.feed.updates():
            if isinstance(update, Parsed):
                self._publish(update)
            else:
                self._refuse(update)
            self.wake()

    def _publish(self, parsed: Parsed) -> None:
        engine = self._engine
        try:
            timetable = self._house.shape(parsed.timetable)
        except StreamerError as error:
            self._refuse(error)
            return
        engine.programme.remarks = parsed.remarks
        engine.feed_desk.receive(timetable, self._parts.clock.now(), len(parsed.remarks))

    def _refuse(self, error: StreamerError) -> None:
        log.error("the timetable's new version can't be used, the last good one stands: %s", error)
        self._engine.feed_desk.fail(str(error), self._parts.clock.now())

    @property
    def _engine(self) -> Reconciler:
        if self._reconciler is None:
            raise StreamerError("the service has not started")
        return self._reconciler

    # -- status ------------------------------------------------------------------------------------------

    def snapshot(self, audience: Audience) -> Document:
        """The contract's snapshot, as last announced."""
        now = self._parts.clock.now()
        return snapshot(self._engine, audience, now, self._house.privacy_notice, rehearsal=self.rehearsal)

    async def catch_up(self, audience: Audience, epoch: str, revision: int) -> list[JournalEntry] | None:
        """The entries a client missed, in order; None where it needs a snapshot."""
        return await catch_up(self._engine.announcer, self._parts.store, audience, epoch, revision)

    def subscribe(self, audience: Audience) -> Subscription:
        return self._bus.subscribe(audience)

    def health(self) -> Document:
        """``ok``, ``degraded`` (it runs, somebody should look) or ``starting``."""
        return health(self._engine, self._trouble) if self.ready else {"status": "starting"}

    def lag(self) -> float:
        """Seconds since the slower of its loops came round; turns come twice a second, steps ten times."""
        return self._parts.clock.monotonic() - min(self._turned, self._stepped)

    def metrics(self) -> list[Metric]:
        return metrics(self._engine, self._parts.clock.now()) if self.ready else []

    def finished(self) -> bool:
        """Whether the day is over: every session ended and every recording in its last state."""
        return finished(self._engine, self._parts.clock.now())

    def next_start(self) -> datetime | None:
        """When the next session starts; None when none is left."""
        now = self._parts.clock.now()
        return min((s.start for s in self._engine.programme.plan(now).sessions if s.start > now), default=None)

    # -- decisions -----------------------------------------------------------------------------------------

    async def decide(self, request: DecisionRequest) -> Document:
        """Take a decision, or preview it. Raises NotFound, Conflict or Invalid."""
        answer = await Desk(self._engine, self._parts.store, self._parts.clock, self._turn).decide(request)
        self.wake()
        return answer

    def action_of(self, override: str) -> Action | None:
        """What a decision was about; None for one that nobody knows."""
        known = self._engine.programme.override(OverrideId(override))
        return known.action if known is not None else None

    # -- the timetable's versions --------------------------------------------------------------------------

    @property
    def versions(self) -> Versions:
        """What was seen of the feed, and what the crew says about it."""
        return Versions(self._engine, self._parts.store, self._parts.clock, self._turn)

    # -- recordings ----------------------------------------------------------------------------------------

    def recordings(self) -> list[Document]:
        """In order of start."""
        return self._library.documents()

    def recordings_with_paths(self) -> list[Document]:
        """The same for whoever owns the data folder: each file with its ``path`` in it."""
        return self._library.with_paths()

    def recording(self, session: str) -> Document:
        """Raises NotFound."""
        return self._library.document(session)

    def recording_file(self, session: str, name: str) -> tuple[Path, RecordingFile]:
        """Absolute path of a finished file. Raises NotFound."""
        return self._library.file(session, name)

    def recording_segment(self, session: str, name: str, query: Mapping[str, str]) -> tuple[Piece, ...]:
        """What a recording's playlist names, with absolute paths. Raises NotFound."""
        return self._library.segment(session, name, query)

    def recording_bounds(self, session: str) -> Document:
        """Raises NotFound, or Conflict where nothing is recorded."""
        return self._library.bounds(session, self._parts.clock.now())

    async def recording_frame(self, session: str, at: datetime) -> bytes:
        """A JPEG. Raises NotFound, Conflict or MediaError."""
        return await self._library.frame(session, at, self._parts.clock.now())

    @property
    def _library(self) -> Library:
        return Library(self._engine, self._parts.exporter, self._house.data)

    # -- channel -------------------------------------------------------------------------------------------

    def multivariant(self, room: str) -> str:
        return self._engine.channels.multivariant(room)

    def media_playlist(self, room: str, track: str) -> str:
        return self._engine.channels.media_playlist(room, track, self._parts.clock.now())

    def init_segment(self, room: str, track: str, span: int) -> Path:
        return Path(self._engine.channels.init_segment(room, track, span))

    def segment(self, room: str, track: str, sequence: int) -> FilePrefix:
        return self._engine.channels.segment(room, track, sequence)

    def shifted(self, media: FilePrefix) -> bytes:
        """A slate's segment with its place in time written into it."""
        known = self._shifted.get(media)
        if known is None:
            content = Path(media.path).read_bytes()
            known = self._parts.shift(content if media.bytes is None else content[: media.bytes], media.shift)
            self._shifted[media] = known
            if len(self._shifted) > SHIFTED_KEPT:
                self._shifted.popitem(last=False)
        return known

    # -- access --------------------------------------------------------------------------------------------

    async def add_token(self, name: str, role: Role) -> str:
        return await self._tokens.add(name, role)

    async def one_time_token(self, role: Role) -> str:
        return await self._tokens.one_time(role)

    async def tokens(self) -> list[Token]:
        return self._tokens.listing()

    async def revoke_token(self, name: str) -> None:
        await self._tokens.revoke(name)

    async def identify(self, secret: str) -> Token | None:
        return self._tokens.identify(secret)

    async def redeem(self, secret: str) -> str | None:
        return await self._tokens.redeem(secret)
