"""The wall clock is set in the middle of a session: nothing is lost, doubled, or said to be missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import SessionId
from streamer.core.records.batch import Stored
from streamer.store.database.sql_store import SqlStore

TABLE = timetable(session("a", "main", at("09:00"), 3), session("b", "main", at("09:03"), 3))
POLICY = policy_for("main", lead=timedelta(minutes=2), linger=timedelta(minutes=2), ring=timedelta(minutes=1))


def exported(day: Day, session: str) -> list[int]:
    """The numbers of the segments that a recording was made of, in its order."""
    (made,) = [pieces for path, pieces in day.world.exported.items() if f"/{session}/" in path]
    assert len({piece.path.split("/")[1] for piece in made}) == 1
    return [int(Path(piece.path).stem) for piece in made]


@pytest.mark.parametrize(
    ("when", "by"),
    [("09:01", 5.0), ("09:01", -5.0), ("09:02:59", 5.0), ("09:03:03", -5.0), ("09:01", 30.0), ("09:01", -30.0)],
)
async def test_a_clock_that_is_set_in_a_session(when: str, by: float) -> None:
    async with conference_day(TABLE, POLICY, at("08:58")) as day:
        await day.go(at(when), step=5)
        day.clock.step_wall(by)
        await day.turn()
        await day.go(at("09:07"), step=5)
        made = {r["session"]: r for r in day.service.library.documents()}
        assert {id: (r["state"], r["gaps"]) for id, r in made.items()} == {"a": ("ready", []), "b": ("ready", [])}
        a, b = exported(day, "a"), exported(day, "b")
        for numbers in (a, b):
            assert numbers == list(range(numbers[0], numbers[-1] + 1)), "none lost, none out of order"
        assert b[0] <= a[-1] + 1, "nothing is lost at the seam"
        for id, numbers in (("a", a), ("b", b)):
            wanted = 180 - (by if at("09:00") <= at(when) < at("09:03") and id == "a" else 0)
            assert abs(2 * len(numbers) - wanted) <= 12
        assert (made["a"]["start"], made["a"]["duration"]) == ("2025-09-08T11:00:00+02:00", 180)
        assert len(day.starts("capture:main")) == 1


@pytest.mark.parametrize(("by", "ends"), [(3600.0, "10:02"), (-3600.0, "09:02")])
@pytest.mark.parametrize("away", [False, True])
async def test_a_clock_that_was_wrong_by_an_hour(by: float, ends: str, *, away: bool, tmp_path: Path) -> None:
    """Found out while the service is there, or while it is away."""
    minutes = (at(ends) - at("09:00")).total_seconds() / 60
    table = timetable(session("a", "main", at("09:00"), minutes))
    async with conference_day(table, POLICY, at("08:58"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:01"), step=5)
        first.clock.step_wall(by)
        if not away:
            await first.turn()
        first.killed = True
    async with conference_day(table, POLICY, at("08:58"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(at(ends) - timedelta(seconds=30), step=30)
        await day.go(at(ends) + timedelta(minutes=3), step=5)
        [made] = day.service.library.documents()
        assert (made["state"], made["gaps"], made["coverage"]) == ("ready", [], 1.0)


@pytest.mark.parametrize("by", [5.0, -5.0])
async def test_a_place_in_wall_time_survives_evaporation_and_a_restart(by: float, tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:58"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:05"), step=10)
        first.clock.step_wall(by)
        await first.go(at("09:11"), step=10)
        kept = first.engine.archive.footage.kept
        before = {t.key: (t.start, t.end) for id in ("a", "b") for t in kept(SessionId(id))}
        first.killed = True
    async with conference_day(TABLE, POLICY, at("08:58"), store=SqlStore(data=tmp_path), after=first) as day:
        after = {t.key: t for id in ("a", "b") for t in day.engine.archive.footage.kept(SessionId(id))}
        assert {key: (t.start, t.end) for key, t in after.items()} == before
        assert len(before) > 200
        assert all(t.segment.wall == t.start for t in after.values())
        assert {(s.take, s.number): s.wall for s in (await _read(tmp_path)).segments} == {
            key: start for key, (start, _) in before.items()
        }
        await day.go(day.clock.now() + timedelta(seconds=5), step=1)
        assert {r["state"] for r in day.service.library.documents()} == {"ready"}


async def _read(data: Path) -> Stored:
    store = SqlStore(data=data)
    try:
        return await store.open()
    finally:
        await store.close()
