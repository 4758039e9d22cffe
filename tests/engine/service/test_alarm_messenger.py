"""Alarms of a real engine as messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from support.day.conference_day import at, conference_day, policy_for, session, timetable

from streamer.core.records.journal import Audience
from streamer.core.status.alarm_messages import AlarmMessages
from streamer.engine.service.alarm_messenger import pass_alarms_on
from streamer.engine.status.bus import Subscription

TABLE = timetable(session("a", "main", at("09:00"), 10))


class Sent:
    def __init__(self) -> None:
        self.all: asyncio.Queue[tuple[str, str, Sequence[str]]] = asyncio.Queue()

    def send(self, title: str, text: str, rooms: Sequence[str]) -> None:
        self.all.put_nowait((title, text, rooms))


async def test_a_call_for_help_is_sent_and_so_is_its_end() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:49")) as day:
        sent = Sent()

        def names() -> dict[str, str]:
            return {"main": "Hall A"}

        def subscribe() -> Subscription:
            return day.service.subscribe(Audience.CREW)

        passing = asyncio.create_task(
            pass_alarms_on(subscribe(), subscribe, AlarmMessages("DNGC"), sent, names, together=0.05)
        )
        await day.service.alarms.call("main", "Kim", "no light")
        title, text, rooms = await asyncio.wait_for(sent.all.get(), 10)
        assert (title, rooms) == ("DNGC: an alarm in Hall A", ("main",))
        assert text.startswith("Kim asks for help in Room main: no light (")
        await day.service.alarms.acknowledge("help main", "Ada")
        title, text, _ = await asyncio.wait_for(sent.all.get(), 10)
        assert title == "DNGC: Over: an alarm in Hall A"
    async with asyncio.timeout(10):
        await passing
