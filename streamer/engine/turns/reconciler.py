"""Brings the actual state in line with the plan, one turn at a time.

``once`` is a whole turn: look, plan, decide, act, record, announce. Bells only request a turn. A repeated, late or
needless turn changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, RunId
from streamer.core.channel.channel import SERVED, SERVED_AT_LEAST
from streamer.core.decisions.notices import notice_documents
from streamer.core.decisions.override import Override, override_document
from streamer.core.jobs.desired import capture_slot, desired, ends_by
from streamer.core.jobs.processes import ExitCause, ProcessExit
from streamer.core.jobs.specs import LONGEST_ANALYSIS, JobKind, JobSpec
from streamer.core.plan.cues import Cue, cues
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.gaps import FULL_CAUSE
from streamer.core.records.batch import Batch, Stored
from streamer.core.records.journal import Audience
from streamer.engine.channels.channels import Channels
from streamer.engine.feed.review import FeedReview
from streamer.engine.feed.watch import FeedWatch
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery import Salvage
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.jobs.supervisor import Supervisor
from streamer.engine.machine.clock import Clock
from streamer.engine.machine.disk import DiskWatch
from streamer.engine.machine.wall_clock import ClockWatch
from streamer.engine.monitor.monitors import Monitors
from streamer.engine.programme.programme import Programme
from streamer.engine.recordings.former_run import restore_former_run
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.recordings.situation import Situation
from streamer.engine.recordings.steps import ExportContext
from streamer.engine.status.alarm_desk import AlarmDesk
from streamer.engine.status.announcer import Announcer
from streamer.engine.status.bell_watch import BellWatch
from streamer.engine.status.bus import Bus
from streamer.engine.status.overview import Overview
from streamer.engine.turns.due import until_due
from streamer.engine.turns.store import Store

log = structlog.stdlib.get_logger(__name__)


class Bells(Protocol):
    """Wakes the reconciler at cues; never acts itself."""

    def set(self, cues: Sequence[Cue]) -> None:
        """Replace all bells: one for each of these cues."""

    def recheck(self) -> None:
        """Recompute the wait until the next bell, after a wall-clock step or when a bell is overdue."""

    def listing(self) -> list[Cue]:
        """The bells that are set, in order."""

    def start(self, ring: Callable[[Cue], None], fail: Callable[[Cue, str], None]) -> None:
        """Start ringing. ``fail`` is called with the reason if a bell can't ring."""

    def stop(self) -> None: ...


class Reconciler:
    """Connects the parts; its only own state is what waits for the next turn."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        bells: Bells,
        bus: Bus,
        programme: Programme,
        supervisor: Supervisor,
        archive: Archive,
        channels: Channels,
        monitors: Monitors,
        recordings: Recordings,
        announcer: Announcer,
        disk: DiskWatch,
        clock_watch: ClockWatch,
        feed_review: FeedReview,
        feed_watch: FeedWatch,
        alarm_desk: AlarmDesk,
    ) -> None:
        self.programme = programme
        self.supervisor = supervisor
        self.archive = archive
        self.channels = channels
        self.monitors = monitors
        self.recordings = recordings
        self.announcer = announcer
        self.disk = disk
        self.clock_watch = clock_watch
        self.feed_review = feed_review
        self.feed_watch = feed_watch
        self.alarm_desk = alarm_desk
        self.bells = bells
        self.bell_watch = BellWatch()
        self.overview = Overview(
            programme=programme,
            supervisor=supervisor,
            archive=archive,
            channels=channels,
            monitors=monitors,
            recordings=recordings,
            announcer=announcer,
            disk=disk,
            feed_review=feed_review,
            feed_watch=feed_watch,
            bell_watch=self.bell_watch,
            alarm_desk=alarm_desk,
        )
        self.turns = 0
        self._clock = clock
        self._store = store
        self._bus = bus
        self._unannounced: list[Override] = []
        self._closing: list[Callable[[Batch], None]] = []
        self._unwritten = Batch()
        self._rung_for: object = None
        self._due_at = math.inf
        """When (monotonic) time alone requires a turn."""
        self._patience: dict[JobId, float] = {}

    async def restore(self, stored: Stored, takes: TakeReader, salvage: Salvage) -> list[RunId]:
        """Restore the takes, unfinished recordings and processes of a former run; returns the runs of the processes."""
        survivors = await self.supervisor.open()
        plan = self.programme.plan(self._clock.now())
        recovered = await restore_former_run(stored, survivors, takes, salvage, self.archive, self.recordings, plan)
        self._unwritten = recovered.batch
        if recovered.report.is_news:
            log.warning("recovered after a stop that was not clean", found=recovered.report.sentence())
        self.overview.restore(recovered.report, self._clock.now())
        return [r.run for r in survivors]

    def remember(self, override: Override, close: Callable[[Batch], None]) -> None:
        """Apply a decision. The next turn stores it, and announces it unless a channel is still settling.

        ``close`` adds the answer to that turn's batch, so that both are stored or neither.
        """
        if self.programme.override(override.id) != override:
            self.programme.take(override)
            self._unannounced.append(override)
            self._unwritten.overrides.append(override)
        self._closing.append(close)

    async def once(self) -> tuple[str, ...]:
        """Run one turn; returns its actions on jobs, and the changes of sessions and rooms."""
        self.turns += 1
        await self.feed_review.step(self._clock.now)
        now = self._clock.now()
        batch, self._unwritten = self._unwritten, Batch()
        if self.clock_watch.look():
            self.reset_bells()
        self.clock_watch.write(batch)
        self.feed_review.write(batch)
        self.alarm_desk.write(batch)
        plan = self.programme.plan(now)
        self.channels.withdraw(plan, now)
        try:
            await self._look(batch)
            acted = await self._act(plan, now, batch)
            exports = self.recordings.desired(self.supervisor.jobs, self.disk.pressure)
            self._record(plan, now, batch)
            if not self.channels.is_settling(now):
                self._announce(plan, now, batch)
            closing, self._closing = self._closing, []
            for close in closing:
                close(batch)
        except BaseException:
            self._unwritten = batch
            raise
        await self._commit(batch)
        self._bus.publish(batch.journal)
        self.archive.delete_doomed()
        await self.recordings.erase_doomed(self.supervisor.jobs)
        self._set_bells(plan)
        follows = self.recordings.desired(self.supervisor.jobs, self.disk.pressure) != exports
        self._due_at = self._clock.monotonic() if follows else self._next_due(plan)
        return (*acted, *_states(batch))

    @property
    def policy(self) -> Policy:
        """The present house rules: with a short ring while disk space is short."""
        policy = self.programme.policy
        return policy.saving() if self.disk.pressure.saves else policy

    async def _commit(self, batch: Batch) -> None:
        try:
            if batch:
                await self._store.commit(batch)
        except StreamerError:
            self._unwritten = batch
            raise

    def unwritten_media(self) -> Batch:
        """The media changes of failed turns, for when no further turn will store them."""
        left, self._unwritten = self._unwritten, Batch()
        return Batch(
            takes=left.takes,
            deleted_takes=left.deleted_takes,
            segments=left.segments,
            deleted_segments=left.deleted_segments,
            keeps=left.keeps,
            dropped_keeps=left.dropped_keeps,
        )

    async def _look(self, batch: Batch) -> None:
        ended = await self.supervisor.observe(batch)
        for one in ended:
            job = self.supervisor.job_of(one.run)
            if one.cause is ExitCause.UNDECODED and job is not None:
                self._patience[job.id] = LONGEST_ANALYSIS
        if any(one.cause is ExitCause.DISK for one in ended):
            await self.disk.look()  # first, so that the turn starts only what the disk permits
        causes = [self._with_cause(one) for one in ended]
        await self.archive.observe(causes, batch, within=self.supervisor.until_retry())
        for run in self.archive.foreign_takes():
            await self.supervisor.renew(run, "the source changed its codec, so its capture restarts")
        for run in self._without_sound():
            await self.supervisor.renew(run, "the source has sound now, so its capture restarts")
        for run in self._without_picture():
            self.archive.look_again(run)

    def _without_picture(self) -> list[RunId]:
        """The captures with a card in the place of a picture whose source now sends one."""
        return [run for run in self.archive.takes_without_picture() if "video" in self.supervisor.untaken(run)]

    def _without_sound(self) -> list[RunId]:
        """The captures that began without sound and whose source now sends sound."""
        return [run for run in self.archive.takes_without_sound() if "audio" in self.supervisor.untaken(run)]

    def lacks_a_track(self) -> bool:
        """Whether a capture must restart because its source has sound or a picture now."""
        return bool(self._without_sound() or self._without_picture())

    def _with_cause(self, ended: ProcessExit) -> ProcessExit:
        """The exit with a full disk as its cause, if the disk was full, so that recordings do not name FFmpeg's
        error."""
        full = ended.cause is ExitCause.DISK or not (ended.error or self.disk.pressure.records)
        return replace(ended, error=FULL_CAUSE) if full else ended

    async def _act(self, plan: Plan, now: datetime, batch: Batch) -> list[str]:
        policy = self.programme.policy
        to_disk = self.disk.pressure.records
        archive = self.archive
        known = (archive.facts, now, self._patience, archive.codings, archive.rooms_without_sound())
        wanted = desired(plan, policy, *known, to_disk=to_disk)
        wanted |= self.recordings.desired(self.supervisor.jobs, self.disk.pressure)
        acted = await self.supervisor.pursue(wanted, lambda spec: self._lease(spec, plan, now), batch)
        for job in self.supervisor.running(JobKind.CAPTURE):
            assert job.run is not None
            if self.supervisor.writes(job):
                self.archive.begin_take(job.run, job.room, job.since, batch, slot=capture_slot(job.id))
        livestreams = {job.room: job for job in self.supervisor.running(JobKind.LIVESTREAM)}
        self.channels.follow(livestreams, self.supervisor.specs)
        captures = [job for job in self.supervisor.running(JobKind.CAPTURE) if self.supervisor.writes(job)]
        self.monitors.follow(captures if policy.monitor else [], archive.facts)
        leases = {
            job.run: ends_by(plan, policy, job.room, now).timestamp()
            for job in self.supervisor.running(JobKind.CAPTURE, JobKind.LIVESTREAM)
            if job.run is not None
        }
        await self.supervisor.lease(leases)
        return acted

    def _lease(self, spec: JobSpec, plan: Plan, now: datetime) -> float:
        return ends_by(plan, self.programme.policy, spec.room, now).timestamp()

    def _record(self, plan: Plan, now: datetime, batch: Batch) -> None:
        policy, saves = self.policy, self.disk.pressure.saves
        self.archive.footage.keep(plan, policy, now, batch)
        self.archive.evaporate(plan, policy, now, batch)
        self.monitors.timelines.erase_withdrawn(plan)
        self.disk.write(batch)
        self.channels.serve(SERVED_AT_LEAST if saves else SERVED)
        timetable = self.programme.timetable
        self.recordings.step(self._situation(plan, now), batch)
        self.channels.reserve(batch)
        rates = {room: facts.bitrate / 8 for room, facts in self.archive.facts.items() if facts.bitrate}
        self.disk.foresee(plan, policy, rates | self.archive.rates(), self.recordings.unfinished(), now)
        self.channels.want_slates(plan, timetable.title, self.programme.zone, self.archive.facts, now)

    def _situation(self, plan: Plan, now: datetime) -> Situation:
        return Situation(
            plan=plan,
            now=now,
            jobs=self.supervisor.jobs,
            around=ExportContext.of(self.programme),
            pressure=self.disk.pressure,
            full=self.disk.full,
            clock_steps=self.clock_watch.steps,
            playable=self.programme.policy.playable,
        )

    # -- announcing ------------------------------------------------------------------------

    def _announce(self, plan: Plan, now: datetime, batch: Batch) -> None:
        scene = self.overview.scene(plan, now)
        scene.decisions = [override_document(o, self.programme.zone) for o in self._unannounced]
        scene.notices = notice_documents(self._unannounced, self.programme.zone)
        self.announcer.compose(scene, now, self.programme.zone, batch)
        self._unannounced = []

    # -- bells ---------------------------------------------------------------------------------------

    def start_bells(self, wake: Callable[[], None]) -> None:
        """Start the bells; each calls ``wake``."""

        def ring(cue: Cue) -> None:
            self.bell_watch.rang(cue, self._clock.now())
            wake()

        self.bells.start(ring, lambda cue, reason: self.bell_watch.failed(cue, reason, self._clock.now()))

    def until_due(self) -> float:
        """Seconds until time alone requires a turn; infinite if it never does."""
        return max(0.0, self._due_at - self._clock.monotonic())

    def _next_due(self, plan: Plan) -> float:
        evaporates = self.archive.evaporates_next(plan, self.policy, plan.at)
        now = self._clock.now()
        due = until_due(plan, self.programme.policy, self.recordings.all.values(), evaporates, now)
        return self._clock.monotonic() + min(due, self.supervisor.until_retry(), self.disk.until_forecast())

    def reset_bells(self) -> None:
        """Set the bells again after a wall-clock step: past cues may lie ahead again, and the waits have changed."""
        self._rung_for = None
        self.bells.recheck()

    def _set_bells(self, plan: Plan) -> None:
        """Set the bells again if the timetable or a decision has changed."""
        if self._rung_for != self.programme.version:
            self._rung_for = self.programme.version
            wanted = cues(plan, self.programme.policy)
            self.bell_watch.expect(wanted, self._clock.now())
            self.bells.set(wanted)


def _states(batch: Batch) -> list[str]:
    """The announcements of a turn: sessions and rooms for viewers, jobs for the crew."""
    told = [e for e in batch.journal if e.kind == "job.state" or (e.audience is Audience.VIEWER and e.kind != "notice")]
    subjects = [e.body.get("job") or e.body.get("session") or e.body.get("room") or {} for e in told]
    return [f"{entry.kind} {subject.get('id', '')}".strip() for entry, subject in zip(told, subjects, strict=True)]
