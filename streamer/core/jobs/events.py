"""What can happen to a job, and what its transitions tell the supervisor to do.

``at`` is wall time (Unix s).
"""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RunId
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.jobs.specs import JobSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWanted:
    """The reconciler decided to start the job with this spec as this run."""

    spec: JobSpec
    run: RunId
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    record: ProcessRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFailed:
    error: str
    permanent: bool
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """The process made progress."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """The process made no progress for too long."""

    error: str
    at: float
    jitter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The process ended. ``jitter`` in 0…1 spreads the retries of many rooms."""

    exit: ProcessExit
    jitter: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWanted:
    reason: str
    at: float


Event = StartWanted | Launched | LaunchFailed | Progressed | Stalled | Exited | StopWanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Instruction: start a process."""

    spec: JobSpec
    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminate:
    """Instruction: ask a process to end."""

    run: RunId
    reason: str


Instruction = Launch | Terminate
