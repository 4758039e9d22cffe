"""The rooms as the monitor measures them: newest meters, conditions, the state of its processes.

Meters are never journalled. The looks of :mod:`streamer.engine.turns.watcher` find what a turn has to know: an alarm,
or a process that changed its state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import JobId, RoomId
from streamer.core.jobs.desired import capture_slot
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.monitor.alarms import ContentRules, RoomsSeen, content_alarms
from streamer.core.monitor.conditions import Conditions, observe
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Thumbnail, Watched, job_of
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.engine.monitor.ports import Monitor
from streamer.engine.monitor.session_timelines import SessionTimelines

THUMBNAIL_LIFE = 10.0
"""Seconds for which a picture is shown."""
STARTS_WITHIN = timedelta(seconds=15)
"""How long a room may be without media before it counts as not captured: a source may just be starting."""
TEST_SOURCE = "test:"

log = structlog.stdlib.get_logger(__name__)


class Monitors:
    """``timelines`` records what is measured during sessions. A monitor that failed is started ``again_after`` s."""

    def __init__(self, monitor: Monitor, timelines: SessionTimelines, again_after: float = 1.0) -> None:
        self.timelines = timelines
        self.meters: dict[RoomId, Meter] = {}
        """The newest meter of each watched room."""
        self._monitor = monitor
        self._again_after = again_after
        self._watched: Mapping[RoomId, Watched] = {}
        self._conditions: dict[RoomId, Conditions] = {}
        self._reports: dict[RoomId, Report] = {}
        self._grew: dict[RoomId, datetime] = {}
        """When each room's capture had media last, or when the first look was."""

    # -- measuring -----------------------------------------------------------------------------------

    def follow(self, captures: Iterable[Job], facts: Mapping[RoomId, SourceFacts]) -> None:
        """Watch these captures, which write to the disk; of a room's several captures the one with the lowest slot.

        A room is watched once its source is known, because a monitor has to know whether there is sound.
        """
        found: dict[RoomId, Watched] = {}
        for job in sorted(captures, key=lambda job: capture_slot(job.id)):
            if job.run is not None and job.room in facts and job.room not in found:
                found[job.room] = Watched(take=job.run, has_sound=facts[job.room].audio is not None)
        if found == self._watched:
            return
        for room in self._watched.keys() - found.keys():
            for of_room in (self.meters, self._conditions, self._reports):
                of_room.pop(room, None)
        self._watched = found
        self._monitor.watch(found)

    async def run(self) -> None:
        """Measure until it is cancelled. Its failure is logged and ends nothing else."""
        while True:
            try:
                await self._monitor.run(self.hear)
            except Exception:
                log.exception("the monitor failed: it is started again")
            await asyncio.sleep(self._again_after)

    def hear(self, said: Meter | Report) -> None:
        """Take a meter or a report; one of a room that is no longer watched is dropped."""
        if said.room not in self._watched:
            return
        if isinstance(said, Report):
            if said.error:
                log.warning("a room's monitor ended and is started again", room=said.room, error=said.error)
            self._reports[said.room] = said
            return
        self.meters[said.room] = said
        self._conditions[said.room] = observe(self._conditions.get(said.room), said)
        self.timelines.take(said)

    # -- telling -------------------------------------------------------------------------------------

    def jobs(self) -> dict[JobId, Job]:
        """The monitor of each room as a job."""
        jobs = map(job_of, self._reports.values())
        return {job.id: job for job in jobs}

    def job_states(self) -> dict[RoomId, JobState]:
        return {room: report.state for room, report in self._reports.items()}

    def alarms(self, plan: Plan, policy: Policy, growing: Collection[RoomId], now: datetime) -> dict[str, Alarm]:
        """The alarms about what is heard and seen, by id. ``growing`` are the rooms whose capture has media now."""
        self._grew = {room: now if room in growing else self._grew.get(room, now) for room in policy.rooms}
        seen = RoomsSeen(
            conditions=self._conditions,
            captured=[room for room, at in self._grew.items() if now - at <= STARTS_WITHIN],
            unmonitored={room: report.error for room, report in self._reports.items() if report.error},
        )
        tones = [id for id, room in policy.rooms.items() if (room.source or "").startswith(TEST_SOURCE)]
        rules = ContentRules(silence=policy.silence, lead=policy.lead, tones=tones)
        return content_alarms(plan, seen, rules, now)

    def thumbnail(self, room: RoomId, now: datetime) -> Thumbnail | None:
        """The newest picture of a room; None where none is recent. Reads a file."""
        found = self._monitor.thumbnail(room)
        return found if found is not None and now.timestamp() - found.at <= THUMBNAIL_LIFE else None
