"""APScheduler's part: a bell for each cue. A bell wakes the reconciler and never acts.

The plan is the truth, so the scheduler's jobs live in memory and are set anew from it. A bell that is late
rings all the same: APScheduler's default would silently skip it after a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger


class SchedulerBells:
    """Implements :class:`streamer.engine.service.reconciler.Bells` on APScheduler's AsyncIOScheduler."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._ring: Callable[[], None] = lambda: None
        self._set: dict[tuple[datetime, str], str] = {}

    def start(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set(self, cues: Sequence[tuple[datetime, str]]) -> None:
        """Set a bell for each cue that has none, and take away those that no cue wants any more."""
        wanted = dict.fromkeys(cues)
        for cue in [c for c in self._set if c not in wanted]:
            id = self._set.pop(cue)
            if self._scheduler.get_job(id) is not None:
                self._scheduler.remove_job(id)
        for cue in wanted:
            if cue not in self._set:
                at, name = cue
                job = self._scheduler.add_job(
                    self._rung,
                    DateTrigger(run_date=at),
                    name=name,
                    id=f"{at.isoformat()} {name}",
                    replace_existing=True,
                )
                self._set[cue] = job.id

    async def _rung(self) -> None:
        self._ring()

    def listing(self) -> list[tuple[datetime, str]]:
        """The bells that will ring, in order."""
        return sorted((job.trigger.run_date, job.name) for job in self._scheduler.get_jobs())
