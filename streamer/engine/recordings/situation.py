"""The input of a recordings step besides the captured media: a value that the reconciler passes in each turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.ids import JobId
from streamer.core.footage.continuity import ClockStep
from streamer.core.jobs.lifecycle import Job
from streamer.core.plan.plan import Plan
from streamer.core.status.disk import Pressure
from streamer.engine.recordings.steps import ExportContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """``full`` are the periods (Unix s) of a full disk, ``clock_steps`` the steps of the wall clock."""

    plan: Plan
    now: datetime
    jobs: Mapping[JobId, Job]
    around: ExportContext
    pressure: Pressure = Pressure.EASY
    full: Sequence[tuple[float, float]] = ()
    clock_steps: Sequence[ClockStep] = ()
    playable: bool = True
    """Recordings that browsers can't play get another version that they can."""
