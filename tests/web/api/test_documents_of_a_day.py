"""What the real engine tells on a conference day of fake time, held against the description, key by key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import aiohttp
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.web.described import component, event, faults
from support.web.running_server import served

from streamer.core.base.ids import SessionId
from streamer.core.records.journal import Audience
from streamer.web.pages.pages import Site

TABLE = timetable(
    session("a", "main", at("09:00"), 10, stream=True),
    session("b", "main", at("09:10"), 10, record=False),
    session("c", "other", at("09:30")),
)


async def fits(http: aiohttp.ClientSession, url: str, schema: str) -> None:
    async with http.get(url) as answer:
        assert answer.status == 200, url
        assert list(faults(await answer.json(), component(schema))) == [], url


def journal_fits(day: Day, audience: Audience) -> set[str]:
    """The kinds of the changes that the audience was told, each of which fits."""
    entries = day.store.journal[audience]
    for entry in entries:
        assert list(faults(entry.body, event(f"/{audience}", "change"))) == [], entry.body
    return {entry.kind for entry in entries}


async def test_every_document_of_a_day_is_as_described(tmp_path: Path, pages: Site) -> None:
    async with (
        conference_day(TABLE, policy_for("main"), at("08:59")) as day,
        served(day, tmp_path / "control.sock", pages) as (url, http),
    ):
        await day.go(at("09:00:20"), step=1)
        async with http.post(f"{url}/api/v1/sessions/a/extend", json={"minutes": -1}) as answer:
            assert list(faults(await answer.json(), component("Decided"))) == []
        day.publish(replace(TABLE, sessions=(replace(TABLE.sessions[0], title="New"), *TABLE.sessions[2:])))
        await day.turn()
        for audience in Audience:
            snapshot = json.loads(json.dumps(day.service.snapshot(audience)))
            assert list(faults(snapshot, event(f"/{audience}", "snapshot"))) == []
        for path, schema in (
            ("/api/v1/status", "Snapshot"),
            ("/api/v1/timetable", "TimetableStatus"),
            ("/api/v1/timetable/versions", "TimetableVersions"),
            ("/api/v1/timetable/versions/2", "TimetableVersion"),
            ("/api/v1/recordings/a/bounds", "Bounds"),
            ("/healthz", "Health"),
        ):
            await fits(http, url + path, schema)
        await day.go(at("09:13"), step=2)
        await fits(http, f"{url}/api/v1/recordings", "Recordings")
        [report] = [f for f in day.engine.recordings.all[SessionId("a")].files if f.kind == "report"]
        assert list(faults(json.loads(day.world.written[report.path]), component("Report"))) == []
        viewers, crew = journal_fits(day, Audience.VIEWER), journal_fits(day, Audience.CREW)
    assert {"session.live", "session.ended", "session.changed"} <= viewers
    assert {"job.state", "recording.state", "override", "feed"} <= crew - viewers
