"""Writing, syncing, committing, renaming and deleting in the order that docs/design/disk.md numbers.

The engine, its reader, its exporter and its store are the real ones; only the processes and the clock are made up.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.day.conference_day import Day, at, conference_day
from support.day.fake_world import FakeClock
from support.day.power_cuts import POLICY, TABLE, DiskWorld, ask_here, make_segments
from support.day.recorded_disk import RecordedDisk, RecordedStore

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import SessionId
from streamer.core.base.json import Document
from streamer.core.export.files import FileFacts
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Batch
from streamer.media.capture.takes import Takes
from streamer.media.files.export import FileExporter
from streamer.media.processes.syncing import Growing
from streamer.web.api.decision_models import decision_request


class RecordedWorld(DiskWorld):
    """A world whose segments and finished files lie on a recorded disk."""

    def __init__(self, clock: FakeClock, data: Path, clip: Path, disk: RecordedDisk) -> None:
        super().__init__(clock, data, clip)
        self.reader = Takes(data, disk.sync, ask_here)
        self._exporter = FileExporter(data, "ffmpeg", disk.sync)
        self._keeper: dict[Path, Growing] = {}
        self._disk = disk

    def capture(self) -> bool:
        closed = super().capture()
        for folder in (self.data / "takes").iterdir() if (self.data / "takes").exists() else ():
            if folder not in self._keeper:
                self._keeper[folder] = Growing(folder, self._disk.sync)
                self._keeper[folder].once()  # the keeper's part: the names of the folders above a new take
        return closed

    async def accept(self, partial: str, final: str) -> FileFacts:
        facts = await super().accept(partial, final)
        written = await self._exporter.write(final.encode(), final)
        return replace(facts, bytes=written.bytes, sha256=written.sha256)

    async def write(self, content: bytes, target: str) -> FileFacts:
        await super().write(content, target)
        return await self._exporter.write(content, target)

    def erase(self, files: Iterable[str]) -> None:
        named = list(files)
        super().erase(named)
        self._exporter.erase(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDay:
    day: Day
    disk: RecordedDisk
    store: RecordedStore
    world: RecordedWorld

    async def go(self, until: datetime) -> None:
        clock = self.world.clock
        while clock.now() < until:
            clock.advance(1.0)
            self.world.capture()
            self.world.finish_exports()
            await self.day.turn()

    async def made(self, version: int, *, analysed: bool = False) -> Recording:
        """The first session's recording, once it is of this version: its files are written beside the
        turns."""
        while (
            (recording := self.store.recordings.get(SessionId("a"))) is None
            or recording.version < version
            or (analysed and not recording.analysed)
        ):
            assert self.world.clock.now() < at("09:05"), f"version {version} did not come: {recording}"
            await self.go(self.world.clock.now() + timedelta(seconds=1))
        return recording

    async def decide(self, action: str, **body: object) -> Document:
        answer = await self.day.service.decide(decision_request(action, "a", body, by="Ada"))
        self.disk.note(f"answer {action}")
        return answer

    def events(self, beginning: str) -> list[str]:
        """What is left of the events with this beginning, each once; there are some."""
        found = list(dict.fromkeys(e.removeprefix(beginning) for e in self.disk.events if e.startswith(beginning)))
        assert found, f"no {beginning!r} in {self.disk.events}"
        return found


@pytest.fixture(scope="module")
def clip(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_segments(ffmpeg, tmp_path_factory.mktemp("clip") / "take")


@pytest.fixture
async def recorded(clip: Path, tmp_path: Path) -> AsyncIterator[RecordedDay]:
    data = tmp_path / "data"
    data.mkdir()
    disk = RecordedDisk(data)
    store = RecordedStore(disk, data)
    world = RecordedWorld(FakeClock(at("08:59:45")), data, clip, disk)
    try:
        async with conference_day(TABLE, POLICY, at("08:59:45"), store=store, world=world) as day:
            yield RecordedDay(day=day, disk=disk, store=store, world=world)
    finally:
        disk.close()


async def test_a_segment_is_on_the_disk_before_its_row_is_1_to_4(recorded: RecordedDay) -> None:
    survived: dict[str, bool] = {}

    def power_cut(batch: Batch) -> None:
        for segment in batch.segments:
            content = recorded.disk.after_a_power_cut(segment.path)
            survived[segment.path] = content is not None and hashlib.sha256(content).hexdigest() == segment.sha256

    recorded.store.at_commit.append(power_cut)
    await recorded.go(at("09:00:10"))
    assert len(survived) > 5
    assert [path for path, whole in survived.items() if not whole] == []
    for path in recorded.events("commit segment "):
        folder = path.rpartition("/")[0]
        recorded.disk.check_order(f"sync {path}", f"sync {folder}", f"commit segment {path}")


async def test_what_evaporates_loses_its_row_first_5_and_6(recorded: RecordedDay) -> None:
    await recorded.go(at("09:00:25"))
    for key in recorded.events("commit without segment "):
        take, number = key.split("/")
        recorded.disk.check_order(f"commit without segment {key}", f"delete takes/{take}/{int(number):06d}.ts")


async def test_a_recording_is_on_the_disk_before_its_row_is_7_to_11(recorded: RecordedDay) -> None:
    survived: list[bool] = []
    committed: list[Recording] = []

    def power_cut(batch: Batch) -> None:
        committed.extend(batch.recordings)
        for file in (file for recording in batch.recordings for file in recording.files):
            content = recorded.disk.after_a_power_cut(file.path)
            survived.append(content is not None and hashlib.sha256(content).hexdigest() == file.sha256)

    recorded.store.at_commit.append(power_cut)
    await recorded.made(1)
    recording = next(one for one in committed if one.version == 1)  # its analysis may be there already as well
    first = [file.path for file in recording.files]
    assert {Path(path).suffix for path in first} == {".mp4", ".m3u8", ".json"}
    assert survived
    assert all(survived)
    for path in first:
        folder = path.rpartition("/")[0]
        done = f"commit recording a {recording.state} 1"
        renamed = f"rename {path}.partial to {path}"
        recorded.disk.check_order(f"sync {path}.partial", renamed, f"sync {folder}", "sync .", done)

    await recorded.decide("bounds", start="2025-09-08T09:00:10+00:00")
    second = [file.path for file in (await recorded.made(2)).files]
    assert not {*first} & {*second}
    for path in first:
        recorded.disk.check_order(f"commit recording a {recording.state} 2", f"delete {path}")


async def test_a_withdrawal_is_in_the_store_and_its_files_are_gone_before_it_is_answered_12_to_15(
    recorded: RecordedDay,
) -> None:
    files = [file.path for file in (await recorded.made(1, analysed=True)).files]
    assert files, "there is something that could leak"
    recorded.disk.events.clear()
    await recorded.decide("consent", record=False)
    [decision] = recorded.events("commit decision ")
    [erased] = recorded.events("commit recording a erased")
    for path in files:
        recorded.disk.check_order(
            f"commit decision {decision}",
            f"commit recording a erased{erased}",
            f"delete {path}",
            "sync recordings",
            "answer consent",
        )


@pytest.mark.parametrize("analysed", [False, True])
async def test_a_report_that_is_being_written_at_a_withdrawal_is_gone_when_that_is_answered(
    recorded: RecordedDay, analysed: bool
) -> None:
    writing, erased = threading.Event(), threading.Event()

    def hold(path: Path) -> None:
        if path.name.endswith(".json.partial") and (path.parent.name == "analysed") is analysed:
            writing.set()
            assert erased.wait(30)

    def withdrawn(batch: Batch) -> None:
        if any(recording.state is RecordingState.ERASED for recording in batch.recordings):
            erased.set()

    recorded.disk.before_sync = hold
    recorded.store.at_commit.append(withdrawn)
    while not writing.is_set():
        assert recorded.world.clock.now() < at("09:05")
        await recorded.go(recorded.world.clock.now() + timedelta(seconds=1))
    await recorded.decide("consent", record=False)
    worker = recorded.day.service._worker
    await worker.wait([*worker._running], 30)
    [report] = [n for n in recorded.events("delete ") if n.endswith(".json") and ("/analysed/" in n) is analysed]
    recorded.disk.check_order(f"rename {report}.partial to {report}", f"delete {report}", "answer consent")
    assert list((recorded.world.data / "recordings").rglob("*.*")) == []


async def test_viewers_are_served_nothing_of_a_withdrawal_when_it_is_written_down_12(recorded: RecordedDay) -> None:
    await recorded.go(at("09:00:20"))
    delivery = recorded.day.service.delivery
    [room] = recorded.day.engine.channels.rooms.values()
    live = [entry.sequence for entry in room.channel.entries if entry.kind == "live"]
    assert live
    assert delivery.segment("main", "720p", live[-1]).path
    refused: list[int] = []

    def fetch(batch: Batch) -> None:
        for sequence in live if batch.overrides else ():
            with pytest.raises(NotFound):
                delivery.segment("main", "720p", sequence)
            refused.append(sequence)

    recorded.store.at_commit.append(fetch)
    await recorded.decide("consent", stream=False)
    assert refused == live
