"""The service is killed and comes back: over a real store, the processes going on by themselves."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.media.hls_rules import Viewer

from streamer.core.base.json import Document
from streamer.core.records.journal import Audience
from streamer.store.database.sql_store import SqlStore
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("09:30"), 30))
POLICY = policy_for("main")


async def journal(day: Day, audience: Audience = Audience.VIEWER) -> list[Document]:
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
        for recording in day.service.library.documents():
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
        assert {r["session"]: r["state"] for r in day.service.library.documents()} == {"a": "ready", "b": "ready"}


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
        (a, b) = day.service.library.documents()
        assert b["state"] == "ready"
        (gap,) = a["gaps"]
        assert 10 <= gap["duration"] <= 13, "up to the kill everything is kept"


async def test_decisions_and_their_undo_survive(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        request = decision_request("extend", "a", {"minutes": 5}, by="Ada", key="k")
        answer = await first.service.decide(request)
        first.killed = True
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(day.clock.now() + timedelta(seconds=5), step=1)
        assert day.document("a")["end"] == answer["sessions"][0]["end"]
        assert await day.service.decide(request) == answer
        await day.service.decide(decision_request("undo", answer["override"]["id"], {}, by="Ada"))
        assert day.document("a")["end"] == day.document("a")["scheduled_end"]


def read(day: Day, viewers: dict[str, Viewer]) -> None:
    """Viewers of all tracks read their playlists; one who knows RFC 8216 and forgets nothing complains."""
    for track, viewer in viewers.items():
        reading = viewer.reads(day.service.delivery.media_playlist("main", track))
        for number in reading.segments:
            assert day.service.delivery.segment("main", track, number).path
        for segment in reading.segments.values():
            span = int(segment.map.rpartition("-")[2].removesuffix(".mp4"))
            assert track in day.service.delivery.init_segment("main", track, span).name


@pytest.mark.parametrize(
    ("killed", "away", "seams", "news"),
    [
        ("09:10:00", 9, 0, []),
        ("08:58:03", 20, 0, []),
        ("09:29:58", 7, 0, ["session.ended a", "session.live b", "session.changed a"]),
        ("09:59:55", 12, 1, ["session.ended b", "session.changed b"]),
    ],
    ids=["live", "warming up", "between two sessions", "a session ends meanwhile"],
)
async def test_viewers_playlists_go_on(tmp_path: Path, killed: str, away: float, seams: int, news: list[str]) -> None:
    viewers = {track: Viewer() for track in ("720p", "360p", "audio")}
    start = at(killed) - timedelta(seconds=100)
    early = policy_for("main", lead=timedelta(minutes=30))
    async with conference_day(TABLE, early, start, store=SqlStore(data=tmp_path)) as first:
        await first.go(at(killed), step=2)
        read(first, viewers)
        told = len(await journal(first))
        first.killed = True
    first.clock.advance(away)
    async with conference_day(TABLE, early, start, store=SqlStore(data=tmp_path), after=first) as day:
        before = {track: (max(v.told), v.told[max(v.told)].discontinuity) for track, v in viewers.items()}
        read(day, viewers)
        for _ in range(8):
            await day.go(day.clock.now() + timedelta(seconds=0.7), step=0.7)
            read(day, viewers)
        for track, viewer in viewers.items():
            last, discontinuity = before[track]
            new = [segment for number, segment in sorted(viewer.told.items()) if number > last]
            assert new[-1].discontinuity == discontinuity + seams
            assert sorted(viewer.told) == list(range(min(viewer.told), max(viewer.told) + 1)), "no number is left out"
            assert (day.clock.now() - new[-1].at).total_seconds() < 5
            for one, other in pairwise([viewer.told[last], *new]):
                assert (other.at - one.at).total_seconds() == pytest.approx(one.seconds, abs=0.03), "no step in time"
        told_since = [f"{e['kind']} {e['session']['id']}" for e in (await journal(day))[told:]]
        assert told_since == news, "what did not happen is not told"


async def test_an_ordinary_end_leaves_nothing_to_go_on_with(tmp_path: Path) -> None:
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path)) as first:
        await first.go(at("09:10"))
        used = max(e.sequence for e in first.engine.channels.rooms["main"].channel.entries)
    assert first.ledgers.texts == {}
    async with conference_day(TABLE, POLICY, at("08:45"), store=SqlStore(data=tmp_path), after=first) as day:
        await day.go(day.clock.now() + timedelta(seconds=10), step=1)
        numbers = [e.sequence for e in day.engine.channels.rooms["main"].channel.entries]
        assert min(numbers) > used
