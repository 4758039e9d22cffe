"""A disk that runs short, is full, and has room again: what is saved, what goes on, what the recordings say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support.day.conference_day import Day, MemoryStore, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId
from streamer.core.channel.channel import LISTED, SERVED
from streamer.core.jobs.processes import ExitCause
from streamer.core.recording.gaps import FULL_CAUSE
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Batch
from streamer.core.records.journal import Audience
from streamer.engine.machine.disk import STRETCHES
from streamer.engine.recordings.recordings import WAITING

MAIN = RoomId("main")
RESERVE = 10**9
AMPLE, SHORT, NOTHING = 10**12, 10**8, 0
TABLE = timetable(session("a", "main", at("09:00")), session("b", "main", at("11:00")))
POLICY = policy_for("main", reserve=RESERVE)
SECOND = timedelta(seconds=1)


async def go_on(day: Day, seconds: float, step: float = 2) -> None:
    await day.go(day.clock.now() + seconds * SECOND, step=step)


def alarms(day: Day) -> dict[str, Any]:
    return {a["id"]: a for a in day.service.snapshot(Audience.CREW)["alarms"]}


def reach(day: Day) -> float:
    """How far back (s) the room's captured media goes."""
    return day.clock.now().timestamp() - day.oldest(MAIN)


def fetchable(day: Day) -> float:
    """Seconds of the room's channel that have a name."""
    entries = day.engine.channels.rooms[MAIN].channel.entries
    return float(entries[-1].end - entries[0].start)


def to_disk(day: Day) -> list[bool]:
    """Of the room's captures, in order: whether they write."""
    captures = [p for p in day.world.processes.values() if p.spec.id == "capture:main"]
    return [p.spec.settings.to_disk for p in captures]  # type: ignore[union-attr]


async def test_below_the_reserve_the_ring_and_the_channels_window_shrink_and_grow_again() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("08:58:30"))
        assert reach(day) == pytest.approx(300, abs=5)
        assert fetchable(day) == pytest.approx(SERVED, abs=5)
        day.world.disk.free = SHORT
        await go_on(day, 6)
        assert reach(day) == pytest.approx(30, abs=5)
        assert fetchable(day) == pytest.approx(LISTED, abs=8)
        assert set(alarms(day)) == {"disk reserve"}
        day.world.disk.free = AMPLE
        await go_on(day, 60)
        assert reach(day) == pytest.approx(90, abs=5)
        assert fetchable(day) == pytest.approx(SERVED, abs=5)
        assert alarms(day) == {}


async def test_exports_wait_for_room_and_say_so_and_nothing_kept_is_lost() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:20"))
        day.world.disk.free = SHORT
        await day.go(at("10:00"))
        assert day.document("a")["recording"] == "finalising"
        assert day.service.library.document("a")["reason"] == WAITING
        assert day.starts("export:a") == []
        day.world.disk.free = AMPLE
        await go_on(day, 30)
        recording = day.service.library.document("a")
        assert (recording["state"], recording["coverage"], recording["gaps"]) == ("ready", 1.0, [])


async def test_an_export_that_runs_goes_on() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:30"))
        while not day.world.running("export:a"):
            await go_on(day, 0.2, step=0.2)
        day.world.disk.free = SHORT
        await go_on(day, 30)
        assert day.service.library.document("a")["state"] == "ready"


async def test_an_export_that_fails_as_space_runs_short_is_not_taken_for_finished() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:30"))
        while not day.world.running("export:a"):
            await go_on(day, 0.2, step=0.2)
        day.world.disk.free = SHORT
        [run] = [p.run for p in day.world.alive() if p.spec.id == "export:a"]
        day.world.end(run, 228, "the disk is full", cause=ExitCause.DISK)
        await go_on(day, 60)
        assert day.document("a")["recording"] == "finalising"
        day.world.disk.free = AMPLE
        await go_on(day, 30)
        assert day.service.library.document("a")["state"] == "ready"


@pytest.mark.parametrize("what", [(".m3u8",), (".json",), ("",)])
async def test_what_finds_no_room_while_a_recording_is_finished_is_done_when_there_is(what: tuple[str, ...]) -> None:
    """The disk is full from one moment to the next, whatever is just being written."""
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:29"))
        day.world.no_room_for = what
        await day.go(at("09:30"))
        await go_on(day, 10)
        day.world.disk.free = NOTHING
        await go_on(day, 60)
        assert day.document("a")["recording"] == "finalising"
        day.world.disk.free, day.world.no_room_for = AMPLE, ()
        await go_on(day, 30)
        recording = day.engine.recordings.all["a"]
        assert recording.state is RecordingState.READY
        assert recording.analysed, "somebody listened to it, too"


async def test_thumbnails_are_given_up_and_not_made() -> None:
    table = timetable(session("a", "main", at("09:00")), session("b", "main", at("10:00")))
    async with conference_day(table, POLICY, at("08:45")) as day:
        day.world.pictures = True
        await day.go(at("09:45"))
        files = day.engine.recordings.all["a"].files
        [picture] = [f for f in files if f.kind == "thumbnail"]
        day.world.disk.free = SHORT
        await go_on(day, 4)
        left = tuple(f for f in files if f is not picture)
        assert day.engine.recordings.all["a"].files == left
        assert picture.path in day.world.erased
        assert not day.world.erased & {f.path for f in left}
        assert [f["kind"] for f in day.service.library.document("a")["files"]] == ["mp4", "vod", "report"]


async def full_from(day: Day, instant: datetime) -> None:
    """Others fill the disk: the capture ends by it, before anybody has looked."""
    await day.go(instant)
    day.world.disk.free = NOTHING
    [run] = [p.run for p in day.world.alive() if p.spec.id == "capture:main"]
    day.world.end(run, 228, "The disk is full: delete what nobody needs", cause=ExitCause.DISK)


async def test_a_full_disk_leaves_viewers_their_picture_and_is_told_in_the_recording() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await full_from(day, at("09:10"))
        await go_on(day, 60)
        assert to_disk(day) == [True, False]
        assert day.room("main")["state"] == "live"
        assert day.document("a")["on_air"] is True
        assert "nothing is being recorded" in alarms(day)["disk full"]["message"]
        taken = {t.id for t in day.engine.archive._takes.values()}
        assert len(taken) == 1, "what writes nothing is no take"
        day.world.disk.free = AMPLE
        await go_on(day, 20)
        assert to_disk(day) == [True, False, True]
        assert "disk full" not in alarms(day)
        await day.go(at("09:45"))
        recording = day.service.library.document("a")
        assert recording["state"] == "partial"
        [gap] = recording["gaps"]
        assert gap["cause"] == FULL_CAUSE
        assert gap["duration"] == pytest.approx(62, abs=8)


async def test_a_capture_that_is_stopped_before_nothing_is_left_has_the_same_cause() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        await day.go(at("09:10"))
        day.world.disk.free = 1_000_000
        await go_on(day, 30)
        assert to_disk(day) == [True, False]
        day.world.disk.free = AMPLE
        await day.go(at("09:45"))
        assert [gap["cause"] for gap in day.service.library.document("a")["gaps"]] == [FULL_CAUSE]


class Full(MemoryStore):
    """Refuses to commit while the disk is ``full``, and remembers settings."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False
        self.settings: dict[str, Any] = {}

    async def commit(self, batch: Batch) -> None:
        if self.full:
            raise StoreError("the disk is full")
        await super().commit(batch)
        self.settings |= batch.settings


async def test_a_session_that_falls_into_a_full_disk_says_so_and_a_restart_remembers() -> None:
    table = timetable(session("a", "main", at("09:00")), session("b", "main", at("09:40")))
    store = Full()
    async with conference_day(table, POLICY, at("08:45"), store=store) as day:
        await day.go(at("08:58"))
        day.world.disk.free = NOTHING
        await day.go(at("09:35"))
        recording = day.service.library.document("a")
        assert (recording["state"], recording["reason"]) == (
            "failed",
            f"nothing was captured while the session ran: {FULL_CAUSE}",
        )
        await day.go(at("09:45"))
        day.world.disk.free = AMPLE
        await day.go(at("10:20"))
        assert [gap["cause"] for gap in day.service.library.document("b")["gaps"]] == [FULL_CAUSE]
        [(low, high)] = store.settings[STRETCHES]
        assert low == pytest.approx(at("08:58").timestamp(), abs=15)
        assert high == pytest.approx(at("09:45").timestamp(), abs=15)


async def test_a_stretch_without_an_end_ends_with_the_next_start() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        watch = day.engine.disk
        watch.remember([[1.0, 2.0], [3.0, None]])
        assert watch.full == ((1.0, 2.0), (3.0, at("08:45").timestamp()))
        day.world.disk.free = NOTHING
        await day.turn()
        assert watch.known()[-1] == [at("08:45").timestamp(), None]


async def test_the_ballast_is_held_given_up_and_taken_back() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        disk = day.world.disk
        assert disk.held == 32_000_000
        disk.free = NOTHING
        await day.turn()
        assert disk.held == 0
        disk.free = 32_000_000
        await day.turn()
        assert disk.held == 0, "what it gave up is not enough room to take it back"
        disk.free = AMPLE
        await day.turn()
        assert disk.held == 32_000_000


async def test_a_disk_that_is_short_to_begin_with_has_no_ballast_taken_from_it() -> None:
    day_of = conference_day(TABLE, POLICY, at("08:45"))
    async with day_of as day:
        day.engine.disk._held = False
        day.world.disk.held, day.world.disk.free = 0, 40_000_000
        await day.turn()
        assert day.world.disk.held == 0


async def test_what_will_fill_the_disk_is_told_hours_ahead() -> None:
    """Two sessions and their padding and files at 500 B/s: the second file is too much."""
    async with conference_day(TABLE, policy_for("main", reserve=10**6), at("08:45")) as day:
        day.world.disk.total = 10**7
        await day.go(at("09:10"))
        assert not {id for id in alarms(day) if id.startswith("disk")}
        day.world.disk.free = 500 * 60 * (22 + 30 + 5)
        await go_on(day, 40)
        alarm = alarms(day)["disk forecast"]
        assert (alarm["severity"], alarm["message"]) == (
            "error",
            "at the present rate the disk is full at about 13:00; 1 session would not be recorded whole",
        )


async def test_a_slow_disk_is_told_and_measured() -> None:
    async with conference_day(TABLE, POLICY, at("08:45")) as day:
        day.world.sync_seconds = 2.5
        await day.turn()
        assert "more than 2 s" in alarms(day)["disk slow"]["message"]
        day.service.ready = True
        samples = {m.name: m.samples for m in day.service.metrics()}
        assert samples["streamer_disk_sync_seconds"] == [({"of": "latest"}, 0.0), ({"of": "last_minute"}, 2.5)]
        assert samples["streamer_disk_free_bytes"] == [({}, AMPLE)]
        assert {labels["to"] for labels, _ in samples["streamer_disk_forecast_seconds"]} == {"reserve", "nothing"}


class FullAtFirst(MemoryStore):
    refused = 0

    async def commit(self, batch: Batch) -> None:
        if not self.refused:
            self.refused += 1
            raise StoreError("the disk is full")
        await super().commit(batch)


async def test_a_service_starts_on_a_full_disk() -> None:
    """What its first turn could not write comes with a later one."""
    async with conference_day(TABLE, POLICY, at("08:55"), store=FullAtFirst()) as day:
        assert day.store.refused == 1
        await day.go(at("09:10"))
        assert day.state("a") == "live"
        assert len(day.starts("capture:main")) == 1


async def test_what_could_not_be_written_is_told_once_it_is_without_a_gap() -> None:
    store = Full()
    async with conference_day(TABLE, POLICY, at("08:45"), store=store) as day:
        known = len(store.journal[Audience.CREW])
        heard = day.service.subscribe(Audience.CREW)
        await day.go(at("08:49"))
        store.full = True
        day.clock.advance(90)
        for _ in range(3):
            with pytest.raises(StoreError):
                await day.turn()
            day.clock.advance(2)
        before = len(store.journal[Audience.CREW])
        store.full = False
        await day.turn()
        assert len(store.journal[Audience.CREW]) > before
        told = [await anext(heard) for _ in store.journal[Audience.CREW][known:]]
        assert [e.revision for e in told] == list(range(known + 1, known + 1 + len(told)))
