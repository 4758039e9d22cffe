"""Which rooms are watched, and what follows from what the monitor says, on a day of fake time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.day.fake_monitor import FakeMonitor, MemoryTimelines
from support.day.fake_world import FACTS

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Thumbnail, Watched, monitor_id
from streamer.core.records.journal import Audience
from streamer.engine.monitor.monitors import Monitors
from streamer.engine.monitor.session_timelines import SessionTimelines
from streamer.engine.programme.programme import Programme
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 10))
POLICY = policy_for("main")
MAIN = RoomId("main")
TALK: dict[str, Any] = {"momentary": -20.0, "short_term": -20.0, "speech": 0.9}


async def hears(day: Day, seconds: int, **measured: Any) -> None:
    """The room is measured once a second for so long."""
    for _ in range(seconds):
        day.engine.monitors.hear(Meter(room=MAIN, at=day.clock.now().timestamp(), **measured))
        day.clock.advance(1)
        await day.turn()


def alarms(day: Day) -> dict[str, str]:
    return {alarm["id"]: alarm["severity"] for alarm in day.service.snapshot(Audience.CREW)["alarms"]}


def monitor_job(day: Day) -> Any:
    jobs = day.service.snapshot(Audience.CREW)["jobs"]
    return next((job for job in jobs if job["id"] == monitor_id(MAIN)), None)


def report(day: Day, state: JobState, **more: Any) -> None:
    day.engine.monitors.hear(Report(room=MAIN, state=state, at=day.clock.now().timestamp(), **more))


async def test_a_room_is_watched_while_its_capture_writes_and_its_source_is_known() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("08:49"))
        assert day.world.monitor.watched == {}
        await day.go(at("08:51"))
        [watched] = day.world.monitor.watched.values()
        assert watched.take in day.engine.archive.open_takes()
        assert watched.has_sound
        report(day, JobState.RUNNING, pid=7)
        await day.turn()
        assert (monitor_job(day)["kind"], monitor_job(day)["state"], monitor_job(day)["pid"]) == (
            "monitor",
            "running",
            7,
        )
        await day.go(at("09:25"))
        assert day.world.monitor.watched == {}
        assert monitor_job(day) is None
        report(day, JobState.BACKOFF, error="too late")
        await day.turn()
        assert monitor_job(day) is None


async def test_a_conference_without_monitors_watches_no_room() -> None:
    async with conference_day(TABLE, replace(POLICY, monitor=False), at("08:50")) as day:
        await day.go(at("09:01"))
        assert day.world.monitor.watched == {}
        assert alarms(day) == {}


async def test_silence_in_a_session_is_told_and_is_over_when_somebody_speaks() -> None:
    async with conference_day(TABLE, POLICY, at("08:50")) as day:
        await day.go(at("08:59"))
        await hears(day, 90, momentary=-70.0)
        assert alarms(day) == {"silent main": "error"}
        journal = len(day.told(Audience.CREW))
        await hears(day, 5, momentary=-70.0)
        assert len(day.told(Audience.CREW)) - journal < 5, "meters are not journalled"
        await hears(day, 8, **TALK)
        assert alarms(day) == {}


async def test_a_broken_monitor_is_a_warning_and_the_capture_goes_on() -> None:
    async with conference_day(TABLE, POLICY, at("08:50")) as day:
        await day.go(at("09:01"))
        report(day, JobState.BACKOFF, error="FFmpeg ended with status 1", restarts=1)
        await day.turn()
        assert alarms(day) == {"monitor main": "warning"}
        assert monitor_job(day)["error"] == "FFmpeg ended with status 1"
        restarts = next(m.samples for m in day.service.metrics() if m.name == "streamer_job_restarts")
        assert ({"job": "monitor:main"}, 1) in restarts
        assert [when for when, what, _ in day.world.history if what == "end"] == []


async def test_a_room_without_media_is_not_ready_before_its_session() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("08:54:40"))
        day.world.dead = True
        await day.go(at("08:54:55"), step=1)
        assert "not ready main" not in alarms(day)
        await day.go(at("08:55:05"), step=1)
        assert alarms(day)["not ready main"] == "warning"
        day.world.dead = False
        await day.go(at("08:56"), step=1)
        assert alarms(day) == {}


async def test_a_monitor_that_fails_is_started_again_and_its_meters_are_told() -> None:
    class Fails(FakeMonitor):
        runs = 0

        async def run(self, hear: Callable[[Meter | Report], None]) -> None:
            self.runs += 1
            if self.runs == 1:
                raise RuntimeError("a mistake of ours")
            hear(Meter(room=MAIN, at=1.0))
            hear(Meter(room=RoomId("side"), at=1.0))
            measured.set()
            await super().run(hear)

    measured = asyncio.Event()
    monitor = Fails()
    monitors = Monitors(monitor, SessionTimelines(MemoryTimelines(), Programme(TABLE, POLICY)), again_after=0.0)
    job = Job(
        id=JobId("capture:main"),
        kind=JobKind.CAPTURE,
        room=MAIN,
        digest="",
        state=JobState.RUNNING,
        since=0.0,
        run=RunId("one"),
    )
    other = replace(job, id=JobId("capture:main:2"), run=RunId("two"))
    monitors.follow([other, job], {MAIN: replace(FACTS, audio=None)})
    assert monitor.watched == {MAIN: Watched(take=RunId("one"), has_sound=False)}
    running = asyncio.create_task(monitors.run())
    async with asyncio.timeout(5):
        await measured.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert monitors.meters == {MAIN: Meter(room=MAIN, at=1.0)}, "the other room is not watched"
    monitors.follow([], {})
    assert monitors.meters == {}


async def test_a_timeline_that_can_not_be_written_loses_its_row_and_one_that_can_not_be_erased_is_tried_again() -> None:
    async with conference_day(TABLE, POLICY, at("08:50")) as day:
        await day.go(at("09:00"))
        await hears(day, 25, **TALK)
        day.world.timelines.refusing = True
        await hears(day, 10, **TALK)
        day.world.timelines.refusing = False
        await hears(day, 10, **TALK)
        rows = await day.service.monitoring.timeline("a")
        assert [row["at"][14:19] for row in rows] == ["00:00", "00:10", "00:30"]
        day.world.timelines.refusing = True
        await day.service.decide(decision_request("consent", "a", {"record": False}, by="Ada"))
        await day.turn()
        assert await day.service.monitoring.timeline("a") != []
        day.world.timelines.refusing = False
        await day.service.turn()
        assert day.world.timelines.rows == {}


async def test_a_session_has_a_timeline_until_its_consent_is_withdrawn() -> None:
    async with conference_day(TABLE, POLICY, at("08:50")) as day:
        await day.go(at("08:59:30"))
        await hears(day, 60, **TALK)
        rows = await day.service.monitoring.timeline("a")
        assert [(row["at"][11:19], row["loudest"]) for row in rows[:2]] == [("11:00:00", -20.0), ("11:00:10", -20.0)]
        await day.service.decide(decision_request("consent", "a", {"record": False}, by="Ada"))
        await day.turn()
        await hears(day, 25, **TALK)
        assert await day.service.monitoring.timeline("a") == []


async def test_a_picture_is_shown_for_ten_seconds() -> None:
    async with conference_day(TABLE, POLICY, at("08:50")) as day:
        now = day.clock.now()
        day.world.monitor.thumbnails[MAIN] = Thumbnail(jpeg=b"", at=now.timestamp() - 10)
        assert day.engine.monitors.thumbnail(MAIN, now) is not None
        day.clock.advance(0.1)
        assert day.engine.monitors.thumbnail(MAIN, day.clock.now()) is None
