"""A room's day with its files on a real disk, and power cuts: the folder as it was, what was not synced torn.

Time, processes and timetable are those of conference_day; segments are FFmpeg's own, copied to where a capture would
have written them, and read by the real reader.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import av

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId, SessionId
from streamer.core.base.layout import SEGMENT_LIST, process_file, take_folder
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import FoundTake
from streamer.core.jobs.specs import JobKind
from streamer.core.records.batch import Stored
from streamer.media.capture import inspector
from streamer.media.capture.salvage import FolderSalvage
from streamer.media.capture.takes import Takes
from streamer.media.processes.children import Entry
from streamer.store.database.sql_store import SqlStore
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.day.fake_world import DELAY, FakeClock, FakeProcess, World

SECONDS = 80
TABLE = timetable(
    session("a", "main", at("09:00"), 0.5),
    session("secret", "main", at("09:00:30"), 0.25, record=False),
    session("b", "main", at("09:00:45"), 0.25),
)
POLICY = policy_for(
    "main",
    lead=timedelta(seconds=8),
    linger=timedelta(seconds=4),
    pre_roll=timedelta(seconds=4),
    post_roll=timedelta(seconds=4),
    ring=timedelta(seconds=16),
    restricted_ring=timedelta(seconds=8),
)


def make_segments(ffmpeg: str, folder: Path) -> Path:
    """A take of ``SECONDS``, as a capture writes it, in next to no time."""
    folder.mkdir(parents=True)
    source = ("-f", "lavfi", "-i", f"testsrc2=size=64x36:rate=5:duration={SECONDS}")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-sc_threshold", "0", "-muxdelay", "0")
    options = "mpegts_copyts=1:mpegts_flags=initial_discontinuity:pes_payload_size=0"
    listed = ("-segment_list", str(folder / SEGMENT_LIST), "-segment_list_type", "csv")
    muxed = ("-f", "segment", "-segment_time", "2", "-segment_format", "mpegts", "-segment_format_options", options)
    argv = (ffmpeg, "-loglevel", "error", *source, *coded, *muxed, *listed, str(folder / "%06d.ts"))
    subprocess.run(argv, check=True, timeout=60)
    return folder


async def ask_here(question: str, file: Path, timeout: float) -> dict[str, Any]:
    """Reads a file as the inspector does, without a process of its own for each file."""
    try:
        with av.open(str(file)) as container:
            return dict(json.loads(json.dumps(inspector.QUESTIONS[question](container))))
    except (OSError, ValueError, av.FFmpegError) as error:
        raise MediaError(f"can't be read: {error}", where=file.name) from error


class DiskWorld(World):
    """A world whose captures leave files in a data folder."""

    def __init__(self, clock: FakeClock, data: Path, clip: Path) -> None:
        super().__init__(clock)
        self.data = data
        self.clip = clip
        self.growing = 0
        self.lines = (clip / SEGMENT_LIST).read_text().splitlines(keepends=True)
        self.reader = Takes(data, ask=ask_here)
        self.salvage = FolderSalvage(data, ask_here)

    def capture(self) -> bool:
        """What captures have written until now: closed segments, the list of them, and the one that grows. Whether
        any closed."""
        running = [p for p in self.processes.values() if p.spec.kind is JobKind.CAPTURE and p.ended is None]
        return any(list(map(self._write, running)))

    def _write(self, process: FakeProcess) -> bool:
        folder = self.data / take_folder(process.run)
        record = self.data / process_file(process.run)
        if not record.exists():
            folder.mkdir(parents=True)
            record.parent.mkdir(parents=True)
            entry = Entry(
                run=process.run,
                job=process.spec.id,
                kind="capture",
                room=process.spec.room,
                digest="d",
                argv=[],
                ends_by=0.0,
                started=process.started,
                boot="the one before",
            )
            record.write_text(json.dumps(asdict(entry)))
        made = process.media(self.clock.steady())
        closed = int(made // 2)
        listing = folder / SEGMENT_LIST
        known = len(listing.read_bytes().splitlines()) if listing.exists() else 0
        for number in range(known, closed):
            path = folder / f"{number:06d}.ts"
            shutil.copy(self.clip / path.name, path)
            dated = self.clock.wall(process.started + DELAY + 2.0 * (number + 1))
            os.utime(path, (dated, dated))
            with listing.open("a") as file:
                file.write(self.lines[number])
        whole = (self.clip / f"{closed:06d}.ts").read_bytes()
        self.growing = int(len(whole) * (made - 2 * closed) / 2)
        (folder / f"{closed:06d}.ts").write_bytes(whole[: self.growing])
        return closed > known

    def wall(self, take: RunId, time: float) -> float:
        """Of takes from before the cut nobody knows."""
        return super().wall(take, time) if take in self.processes else 0.0

    # -- as the media floor does it ----------------------------------------------------------------

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        return self.reader.closed_segments(take, after)

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        return await self.reader.last_segment(take, after)

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        return await self.reader.settle(segments)

    def delete(self, paths: Iterable[str]) -> None:
        self.reader.delete(paths)

    def delete_folder(self, take: RunId) -> None:
        self.reader.delete_folder(take)

    async def takes(self) -> list[FoundTake] | None:
        return await self.salvage.takes()

    async def faults(
        self, segments: Sequence[Segment], read: Collection[tuple[RunId, int]]
    ) -> dict[tuple[RunId, int], str]:
        return await self.salvage.faults(segments, read)

    async def remainder(self, segment: Segment) -> Segment | None:
        return await self.salvage.remainder(segment)

    async def sweep(self, kept: Collection[str], closed: Collection[SessionId], busy: Collection[SessionId]) -> int:
        return await self.salvage.sweep(kept, closed, busy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The data folder at an instant; ``newest_bytes`` are those of the segment that grew in it."""

    data: Path
    at: datetime
    newest_bytes: int = 0


async def lived(clip: Path, folder: Path) -> list[Copy]:
    """The day's data folder, again and again: before a turn saw what captures had written, and after it."""
    clock, data = FakeClock(at("08:59:45")), folder / "data"
    data.mkdir(parents=True)
    world = DiskWorld(clock, data, clip)
    copies: list[Copy] = []

    def copy(closed: bool = False) -> None:
        target = folder / f"copy-{len(copies):03d}"
        shutil.copytree(data, target)
        copies.append(Copy(data=target, at=clock.now(), newest_bytes=world.growing if closed else 0))

    async with day_on(data, world) as day:
        while clock.now() < at("09:01:02"):
            clock.advance(1.5)
            closed = world.capture()
            copy(closed)
            world.finish_exports()
            await day.turn()
            copy()
        day.killed = True
    return copies


def day_on(data: Path, world: DiskWorld) -> AbstractAsyncContextManager[Day]:
    """A service in a data folder, now."""
    return conference_day(TABLE, POLICY, world.clock.now(), store=SqlStore(data=data), world=world)


async def stored(data: Path) -> Stored:
    store = SqlStore(data=data)
    try:
        return await store.open()
    finally:
        await store.close()


# -- what a cut tears ----------------------------------------------------------------------------------------------


def tear(path: Path, chance: Random) -> None:
    """What a disk may have of a file that was not synced: less of it, nothing, zeros, or not even its name."""
    if not path.exists():
        return
    content = path.read_bytes()
    cut = chance.randrange(len(content) + 1)
    match chance.randrange(5):
        case 0:
            path.write_bytes(content[:cut])
        case 1:
            path.write_bytes(b"")
        case 2:
            path.write_bytes(content[:cut] + bytes(len(content) - cut))
        case 3:
            path.unlink()
        case _:
            pass


def unsynced(data: Path, known: Stored) -> list[Path]:
    """The files whose content nobody has promised: segments that are not indexed, lists, records of processes."""
    indexed = {segment.path for segment in known.segments}
    open_takes = {take.id for take in known.takes if take.ended is None}
    takes = [p for p in (data / "takes").glob("*") if p.name in open_takes or p.name not in {t.id for t in known.takes}]
    files = [file for take in takes for file in sorted(take.iterdir())]
    records = [data / process_file(RunId(take.name)) for take in takes]
    return [f for f in [*files, *records] if f.relative_to(data).as_posix() not in indexed]
