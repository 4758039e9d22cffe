"""mute, unmute and cut over the whole engine: what viewers can fetch, and what the recording has."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import RoomId
from streamer.core.base.json import Document
from streamer.core.records.journal import Audience
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 10), session("b", "main", at("09:15"), 10))
POLICY = policy_for("main", "side")


async def decide(day: Day, action: str, target: str = "main", **body: Any) -> Document:
    return await day.service.decide(decision_request(action, target, body, by="Ada"))


def path_of(day: Day, kind: str, id: str = "a") -> str:
    """The newest file of a kind, as the library hands it out."""
    document = day.service.library.document(id)
    [name] = [file["name"] for file in document["files"] if file["kind"] == kind]
    return str(day.service.library.file(id, name)[0])


def report(day: Day, id: str = "a") -> Document:
    found: Document = json.loads(day.world.written[path_of(day, "report", id)])
    return found


def seconds_exported(day: Day, id: str = "a") -> float:
    """Seconds of media in the newest file, of segments of two seconds."""
    return 2.0 * len(day.world.exported[path_of(day, "mp4", id)])


def shown(day: Day, start: datetime, end: datetime) -> bool:
    """Whether live media of this time can be fetched."""
    channel = day.engine.channels.rooms[RoomId("main")].channel
    return bool(channel.shows(start.timestamp(), end.timestamp()))


def captured(day: Day, instant: datetime) -> bool:
    """Whether the segment of an instant still exists."""
    return day.engine.archive.footage.at(RoomId("main"), instant.timestamp()) is not None


async def test_a_muted_room_shows_slate_at_once_and_its_last_seconds_are_withdrawn() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=1)
        assert shown(day, at("09:04:52"), at("09:05"))
        await decide(day, "mute")
        assert not shown(day, at("09:04:50"), at("09:05"))
        assert day.room("main")["state"] == "muted"
        await day.go(at("09:05:20"), step=1)
        assert not shown(day, at("09:04:50"), at("09:05:20"))
        assert day.state("a") == "live", "the session goes on"
        errors = [one for one in day.service.snapshot(Audience.CREW)["alarms"] if one["severity"] == "error"]
        assert errors == []
        await decide(day, "unmute")
        assert day.room("main")["state"] == "slate", "no fault: the picture needs a moment to come"
        await day.go(at("09:05:30"), step=1)
        assert day.room("main")["state"] == "live"
        assert shown(day, at("09:05:22"), at("09:05:30"))
        assert not shown(day, at("09:04:50"), at("09:05:20"))


async def test_the_recording_leaves_the_muted_time_out_and_is_ready() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=1)
        await decide(day, "mute")
        await day.go(at("09:06"), step=1)
        await decide(day, "unmute")
        await day.go(at("09:13"), step=2)
        document = day.service.library.document("a")
        assert (document["state"], document["gaps"], document["coverage"]) == ("ready", [], 1.0)
        [removed] = report(day)["removed"]
        assert (removed["duration"], removed["cause"]) == (70, "the room was muted")
        assert seconds_exported(day) == pytest.approx(600 - 70, abs=4.1), "whole segments go"


async def test_undoing_a_mute_within_the_ring_leaves_no_gap() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=1)
        muted = await decide(day, "mute")
        await day.go(at("09:07"), step=1)
        await decide(day, "undo", muted["override"]["id"])
        await day.go(at("09:13"), step=2)
        document = day.service.library.document("a")
        assert (document["state"], document["gaps"]) == ("ready", [])
        assert report(day)["removed"] == []
        assert seconds_exported(day) == pytest.approx(600, abs=4.1)


async def test_what_was_muted_evaporates_with_the_ring() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:02"), step=1)
        muted = await decide(day, "mute")
        await day.go(at("09:03"), step=1)
        await decide(day, "unmute")
        await day.go(at("09:09:30"), step=2)
        await decide(day, "undo", muted["override"]["id"])
        await day.go(at("09:13"), step=2)
        document = day.service.library.document("a")
        assert document["state"] == "partial"
        assert sum(gap["duration"] for gap in document["gaps"]) == pytest.approx(70, abs=4.1)


async def test_a_stretch_is_cut_out_of_a_finished_recording_and_comes_back() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:13"), step=2)
        former = path_of(day, "mp4")
        cut = await decide(day, "cut", "a", start="2025-09-08T09:04:00+00:00", end="2025-09-08T09:04:30+00:00")
        with pytest.raises(Conflict, match="may have what was muted or cut out"):
            path_of(day, "mp4")
        await day.go(at("09:14"), step=1)
        after = day.service.library.document("a")
        assert (after["state"], after["gaps"], after["coverage"]) == ("ready", [], 1.0)
        assert seconds_exported(day) == pytest.approx(570, abs=4.1)
        [removed] = report(day)["removed"]
        assert (removed["duration"], removed["cause"]) == (30, "cut out by the crew")
        assert former not in day.world.exported, "it is deleted"
        await decide(day, "undo", cut["override"]["id"])
        await day.go(at("09:15"), step=1)
        assert seconds_exported(day) == pytest.approx(600, abs=4.1)
        assert report(day)["removed"] == []


async def test_what_was_cut_out_is_deleted_with_the_padding() -> None:
    policy = policy_for("main", keep_padding=timedelta(minutes=30))
    async with conference_day(TABLE, policy, at("08:49")) as day:
        await day.go(at("09:13"), step=2)
        await decide(day, "cut", "a", start="2025-09-08T09:04:00+00:00", end="2025-09-08T09:04:30+00:00")
        await day.go(at("09:20"), step=5)
        assert captured(day, at("09:04:10"))
        await day.go(at("09:41"), step=20)
        assert not captured(day, at("09:04:10"))
        assert captured(day, at("09:03"))
        assert day.service.library.document("a")["state"] == "ready"


async def test_a_segment_that_was_cut_out_can_not_be_fetched_by_its_name() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:13"), step=2)
        inside, before = (
            day.engine.archive.footage.at(RoomId("main"), at(text).timestamp()) for text in ("09:04:10", "09:03")
        )
        names = [f"{one.key[0]}~{one.key[1]:06d}.ts" for one in (inside, before)]
        assert all(day.service.library.segment("a", name, {}) for name in names)
        await decide(day, "cut", "a", start="2025-09-08T09:04:00+00:00", end="2025-09-08T09:04:30+00:00")
        assert day.service.library.segment("a", names[1], {})
        with pytest.raises(NotFound):
            day.service.library.segment("a", names[0], {})


async def test_files_with_a_stretch_are_not_handed_out_where_no_new_ones_can_be_made() -> None:
    """Cuts that together leave nothing make the recording fail, and its former files stay on the disk."""
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:13"), step=2)
        name = next(f["name"] for f in day.service.library.document("a")["files"] if f["kind"] == "mp4")
        for start, end in (("08:59", "09:05"), ("09:05", "09:11")):
            times = {"start": f"2025-09-08T{start}:00+00:00", "end": f"2025-09-08T{end}:00+00:00"}
            await decide(day, "cut", "a", **times)
        await day.go(at("09:16"), step=2)
        assert day.service.library.document("a")["state"] == "failed"
        with pytest.raises(Conflict, match="may have what was muted or cut out"):
            day.service.library.file("a", name)


async def test_files_with_what_was_muted_afterwards_are_not_handed_out() -> None:
    """The session has just ended, and its recording is there already."""
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:11"), step=2)
        former = path_of(day, "mp4")
        await decide(day, "mute", back_seconds=120)
        with pytest.raises(Conflict, match="may have what was muted or cut out"):
            path_of(day, "mp4")
        await day.go(at("09:12"), step=2)
        assert path_of(day, "mp4") != former
        assert seconds_exported(day) == pytest.approx(540, abs=4.1)
