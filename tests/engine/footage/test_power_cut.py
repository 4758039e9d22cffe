"""After a power cut index and disk agree, nothing that the disk has is lost, and what is lost is said."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.day.conference_day import MemoryStore, at, conference_day
from support.day.days import LAW
from support.day.fake_world import FakeClock
from support.day.power_cuts import POLICY, TABLE, Copy, DiskWorld, day_on, lived, make_segments, stored, tear, unsynced

from streamer.core.base.errors import StoreError
from streamer.core.base.layout import SEGMENT_LIST
from streamer.core.footage.wall_clock import wall_times
from streamer.core.plan.plan import plan
from streamer.core.records.batch import Stored
from streamer.core.records.invariants import Situation, violations
from streamer.core.records.journal import Audience
from streamer.engine.footage.recovery import Recovered, Recovery
from streamer.engine.status.crew_documents import AlarmDocument
from streamer.media.capture.settling import checksum


@pytest.fixture(scope="module")
def clip(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_segments(ffmpeg, tmp_path_factory.mktemp("clip") / "take")


@pytest.fixture(scope="module")
def copies(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Copy]:
    return asyncio.run(lived(clip, tmp_path_factory.mktemp("lived")))


@dataclass
class Cut:
    """A data folder after a power cut, and what becomes of it."""

    data: Path
    world: DiskWorld
    before: Stored
    after: Stored = field(default_factory=lambda: Stored(epoch="", node=""))
    alarms: dict[str, AlarmDocument] = field(default_factory=dict)

    @classmethod
    async def of(cls, copy: Copy, folder: Path, clip: Path, seconds: float = 20.0) -> Cut:
        data = folder / "data"
        shutil.copytree(copy.data, data)
        clock = FakeClock(copy.at)
        clock.advance(seconds)
        return cls(data=data, world=DiskWorld(clock, data, clip), before=await stored(data))

    async def start(self) -> None:
        """A service comes up on it, has its first turns, and is killed."""
        async with day_on(self.data, self.world) as day:
            await day.go(self.world.clock.now() + timedelta(seconds=2), step=1)
            self.alarms = {a["id"]: a for a in day.service.snapshot(Audience.CREW)["alarms"]}
            day.killed = True
        self.after = await stored(self.data)

    def indexed(self) -> dict[str, str]:
        return {s.path: s.sha256 for s in self.after.segments}

    def broken(self) -> list[str]:
        """Which invariants do not hold of the store and the disk."""
        takes: dict[str, list[Any]] = {}
        for segment in self.after.segments:
            takes.setdefault(segment.take, []).append(segment)
        files = [p.relative_to(self.data).as_posix() for p in (self.data / "takes").rglob("*.ts")]
        now = self.world.clock.now()
        return violations(
            Situation(
                plan=plan(TABLE, (), POLICY, now),
                policy=POLICY,
                takes=self.after.takes,
                segments=[timed for one in takes.values() for timed in wall_times(one)],
                keeps=self.after.keeps,
                recordings=self.after.recordings,
                files=files,
            )
        )

    async def recovered(self, stored: Stored | None = None) -> Recovered:
        return await Recovery(stored or self.after, (), self.world, self.world).run()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def late(copies: list[Copy]) -> Copy:
    """While the capture runs and the first session is over; the newest two segments are not indexed yet."""
    return next(c for c in copies if c.at > at("09:00:33") and c.newest_bytes > 3000)


@settings(parent=LAW, max_examples=16)
@given(seed=st.integers(0, 10**6), which=st.integers(0, 10**6), seconds=st.sampled_from([2.0, 20.0, 4000.0]))
def test_a_cut_at_any_instant(seed: int, which: int, seconds: float, copies: list[Copy], clip: Path) -> None:
    async def checked(folder: Path) -> None:
        chance, copy = Random(seed), copies[which % len(copies)]
        cut = await Cut.of(copy, folder, clip, seconds)
        for file in unsynced(cut.data, cut.before):
            if chance.random() < 0.6:
                tear(file, chance)
        damaged = {s.path for s in cut.before.segments if chance.random() < 0.03}
        for path in damaged:
            (cut.data / path).write_bytes((cut.data / path).read_bytes()[: chance.randrange(3000)])
        (cut.data / "recordings/a").mkdir(parents=True, exist_ok=True)
        (cut.data / "recordings/a/left.partial.mp4").write_bytes(b"half")
        await cut.start()
        assert cut.broken() == []
        for path, digest in cut.indexed().items():
            assert checksum(cut.data / path)[1] == digest, "what the index says of a file is so"
        assert not list(cut.data.rglob("*.partial*"))
        kept = {(k.session, k.take, k.number) for k in cut.before.keeps}
        gone = kept - {(k.session, k.take, k.number) for k in cut.after.keeps}
        paths = {(s.take, s.number): s.path for s in cut.before.segments}
        assert {paths[take, number] for _, take, number in gone} <= damaged, "what was kept is kept, but for the damage"
        recovered = await cut.recovered()
        assert recovered.report.faults == [], "the next start finds all in order"

    with tempfile.TemporaryDirectory() as made:
        asyncio.run(checked(Path(made)))


async def test_what_the_disk_has_is_indexed(copies: list[Copy], clip: Path, folder: Path) -> None:
    """The list has a torn line, the record of the process is gone, and the take was not even written down."""
    cut = await Cut.of(late(copies), folder, clip, seconds=2)
    (take,) = (cut.data / "takes").iterdir()
    fresh = RunFolder(cut.data, "20250908T085952Z-capture-main-0badcafe")
    shutil.copytree(take, fresh.path)
    text = (fresh.path / SEGMENT_LIST).read_bytes()
    (fresh.path / SEGMENT_LIST).write_bytes(text[:-9] + bytes(64))
    known = {s.path for s in cut.before.segments}
    assert known
    closed = [p for p in sorted(take.glob("*.ts")) if p.relative_to(cut.data).as_posix() not in known]
    assert len(closed) == 2, "one closed since the last commit, one was growing"
    await cut.start()
    assert {p.relative_to(cut.data).as_posix() for p in closed} <= set(cut.indexed())
    adopted = next(t for t in cut.after.takes if t.id == fresh.name)
    assert (adopted.room, adopted.started) == ("main", at("08:59:52").timestamp())
    assert len([p for p in cut.indexed() if fresh.name in p]) > 5
    assert cut.broken() == []
    assert {t.id: t.ended is not None for t in cut.after.takes if t.id in (fresh.name, take.name)} == {
        fresh.name: True,
        take.name: True,
    }
    assert cut.alarms["recovery"]["message"].startswith("after a power cut: ")
    assert (
        "0 damaged; 1 capture had been interrupted; 1 unknown take was found; " in (cut.alarms["recovery"]["message"])
    )


@dataclass
class RunFolder:
    data: Path
    name: str

    @property
    def path(self) -> Path:
        return self.data / "takes" / self.name


async def test_what_is_damaged_is_missing_with_its_reason(copies: list[Copy], clip: Path, folder: Path) -> None:
    """The recording of the session that was running has a gap there; what was finished before stays as it is."""
    running = next(c for c in copies if c.at > at("09:00:25") and c.newest_bytes > 3000)
    cut = await Cut.of(running, folder, clip, seconds=4)
    of_a = sorted({k.number for k in cut.before.keeps if k.session == "a"})
    victim = next(s for s in cut.before.segments if s.number == of_a[len(of_a) // 2])
    (cut.data / victim.path).write_bytes(b"")
    reason = f"segment {Path(victim.path).name} was damaged on disk (0 of {victim.bytes:,} bytes)"
    async with day_on(cut.data, cut.world) as day:
        while cut.world.clock.now() < at("09:02"):
            cut.world.capture()
            await day.go(cut.world.clock.now() + timedelta(seconds=2), step=1)
        recording = day.service.library.document("a")
        assert recording["state"] == "partial"
        (gap,) = [g for g in recording["gaps"] if g["cause"] == reason]
        assert gap["duration"] == pytest.approx(2, abs=0.3)
        alarms = {a["id"]: a for a in day.service.snapshot(Audience.CREW)["alarms"]}
        assert alarms["recovery"]["severity"] == "error"
        assert reason in alarms["recovery"]["message"]
    assert not (cut.data / victim.path).exists()
    after = await stored(cut.data)
    assert [one["reason"] for one in after.settings["losses"]] == [reason]
    again = await Cut.of(Copy(data=cut.data, at=cut.world.clock.now()), folder / "again", clip)
    again.world.exported = cut.world.exported
    other = next(s for s in again.before.segments if s.number == victim.number + 2)
    (again.data / other.path).unlink()
    made = {str(r.session): r for r in again.before.recordings}
    await again.start()
    assert again.alarms["recovery"]["message"].count("is missing on disk") == 1
    (stands,) = [r for r in again.after.recordings if r.session == "a"]
    assert (stands.version, stands.files, stands.gaps) == (made["a"].version, made["a"].files, made["a"].gaps)
    assert again.broken() == []


async def test_what_is_left_of_a_damaged_segment_is_used(copies: list[Copy], clip: Path, folder: Path) -> None:
    cut = await Cut.of(late(copies), folder, clip)
    victim = cut.before.segments[3]
    path = cut.data / victim.path
    path.write_bytes(path.read_bytes()[: victim.bytes * 2 // 3])
    await cut.start()
    (left,) = [s for s in cut.after.segments if s.path == victim.path]
    assert victim.start < left.end < victim.end
    assert (left.start, left.bytes) == (victim.start, path.stat().st_size)
    assert left.sha256 == checksum(path)[1]


async def test_what_was_listed_and_is_empty_is_lost_with_its_reason(
    copies: list[Copy], clip: Path, folder: Path
) -> None:
    """Of a take so long that nobody looks into its older segments, and that nobody had written down."""
    cut = await Cut.of(late(copies), folder, clip)
    fresh = RunFolder(cut.data, "20250908T085952Z-capture-main-0badcafe")
    shutil.copytree(clip, fresh.path)
    (fresh.path / "000003.ts").write_bytes(b"")
    recovered = await cut.recovered(cut.before)
    assert recovered.report.faults == [f"take {fresh.name}: segment 000003.ts is empty on disk"]
    assert f"takes/{fresh.name}/000003.ts" in recovered.doomed
    assert [s.number for s in recovered.stored.segments if s.take == fresh.name][:4] == [0, 1, 2, 4]
    assert all(s.bytes and s.sha256 for s in recovered.batch.segments)


async def test_the_newest_files_are_read_again(copies: list[Copy], clip: Path, folder: Path) -> None:
    """As long as it was, and another content: only its checksum tells."""
    cut = await Cut.of(late(copies), folder, clip)
    victim = cut.before.segments[-2]
    path = cut.data / victim.path
    path.write_bytes(bytes(victim.bytes))
    await cut.start()
    assert victim.path not in cut.indexed()
    assert cut.broken() == []


async def test_files_that_were_to_go_go(copies: list[Copy], clip: Path, folder: Path) -> None:
    """Rows are deleted before files; a cut between the two must not bring back what may not be recorded."""
    cut = await Cut.of(late(copies), folder, clip)
    stray = cut.data / Path(cut.before.segments[0].path).with_name("000000.ts")
    assert not stray.exists(), "it has evaporated"
    shutil.copy(clip / "000000.ts", stray)
    old = cut.data / "recordings/gone/old.mp4"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x")
    await cut.start()
    assert not stray.exists()
    assert old.exists(), "of a session that nobody knows nothing is deleted"


async def test_a_disk_that_is_not_there_is_no_reason_to_forget_what_is_on_it(
    copies: list[Copy], clip: Path, folder: Path
) -> None:
    cut = await Cut.of(late(copies), folder, clip)
    (cut.data / "takes").rename(folder / "elsewhere")
    with pytest.raises(StoreError, match="missing") as refused:
        await cut.recovered(cut.before)
    assert "mount its disk" in refused.value.hint


async def test_a_data_folder_of_a_newer_version_is_not_touched(copies: list[Copy], clip: Path, folder: Path) -> None:
    cut = await Cut.of(late(copies), folder, clip)
    with sqlite3.connect(cut.data / "streamer.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = {path: path.read_bytes() for path in cut.data.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match="newer version"):
        await cut.start()
    assert {path: path.read_bytes() for path in cut.data.rglob("*") if path.is_file()} == before
    assert cut.world.history == [], "nothing was started"


async def test_a_start_without_a_cut_is_no_news() -> None:
    async with conference_day(TABLE, POLICY, at("08:59:45"), store=MemoryStore()) as day:
        assert "recovery" not in {a["id"] for a in day.service.snapshot(Audience.CREW)["alarms"]}
