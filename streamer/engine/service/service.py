"""The service: starts and stops the parts, and is the entry point for web and command line.

It reports status and takes decisions; other subjects have their own objects: ``library``, ``delivery``, ``versions``,
``tokens``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, Literal, overload

import structlog

from streamer.core.base.errors import StreamerError, TimetableError
from streamer.core.base.ids import OverrideId
from streamer.core.base.json import Document
from streamer.core.decisions.decision import Decision
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.status.documents import SnapshotDocument
from streamer.core.timetable.sessions import Parsed
from streamer.engine.channels.channels import POSITIONS, Channels
from streamer.engine.channels.delivery import Delivery
from streamer.engine.feed.first_version import Beginning
from streamer.engine.feed.watch import FeedWatch
from streamer.engine.footage.archive import Archive
from streamer.engine.jobs.supervisor import Supervisor
from streamer.engine.machine.disk import STRETCHES, DiskWatch
from streamer.engine.machine.wall_clock import CLOCK, ClockWatch
from streamer.engine.machine.worker import Worker
from streamer.engine.monitor.monitors import Monitors
from streamer.engine.monitor.session_timelines import SessionTimelines
from streamer.engine.programme.requests import DecisionRequest
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.service.alarms import Alarms
from streamer.engine.service.decision_desk import Desk
from streamer.engine.service.library import Library
from streamer.engine.service.metrics import Metric, metrics
from streamer.engine.service.monitoring import Monitoring
from streamer.engine.service.parts import ConferenceSetup, Parts
from streamer.engine.service.previews import Previews
from streamer.engine.service.snapshot import HealthDocument, catch_up, finished, health, snapshot
from streamer.engine.service.timelines import Timelines
from streamer.engine.service.tokens import Tokens
from streamer.engine.service.versions import Versions
from streamer.engine.status.alarm_desk import ALARMS, AlarmDesk
from streamer.engine.status.announcer import Announcer
from streamer.engine.status.bus import Bus, Subscription
from streamer.engine.status.crew_documents import CrewSnapshotDocument
from streamer.engine.turns.causes import Cause
from streamer.engine.turns.loops import Loops
from streamer.engine.turns.reconciler import Reconciler

log = structlog.stdlib.get_logger(__name__)


class Service:
    """One conference's video, running."""

    def __init__(self, parts: Parts, setup: ConferenceSetup) -> None:
        self.rehearsal = setup.rehearsal
        self.ready = False
        self.took_over = False
        """Whether media of a former run was still running when this run started."""
        self.tokens = Tokens(parts.store, parts.clock, setup.sign_in_limits)
        self._parts = parts
        self._setup = setup
        self._bus = Bus()
        self._loops = Loops(parts.clock)
        self._tasks: list[asyncio.Task[None]] = []
        self._worker = Worker(self._waker(Cause.BACKGROUND))
        self._reconciler: Reconciler | None = None
        self._delivery: Delivery | None = None

    # -- life ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open everything, restore the former run, and start the turns. Raises StreamerError."""
        parts, setup = self._parts, self._setup
        disk = DiskWatch(parts.disk, parts.launcher, parts.clock, setup.policy.reserve)
        await disk.look()  # on a full disk even the database needs the ballast's space to open
        stored = await parts.store.open()
        disk.remember(stored.settings.get(STRETCHES, []))
        clock_watch = ClockWatch(parts.clock)
        clock_watch.remember(stored.settings.get(CLOCK, {}))
        await self.tokens.load()
        beginning = Beginning(setup.policy, setup.distrust, setup.source, setup.fingerprint)
        programme, desk = await beginning.of(parts.feed, setup.shape, stored, parts.clock.now())
        archive = Archive(parts.takes, self._waker(Cause.FOOTAGE), self._worker, parts.waits)
        positions = stored.settings.get(POSITIONS, {})
        channels = Channels(setup.policy, parts.folders, parts.ledgers, parts.painter, positions, self._worker)
        monitors = Monitors(parts.monitor, SessionTimelines(parts.timelines, programme))
        self._reconciler = Reconciler(
            clock=parts.clock,
            store=parts.store,
            bells=parts.bells,
            bus=self._bus,
            programme=programme,
            supervisor=Supervisor(parts.launcher, parts.clock, self._waker(Cause.EXIT)),
            archive=archive,
            channels=channels,
            monitors=monitors,
            recordings=Recordings(archive, parts.exporter, stored.recordings, self._worker),
            announcer=Announcer(stored),
            disk=disk,
            clock_watch=clock_watch,
            feed_review=desk,
            feed_watch=FeedWatch(programme, parts.feed.health),
            alarm_desk=AlarmDesk(programme, stored.settings.get(ALARMS, {}), parts.clock.now()),
        )
        survivors = await self._reconciler.restore(stored, parts.takes, parts.salvage)
        self.took_over = bool(survivors)
        now = parts.clock.now()
        parts.folders.sweep([*survivors, *channels.restore(programme.plan(now), now, survivors)])
        await channels.prepare(programme.timetable.title)
        self._delivery = Delivery(channels, setup.policy.renditions, parts.shift)
        self._reconciler.start_bells(self._waker(Cause.BELL))
        await self._loops.begin(self._reconciler)
        self._spawn(self._loops.turns(self._reconciler), "turns")
        self._spawn(self._loops.looks(self._reconciler), "looks")
        self._spawn(self._loops.steps(self._reconciler), "channels")
        self._spawn(self._feed(), "feed")
        self._spawn(disk.run(self._waker(Cause.DISK)), "disk")
        self._spawn(monitors.run(), "monitor")
        self.ready = True

    async def stop(self, *, end_media: bool) -> None:
        """Stop the turns; with ``end_media`` end every process and index its last output."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._parts.bells.stop()
        self._bus.close()
        if self._reconciler is None:
            await self._parts.store.close()
            return
        await self._write_uses()
        reconciler = self._reconciler
        await self._worker.close()
        await reconciler.archive.close()
        await reconciler.supervisor.close(end_media=end_media)
        if end_media:
            await self._close_takes(reconciler)
            reconciler.channels.delete_ledgers()
            self._parts.folders.sweep(())
            await reconciler.disk.close()
        await self._parts.store.close()

    async def _write_uses(self) -> None:
        try:
            await self.tokens.write_uses(all=True)
        except StreamerError as error:
            log.warning("the last use of tokens can't be written", error=error)

    async def _close_takes(self, reconciler: Reconciler) -> None:
        batch = reconciler.unwritten_media()
        try:
            for take in reconciler.archive.open_takes():
                await reconciler.archive.end_take(take, "the service was stopped", batch)
            now = self._parts.clock.now()
            plan = reconciler.programme.plan(now)
            reconciler.archive.footage.keep(plan, self._setup.policy, now, batch)
            reconciler.archive.purge(plan, batch)
            await self._parts.store.commit(batch)
            reconciler.archive.delete_doomed()
        except StreamerError as error:
            log.error("the last segments can't be indexed: the next start indexes them", error=error)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    def _waker(self, cause: Cause) -> Callable[[], None]:
        return partial(self._loops.wake, cause)

    async def turn(self) -> None:
        """Run one turn now."""
        await self._loops.turn(self._engine, self._loops.take_causes() or {Cause.START})

    async def _feed(self) -> None:
        async for update in self._parts.feed.updates():
            self.receive(update)

    def receive(self, update: Parsed | TimetableError) -> None:
        """Queue a new version or an error of the feed for the next turn."""
        self._loops.wake(Cause.FEED)
        engine, now = self._engine, self._parts.clock.now()
        try:
            if isinstance(update, TimetableError):
                raise update
            timetable = self._setup.shape(update.timetable)
        except StreamerError as error:
            log.error("the new version of the timetable can't be used: the last good one stays in use", error=error)
            engine.feed_review.expect(None, now, error=str(error))
            return
        engine.programme.remarks = update.remarks
        engine.feed_review.expect(timetable, now, len(update.remarks))

    # -- status ------------------------------------------------------------------------------------------

    @overload
    def snapshot(self, audience: Literal[Audience.CREW]) -> CrewSnapshotDocument: ...
    @overload
    def snapshot(self, audience: Audience) -> SnapshotDocument: ...
    def snapshot(self, audience: Audience) -> SnapshotDocument:
        """The API's snapshot, as last announced."""
        now = self._parts.clock.now()
        return snapshot(self._engine, audience, now, self._setup.privacy_notice, rehearsal=self.rehearsal)

    async def catch_up(self, audience: Audience, epoch: str, revision: int) -> list[JournalEntry] | None:
        """The entries that a client missed, in order; None if it needs a snapshot."""
        return await catch_up(self._engine.announcer, self._parts.store, audience, epoch, revision)

    def subscribe(self, audience: Audience) -> Subscription:
        return self._bus.subscribe(audience)

    def health(self) -> HealthDocument:
        """``ok``, ``degraded`` (it runs, but the crew should check it) or ``starting``."""
        return health(self._engine, self._loops.trouble) if self.ready else {"status": "starting"}

    def lag(self) -> float:
        """Seconds by which its slowest loop is late."""
        return self._loops.lag()

    def metrics(self) -> list[Metric]:
        return metrics(self._engine, self._loops.repairs, self._parts.clock.now()) if self.ready else []

    def finished(self) -> bool:
        """Whether the day is over: every session ended and every recording in its last state."""
        return finished(self._engine, self._parts.clock.now())

    def next_start(self) -> datetime | None:
        """When the next session starts; None when none is left."""
        now = self._parts.clock.now()
        sessions = self._engine.programme.plan(now).sessions
        return min((s.start for s in sessions if s.start > now and s.takes_place), default=None)

    # -- decisions -----------------------------------------------------------------------------------------

    async def decide(self, request: DecisionRequest) -> Document:
        """Take a decision, or preview it. Raises NotFound, Conflict or Invalid."""
        answer = await Desk(self._engine, self._parts.store, self._parts.clock, self._loops.turning).decide(request)
        self._loops.wake(Cause.DECISION)
        return answer

    def decision_of(self, override: str) -> Decision | None:
        """The decision of an override; None if the override does not exist."""
        known = self._engine.programme.override(OverrideId(override))
        return known.decision if known is not None else None

    # -- subjects ---------------------------------------------------------------------------------------------

    @property
    def versions(self) -> Versions:
        """The versions of the timetable, and the crew's answers to them."""
        return Versions(self._engine, self._parts.store, self._parts.clock, self._loops.turning)

    @property
    def library(self) -> Library:
        """The recordings."""
        return Library(self._engine, self._parts.exporter, self._parts.clock, self._setup.data)

    @property
    def alarms(self) -> Alarms:
        """The crew's answers to alarms, and calls for help."""
        return Alarms(self._engine, self._parts.clock, self._loops.turning)

    @property
    def timelines(self) -> Timelines:
        """What happened, for the handover."""
        return Timelines(self._engine.programme, self._parts.store, self._parts.clock)

    @property
    def previews(self) -> Previews:
        """The rooms themselves, for the crew."""
        return Previews(self._engine.archive, self._setup.data)

    @property
    def monitoring(self) -> Monitoring:
        """What the monitor measures and shows of the rooms."""
        return Monitoring(self._engine, self._parts.clock)

    @property
    def delivery(self) -> Delivery:
        """The rooms' channels, for players."""
        if self._delivery is None:
            raise _not_started()
        return self._delivery

    @property
    def _engine(self) -> Reconciler:
        if self._reconciler is None:
            raise _not_started()
        return self._reconciler


def _not_started() -> StreamerError:
    return StreamerError("the service has not started")
