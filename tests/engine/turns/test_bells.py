"""Bells on the real APScheduler: they ring, late or not, are set anew without being doubled, and start a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from support.day.conference_day import conference_day, policy_for, session, timetable
from support.day.fake_world import FakeClock, World
from support.service.running import until

from streamer.core.base.ids import SessionId
from streamer.core.plan.cues import Cue
from streamer.core.records.journal import Audience
from streamer.engine.turns.bells import SchedulerBells


class RealClock(FakeClock):
    """The world's clock, going by itself."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class Heard:
    """What the bells told."""

    def __init__(self) -> None:
        self.rung: list[Cue] = []
        self.failed: list[tuple[Cue, str]] = []

    def ring(self, cue: Cue) -> None:
        self.rung.append(cue)

    def fail(self, cue: Cue, reason: str) -> None:
        self.failed.append((cue, reason))


def cue(after: timedelta, action: str = "session.start") -> Cue:
    return Cue(at=datetime.now(UTC) + after, session=SessionId("a"), action=action)


@asynccontextmanager
async def ringing(heard: Heard) -> AsyncIterator[SchedulerBells]:
    bells = SchedulerBells()
    bells.start(heard.ring, heard.fail)
    try:
        yield bells
    finally:
        bells.stop()


@pytest.mark.parametrize("after", [timedelta(milliseconds=50), -timedelta(hours=1)])
async def test_a_bell_rings_at_its_cue_or_at_once_where_that_is_past(after: timedelta) -> None:
    heard, start = Heard(), cue(after)
    async with ringing(heard) as bells:
        bells.set([start])
        await until(lambda: heard.rung, "the bell")
        assert heard.rung == [start]
        assert heard.failed == []
        assert bells.listing() == []


async def test_bells_are_listed_in_order_and_replaced() -> None:
    start, end, later = (cue(timedelta(hours=h), a) for h, a in ((1, "session.start"), (2, "session.end"), (3, "x")))
    async with ringing(Heard()) as bells:
        bells.set([end, start])
        assert bells.listing() == [start, end]
        bells.set([start, later])
        assert bells.listing() == [start, later]
        bells.set([])
        assert bells.listing() == []


async def test_a_bell_that_has_rung_can_be_set_again() -> None:
    heard, start = Heard(), cue(timedelta(milliseconds=20))
    async with ringing(heard) as bells:
        bells.set([start])
        await until(lambda: heard.rung, "the bell")
        bells.set([start])
        await until(lambda: len(heard.rung) == 2, "the bell once more")


async def test_a_bell_that_fails_is_told() -> None:
    heard, start = Heard(), cue(timedelta(milliseconds=20))

    def broken(cue: Cue) -> None:
        raise RuntimeError("no rope")

    bells = SchedulerBells()
    bells.start(broken, heard.fail)
    try:
        bells.set([start])
        await until(lambda: heard.failed, "the failure")
        assert heard.failed == [(start, "failed: no rope")]
    finally:
        bells.stop()


@pytest.mark.parametrize("code", [EVENT_JOB_MISSED, EVENT_JOB_MAX_INSTANCES])
async def test_a_bell_that_the_scheduler_skips_is_told(code: int) -> None:
    heard, start = Heard(), cue(timedelta(hours=1))
    async with ringing(heard) as bells:
        bells.set([start])
        [job] = bells._scheduler.get_jobs()
        bells._scheduler._dispatch_event(JobExecutionEvent(code, job.id, "default", start.at))
        [(failed, reason)] = heard.failed
        assert failed == start
        assert reason.startswith("was skipped by the scheduler")


async def test_a_session_starts_and_ends_by_the_bells_of_the_real_scheduler() -> None:
    """The loops run in real time. The safety turn would come after 10 s: only bells make this punctual."""
    begin = datetime.now(UTC) + timedelta(seconds=3)
    table = timetable(session("a", "main", begin, 2 / 60, record=False))
    policy = policy_for("main", lead=timedelta(seconds=1), linger=timedelta(seconds=1), warm_up=timedelta(0))
    world = World(RealClock(begin))
    async with conference_day(table, policy, begin, world=world, bells=SchedulerBells(), by_itself=True) as day:
        cues = [(c["at"], c["action"]) for c in day.service.snapshot(Audience.CREW)["cues"]]
        assert [action for _, action in cues] == [
            "capture.start",
            "livestream.start",
            "session.start",
            "livestream.stop",
            "session.end",
            "capture.stop",
        ]
        await until(lambda: day.starts("capture:main"), "the capture", within=15)
        await until(lambda: day.ends("capture:main"), "its end", within=25)
        assert timedelta(0) <= day.starts("capture:main")[0] - (begin - policy.lead) < timedelta(seconds=1)
        assert timedelta(0) <= day.ends("capture:main")[0] - (begin + timedelta(seconds=3)) < timedelta(seconds=1)
        assert day.repairs == 0
        assert day.service.snapshot(Audience.CREW)["alarms"] == []
