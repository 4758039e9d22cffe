"""Bounds set after the fact: from the ring, in a running session, days later; undone; never without consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict, Invalid
from streamer.core.base.ids import SessionId
from streamer.core.base.json import Document
from streamer.core.recording.documents import RecordingDocument
from streamer.store.database.sql_store import SqlStore
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("10:00"), 30))
POLICY = policy_for("main")


async def bounds(day: Day, session: str = "a", **body: Any) -> Document:
    given = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in body.items()}
    return await day.service.decide(decision_request("bounds", session, given, by="Ora"))


async def finished(day: Day) -> RecordingDocument:
    await day.go(day.clock.now() + timedelta(seconds=10), step=1)
    return day.service.library.document("a")


async def test_a_start_pulled_back_comes_from_the_ring() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:01"))
        answer = await bounds(day, start=at("08:57"))
        assert answer["override"]["action"] == "bounds"
        await day.go(at("09:31"))
        made = await finished(day)
        assert made["state"] == "ready"
        assert (made["start"], made["duration"]) == ("2025-09-08T10:57:00+02:00", 33 * 60)
        kept = day.engine.archive.footage.kept(SessionId("a"))
        assert min(t.start for t in kept) <= at("08:57").timestamp()


@pytest.mark.parametrize("when", ["09:10", "09:32"], ids=["while it runs", "after it"])
async def test_who_sets_them_on_an_old_revision_is_told_that_somebody_else_did(when: str) -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at(when))
        revision = day.document("a")["revision"]
        answer = await bounds(day, start=at("09:02"), if_revision=revision)
        assert answer["sessions"][0]["recording_start"] == "2025-09-08T11:02:00+02:00"
        with pytest.raises(Conflict, match="has changed since"):
            await bounds(day, start=at("09:03"), if_revision=revision)


async def test_a_new_version_replaces_the_old_one_only_when_it_is_there() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:32"))
        old = day.service.library.document("a")
        assert old["state"] == "ready"
        await bounds(day, end=at("09:31"))
        during = day.service.library.document("a")
        assert during["state"] == "finalising"
        assert during["files"] == old["files"], "the old version can be fetched until the new one is verified"
        new = await finished(day)
        assert (new["state"], new["duration"]) == ("ready", 31 * 60)


async def test_bounds_are_undone() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:32"))
        answer = await bounds(day, start=at("09:02"), end=at("09:20"))
        [set_ends] = answer["sessions"]
        assert set_ends["recording_start"] == "2025-09-08T11:02:00+02:00"
        assert set_ends["recording_end"] == "2025-09-08T11:20:00+02:00"
        assert (await finished(day))["duration"] == 18 * 60
        undo = decision_request("undo", answer["override"]["id"], {}, by="Ora")
        await day.service.decide(undo)
        assert (await finished(day))["duration"] == 30 * 60
        assert (day.document("a")["recording_start"], day.document("a")["recording_end"]) == (None, None)


async def test_days_later_until_the_padding_is_let_go(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("10:45"))
        first.killed = True
    first.clock.advance(3 * 86_400)
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await bounds(day, start=at("08:59:30"))
        assert (await finished(day))["duration"] == 30.5 * 60
        with pytest.raises(Conflict, match="no media at this start") as refused:
            await bounds(day, start=at("08:50"))
        assert "there is media from 2025-09-08T10:58" in refused.value.hint
        day.clock.advance(8 * 86_400)
        await day.turn()
        with pytest.raises(Conflict, match="no media at this end"):
            await bounds(day, end=at("09:31"))


async def test_never_into_a_session_that_may_not_be_recorded() -> None:
    table = timetable(session("a", "main", at("09:00"), 30), session("secret", "main", at("09:30"), 10, record=False))
    async with conference_day(table, POLICY, at("08:45")) as day:
        await day.go(at("09:31"))
        with pytest.raises(Conflict, match="may not be recorded"):
            await bounds(day, end=at("09:30:30"))


async def test_what_makes_no_recording_is_refused() -> None:
    bodies: list[tuple[dict[str, Any], type[Exception]]] = [
        ({}, Invalid),
        ({"start": at("09:31")}, Conflict),
        ({"start": at("09:20"), "end": at("09:10")}, Conflict),
        ({"end": at("09:00")}, Conflict),
        ({"start": "yesterday"}, Invalid),
        ({"start": "2025-09-08T09:00:00"}, Invalid),
        ({"from": at("09:01")}, Invalid),
        ({"start": at("06:00")}, Conflict),
    ]
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:32"))
        before = day.service.library.document("a")
        for body, error in bodies:
            with pytest.raises(error):
                await bounds(day, **body)
            await day.turn()
            assert day.service.library.document("a") == before, body


async def test_not_before_the_session_has_started() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("08:58"))
        with pytest.raises(Conflict, match="has not started"):
            await bounds(day, start=at("08:57"))


async def test_undoing_in_any_order_leaves_a_recording_that_can_be_made() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:32"))
        await bounds(day, start=at("09:02"), end=at("09:06"))
        longer = await bounds(day, end=at("09:28"))
        await bounds(day, start=at("09:15"))
        undo = decision_request("undo", longer["override"]["id"], {}, by="Ora")
        await day.service.decide(undo)
        made = await finished(day)
        assert (made["state"], made["start"], made["duration"]) == ("ready", "2025-09-08T11:15:00+02:00", 15 * 60)


async def test_bounds_in_a_hole_come_to_an_end_and_leave_the_files_that_there_are() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:10"))
        day.world.silence("capture:main")
        await day.go(at("09:32"))
        old = day.service.library.document("a")
        [gap] = old["gaps"]
        inside = datetime.fromisoformat(gap["start"]) + timedelta(seconds=1)
        await bounds(day, start=inside, end=inside + timedelta(seconds=1))
        made = await finished(day)
        assert (made["state"], made["files"]) == ("failed", old["files"])
        assert "the files are from the former version" in made["reason"]
        await bounds(day, start=at("09:00"), end=at("09:30"))
        assert (await finished(day))["state"] == "partial"
