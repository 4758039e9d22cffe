"""Two captures of one source: the loss of either costs nothing, and both are looked after like one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import RoomId
from streamer.core.plan.policy import Policy
from streamer.core.recording.documents import GapDocument
from streamer.core.records.journal import Audience
from streamer.store.database.sql_store import SqlStore

FIRST, SECOND = "capture:main", "capture:main:2"
TABLE = timetable(session("a", "main", at("09:00"), 10))
LEAST_RING = 300.0


def twice() -> Policy:
    policy = policy_for("main")
    main = RoomId("main")
    return replace(policy, rooms={main: replace(policy.rooms[main], redundancy=2)})


def alarm(day: Day, job: str) -> tuple[str, str] | None:
    for one in day.service.snapshot(Audience.CREW)["alarms"]:
        if one["id"] == f"job {job}":
            return one["severity"], one["hint"]
    return None


def recording(day: Day) -> tuple[str, list[GapDocument]]:
    [one] = day.service.library.documents()
    return one["state"], one["gaps"]


async def test_both_run_and_stop_with_the_session_and_only_one_is_taken() -> None:
    async with conference_day(TABLE, twice(), at("08:45")) as day:
        await day.go(at("09:05"))
        assert {j["id"] for j in day.service.snapshot(Audience.CREW)["jobs"] if j["kind"] == "capture"} == {
            FIRST,
            SECOND,
        }
        assert len(set(day.world.leases.values())) == 1
        assert len([p for p in day.world.alive() if p.spec.kind == "capture" and p.run in day.world.leases]) == 2
        await day.go(at("09:30"))
        assert (len(day.starts(FIRST)), len(day.starts(SECOND))) == (1, 1)
        assert day.world.alive() == []
        assert recording(day) == ("ready", [])
        _, start, end = day.world.cuts[-1]
        assert (start, end) == (at("09:00").timestamp(), at("09:10").timestamp())


async def test_whichever_is_killed_nothing_is_missing_and_nothing_twice() -> None:
    async with conference_day(TABLE, twice(), at("08:45")) as day:
        for minute, job in ((2, FIRST), (5, SECOND), (7, FIRST)):
            await day.go(at(f"09:0{minute}"), step=7.0)
            day.world.kill(job)
            await day.turn()
            severity, hint = alarm(day, job) or ("", "")
            assert severity == "warning"
            assert "continues with the room's other capture" in hint
        await day.go(at("09:30"), step=7.0)
        assert (len(day.starts(FIRST)), len(day.starts(SECOND))) == (3, 2)
        assert recording(day) == ("ready", [])
        begun = max(i for i, (_, entered, _) in enumerate(day.world.cuts) if entered == at("09:00").timestamp())
        cuts = day.world.cuts[begun:]
        assert len(cuts) >= 2
        assert (cuts[0][1], cuts[-1][2]) == (at("09:00").timestamp(), at("09:10").timestamp())
        assert all(left == entered for (_, _, left), (_, entered, _) in pairwise(cuts))


async def test_a_file_is_made_once_when_both_have_closed_their_last_segment() -> None:
    async with conference_day(TABLE, twice(), at("08:45")) as day:
        await day.go(at("09:08"), step=10.3)
        day.world.kill(FIRST)  # the next one's segments end elsewhere
        await day.go(at("09:10"), step=10.3)
        await day.go(at("09:11"), step=0.3)
        await day.go(at("09:13"))
        assert recording(day) == ("ready", [])
        assert len(day.starts("export:a")) == 1


async def test_what_both_have_lost_is_a_gap_with_the_reason_of_the_last() -> None:
    async with conference_day(TABLE, twice(), at("08:45")) as day:
        await day.go(at("09:04"))
        day.world.kill(FIRST)
        await day.turn()
        day.clock.advance(4)
        [second] = [p for p in day.world.alive() if p.spec.id == SECOND]
        day.world.end(second.run, 1, "the source has gone")
        await day.turn()
        assert (alarm(day, SECOND) or ("",))[0] == "error"
        await day.go(at("09:30"), step=1.0)
        state, gaps = recording(day)
        assert state == "partial"
        [gap] = gaps
        assert isinstance(gap, dict)
        assert gap["cause"] == "the source has gone"


async def test_the_next_service_adopts_both(tmp_path: Path) -> None:
    async with conference_day(TABLE, twice(), at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:04"))
        first.killed = True
    first.clock.advance(20)
    async with conference_day(TABLE, twice(), at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(at("09:06"))
        day.world.kill(FIRST)
        await day.go(at("09:30"))
        assert (len(day.starts(FIRST)), len(day.starts(SECOND))) == (2, 1)
        assert recording(day) == ("ready", [])
    store = SqlStore(data=tmp_path)
    takes = (await store.open()).takes
    await store.close()
    assert sorted(t.slot for t in takes) == [1, 1, 2]
