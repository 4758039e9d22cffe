"""The service is killed and comes back: over a real store, the processes going on by themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.records import Audience
from streamer.engine.decisions import DecisionRequest
from streamer.store.sql_store import SqlStore

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("09:30"), 30))
POLICY = policy_for("main")


async def journal(day: Day, audience: Audience = Audience.VIEWER) -> list[dict[str, object]]:
    entries = await day.store.journal_since(audience, 0, 10_000)
    return [e.body for e in entries]


async def test_what_runs_goes_on_and_nothing_is_told_twice(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        before = await journal(first)
        first.killed = True
    first.clock.advance(20)
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(day.clock.now() + timedelta(seconds=10), step=0.3)
        after = await journal(day)
        assert after[: len(before)] == before
        assert [e["revision"] for e in after] == list(range(1, len(after) + 1))
        assert {e["epoch"] for e in after} == {before[0]["epoch"]}
        told = [e["kind"] for e in after[len(before) :]]
        assert "session.live" not in told, "it was live all the time"
        assert day.document("a")["on_air"] is True
        await day.go(at("10:30"))
        assert len(day.starts("capture:main")) == 1
        assert len(day.starts("livestream:main")) == 1
        for recording in day.service.recordings():
            assert (recording["state"], recording["gaps"]) == ("ready", [])


async def test_what_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        first.killed = True
    first.clock.advance(2 * 3600)
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.turn()
        assert [p.spec.id for p in day.world.alive() if p.spec.kind != "export"] == []
        await day.go(day.clock.now() + timedelta(minutes=1))
        assert {r["session"]: r["state"] for r in day.service.recordings()} == {"a": "ready", "b": "ready"}


async def test_a_changed_source_replaces_the_process(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        first.killed = True
    changed = policy_for("main", renditions=("360p",))
    async with conference_day(TABLE, changed, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(day.clock.now() + timedelta(seconds=10), step=1)
        assert len(day.starts("livestream:main")) == 2
        assert len(day.starts("capture:main")) == 1


async def test_a_capture_that_died_meanwhile_begins_a_new_take(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        first.killed = True
    first.clock.advance(3.5)
    first.world.kill("capture:main")
    first.clock.advance(10)
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(at("10:30"))
        (a, b) = day.service.recordings()
        assert b["state"] == "ready"
        (gap,) = a["gaps"]
        assert 10 <= gap["duration"] <= 13, "up to the kill everything is kept"


async def test_decisions_and_their_undo_survive(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        request = DecisionRequest(action="extend", target="a", body={"minutes": 5}, by="Ada", key="k")
        answer = await first.service.decide(request)
        first.killed = True
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(day.clock.now() + timedelta(seconds=5), step=1)
        assert day.document("a")["end"] == answer["sessions"][0]["end"]
        assert await day.service.decide(request) == answer
        await day.service.decide(DecisionRequest(action="undo", target=answer["override"]["id"], by="Ada"))
        assert day.document("a")["end"] == day.document("a")["scheduled_end"]
