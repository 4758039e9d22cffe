"""The timetable's versions over HTTP, on the real engine and fake time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.web.described import component, faults
from support.web.running_server import served

from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.web.pages.pages import Site

WHOLE = timetable(*(session(f"{room}{n}", room, at(f"1{n}:00")) for room in ("main", "side") for n in range(5)))
MISSING = replace(WHOLE, sessions=tuple(s for s in WHOLE.sessions if s.room == "main"))


@dataclass(kw_only=True)
class Venue:
    day: Day
    url: str
    http: aiohttp.ClientSession
    organiser: str

    async def get(self, path: str = "", status: int = 200, **more: Any) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/api/v1/timetable{path}", **more) as answer:
            assert answer.status == status, await answer.text()
            return dict(await answer.json())

    async def post(self, action: str, body: Any = None, status: int = 200, **more: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/api/v1/timetable/{action}", json=body or {}, **more) as answer:
            assert answer.status == status, await answer.text()
            return dict(await answer.json())


@pytest.fixture
async def venue(tmp_path: Path, pages: Site) -> AsyncIterator[Venue]:
    async with conference_day(WHOLE, policy_for("main", "side"), at("08:00")) as day:
        organiser = await day.service.tokens.add("Ola", Role.ORGANISER)
        async with served(day, tmp_path / "control.sock", pages) as (url, http):
            yield Venue(day=day, url=url, http=http, organiser=organiser)


async def test_the_crew_sees_versions_and_answers_what_is_held_back(venue: Venue) -> None:
    venue.day.publish(MISSING)
    await venue.day.turn()
    status = await venue.get()
    assert list(faults(status, component("TimetableStatus"))) == []
    (held,) = status["held"]
    assert (status["current"]["id"], status["latest"], held["suspicion"]) == (1, 2, "vanished")
    assert len(held["sessions"]) == len(held["changes"]) == 5
    listed = await venue.get("/versions")
    assert list(faults(listed, component("TimetableVersions"))) == []
    assert [v["state"] for v in listed["versions"]] == ["held", "current"]
    version = await venue.get("/versions/2")
    assert list(faults(version, component("TimetableVersion"))) == []
    assert version["changed"] == {"removed": 5}
    assert version["changes"][0]["message"].startswith("“Title of side0” is gone")
    answered = await venue.post("refuse", {"id": held["id"]})
    assert [h["id"] for h in answered["refused"]] == [held["id"]]
    answered = await venue.post("approve", {"id": held["id"]})
    assert (answered["held"], answered["refused"]) == ([], [])
    seen = await venue.post("rollback?preview=1", {"version": 1})
    assert list(faults(seen, component("TimetablePreview"))) == []
    assert (seen["changed"], (await venue.get())["pinned"]) == ({"added": 5}, None)
    pinned = await venue.post("rollback", {"version": 1})
    assert pinned["pinned"] == 1
    assert len(venue.day.service.snapshot(Audience.VIEWER)["sessions"]) == 10
    assert (await venue.post("unpin"))["pinned"] is None
    assert (await venue.post("pin"))["pinned"] == 2
    assert [d["by"] for d in (await venue.get())["decisions"]] == ["Kim"] * 5
    snapshot = venue.day.service.snapshot(Audience.CREW)
    assert list(faults(snapshot, component("CrewSnapshot"))) == []
    assert snapshot["feed"]["pinned"] == 2


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("approve", {}, 409),
        ("refuse", {"id": "nonsense"}, 404),
        ("approve", {"ids": []}, 400),
        ("unpin", {}, 409),
        ("rollback", {}, 400),
        ("rollback", {"version": 7}, 404),
        ("pin", {"version": 10**9}, 404),
        ("pin", {"version": "1"}, 400),
        ("rollback?preview=1", {"version": 7}, 404),
        ("rollback?previw=1", {"version": 1}, 400),
    ],
)
async def test_what_can_not_be_done_is_refused(venue: Venue, action: str, body: Any, status: int) -> None:
    before = await venue.get()
    problem = await venue.post(action, body, status)
    assert problem["status"] == status
    assert await venue.get() == before


async def test_it_is_for_the_crew_alone(venue: Venue) -> None:
    theirs = {"Authorization": f"Bearer {venue.organiser}"}
    for path in ("", "/versions", "/versions/1"):
        await venue.get(path, 403, headers=theirs)
    for action in ("approve", "refuse", "pin", "unpin", "rollback"):
        await venue.post(action, {}, 403, headers=theirs)
    await venue.get("/versions/7", 404)
    viewers = venue.day.service.snapshot(Audience.VIEWER)
    assert "feed" not in viewers
