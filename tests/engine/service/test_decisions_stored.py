"""A decision and its answer are in the store in one commit, before they are heard of; a key names one request."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict, StoreError
from streamer.core.base.json import Document
from streamer.core.records.batch import Batch
from streamer.core.records.journal import Audience
from streamer.engine.programme.requests import DecisionRequest
from streamer.store.database.sql_store import SqlStore
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("10:00"), 30))
POLICY = policy_for("main")
EXTENDED = "2025-09-08T11:35:00+02:00"


class WatchedStore(SqlStore):
    """Remembers what was written with what; fails where it is told to."""

    def __init__(self, data: Path) -> None:
        super().__init__(data=data)
        self.batches: list[Batch] = []
        self.fails = False

    async def commit(self, batch: Batch) -> None:
        if self.fails:
            raise StoreError("the disk is gone")
        await super().commit(batch)
        self.batches.append(batch)


def extend(minutes: float = 5, key: str | None = "k", **more: object) -> DecisionRequest:
    return decision_request("extend", "a", {"minutes": minutes, **more}, by="Ada", key=key)


async def overrides_told(day: Day) -> list[Document]:
    entries = await day.store.journal_since(Audience.CREW, 0, 10_000)
    return [e.body["override"] for e in entries if e.kind == "override"]


async def killed_on_air(tmp_path: Path) -> Day:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as day:
        await day.go(at("09:10"))
        day.killed = True
    return day


async def test_a_decision_that_was_answered_while_a_channel_settles_survives_a_kill(tmp_path: Path) -> None:
    first = await killed_on_air(tmp_path)
    settling = conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first, settled=False)
    async with settling as second:
        assert second.engine.channels.is_settling(second.clock.now())
        answer = await second.service.decide(extend())
        assert answer["sessions"][0]["end"] == EXTENDED
        assert await overrides_told(second) == [], "nothing is announced yet"
        beside = SqlStore(data=tmp_path)
        stored = await beside.open()
        assert [o.id for o in stored.overrides] == [answer["override"]["id"]], "what a kill would leave at this moment"
        await beside.close()
        second.killed = True
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=second) as third:
        assert third.document("a")["end"] == EXTENDED
        assert await third.service.decide(extend()) == answer
        assert third.document("a")["end"] == EXTENDED


async def test_it_is_announced_later_and_not_written_twice(tmp_path: Path) -> None:
    first = await killed_on_air(tmp_path)
    store = WatchedStore(tmp_path)
    async with conference_day(TABLE, POLICY, at("08:45"), store=store, after=first, settled=False) as day:
        answer = await day.service.decide(extend())
        await day.turn()
        await day.turn()
        assert not day.engine.channels.is_settling(day.clock.now())
        assert await overrides_told(day) == [answer["override"]]
        assert day.document("a")["end"] == EXTENDED
        assert sum(len(batch.overrides) for batch in store.batches) == 1


async def test_the_decision_and_its_answer_are_one_commit(tmp_path: Path) -> None:
    store = WatchedStore(tmp_path)
    async with conference_day(TABLE, POLICY, at("08:45"), store=store) as day:
        await day.go(at("09:10"))
        answer = await day.service.decide(extend())
        [batch] = [batch for batch in store.batches if batch.overrides]
        assert [one.body for one in batch.answers] == [answer]
        assert [entry.body["override"] for entry in batch.journal if entry.kind == "override"] == [answer["override"]]
        assert max(e.revision for e in batch.journal if e.audience is Audience.CREW) == answer["revision"]


async def test_a_decision_that_could_not_be_stored_is_not_answered_and_not_taken_twice(tmp_path: Path) -> None:
    store = WatchedStore(tmp_path)
    async with conference_day(TABLE, POLICY, at("08:45"), store=store) as day:
        await day.go(at("09:10"))
        store.fails = True
        with pytest.raises(StoreError, match="the disk is gone"):
            await day.service.decide(extend())
        store.fails = False
        answer = await day.service.decide(extend())
        assert answer["sessions"][0]["end"] == EXTENDED
        assert await day.service.decide(extend()) == answer
        assert [o.id for o in await store.overrides()] == [answer["override"]["id"]]


@pytest.mark.parametrize("other", [extend(6), extend(5, if_revision=1), extend(5, ripple=True)])
async def test_a_key_that_was_used_with_another_body_is_refused(tmp_path: Path, other: DecisionRequest) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as day:
        await day.go(at("09:10"))
        answer = await day.service.decide(extend())
        with pytest.raises(Conflict, match="the key 'k' was used with another request") as refused:
            await day.service.decide(other)
        assert refused.value.where == "Idempotency-Key"
        assert day.document("a")["end"] == EXTENDED
        assert await day.service.decide(extend()) == answer
