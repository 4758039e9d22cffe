"""One turn makes what is more like what should be.

``once`` is a whole turn: look at the world, plan, decide, act, write down, announce. Whoever rings a bell only
asks for a turn. A turn that is asked for twice, late or for nothing changes nothing.
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
from streamer.core.decisions.override import Override, override_document
from streamer.core.jobs.actions import decide
from streamer.core.jobs.desired import ANALYZE_SECONDS, capture_slot, desired, ends_by, more_patience
from streamer.core.jobs.processes import ExitCause, ProcessExit
from streamer.core.jobs.specs import JobKind, JobSpec
from streamer.core.plan.cues import Cue, cues
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.gaps import FULL_CAUSE
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Batch, Stored
from streamer.core.records.journal import Audience
from streamer.engine.channels.channels import Channels
from streamer.engine.feed.review import FeedReview
from streamer.engine.feed.watch import FeedWatch
from streamer.engine.footage.archive import Archive
from streamer.engine.footage.recovery import Recovery, Salvage
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.jobs.supervisor import Supervisor
from streamer.engine.machine.clock import Clock
from streamer.engine.machine.disk import STRETCHES, DiskWatch
from streamer.engine.machine.wall_clock import ClockWatch
from streamer.engine.programme.programme import Programme
from streamer.engine.recordings.recordings import Recordings
from streamer.engine.recordings.workshop import ExportContext
from streamer.engine.service.due import until_due
from streamer.engine.service.store import Store
from streamer.engine.status.announcer import Announcer
from streamer.engine.status.bell_watch import BellWatch
from streamer.engine.status.bus import Bus
from streamer.engine.status.overview import Overview

log = structlog.stdlib.get_logger(__name__)


class Bells(Protocol):
    """Wakes the reconciler at cues; never acts itself."""

    def set(self, cues: Sequence[Cue]) -> None:
        """Replace all bells: one for each of these cues."""

    def recheck(self) -> None:
        """The wall clock was set, or a bell is overdue: reckon anew how long it is until the next one."""

    def listing(self) -> list[Cue]:
        """The bells that are set, in order."""

    def start(self, ring: Callable[[Cue], None], fail: Callable[[Cue, str], None]) -> None:
        """Begin to ring. ``fail`` is called for a bell that can't ring, with the reason."""

    def stop(self) -> None: ...


class Reconciler:
    """Holds the parts together; it has no state of its own but what waits for the next turn."""

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
        recordings: Recordings,
        announcer: Announcer,
        disk: DiskWatch,
        clock_watch: ClockWatch,
        feed_review: FeedReview,
        feed_watch: FeedWatch,
    ) -> None:
        self.programme = programme
        self.supervisor = supervisor
        self.archive = archive
        self.channels = channels
        self.recordings = recordings
        self.announcer = announcer
        self.disk = disk
        self.clock_watch = clock_watch
        self.feed_review = feed_review
        self.feed_watch = feed_watch
        self.bells = bells
        self.bell_watch = BellWatch()
        self.overview = Overview(
            programme=programme,
            supervisor=supervisor,
            archive=archive,
            channels=channels,
            recordings=recordings,
            announcer=announcer,
            disk=disk,
            feed_review=feed_review,
            feed_watch=feed_watch,
            bell_watch=self.bell_watch,
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
        """When (monotonic) time alone makes a turn necessary."""
        self._patience: dict[JobId, float] = {}

    async def restore(self, stored: Stored, takes: TakeReader, salvage: Salvage) -> list[RunId]:
        """Take up what a former run left: its takes, its unfinished recordings, its processes; returns these."""
        survivors = await self.supervisor.open()
        recovered = await Recovery(stored, survivors, takes, salvage).run()
        if recovered.report.is_news:
            log.warning("recovered after a stop that was not clean", found=recovered.report.sentence())
        self._unwritten = recovered.batch
        self.recordings.all |= {r.session: r for r in recovered.stored.recordings}
        await self.archive.restore(recovered, [r.run for r in survivors])
        bereft = {keep.session for keep in recovered.batch.dropped_keeps}
        self.recordings.stand(bereft, self.programme.plan(self._clock.now()), self._unwritten)
        self.overview.restore(recovered.report, self._clock.now())
        return [r.run for r in survivors]

    def remember(self, override: Override, close: Callable[[Batch], None]) -> None:
        """A decision was taken or dropped. The next turn stores it, and announces it unless a channel settles.

        ``close`` adds the answer to what that turn stores, so that both are in the store or neither.
        """
        if self.programme.override(override.id) != override:
            self.programme.take(override)
            self._unannounced.append(override)
            self._unwritten.overrides.append(override)
        self._closing.append(close)

    async def once(self) -> tuple[str, ...]:
        """One turn; returns what it did to jobs, and what became of sessions and rooms."""
        self.turns += 1
        await self.feed_review.step(self._clock.now)
        now = self._clock.now()
        batch, self._unwritten = self._unwritten, Batch()
        if self.clock_watch.look():
            self.reset_bells()
        self.clock_watch.write(batch)
        self.feed_review.write(batch)
        plan = self.programme.plan(now)
        self.channels.withdraw(plan, now)
        try:
            await self._look(batch)
            acted = await self._act(plan, now, batch)
            exports = self.recordings.desired(self.supervisor.jobs)
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
        self.recordings.erase_doomed(self.supervisor.jobs)
        self._set_bells(plan)
        follows = self.recordings.desired(self.supervisor.jobs) != exports
        self._due_at = self._clock.monotonic() if follows else self._next_due(plan)
        return (*acted, *_states(batch))

    @property
    def policy(self) -> Policy:
        """The house rules as they apply now: with a short ring where disk space is."""
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
        """What turns that came to nothing have left to write down about media; no turn writes it down any more."""
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
                self._patience[job.id] = more_patience(self._patience.get(job.id, ANALYZE_SECONDS))
        if any(one.cause is ExitCause.DISK for one in ended):
            await self.disk.look()  # so that what is started now is what can be
        causes = [self._with_cause(one) for one in ended]
        await self.archive.observe(causes, batch, within=self.supervisor.until_retry())
        for run in self.archive.foreign_takes():
            await self.supervisor.renew(run, "the source changed its codec, so its capture begins anew")
        for run in self._without_sound():
            await self.supervisor.renew(run, "the source has sound now, so its capture begins anew")

    def _without_sound(self) -> list[RunId]:
        """The captures that began without sound and whose source sends some now."""
        return [run for run in self.archive.takes_without_sound() if "audio" in self.supervisor.untaken(run)]

    def lacks_sound(self) -> bool:
        """Whether a capture is to begin anew because its source has sound now."""
        return bool(self._without_sound())

    def _with_cause(self, ended: ProcessExit) -> ProcessExit:
        """Where the disk was full, that is what a recording is to say of what it lacks, and not what FFmpeg did."""
        full = ended.cause is ExitCause.DISK or not (ended.error or self.disk.pressure.records)
        return replace(ended, error=FULL_CAUSE) if full else ended

    async def _act(self, plan: Plan, now: datetime, batch: Batch) -> list[str]:
        policy = self.programme.policy
        to_disk = self.disk.pressure.records
        wanted = desired(plan, policy, self.archive.facts, now, self._patience, to_disk=to_disk)
        wanted |= self.recordings.desired(self.supervisor.jobs)
        self.supervisor.forget(wanted)
        actions = decide(wanted, self.supervisor.jobs, self._clock.monotonic())
        await self.supervisor.carry_out(actions, lambda spec: self._lease(spec, plan, now), batch)
        for job in self.supervisor.running(JobKind.CAPTURE):
            assert job.run is not None
            if self.supervisor.writes(job):
                self.archive.begin_take(job.run, job.room, job.since, batch, slot=capture_slot(job.id))
        livestreams = {job.room: job for job in self.supervisor.running(JobKind.LIVESTREAM)}
        self.channels.follow(livestreams, self.supervisor.specs)
        leases = {
            job.run: ends_by(plan, policy, job.room, now).timestamp()
            for job in self.supervisor.running(JobKind.CAPTURE, JobKind.LIVESTREAM)
            if job.run is not None
        }
        await self.supervisor.lease(leases)
        return [action.sentence() for action in actions]

    def _lease(self, spec: JobSpec, plan: Plan, now: datetime) -> float:
        return ends_by(plan, self.programme.policy, spec.room, now).timestamp()

    def _record(self, plan: Plan, now: datetime, batch: Batch) -> None:
        policy, saves = self.policy, self.disk.pressure.saves
        self.archive.footage.keep(plan, policy, now, batch)
        self.archive.evaporate(plan, policy, now, batch)
        if self.disk.full != self.recordings.full:
            batch.settings[STRETCHES] = self.disk.known()
        self.recordings.full = self.disk.full
        self.recordings.steps = self.clock_watch.steps
        self.recordings.save(saves, batch, full=not self.disk.pressure.records)
        self.channels.serve(SERVED_AT_LEAST if saves else SERVED)
        timetable = self.programme.timetable
        self.recordings.step(plan, self.supervisor.jobs, ExportContext.of(self.programme), now, batch)
        self.channels.reserve(batch)
        rates = {room: facts.bitrate / 8 for room, facts in self.archive.facts.items() if facts.bitrate}
        unfinished = {r.session for r in self.recordings.all.values() if r.state is RecordingState.FINALISING}
        self.disk.foresee(plan, policy, rates | self.archive.rates(), unfinished, now)
        self.channels.want_slates(plan, timetable.title, self.programme.zone, self.archive.facts, now)

    # -- what is to be told ------------------------------------------------------------------------

    def _announce(self, plan: Plan, now: datetime, batch: Batch) -> None:
        scene = self.overview.scene(plan, now)
        scene.decisions = [override_document(o, self.programme.zone) for o in self._unannounced]
        self.announcer.compose(scene, now, self.programme.zone, batch)
        self._unannounced = []

    # -- bells ---------------------------------------------------------------------------------------

    def start_bells(self, wake: Callable[[], None]) -> None:
        """Let the bells ring from now on; each one wakes."""

        def ring(cue: Cue) -> None:
            self.bell_watch.rang(cue, self._clock.now())
            wake()

        self.bells.start(ring, lambda cue, reason: self.bell_watch.failed(cue, reason, self._clock.now()))

    def until_due(self) -> float:
        """Seconds until time alone makes a turn necessary; infinite where it does not."""
        return max(0.0, self._due_at - self._clock.monotonic())

    def _next_due(self, plan: Plan) -> float:
        evaporates = self.archive.evaporates_next(plan, self.policy, plan.at)
        now = self._clock.now()
        due = until_due(plan, self.programme.policy, self.recordings.all.values(), evaporates, now)
        return self._clock.monotonic() + min(due, self.supervisor.until_retry(), self.disk.until_forecast())

    def reset_bells(self) -> None:
        """The wall clock was set: bells that have rung may lie ahead again, and the others are nearer or farther."""
        self._rung_for = None
        self.bells.recheck()

    def _set_bells(self, plan: Plan) -> None:
        """Bells follow from the timetable and the decisions: set anew when one of them changed."""
        if self._rung_for != self.programme.version:
            self._rung_for = self.programme.version
            wanted = cues(plan, self.programme.policy)
            self.bell_watch.expect(wanted, self._clock.now())
            self.bells.set(wanted)


def _states(batch: Batch) -> list[str]:
    """What a turn told viewers of sessions and rooms, and the crew of jobs."""
    told = [e for e in batch.journal if e.kind == "job.state" or (e.audience is Audience.VIEWER and e.kind != "notice")]
    subjects = [e.body.get("job") or e.body.get("session") or e.body.get("room") or {} for e in told]
    return [f"{entry.kind} {subject.get('id', '')}".strip() for entry, subject in zip(told, subjects, strict=True)]
