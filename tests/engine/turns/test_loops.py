"""What makes turns come: bells, exits, progress, segments, the time; the safety turn, which counts what it finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from support.day.conference_day import Day, FakeBells, at, conference_day, policy_for, session, timetable
from support.service.running import until

from streamer.core.base.ids import JobId
from streamer.core.jobs.lifecycle import JobState
from streamer.core.plan.cues import Cue
from streamer.core.records.batch import Batch
from streamer.core.records.journal import Audience
from streamer.engine.turns.causes import Cause
from streamer.engine.turns.loops import SAFETY_EVERY, Loops

ODD = timedelta(seconds=3)
"""Sessions begin beside the steps of the day, so that a step is never a bell by chance."""
CAPTURE = JobId("capture:main")


class SilentBells(FakeBells):
    """They are set and never ring."""

    def ring_due(self, now: object) -> None: ...


@asynccontextmanager
async def odd_day(bells: FakeBells | None = None) -> AsyncIterator[Day]:
    table = timetable(session("a", "main", at("09:00") + ODD, 10, stream=False))
    async with conference_day(table, policy_for("main"), at("08:45"), bells=bells) as day:
        yield day


async def test_bells_make_starts_and_stops_punctual() -> None:
    async with odd_day() as day:
        await day.go(at("09:30"))
        assert day.starts("capture:main") == [at("08:50") + ODD]
        assert day.ends("capture:main") == [at("09:20") + ODD]


async def test_a_safety_turn_mends_what_no_bell_announced_and_counts_it() -> None:
    async with odd_day(SilentBells()) as day:
        day.unwired = True
        await day.go(at("08:50") + ODD)
        assert day.starts("capture:main") == []
        assert day.repairs == 0
        await day.go(at("08:50:20"))
        [start] = day.starts("capture:main")
        assert timedelta(0) < start - at("08:50") - ODD <= timedelta(seconds=SAFETY_EVERY)
        assert day.repairs == 1
        alarms = {a["id"]: a for a in day.service.snapshot(Audience.CREW)["alarms"]}
        assert "capture.start" in alarms["bell"]["message"]


async def test_what_a_safety_turn_found_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with odd_day(SilentBells()) as day:
        day.unwired = True
        await day.go(at("08:50:20"))
        [found] = [r.getMessage() for r in caplog.records if "a safety turn found work" in r.getMessage()]
        assert "'work': 'capture:main: start" in found


async def causes_of(day: Day) -> set[Cause]:
    """What asks for a turn now."""
    for _ in range(10):
        await asyncio.sleep(0)
    day.loops.look(day.engine)
    for _ in range(10):
        await asyncio.sleep(0)
    return day.loops.take_causes()


async def test_an_exit_a_closed_segment_and_a_first_progress_cause_turns() -> None:
    async with odd_day() as day:
        await day.go(at("08:50") + ODD)
        assert await causes_of(day) == set()
        day.clock.advance(1.5)
        assert await causes_of(day) == {Cause.PROGRESS}
        await day.loops.turn(day.engine, {Cause.PROGRESS})
        assert day.engine.supervisor.jobs[CAPTURE].state is JobState.RUNNING
        day.clock.advance(1)
        assert await causes_of(day) == set(), "progress that changes no state"
        day.clock.advance(1)
        assert await causes_of(day) == {Cause.FOOTAGE}
        await day.turn()
        day.world.kill(CAPTURE)
        assert await causes_of(day) == {Cause.EXIT}


async def test_a_stall_causes_a_turn() -> None:
    async with odd_day() as day:
        await day.go(at("08:55"))
        day.world.silence(CAPTURE)
        await day.go(at("08:55:03"), step=1)
        assert await causes_of(day) == set()
        day.clock.advance(1.5)
        assert Cause.PROGRESS in await causes_of(day)


async def test_a_retry_is_due_without_a_cause() -> None:
    async with odd_day() as day:
        await day.go(at("08:55"))
        day.world.kill(CAPTURE)
        await day.turn()
        assert day.engine.supervisor.jobs[CAPTURE].state is JobState.BACKOFF
        assert day.loops.cause_by_time(day.engine) is None
        day.clock.advance(day.engine.until_due())
        assert day.loops.cause_by_time(day.engine) is Cause.DUE
        await day.turn()
        assert day.world.running(CAPTURE)


async def test_the_end_of_waiting_for_a_last_segment_is_due() -> None:
    async with odd_day() as day:
        day.world.dead = True
        await day.go(at("09:10:03"))
        assert day.document("a")["recording"] == "finalising"
        assert day.engine.until_due() <= 20
        await day.go(at("09:10:24"), step=1)
        assert day.document("a")["recording"] == "failed"


async def test_the_ring_evaporates_when_its_time_comes_without_any_capture() -> None:
    async with odd_day() as day:
        await day.go(at("09:20:20"))
        assert not day.world.alive()
        ring = [s for s in day.store.segments.values() if s.closed_at > at("09:15").timestamp()]
        assert ring
        await day.go(at("09:25:20"))
        gone = [s for s in ring if (s.take, s.number) not in day.store.segments]
        assert gone == ring


async def test_a_wall_clock_that_is_set_back_has_its_bells_ring_again() -> None:
    async with odd_day() as day:
        await day.go(at("09:01"))
        assert day.state("a") == "live"
        day.clock.step_wall(-600)
        assert Cause.CLOCK in await causes_of(day)
        await day.loops.turn(day.engine, {Cause.CLOCK})
        assert "session.start" in [cue.action for cue in day.bells.listing()]
        await day.go(at("09:30"))


async def test_the_crew_sees_the_bells_that_are_set() -> None:
    async with odd_day() as day:
        await day.go(at("09:05"))
        day.bells.set([Cue(at=at("10:00"), session=day.bells.cues[0].session, action="session.end")])
        assert day.service.snapshot(Audience.CREW)["cues"] == [
            {"at": "2025-09-08T12:00:00+02:00", "session": "a", "action": "session.end"}
        ]


async def test_turns_that_hang_are_noticed() -> None:
    async with conference_day(timetable(session("a", "main", at("09:00"))), policy_for("main"), at("08:55")) as day:
        commit, hang = day.store.commit, asyncio.Event()

        async def slow(batch: Batch) -> None:
            await hang.wait()
            await commit(batch)

        loops = Loops(day.clock)
        running = [asyncio.create_task(one(day.engine)) for one in (loops.turns, loops.looks, loops.steps)]
        try:
            day.store.commit = slow
            day.clock.advance(5)  # a segment closes
            await until(lambda: loops._began is not None, "a turn")
            for _ in range(5):
                day.clock.advance(2)
                await until(lambda: loops._stepped == day.clock.monotonic(), "a step")
            assert loops.lag() >= 8, "steps go on, and are not enough"
            hang.set()
            await until(lambda: loops.lag() == 0, "a turn")
        finally:
            for loop in running:
                loop.cancel()
            await asyncio.gather(*running, return_exceptions=True)
