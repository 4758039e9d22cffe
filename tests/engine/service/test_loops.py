"""The pulse: turns and steps that come round, and what is known where one does not."""

from __future__ import annotations

import asyncio

from support.day.conference_day import at, conference_day, policy_for, session, timetable
from support.service.running import until

from streamer.core.records.batch import Batch
from streamer.engine.service.loops import Loops


async def test_turns_that_hang_are_noticed() -> None:
    async with conference_day(timetable(session("a", "main", at("09:00"))), policy_for("main"), at("08:55")) as day:
        commit, hang = day.store.commit, asyncio.Event()

        async def slow(batch: Batch) -> None:
            await hang.wait()
            await commit(batch)

        pulse = Loops(day.clock)
        loops = [asyncio.create_task(pulse.turns(day.engine)), asyncio.create_task(pulse.steps(day.engine))]
        try:
            day.store.commit = slow
            for _ in range(5):
                day.clock.advance(2)
                await until(lambda: pulse._stepped == day.clock.monotonic(), "a step")
            assert pulse.lag() >= 8, "steps go on, and are not enough"
            hang.set()
            await until(lambda: pulse.lag() == 0, "a turn")
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
