"""Sets a bell for each cue with APScheduler. A bell wakes the reconciler and does nothing else.

The scheduler's jobs live in memory and are always derived from the plan. A late bell still rings: by default
APScheduler would silently skip it after a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobEvent,
    JobExecutionEvent,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from streamer.core.plan.cues import Cue

_REASONS = {
    EVENT_JOB_MISSED: "was skipped by the scheduler as too late",
    EVENT_JOB_MAX_INSTANCES: "was skipped by the scheduler, which was still busy with it",
}


class SchedulerBells:
    """Implements :class:`streamer.engine.turns.reconciler.Bells` on APScheduler's AsyncIOScheduler."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(self._failed, EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
        self._ring: Callable[[Cue], None] = lambda cue: None
        self._fail: Callable[[Cue, str], None] = lambda cue, reason: None
        self._cues: dict[str, Cue] = {}
        """The cue of each of the scheduler's jobs, including one that the scheduler has just removed."""

    def start(self, ring: Callable[[Cue], None], fail: Callable[[Cue, str], None]) -> None:
        self._ring, self._fail = ring, fail
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set(self, cues: Sequence[Cue]) -> None:
        """Add a bell for each new cue, and remove bells without a cue."""
        wanted = {_id(cue): cue for cue in cues}
        present = {job.id for job in self._scheduler.get_jobs()}
        for id in present - wanted.keys():
            self._scheduler.remove_job(id)
        self._cues = wanted
        for id, cue in wanted.items():
            if id not in present:
                name = f"{cue.action} {cue.session}"
                self._scheduler.add_job(self._rung, DateTrigger(run_date=cue.at), args=[cue], name=name, id=id)

    def recheck(self) -> None:
        """Recompute the wait until the next bell: the scheduler does not wait on the wall clock."""
        if self._scheduler.running:
            self._scheduler.wakeup()

    def listing(self) -> list[Cue]:
        """The bells that will ring, in order."""
        return sorted((job.args[0] for job in self._scheduler.get_jobs()), key=lambda c: (c.at, c.session, c.action))

    async def _rung(self, cue: Cue) -> None:
        self._ring(cue)

    def _failed(self, event: JobEvent) -> None:
        cue = self._cues.get(event.job_id)
        if cue is not None:
            failed = isinstance(event, JobExecutionEvent) and event.exception is not None
            self._fail(cue, f"failed: {event.exception}" if failed else _REASONS.get(event.code, "failed"))


def _id(cue: Cue) -> str:
    return f"{cue.at.isoformat()} {cue.action} {cue.session}"
