"""Whole days on fake time: what is started, stopped, kept, published and told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, replaced, session, timetable
from support.day.fake_world import FakeClock, World

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.channel.channel import Entry, SpanKind
from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.plan.cues import Cue
from streamer.core.records.journal import Audience


def entries(day: Day, room: str) -> list[Entry]:
    return list(day.engine.channels.rooms[RoomId(room)].channel.entries)


async def test_a_session_is_captured_streamed_recorded_and_told() -> None:
    table = timetable(session("a", "main", at("09:00")))
    async with conference_day(table, policy_for("main"), at("08:00")) as day:
        assert day.state("a") == "scheduled"
        assert day.room("main")["state"] == "idle"
        await day.go(at("09:00"))
        assert day.starts("capture:main") == [at("08:50")]
        assert day.starts("livestream:main") == [at("08:59:30")]
        assert day.state("a") == "scheduled"
        assert day.room("main")["state"] == "slate"
        await day.go(at("09:00:10"), step=0.5)
        assert day.state("a") == "live"
        assert day.document("a")["on_air"] is True
        assert day.room("main") == {
            "id": "main",
            "name": "Room main",
            "state": "live",
            "session": "a",
            "next": None,
            "stream": "/live/main/index.m3u8",
        }
        await day.go(at("09:45"))
        assert day.state("a") == "ended"
        assert day.ends("livestream:main") == [at("09:30")]
        assert day.ends("capture:main") == [at("09:40")]
        assert [k for k in day.kinds("a") if k != "session.changed"] == ["session.live", "session.ended"]
        assert day.document("a")["recording"] == "ready"
        recording = day.service.library.document("a")
        assert recording["coverage"] == 1.0
        assert recording["gaps"] == []
        assert [f["kind"] for f in recording["files"]] == ["mp4", "vod", "report"]


async def test_live_is_told_with_the_time_on_the_playlists_clock() -> None:
    table = timetable(session("a", "main", at("09:00")))
    async with conference_day(table, policy_for("main"), at("08:40")) as day:
        await day.go(at("09:01"), step=0.5)
        told = next(b for b in day.told() if b["kind"] == "session.live")
        first = next(e for e in entries(day, "main") if e.kind is SpanKind.LIVE)
        assert abs(datetime.fromisoformat(told["at"]).timestamp() - first.start) < 0.001
        assert at("09:00") <= datetime.fromisoformat(told["at"]) <= at("09:00:02")


async def test_nothing_is_published_outside_the_session() -> None:
    table = timetable(session("a", "main", at("09:00"), 1))
    async with conference_day(table, policy_for("main"), at("08:58")) as day:
        seen: dict[int, Entry] = {}
        while day.clock.now() < at("09:02"):
            await day.go(day.clock.now() + timedelta(seconds=5), step=0.2)
            seen |= {e.sequence: e for e in entries(day, "main")}
        live = [e for e in seen.values() if e.kind is SpanKind.LIVE]
        assert min(e.start for e in live) >= at("09:00").timestamp() - 0.03
        assert max(e.end for e in live) <= at("09:01").timestamp() + 0.03
        assert sum(e.duration for e in live) > 57
        assert all(abs(b.start - a.end) < 0.4 for a, b in pairwise(seen.values())), "the channel paused"


async def test_back_to_back_sessions_share_their_processes() -> None:
    sessions = [session(f"s{i}", "main", at("09:00") + timedelta(minutes=5 * i), 5) for i in range(10)]
    async with conference_day(timetable(*sessions), policy_for("main"), at("08:45")) as day:
        await day.go(at("10:15"))
        assert len(day.starts("capture:main")) == 1
        assert len(day.starts("livestream:main")) == 1
        recordings = day.service.library.documents()
        assert [r["session"] for r in recordings] == [f"s{i}" for i in range(10)]
        assert {r["state"] for r in recordings} == {"ready"}
        assert all(r["coverage"] == 1.0 for r in recordings)


@pytest.mark.slow
async def test_overlap_records_both_and_shows_the_later() -> None:
    table = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("09:20"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:24"))
        await day.go(at("09:25"), step=1)
        assert day.room("main")["session"] == "b"
        assert day.document("a")["on_air"] is False
        assert day.document("b")["on_air"] is True
        alarms = day.service.snapshot(Audience.CREW)["alarms"]
        assert [a["id"] for a in alarms] == ["overlap a b"]
        await day.go(at("10:05"))
        assert {r["state"] for r in day.service.library.documents()} == {"ready"}


async def test_a_session_that_may_not_be_recorded_leaves_nothing_behind() -> None:
    table = timetable(
        session("a", "main", at("09:00"), 10),
        session("secret", "main", at("09:10"), 10, record=False),
        session("b", "main", at("09:20"), 10),
    )
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("10:00"))
        low, high = at("09:10").timestamp(), at("09:20").timestamp()
        kept = [t for id in ("a", "b") for t in day.engine.archive.footage.kept(SessionId(id))]
        assert kept, "the others are kept, so there is something that could leak"
        assert not [t for t in kept if t.start < high and t.end > low]
        assert not day.engine.archive.footage.kept(SessionId("secret"))
        assert all(s.closed_at <= low + 2 or s.closed_at - 2 >= high for s in day.store.segments.values()), (
            "a segment of the unrecorded session is still on disk"
        )
        assert day.document("secret")["recording"] == "off"
        assert {r["session"] for r in day.service.library.documents()} == {"a", "b"}


async def test_the_ring_is_short_while_an_unrecorded_session_runs() -> None:
    table = timetable(session("secret", "main", at("09:00"), 60, record=False))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:30"))
        assert at("09:30").timestamp() - day.oldest(RoomId("main")) <= 60 + 12


async def test_a_session_that_may_not_be_streamed_shows_slate() -> None:
    table = timetable(session("a", "main", at("09:00"), 10, stream=False), session("b", "main", at("09:10"), 10))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:09"))
        assert day.state("a") == "live"
        assert day.document("a")["on_air"] is False
        assert {e.kind for e in entries(day, "main")} == {SpanKind.SLATE}
        await day.go(at("09:10"))
        await day.go(at("09:10:20"), step=0.5)
        assert day.document("b")["on_air"] is True
        live = [e for e in entries(day, "main") if e.kind is SpanKind.LIVE]
        assert min(e.start for e in live) >= at("09:10").timestamp() - 0.03


async def test_starting_in_the_middle_of_a_session_just_works() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("09:10")) as day:
        await day.go(at("09:11"), step=0.5)
        assert day.document("a")["on_air"] is True
        await day.go(at("09:45"))
        recording = day.service.library.document("a")
        assert recording["state"] == "partial"
        assert 0.66 < recording["coverage"] < 0.67
        assert [g["cause"] for g in recording["gaps"]] == ["nothing had been captured yet"]


async def test_killed_processes_come_back() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        day.world.kill("capture:main")
        day.world.kill("livestream:main")
        await day.go(at("09:10:06"), step=0.25)
        assert day.world.running("capture:main")
        assert day.world.running("livestream:main")
        await day.go(at("09:10:20"), step=0.25)
        assert day.document("a")["on_air"] is True
        await day.go(at("09:45"))
        recording = day.service.library.document("a")
        assert recording["state"] == "partial"
        assert sum(g["duration"] for g in recording["gaps"]) < 2.5
        assert recording["gaps"][0]["cause"] == "killed by a signal"


async def test_a_stalled_capture_is_replaced() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        day.world.silence("capture:main")
        await day.go(at("09:10:07"), step=0.5)
        assert len(day.starts("capture:main")) == 2
        assert day.starts("capture:main")[1] <= at("09:10:06")


async def test_what_comes_in_pieces_is_waited_for_and_not_for_ever() -> None:
    table, policy, main = timetable(session("a", "main", at("09:00"), 30)), policy_for("main"), RoomId("main")
    policy = replace(policy, rooms={main: replace(policy.rooms[main], bursts=True)})
    async with conference_day(table, policy, at("08:45")) as day:
        await day.go(at("09:10"))
        for job in ("capture:main", "livestream:main"):
            day.world.silence(job)
        await day.go(at("09:10:18"), step=2.0)
        assert len(day.starts("capture:main")) == len(day.starts("livestream:main")) == 1
        await day.go(at("09:10:26"), step=2.0)
        assert len(day.starts("capture:main")) == 2


async def test_a_capture_whose_source_was_replaced_by_another_is_renewed_at_once() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        day.world.replace_source("capture:main", silent=False)  # a second picture beside the first is no reason
        await day.go(at("09:11"), step=0.5)
        assert len(day.starts("capture:main")) == 1
        day.world.replace_source("capture:main", silent=True)
        await day.go(at("09:11:05"), step=0.5)
        assert len(day.starts("capture:main")) == 2
        assert day.starts("capture:main")[1] <= at("09:11:04")


@pytest.mark.slow
async def test_a_night_across_midnight_and_the_end_of_summer_time() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    late = datetime(2025, 10, 25, 23, 30, tzinfo=zone)
    repeated = datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=zone)
    table = timetable(
        session("midnight", "main", late.astimezone(UTC), 60),
        session("second-hour", "main", repeated.astimezone(UTC), 30),
    )
    async with conference_day(table, policy_for("main"), datetime(2025, 10, 25, 20, tzinfo=UTC)) as day:
        await day.go(datetime(2025, 10, 26, 3, tzinfo=UTC), step=20)
        assert {r["session"]: r["state"] for r in day.service.library.documents()} == {
            "midnight": "ready",
            "second-hour": "ready",
        }
        assert day.document("second-hour")["start"] == "2025-10-26T02:30:00+01:00"
        assert day.document("midnight")["end"] == "2025-10-26T00:30:00+02:00"


@pytest.mark.slow
async def test_a_full_day_in_three_rooms_keeps_every_invariant() -> None:
    rooms = [f"r{i}" for i in range(3)]
    sessions = []
    for number, room in enumerate(rooms):
        start = at("09:00") + timedelta(minutes=number)
        for slot in range(10):
            length = 25 + 5 * (slot % 3)
            record = (slot + number) % 7 != 3
            stream = (slot + number) % 9 != 4
            sessions.append(session(f"{room}-{slot}", room, start, length, record=record, stream=stream))
            start += timedelta(minutes=length if slot % 2 else length + 10)
    async with conference_day(timetable(*sessions), policy_for(*rooms), at("08:30")) as day:
        while day.clock.now() < at("15:30"):
            await day.go(day.clock.now() + timedelta(minutes=15), step=60)
            plan = day.engine.programme.plan(day.clock.now())
            assert day.engine.archive.footage.violations(plan) == []
            capturing = [p.spec.room for p in day.world.alive() if p.spec.kind == "capture"]
            assert len(capturing) == len(set(capturing))
        assert not day.world.alive()
        recordable = {s.id for s in sessions if s.record}
        recordings = {r["session"]: r for r in day.service.library.documents()}
        assert set(recordings) == recordable
        for recording in recordings.values():
            assert recording["state"] in ("ready", "partial")
            for gap in recording["gaps"]:
                assert gap["cause"] == "a session next to it may not be recorded"
                assert gap["duration"] <= 2.1
        revisions = [b["revision"] for b in day.told()]
        assert revisions == list(range(1, len(revisions) + 1))


async def test_a_forgotten_session_keeps_running() -> None:
    table = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("10:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        day.publish(timetable(session("c", "main", at("10:00"), 30)))
        await day.go(at("09:20"))
        assert day.document("a")["on_air"] is True
        assert {s["id"] for s in day.service.snapshot(Audience.VIEWER)["sessions"]} == {"a", "c"}
        farewell = [b for b in day.told() if b.get("session", {}).get("removed")]
        assert [b["session"]["id"] for b in farewell] == ["b"]


async def test_a_moved_session_moves_its_bells_at_once() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:00")) as day:
        day.publish(timetable(session("a", "main", at("11:00"), 30)))
        await day.turn()
        assert Cue(at=at("11:00"), session=SessionId("a"), action="session.start") in day.bells.listing()
        assert all(cue.at >= at("10:50") for cue in day.bells.listing())
        assert day.kinds("a")[-1] == "session.moved"
        await day.go(at("10:00"), step=60)
        assert day.world.history == []


async def test_the_bells_are_one_for_each_start_and_stop() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:00")) as day:
        assert [(cue.at, cue.action) for cue in day.bells.listing()] == [
            (at("08:50"), "capture.start"),
            (at("08:59"), "recording.start"),
            (at("08:59:30"), "livestream.start"),
            (at("09:00"), "session.start"),
            (at("09:30"), "livestream.stop"),
            (at("09:30"), "session.end"),
            (at("09:32"), "recording.stop"),
            (at("09:40"), "capture.stop"),
        ]


async def test_no_media_at_all_is_an_alarm_and_never_live() -> None:
    table = timetable(session("a", "main", at("09:00"), 10))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        day.world.dead = True
        await day.go(at("09:05"), step=5)
        alarms = {a["id"] for a in day.service.snapshot(Audience.CREW)["alarms"]}
        assert {"no picture a", "not recorded a", "job capture:main"} <= alarms
        assert day.state("a") == "scheduled"
        assert day.room("main")["state"] == "fault"
        await day.go(at("09:15"), step=5)
        assert day.state("a") == "ended"
        assert "session.live" not in day.kinds("a")
        assert day.document("a")["recording"] == "failed"


@pytest.mark.parametrize("rooms", [("main",), ("other",)])
async def test_a_room_without_source_is_listed_and_not_captured(rooms: tuple[str, ...]) -> None:
    table = timetable(session("a", "elsewhere", at("09:00"), 10))
    async with conference_day(table, policy_for(*rooms), at("08:55")) as day:
        await day.go(at("09:05"))
        assert day.state("a") == "live", "without media to wait for, the clock decides"
        assert day.room("elsewhere")["stream"] is None
        assert day.world.history == []
        alarms = day.service.snapshot(Audience.CREW)["alarms"]
        assert [a["id"] for a in alarms if "elsewhere" in a["message"]] == ["unknown rooms"], "one thing is one alarm"


async def test_a_source_that_is_not_understood_is_analysed_longer() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:49")) as day:
        await day.go(at("08:50"))
        waited = []
        for _ in range(5):
            (capture,) = [p for p in day.world.alive() if p.spec.kind == "capture"]
            waited.append(capture.spec.settings.analyze_seconds)  # type: ignore[union-attr]
            day.world.end(capture.run, 234, "the source was not understood", cause=ExitCause.UNDECODED)
            await day.go(day.clock.now() + timedelta(seconds=5), step=1)
        assert waited == [2.5, 12.0, 12.0, 12.0, 12.0]


async def test_an_encoder_that_understood_nothing_says_nothing_of_the_source() -> None:
    """Its capture was killed in the middle of a GOP, and is started again with the patience that it had."""
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:05"))
        day.world.kill("capture:main")
        [encoder] = [p for p in day.world.alive() if p.spec.kind == "livestream"]
        day.world.end(encoder.run, 234, "the source could not be decoded", cause=ExitCause.UNDECODED)
        await day.go(at("09:05:30"), step=1)
        assert len(day.starts("capture:main")) == 2
        [capture] = [p for p in day.world.alive() if p.spec.kind == "capture"]
        assert capture.spec.settings.analyze_seconds == 2.5  # type: ignore[union-attr]


class SlowProbes(World):
    """It takes its time to look into what was captured."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.looked = asyncio.Event()

    async def facts(self, segment_path: str) -> SourceFacts:
        await self.looked.wait()
        return await super().facts(segment_path)


async def test_what_is_found_in_a_capture_that_has_evaporated_meanwhile_stops_no_turn() -> None:
    world = SlowProbes(FakeClock(at("08:45")))
    whole = timetable(session("a", "main", at("09:00")), session("b", "main", at("14:00")))
    async with conference_day(whole, policy_for("main"), at("08:45"), world=world) as day:
        await day.go(at("08:55"))
        day.publish(replaced(whole, id="a", start=at("12:00"), end=at("12:30")))
        await day.go(at("09:10"))
        assert day.engine.archive.open_takes() == []
        world.looked.set()
        await day.turn()
        assert day.service.health()["status"] == "ok"
