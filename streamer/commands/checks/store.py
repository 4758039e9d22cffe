"""What must hold of the store and of the files that it names. Looks at a copy: a store that is in use is not disturbed,
and one of an earlier version stays what it is."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from streamer.commands.checks.finding import Finding, of_error, wrong
from streamer.commands.checks.programme import Day
from streamer.commands.place import Place
from streamer.commands.printing import count
from streamer.core.errors import StoreError
from streamer.core.plan import plan
from streamer.core.records import Batch, Stored
from streamer.engine.archive import Archive
from streamer.media.takes import Takes
from streamer.store.sql_store import SqlStore

_NAME = "store"
_SHOWN = 5


async def examine(place: Place, day: Day | None, now: datetime) -> list[Finding]:
    """Nothing where there is no store yet."""
    try:
        path = SqlStore(place.config.storage.database, data=place.data).path
        if not path.exists():
            return []
        stored = await _read(path)
    except StoreError as error:
        return [of_error(_NAME, error)]
    broken = [*_takes(stored), *_files(place.data, stored)]
    if day is not None:
        broken += await _consent(place.data, stored, day, now)
    if broken:
        return [wrong(_NAME, *one) for one in broken[:_SHOWN]] + _more(len(broken) - _SHOWN)
    what = f"{count(len(stored.recordings), 'recording')}, {count(len(stored.segments), 'segment')}, nothing amiss"
    return [Finding(name=_NAME, message=what)]


def _more(number: int) -> list[Finding]:
    return [wrong(_NAME, f"and {number} more like these")] if number > 0 else []


async def _read(path: Path) -> Stored:
    with tempfile.TemporaryDirectory(prefix="streamer-check-") as folder:
        await asyncio.to_thread(_copy, path, Path(folder, path.name))
        store = SqlStore(path.name, data=Path(folder))
        try:
            return await store.open()
        finally:
            await store.close()


def _copy(path: Path, target: Path) -> None:
    """A consistent one, of a store that may be in use."""
    try:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        hint = "stop the service and restore a copy, or move the file away"
        raise StoreError(f"the database can't be read: {error}", where=str(path), hint=hint) from error


def _takes(stored: Stored) -> Iterator[tuple[str, str]]:
    live = Counter(take.room for take in stored.takes if take.ended is None)
    for room, number in live.items():
        if number > 1:
            yield f"room {room} has {number} takes at a time", "streamer stop, and start again"


def _files(data: Path, stored: Stored) -> Iterator[tuple[str, str]]:
    """Files that a recording needs, and that are not there or not whole."""
    kept = {(keep.take, keep.number): keep.session for keep in stored.keeps}
    lost = Counter(
        kept[s.take, s.number] for s in stored.segments if (s.take, s.number) in kept and not (data / s.path).exists()
    )
    for session, number in lost.items():
        yield f"session {session}: {count(number, 'kept segment')} gone from the disk", "restore them from a copy"
    for recording in stored.recordings:
        for file in recording.files:
            path = data / file.path
            if not path.exists() or path.stat().st_size != file.bytes:
                state = "is gone" if not path.exists() else "is not as long as it was"
                yield f"session {recording.session}: its file {path} {state}", "restore it from a copy"


async def _consent(data: Path, stored: Stored, day: Day, now: datetime) -> list[tuple[str, str]]:
    """Takes count as running, whatever they do: nothing is read to its end, nothing is deleted."""
    archive = Archive(Takes(data), lambda: None)
    await archive.restore(stored, [take.id for take in stored.takes], Batch())
    violations = archive.violations(plan(day.timetable, stored.overrides, day.policy, now))
    return [(violation, "the service puts this right at its next turn, or its next start") for violation in violations]
