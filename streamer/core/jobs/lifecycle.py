"""A job: one FFmpeg process with a purpose, and the table of its state transitions.

``advance(job, event, now)`` returns the changed job and the instructions to carry out. Nothing else changes a
job. ``now`` is monotonic time in seconds; wall times in a job are Unix seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from streamer.core.base.errors import InvalidTransition
from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.jobs.events import (
    Event,
    Exited,
    Instruction,
    Launch,
    Launched,
    LaunchFailed,
    Progressed,
    Stalled,
    StartWanted,
    StopWanted,
    Terminate,
)
from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.specs import JobKind, JobSpec

FIRST_RETRY = 0.25
LONGEST_RETRY = 10.0
LONGEST_LOCAL_RETRY = 3.0
"""The longest wait (s) after a local failure such as a full disk: a retry is cheap and may succeed at any moment."""
STABLE_AFTER = 10.0
"""A process that ran this long (s) resets the backoff."""


class JobState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    EXITED = "exited"
    FAILED = "failed"


ACTIVE = frozenset({JobState.STARTING, JobState.RUNNING, JobState.STOPPING})
"""States in which a process exists, or is about to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The actual state of a job; :class:`JobSpec` is the wanted one.

    ``failures`` counts consecutive ends without a stable run between them, ``restarts`` all ends;
    ``retry_at`` is monotonic, ``since`` is when the present state began (Unix s).
    """

    id: JobId
    kind: JobKind
    room: RoomId
    digest: str
    state: JobState
    since: float
    session: SessionId | None = None
    run: RunId | None = None
    pid: int | None = None
    started_at: float = 0.0
    restarts: int = 0
    failures: int = 0
    retry_at: float | None = None
    error: str = ""
    story: tuple[str, ...] = ()


def retry_delay(failures: int, jitter: float) -> float:
    """Seconds to wait after the n-th failure in a row: doubling, bounded, spread by ±25 %."""
    doublings = min(max(0, failures - 1), 16)  # bounded before exponentiation: a source may be missing for days
    delay: float = min(LONGEST_RETRY, FIRST_RETRY * 2**doublings)
    return delay * (0.75 + 0.5 * jitter)


def advance(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    """One transition. Raises :class:`InvalidTransition`, with the job's story, for a pair that is not in the table."""
    row = TABLE.get((job.state, type(event)))
    if row is None:
        raise InvalidTransition(
            f"a job that is {job.state} can't take {type(event).__name__}",
            where=f"job {job.id}",
            hint="it came here by: " + " → ".join((*job.story, job.state)),
        )
    changed, instructions = row[1](job, event, now)
    if changed.state is not job.state:
        changed = replace(changed, story=(*job.story[-9:], str(job.state)))
    return changed, instructions


_Step = Callable[[Job, Event, float], tuple[Job, tuple[Instruction, ...]]]


def _start(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    """A first try from which the right settings were learned is no failure."""
    assert isinstance(event, StartWanted)
    is_learned = job.failures == 1 and event.spec.digest != job.digest
    started = replace(
        job,
        state=JobState.STARTING,
        since=event.at,
        digest=event.spec.digest,
        run=event.run,
        pid=None,
        session=event.spec.session,
        started_at=now,
        retry_at=None,
        restarts=job.restarts + (1 if job.failures else 0),
        failures=0 if is_learned else job.failures,
        error="" if is_learned else job.error,
    )
    return started, (Launch(spec=event.spec, run=event.run),)


def _launched(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, Launched)
    return replace(job, pid=event.record.pid, run=event.record.run), ()


def _progressed(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, Progressed)
    calm = now - job.started_at >= STABLE_AFTER
    changed = replace(job, failures=0 if calm else job.failures, error="" if calm else job.error)
    if job.state is JobState.STARTING:
        changed = replace(changed, state=JobState.RUNNING, since=event.at)
    return changed, ()


def _launch_failed(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, LaunchFailed)
    if event.permanent:
        return replace(job, state=JobState.FAILED, since=event.at, error=event.error, pid=None, retry_at=None), ()
    return _back_off(job, now, at=event.at, error=event.error, jitter=0.5, longest=LONGEST_LOCAL_RETRY), ()


def _ended(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, Exited)
    ended = event.exit
    if ended.run != job.run:
        return job, ()
    if ended.status == 0 and job.kind is JobKind.EXPORT:
        return replace(job, state=JobState.EXITED, since=ended.at, pid=None, error="", failures=0), ()
    if ended.permanent:
        return replace(job, state=JobState.FAILED, since=ended.at, pid=None, error=ended.error), ()
    calm = now - job.started_at >= STABLE_AFTER
    fresh = replace(job, failures=0) if calm else job
    longest = LONGEST_LOCAL_RETRY if ended.cause is ExitCause.DISK else math.inf
    waiting = _back_off(fresh, now, at=ended.at, error=ended.error or job.error, jitter=event.jitter, longest=longest)
    return waiting, ()


def _stopped(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, Exited)
    if event.exit.run != job.run:
        return job, ()
    if job.retry_at is not None:
        return replace(job, state=JobState.BACKOFF, since=event.exit.at, pid=None), ()
    return replace(job, state=JobState.EXITED, since=event.exit.at, pid=None, error="", failures=0), ()


def _stalled(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, Stalled)
    assert job.run is not None
    waiting = _back_off(job, now, at=event.at, error=event.error, jitter=event.jitter)
    return replace(waiting, state=JobState.STOPPING, pid=job.pid), (Terminate(run=job.run, reason=event.error),)


def _stop(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, StopWanted)
    assert job.run is not None
    stopping = replace(job, state=JobState.STOPPING, since=event.at, retry_at=None)
    return stopping, (Terminate(run=job.run, reason=event.reason),)


def _give_up_retry(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, StopWanted)
    return replace(job, retry_at=None), ()


def _rest(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    assert isinstance(event, StopWanted)
    return replace(job, state=JobState.EXITED, since=event.at, retry_at=None, pid=None), ()


def _nothing(job: Job, event: Event, now: float) -> tuple[Job, tuple[Instruction, ...]]:
    return job, ()


def _back_off(job: Job, now: float, *, at: float, error: str, jitter: float, longest: float = math.inf) -> Job:
    failures = job.failures + 1
    return replace(
        job,
        state=JobState.BACKOFF,
        since=at,
        pid=None,
        failures=failures,
        error=error,
        retry_at=now + min(longest, retry_delay(failures, jitter)),
    )


_S = JobState
TABLE: dict[tuple[JobState, type[Event]], tuple[str, _Step]] = {
    (_S.EXITED, StartWanted): ("starting", _start),
    (_S.BACKOFF, StartWanted): ("starting", _start),
    (_S.FAILED, StartWanted): ("starting", _start),
    (_S.STARTING, Launched): ("starting", _launched),
    (_S.STARTING, LaunchFailed): ("backoff or failed", _launch_failed),
    (_S.STARTING, Progressed): ("running", _progressed),
    (_S.STARTING, Exited): ("backoff, exited or failed", _ended),
    (_S.STARTING, Stalled): ("stopping", _stalled),
    (_S.STARTING, StopWanted): ("stopping", _stop),
    (_S.RUNNING, Launched): ("running", _launched),
    (_S.RUNNING, Progressed): ("running", _progressed),
    (_S.RUNNING, Exited): ("backoff, exited or failed", _ended),
    (_S.RUNNING, Stalled): ("stopping", _stalled),
    (_S.RUNNING, StopWanted): ("stopping", _stop),
    (_S.STOPPING, Launched): ("stopping", _launched),
    (_S.STOPPING, LaunchFailed): ("backoff or failed", _launch_failed),
    (_S.STOPPING, Progressed): ("stopping", _nothing),
    (_S.STOPPING, Stalled): ("stopping", _nothing),
    (_S.STOPPING, StopWanted): ("stopping", _give_up_retry),
    (_S.STOPPING, Exited): ("exited or backoff", _stopped),
    (_S.BACKOFF, StopWanted): ("exited", _rest),
    (_S.BACKOFF, Exited): ("backoff", _nothing),
    (_S.FAILED, StopWanted): ("exited", _rest),
    (_S.FAILED, Exited): ("failed", _nothing),
    (_S.EXITED, StopWanted): ("exited", _nothing),
    (_S.EXITED, Exited): ("exited", _nothing),
}
"""(state, event) → (next state in words, step). The diagram in docs/ is generated from this."""


def idle_job(spec: JobSpec, at: float) -> Job:
    """A job that has never run."""
    return Job(
        id=spec.id, kind=spec.kind, room=spec.room, session=spec.session, digest="", state=JobState.EXITED, since=at
    )


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> exited"]
    for (state, event), (target, _) in TABLE.items():
        for one in target.replace(",", " or ").split(" or "):
            if one.strip() and one.strip() != state.value:
                lines.append(f"    {state.value} --> {one.strip()}: {event.__name__}")
    return "\n".join(lines) + "\n"
