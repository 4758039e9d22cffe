"""Keeps jobs alive: starts and stops processes, and turns their progress and exits into events of the transition table.

It makes no decisions about sessions. :mod:`streamer.engine.jobs.adoption` adopts the processes of a former run,
:mod:`streamer.engine.jobs.stalls` detects processes that make no progress.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Protocol

import structlog
from structlog.stdlib import BoundLogger

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.jobs.actions import Action, Start, Stop, decide, next_retry
from streamer.core.jobs.desired import capture_id
from streamer.core.jobs.events import (
    Event,
    Exited,
    Launch,
    Launched,
    LaunchFailed,
    Progressed,
    Stalled,
    StartWanted,
    StopWanted,
    Terminate,
)
from streamer.core.jobs.lifecycle import (
    ACTIVE,
    Job,
    JobState,
    advance,
    idle_job,
)
from streamer.core.jobs.processes import ProcessExit, ProcessRecord, Progress
from streamer.core.jobs.specs import JobKind, JobSpec
from streamer.core.records.batch import Batch
from streamer.core.status.disk import Syncing
from streamer.engine.jobs.adoption import adopted_jobs
from streamer.engine.jobs.stalls import StallDetector, writes_to_disk
from streamer.engine.machine.clock import Clock

log = structlog.stdlib.get_logger(__name__)


class Launcher(Protocol):
    """Starts and stops detached processes; they outlive the service."""

    async def open(self) -> list[ProcessRecord]:
        """Connect; return the processes of a former run that are still running."""

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        """Start a process for ``spec``. It ends by itself at ``ends_by`` (Unix s) if no service is connected then."""

    async def stop(self, run: RunId) -> None:
        """Ask it to end (SIGTERM, again after 1.5 s, SIGKILL after 5 s). The end arrives through ``exits``."""

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        """Set when processes end by themselves if no service returns (Unix s)."""

    def exits(self) -> AsyncIterator[ProcessExit]:
        """The ends of processes, in order, each once."""

    def progress(self, run: RunId) -> Progress | None:
        """The progress of a process; None before its first report."""

    async def syncing(self) -> Syncing | None:
        """How the disk keeps up with the captures; None if unknown."""

    async def close(self, *, end_media: bool) -> None:
        """Disconnect; with ``end_media`` end every process first (within 10 s)."""


class Supervisor:
    """All jobs with their wanted specs and their processes."""

    def __init__(
        self, launcher: Launcher, clock: Clock, wake: Callable[[], None], randomness: random.Random | None = None
    ) -> None:
        self.jobs: dict[JobId, Job] = {}
        self.specs: dict[JobId, JobSpec] = {}
        self._launcher = launcher
        self._clock = clock
        self._wake = wake
        self._random = randomness or random.Random()  # noqa: S311 - jitter, not a secret
        self._exits: list[ProcessExit] = []
        self._stalls = StallDetector()
        self._moved: set[JobId] = set()  # with progress that the job's state does not include yet
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> list[ProcessRecord]:
        """Connect to the launcher and adopt the processes of a former run."""
        survivors = await self._launcher.open()
        self.jobs |= adopted_jobs(survivors, self._clock.monotonic())
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
        """The progress of a job's process; None without a process or before its first report."""
        job = self.jobs.get(id)
        return self._launcher.progress(job.run) if job is not None and job.run is not None else None

    def untaken(self, run: RunId) -> frozenset[str]:
        """The streams of a capture's source that appeared after the capture began, and are not captured."""
        progress = self._launcher.progress(run)
        return progress.untaken if progress is not None else frozenset()

    def job_of(self, run: RunId) -> Job | None:
        """The job whose latest run this is."""
        return next((j for j in self.jobs.values() if j.run == run), None)

    def until_retry(self) -> float:
        """Seconds until the next retry of a waiting job is due; infinite if none waits."""
        return max(0.0, (next_retry(self.jobs) or math.inf) - self._clock.monotonic())

    async def observe(self, batch: Batch) -> list[ProcessExit]:
        """Take in exits and progress since the last turn; returns the exits."""
        ended, self._exits = self._exits, []
        batch.exits += ended
        for one in ended:
            if (job := self.job_of(one.run)) is not None:
                if one.error and job.state is not JobState.STOPPING:
                    _about(job).warning("the process ended", error=one.error)
                self._apply(job, Exited(exit=one, jitter=self._random.random()))
        self._note_progress()
        for job in self._watched():
            if job.id in self._moved:
                self._apply(job, Progressed(at=self._clock.now().timestamp()))
            if error := self._stalled(self.jobs[job.id]):
                await self._replace(self.jobs[job.id], error)
        self._moved.clear()
        return ended

    def look(self) -> bool:
        """Check the progress of every process; True if the next turn will change the state of a job."""
        self._note_progress()
        progress, now = Progressed(at=self._clock.now().timestamp()), self._clock.monotonic()
        return any(
            (job.id in self._moved and advance(job, progress, now)[0] != job) or self._stalled(job)
            for job in self._watched()
        )

    def _watched(self) -> list[Job]:
        return [j for j in self.running(*JobKind) if j.state is not JobState.STOPPING]

    def _note_progress(self) -> None:
        now = self._clock.monotonic()
        self._moved |= {j.id for j in self._watched() if self._stalls.note(j, self.progress(j.id), now)}

    def _stalled(self, job: Job) -> str:
        first = capture_id(job.room)
        fed_by = self.specs.get(first) if job.kind is JobKind.LIVESTREAM else None
        spec, leading = self.specs.get(job.id), self.jobs.get(first)
        return self._stalls.error(job, spec, leading, self._clock.monotonic(), fed_by=fed_by)

    def rooms_that_grow(self, within: float) -> frozenset[RoomId]:
        """The rooms with a capture that has written to the disk in the last ``within`` seconds."""
        now = self._clock.monotonic()
        captures = [job for job in self.running(JobKind.CAPTURE) if self.writes(job)]
        return frozenset(job.room for job in captures if self._stalls.grew_within(job, within, now))

    def refusals(self) -> dict[RoomId, str]:
        """Why the last publisher of a room was refused, for captures that wait for one."""
        waiting = [job for job in self.running(JobKind.CAPTURE) if job.state is JobState.STARTING]
        found = {job.room: self.progress(job.id) for job in waiting}
        return {room: progress.refusal for room, progress in found.items() if progress and progress.refusal}

    def writes(self, job: Job) -> bool:
        """False for a capture that only feeds livestreams: it has no output that could grow."""
        return writes_to_disk(self.specs.get(job.id))

    def _apply(self, job: Job, event: Event) -> tuple[Launch | Terminate, ...]:
        changed, instructions = advance(job, event, self._clock.monotonic())
        self.jobs[job.id] = changed
        return instructions

    async def pursue(
        self, desired: Mapping[JobId, JobSpec], ends_by: Callable[[JobSpec], float], batch: Batch
    ) -> list[str]:
        """Start and stop processes until the jobs match ``desired``; returns its actions, in sentences.

        A start that fails becomes a state of its job, never an exception."""
        self._want(desired)
        actions = decide(desired, self.jobs, self._clock.monotonic())
        await self._carry_out(actions, ends_by, batch)
        return [action.sentence() for action in actions]

    def _want(self, desired: Mapping[JobId, JobSpec]) -> None:
        """Set the wanted specs; drop jobs that have ended and are not wanted."""
        for id, job in list(self.jobs.items()):
            if job.state is JobState.EXITED and id not in desired:
                del self.jobs[id]
                self.specs.pop(id, None)
                self._stalls.forget(id)
                self._moved.discard(id)
        for id, spec in desired.items():
            if id in self.jobs and self.jobs[id].digest == spec.digest:
                self.specs[id] = spec

    async def _carry_out(self, actions: Iterable[Action], ends_by: Callable[[JobSpec], float], batch: Batch) -> None:
        for action in actions:
            if isinstance(action, Stop):
                await self._stop(self.jobs[action.job], action.reason)
            elif isinstance(action, Start):
                await self._start(action.spec, action.reason, ends_by(action.spec), batch)

    async def _start(self, spec: JobSpec, reason: str, ends_by: float, batch: Batch) -> None:
        at = self._clock.now()
        job = self.jobs.get(spec.id) or idle_job(spec, at.timestamp())
        self.specs[spec.id] = spec
        run = run_name(spec, at.strftime("%Y%m%dT%H%M%SZ"), self._random)
        instructions = self._apply(job, StartWanted(spec=spec, run=run, at=at.timestamp()))
        _about(self.jobs[spec.id]).info("start", reason=reason)
        for instruction in instructions:
            if not isinstance(instruction, Launch):
                continue
            try:
                record = await self._launcher.start(instruction.spec, instruction.run, ends_by)
            except StreamerError as error:
                _about(self.jobs[spec.id]).error("the process could not be started", error=error)
                failed = LaunchFailed(error=str(error), permanent=not error.temporary, at=self._clock.now().timestamp())
                self._apply(self.jobs[spec.id], failed)
            else:
                batch.processes.append(record)
                self._apply(self.jobs[spec.id], Launched(record=record))

    async def _stop(self, job: Job, reason: str) -> None:
        _about(job).info("stop", reason=reason)
        event = StopWanted(reason=reason, at=self._clock.now().timestamp())
        await self._obey(job, event)

    async def _obey(self, job: Job, event: Event) -> None:
        for instruction in self._apply(job, event):
            if isinstance(instruction, Terminate):
                await self._launcher.stop(instruction.run)

    async def renew(self, run: RunId, reason: str) -> None:
        """Replace a process that runs but produces unusable output."""
        for job in self._watched():
            if job.run == run:
                await self._replace(job, reason)

    async def _replace(self, job: Job, reason: str) -> None:
        _about(job).warning("the process is replaced", reason=reason)
        now = self._clock.now().timestamp()
        await self._obey(job, Stalled(error=reason, at=now, jitter=self._random.random()))

    async def lease(self, until: Mapping[RunId, float]) -> None:
        """Set until when processes may continue without a service."""
        await self._launcher.lease(dict(until))


def run_name(spec: JobSpec, stamp: str, randomness: random.Random) -> RunId:
    """A globally unique name that sorts by time and is safe as a folder name."""
    subject = spec.session or spec.room
    return RunId(f"{stamp}-{spec.kind}-{subject}-{randomness.getrandbits(32):08x}")


def _about(job: Job) -> BoundLogger:
    """The log, bound to a job. A capture's run is a take."""
    take = job.run if job.kind is JobKind.CAPTURE else None
    return log.bind(room=job.room, session=job.session, job=job.id, take=take)
