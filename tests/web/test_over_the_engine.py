"""The real service, on a conference day of fake time, as it is reached from outside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.web.running_server import served

from streamer.web.pages.pages import Site


@dataclass(kw_only=True)
class Venue:
    day: Day
    url: str
    http: aiohttp.ClientSession

    async def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        async with self.http.post(f"{self.url}/api/v1/{path}", json=body or {}, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def venue(tmp_path: Path, pages: Site) -> AsyncIterator[Venue]:
    table = timetable(
        session("a", "main", at("09:00"), stream=True),
        session("b", "main", at("09:30"), record=False),
    )
    async with (
        conference_day(table, policy_for("main"), at("08:59")) as day,
        served(day, tmp_path / "control.sock", pages) as (url, http),
    ):
        yield Venue(day=day, url=url, http=http)


class Line:
    """A follower that reads frames as they come."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self._line = line

    async def next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(5):
            frame = await self._line.receive_str()
        event, document = json.loads(frame.split(",", 1)[1])
        return event, document

    async def until(self, revision: int) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = []
        while not changes or changes[-1]["revision"] < revision:
            event, document = await self.next()
            assert event == "change"
            changes.append(document)
        return changes


async def follow(venue: Venue, auth: dict[str, Any] | None = None) -> Line:
    line = await venue.http.ws_connect(f"{venue.url}/socket.io/?EIO=4&transport=websocket")
    await line.receive_str()
    await line.send_str("40/viewer," + json.dumps(auth or {}))
    assert (await line.receive_str()).startswith("40/viewer,")
    return Line(line)


async def test_a_day_reaches_followers_without_a_gap(venue: Venue) -> None:
    early = await follow(venue)
    event, snapshot = await early.next()
    assert event == "snapshot"
    assert [s["id"] for s in snapshot["sessions"]] == ["a", "b"]
    await venue.day.go(at("09:00:10"), step=0.5)
    known = venue.day.told()[-1]["revision"]
    heard = await early.until(known)
    assert [c["revision"] for c in heard] == list(range(snapshot["revision"] + 1, known + 1))
    assert "session.live" in [c["kind"] for c in heard]

    status, decided = await venue.post("sessions/a/extend", {"minutes": 2.5})
    assert status == 200
    assert decided["override"]["by"] == "Kim"
    assert decided["sessions"][0]["end"] == "2025-09-08T11:32:30+02:00"
    assert [c["with"] for c in decided["conflicts"]] == ["b"]
    moved = await early.until(venue.day.told()[-1]["revision"])
    assert [c["kind"] for c in moved if c.get("session", {}).get("id") == "a"] == ["session.moved"]

    late = await follow(venue, {"epoch": snapshot["epoch"], "revision": snapshot["revision"]})
    missed = await late.until(moved[-1]["revision"])
    assert missed == heard + moved


async def test_decisions_as_the_contract_has_them(venue: Venue) -> None:
    day = venue.day
    await day.go(at("09:00:10"), step=0.5)
    status, problem = await venue.post("sessions/b/end")
    assert (status, problem["where"]) == (409, "session b")
    assert problem["hint"]
    status, imagined = await venue.post("sessions/a/end?preview=1")
    assert (status, imagined["override"]) == (200, None)
    assert day.state("a") == "live"
    revision = day.document("a")["revision"]
    status, problem = await venue.post("sessions/a/end", {"if_revision": revision + 1})
    assert (status, problem["where"]) == (409, "if_revision")

    first = await venue.post("sessions/a/extend", {"minutes": 5, "if_revision": revision}, **{"Idempotency-Key": "k"})
    again = await venue.post("sessions/a/extend", {"minutes": 5, "if_revision": revision}, **{"Idempotency-Key": "k"})
    assert first == again
    assert day.document("a")["end"] == "2025-09-08T11:35:00+02:00"
    status, _ = await venue.post(f"overrides/{first[1]['override']['id']}/undo")
    assert status == 200
    assert day.document("a")["end"] == "2025-09-08T11:30:00+02:00"
    status, problem = await venue.post(f"overrides/{first[1]['override']['id']}/undo")
    assert status == 409
    status, problem = await venue.post("sessions/b/consent", {"record": True})
    assert (status, problem["where"]) == (409, "record")


async def test_the_channel_is_there_all_day_and_only_what_is_published(venue: Venue) -> None:
    await venue.day.go(at("08:59:40"), step=0.5)
    async with venue.http.get(f"{venue.url}/live/main/index.m3u8") as answer:
        assert answer.status == 200
        variants = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
    assert len(variants) > 1
    segments: list[str] = []
    for variant in variants:
        async with venue.http.get(f"{venue.url}/live/main/{variant}") as answer:
            assert answer.status == 200
            segments = [line for line in (await answer.text()).splitlines() if line.endswith(".m4s")]
            assert segments
    track, _, name = segments[-1].partition("/")
    async with venue.http.get(f"{venue.url}/live/main/{track}/{int(name.removesuffix('.m4s')) + 1000}.m4s") as answer:
        assert answer.status == 404
    async with venue.http.get(f"{venue.url}/live/other/index.m3u8") as answer:
        assert answer.status == 404
