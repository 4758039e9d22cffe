"""Compares desired with actual jobs: which to start and stop, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streamer.core.base.ids import JobId
from streamer.core.jobs.lifecycle import ACTIVE, Job, JobState
from streamer.core.jobs.specs import JobKind, JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    spec: JobSpec
    reason: str

    def sentence(self) -> str:
        return f"{self.spec.id}: start ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    job: JobId
    reason: str

    def sentence(self) -> str:
        return f"{self.job}: stop ({self.reason})"


Action = Start | Stop


def decide(desired: Mapping[JobId, JobSpec], jobs: Mapping[JobId, Job], now: float) -> list[Action]:
    """The actions that bring ``jobs`` in line with ``desired``. ``now`` is monotonic, in seconds.

    Stops come before starts, and a job whose spec changed is started only after its old process has ended, so
    no source has more readers than intended. Equal specs need no action. The actions are idempotent.
    """
    stops: list[Action] = []
    starts: list[Action] = []
    for id, job in sorted(jobs.items()):
        wanted = desired.get(id)
        if job.state in ACTIVE and job.state is not JobState.STOPPING:
            if wanted is None:
                stops.append(Stop(job=id, reason="no session needs it"))
            elif wanted.digest != job.digest:
                stops.append(Stop(job=id, reason="its settings have changed"))
        elif wanted is None and (job.state in (JobState.BACKOFF, JobState.FAILED) or _would_restart(job)):
            stops.append(Stop(job=id, reason="no session needs it"))
    for id, spec in sorted(desired.items()):
        reason = _why_start(spec, jobs.get(id), now)
        if reason:
            starts.append(Start(spec=spec, reason=reason))
    return stops + starts


def _would_restart(job: Job) -> bool:
    return job.state is JobState.STOPPING and job.retry_at is not None


def _why_start(spec: JobSpec, job: Job | None, now: float) -> str:
    if job is None:
        return "a session needs it"
    if job.state in ACTIVE:
        return ""
    if job.state is JobState.BACKOFF:
        due = job.retry_at is None or now >= job.retry_at or job.digest != spec.digest
        return f"again after: {job.error or 'its end'}" if due else ""
    if job.digest == spec.digest and (job.state is JobState.FAILED or spec.kind is JobKind.EXPORT):
        return ""
    return "a session needs it"


def next_retry(jobs: Mapping[JobId, Job]) -> float | None:
    """The monotonic time of the next start that waits for its backoff."""
    times = [j.retry_at for j in jobs.values() if j.state is JobState.BACKOFF and j.retry_at is not None]
    return min(times, default=None)
