"""Keeps jobs alive: starts and stops processes, and turns what they do into events of the transition table.

It decides nothing about sessions; it carries out decisions and watches. A process counts as stalled when its
media time *or* its output stops growing.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, RunId
from streamer.core.jobs.actions import Decision, Start, Stop, decide, next_retry
from streamer.core.jobs.desired import capture_id
from streamer.core.jobs.lifecycle import (
    ACTIVE,
    Event,
    Exited,
    Job,
    JobState,
    Launch,
    Launched,
    LaunchFailed,
    Progressed,
    Stalled,
    StartWanted,
    StopWanted,
    Terminate,
    adopted_job,
    advance,
    idle_job,
)
from streamer.core.jobs.processes import ProcessExit, ProcessRecord, Progress
from streamer.core.jobs.specs import CaptureSettings, JobKind, JobSpec
from streamer.core.records.batch import Batch
from streamer.core.status.disk import Syncing
from streamer.engine.machine.clock import Clock

log = logging.getLogger(__name__)

STALL_AFTER = {JobKind.CAPTURE: 4.0, JobKind.LIVESTREAM: 4.0, JobKind.EXPORT: 60.0}
BURST_AFTER = 20.0
"""The same for a source that comes in pieces: longer than two of the longest that are usual."""
START_WITHIN = 25.0
REPLACED_AFTER = 1.5
"""Seconds without progress after which a picture that came later counts as one that has come instead."""


class Launcher(Protocol):
    """Starts and stops detached processes; they outlive the service."""

    async def open(self) -> list[ProcessRecord]:
        """Connect; return the processes of a former run that are still running."""

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        """Start a process for ``spec``. It ends by itself at ``ends_by`` (Unix s) if no service is there then."""

    async def stop(self, run: RunId) -> None:
        """Ask it to end (SIGTERM, again after 1.5 s, SIGKILL after 5 s). The end arrives through ``exits``."""

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        """Set when processes end by themselves where no service returns (Unix s)."""

    def exits(self) -> AsyncIterator[ProcessExit]:
        """The ends of processes, in order, each once."""

    def progress(self, run: RunId) -> Progress | None:
        """What a process has done; None before it reported anything."""

    def log_tail(self, run: RunId, lines: int = 40) -> list[str]:
        """The last lines of its log, secrets redacted."""

    async def syncing(self) -> Syncing | None:
        """How the disk keeps up with what captures write; None where nobody can say."""

    async def close(self, *, end_media: bool) -> None:
        """Disconnect; with ``end_media`` end every process first (within 10 s)."""


@dataclass(slots=True)
class _Watch:
    """When a process last did something, on the monotonic clock."""

    run: RunId
    progress: Progress | None
    media_at: float
    output_at: float


class Supervisor:
    """All jobs, what is wanted of them, and the processes they have."""

    def __init__(
        self, launcher: Launcher, clock: Clock, wake: Callable[[], None], randomness: random.Random | None = None
    ) -> None:
        self.jobs: dict[JobId, Job] = {}
        self.specs: dict[JobId, JobSpec] = {}
        self._launcher = launcher
        self._clock = clock
        self._wake = wake
        self._random = randomness or random.Random()  # noqa: S311 - jitter, not a secret
        self._exits: deque[ProcessExit] = deque()
        self._watches: dict[JobId, _Watch] = {}
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> list[ProcessRecord]:
        """Connect to the launcher and adopt what a former run left."""
        survivors = await self._launcher.open()
        for record in survivors:
            self.jobs[record.job] = adopted_job(record, self._clock.monotonic())
        self._listener = asyncio.create_task(self._listen(), name="process exits")
        return survivors

    async def close(self, *, end_media: bool) -> None:
        await self._launcher.close(end_media=end_media)
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)

    async def _listen(self) -> None:
        async for ended in self._launcher.exits():
            self._exits.append(ended)
            self._wake()

    def running(self, *kinds: JobKind) -> list[Job]:
        """The jobs of some kinds that have a process."""
        return [j for j in self.jobs.values() if j.kind in kinds and j.state in ACTIVE and j.pid is not None]

    def progress(self, id: JobId) -> Progress | None:
        """What a job's process has done so far; None where it has none, or none that said anything."""
        job = self.jobs.get(id)
        return self._launcher.progress(job.run) if job is not None and job.run is not None else None

    def untaken(self, run: RunId) -> frozenset[str]:
        """What a capture's source sends that it does not take: it was not there when the capture began."""
        progress = self._launcher.progress(run)
        return progress.untaken if progress is not None else frozenset()

    def job_of(self, run: RunId) -> Job | None:
        """The job whose latest run this is."""
        return next((j for j in self.jobs.values() if j.run == run), None)

    def until_retry(self) -> float:
        """Seconds until a job that waits for its next try is due; infinite where none does."""
        due = next_retry(self.jobs)
        return max(0.0, due - self._clock.monotonic()) if due is not None else math.inf

    async def observe(self, batch: Batch) -> list[ProcessExit]:
        """Hear of ends and progress since the last turn; returns the ends."""
        ended = []
        while self._exits:
            one = self._exits.popleft()
            ended.append(one)
            batch.exits.append(one)
            job = self.job_of(one.run)
            if job is not None:
                if one.error and job.state is not JobState.STOPPING:
                    log.warning("%s: %s", job.id, one.error)
                self._apply(job, Exited(exit=one, jitter=self._random.random()))
        for job in list(self.jobs.values()):
            if job.state in ACTIVE and job.state is not JobState.STOPPING and job.pid is not None:
                await self._watch(job)
        return ended

    async def _watch(self, job: Job) -> None:
        assert job.run is not None
        now = self._clock.monotonic()
        watch = self._watches.get(job.id)
        if watch is None or watch.run != job.run:
            watch = self._watches[job.id] = _Watch(run=job.run, progress=None, media_at=now, output_at=now)
        progress = self._launcher.progress(job.run)
        if progress is not None and (progress.media_seconds > 0 or progress.output_bytes > 0):
            before = watch.progress
            if before is None or progress.media_seconds > before.media_seconds:
                watch.media_at = now
            if before is None or progress.output_bytes > before.output_bytes:
                watch.output_at = now
            if before is None or progress != before:
                self._apply(job, Progressed(at=self._clock.now().timestamp()))
            watch.progress = progress
        error = self._stalled(self.jobs[job.id], watch, now)
        if error:
            log.warning("%s: %s", job.id, error)
            event = Stalled(error=error, at=self._clock.now().timestamp(), jitter=self._random.random())
            await self._obey(self.jobs[job.id], event)

    def _stalled(self, job: Job, watch: _Watch, now: float) -> str:
        if watch.progress is None:
            if now - watch.media_at < START_WITHIN or self._may_wait(job):
                return ""
            return f"no media within {START_WITHIN:g} s of its start"
        if "video" in watch.progress.untaken and now - watch.media_at > REPLACED_AFTER:
            return "its source sends another picture than the one that was there when it started"
        limit = BURST_AFTER if self._bursts(job) else STALL_AFTER.get(job.kind, 10.0)
        if now - watch.media_at > limit:
            return f"no progress for {limit:g} s"
        if now - watch.output_at > limit and self.writes(job):
            return f"its output has not grown for {limit:g} s"
        return ""

    def writes(self, job: Job) -> bool:
        """A capture that feeds livestreams alone has no output that could grow."""
        spec = self.specs.get(job.id)
        return spec is None or not isinstance(spec.settings, CaptureSettings) or spec.settings.to_disk

    def _bursts(self, job: Job) -> bool:
        spec = self.specs.get(job.id)
        return spec is not None and isinstance(spec.settings, CaptureSettings) and spec.settings.bursts

    def _may_wait(self, job: Job) -> bool:
        """A listener waits for its publisher, and a livestream for its capture, as long as it takes."""
        spec = self.specs.get(job.id)
        if spec is not None and isinstance(spec.settings, CaptureSettings):
            return spec.settings.listen
        if job.kind is JobKind.LIVESTREAM:
            leading = self.jobs.get(capture_id(job.room))
            return leading is None or leading.state is not JobState.RUNNING
        return False

    def _apply(self, job: Job, event: Event) -> tuple[Launch | Terminate, ...]:
        changed, instructions = advance(job, event, self._clock.monotonic())
        self.jobs[job.id] = changed
        return instructions

    async def pursue(self, desired: Mapping[JobId, JobSpec], ends_by: Callable[[JobSpec], float], batch: Batch) -> None:
        """Start and stop processes so that the jobs are those that are desired. A start that fails becomes a state of
        its job, never an exception."""
        self._want(desired)
        await self._carry_out(decide(desired, self.jobs, self._clock.monotonic()), ends_by, batch)

    def _want(self, desired: Mapping[JobId, JobSpec]) -> None:
        """Jobs that ended and are not wanted are dropped."""
        for id, job in list(self.jobs.items()):
            if job.state is JobState.EXITED and id not in desired:
                del self.jobs[id]
                self.specs.pop(id, None)
                self._watches.pop(id, None)
        for id, spec in desired.items():
            if id in self.jobs and self.jobs[id].digest == spec.digest:
                self.specs[id] = spec

    async def _carry_out(
        self, decisions: Iterable[Decision], ends_by: Callable[[JobSpec], float], batch: Batch
    ) -> None:
        for decision in decisions:
            if isinstance(decision, Stop):
                await self._stop(self.jobs[decision.job], decision.reason)
            elif isinstance(decision, Start):
                await self._start(decision.spec, decision.reason, ends_by(decision.spec), batch)

    async def _start(self, spec: JobSpec, reason: str, ends_by: float, batch: Batch) -> None:
        at = self._clock.now()
        job = self.jobs.get(spec.id) or idle_job(spec, at.timestamp())
        self.specs[spec.id] = spec
        run = run_name(spec, at.strftime("%Y%m%dT%H%M%SZ"), self._random)
        log.info("%s: start (%s)", spec.id, reason)
        for instruction in self._apply(job, StartWanted(spec=spec, run=run, at=at.timestamp())):
            if not isinstance(instruction, Launch):
                continue
            try:
                record = await self._launcher.start(instruction.spec, instruction.run, ends_by)
            except StreamerError as error:
                log.error("%s: could not be started: %s", spec.id, error)
                failed = LaunchFailed(error=str(error), permanent=not error.temporary, at=self._clock.now().timestamp())
                self._apply(self.jobs[spec.id], failed)
            else:
                batch.processes.append(record)
                self._apply(self.jobs[spec.id], Launched(record=record))

    async def _stop(self, job: Job, reason: str) -> None:
        log.info("%s: stop (%s)", job.id, reason)
        event = StopWanted(reason=reason, at=self._clock.now().timestamp())
        await self._obey(job, event)

    async def _obey(self, job: Job, event: Event) -> None:
        for instruction in self._apply(job, event):
            if isinstance(instruction, Terminate):
                await self._launcher.stop(instruction.run)

    async def renew(self, run: RunId, reason: str) -> None:
        """Replace a process that works and makes nothing of use."""
        job = next((j for j in self.jobs.values() if j.run == run), None)
        if job is None or job.state not in ACTIVE or job.state is JobState.STOPPING:
            return
        log.warning("%s: %s", job.id, reason)
        now = self._clock.now().timestamp()
        await self._obey(job, Stalled(error=reason, at=now, jitter=self._random.random()))

    async def lease(self, until: Mapping[RunId, float]) -> None:
        """Say until when processes may go on without a service."""
        await self._launcher.lease(dict(until))


def run_name(spec: JobSpec, stamp: str, randomness: random.Random) -> RunId:
    """A name that is unique everywhere, sorts by time, and is safe as a folder's."""
    subject = spec.session or spec.room
    return RunId(f"{stamp}-{spec.kind}-{subject}-{randomness.getrandbits(32):08x}")
