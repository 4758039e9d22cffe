"""Alarms over the whole engine: acknowledged, remembered over a restart, and calls for help."""

from __future__ import annotations

import pytest
from support.day.conference_day import Day, MemoryStore, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.json import Document
from streamer.core.records.journal import Audience

TABLE = timetable(session("a", "main", at("09:00"), 60), session("b", "main", at("09:30"), 60))
POLICY = policy_for("main")
OVERLAP = "overlap a b"


def alarm(day: Day, id: str) -> Document | None:
    alarms = day.service.snapshot(Audience.CREW)["alarms"]
    return next((dict(one) for one in alarms if one["id"] == id), None)


async def test_the_first_person_takes_an_alarm_on_and_all_are_told() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        document = await day.service.alarms.acknowledge(OVERLAP, "Ada")
        assert document["acknowledged"] == {"by": "Ada", "at": "2025-09-08T10:49:00+02:00"}
        assert document["kind"] == "overlap"
        assert alarm(day, OVERLAP) == document
        told = [one for one in day.told(Audience.CREW) if one["kind"] == "alarm"]
        assert told[-1]["alarm"]["acknowledged"]["by"] == "Ada"
        assert day.store.batches[-1].settings["alarms"]["acknowledged"].keys() == {OVERLAP}
        with pytest.raises(Conflict, match="Ada has acknowledged"):
            await day.service.alarms.acknowledge(OVERLAP, "Kim")
        with pytest.raises(NotFound):
            await day.service.alarms.acknowledge("nothing", "Kim")


async def test_an_acknowledgement_is_known_after_a_restart() -> None:
    class Kept(MemoryStore):
        async def open(self):  # type: ignore[no-untyped-def]
            stored = await super().open()
            settings = {name: value for batch in first.store.batches for name, value in batch.settings.items()}
            stored.settings.update(settings)
            return stored

    async with conference_day(TABLE, POLICY, at("08:49")) as first:
        await first.service.alarms.acknowledge(OVERLAP, "Ada")
        first.killed = True
    async with conference_day(TABLE, POLICY, at("08:50"), store=Kept(), after=first) as day:
        found = alarm(day, OVERLAP)
        assert found is not None
        assert found["acknowledged"]["by"] == "Ada"


async def test_a_call_for_help_is_an_alarm_until_somebody_takes_it_on() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        called = await day.service.alarms.call("main", "Kim", "no light")
        assert (called["severity"], called["message"]) == ("error", "Kim asks for help in Room main: no light")
        await day.go(at("08:55"), step=20)
        assert alarm(day, "help main") is not None
        await day.service.alarms.acknowledge("help main", "Ada")
        assert alarm(day, "help main") is None
        with pytest.raises(NotFound, match="no such room"):
            await day.service.alarms.call("cellar", "Kim", "")


async def test_a_preview_changes_no_alarm() -> None:
    """An imagined plan has alarms of its own, which are not those of the room."""
    from streamer.web.api.decision_models import decision_request

    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        before = day.service.snapshot(Audience.CREW)["alarms"]
        asked = decision_request("move", "b", {"start": "2025-09-08T12:00:00+00:00"}, by="Ada", preview=True)
        await day.service.decide(asked)
        await day.turn()
        assert day.service.snapshot(Audience.CREW)["alarms"] == before
