"""What must hold of the store and of the files that it names. Looks at a copy: a store that is in use is not disturbed,
and one of an earlier version stays what it is."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import defaultdict
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
from streamer.core.invariants import Situation, violations
from streamer.core.media import Segment
from streamer.core.plan import plan
from streamer.core.records import Stored
from streamer.core.wallclock import wall_times
from streamer.store.sql_store import SqlStore

_NAME = "store"
_SHOWN = 5
_TAKES = "takes"


async def examine(place: Place, day: Day | None, now: datetime) -> list[Finding]:
    """Nothing where there is no store yet."""
    try:
        path = SqlStore(place.config.storage.database, data=place.data).path
        if not path.exists():
            return []
        before = await asyncio.to_thread(_take_files, place.data)
        stored = await _read(path)
        after = await asyncio.to_thread(_take_files, place.data)
    except StoreError as error:
        return [of_error(_NAME, error)]
    broken = list(_missing_files(place.data, stored))
    if day is not None:
        broken += _violations(stored, day, _settled(before, after, stored), now)
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


def _take_files(data: Path) -> set[str]:
    folder = data / _TAKES
    return {path.relative_to(data).as_posix() for path in folder.rglob("*") if path.is_file()}


def _settled(before: set[str], after: set[str], stored: Stored) -> set[str]:
    """The files of takes, without what a running service made or deleted while the store was copied."""
    return {s.path for s in stored.segments if s.path in before | after} | (before & after)


def _violations(stored: Stored, day: Day, files: set[str], now: datetime) -> list[tuple[str, str]]:
    by_take: dict[str, list[Segment]] = defaultdict(list)
    for segment in stored.segments:
        by_take[segment.take].append(segment)
    situation = Situation(
        plan=plan(day.timetable, stored.overrides, day.policy, now),
        policy=day.policy,
        takes=stored.takes,
        segments=[timed for segments in by_take.values() for timed in wall_times(segments)],
        keeps=stored.keeps,
        recordings=stored.recordings,
        files=files,
    )
    hint = "a service puts right what can be at its next turn, or its next start: streamer run"
    return [(f"invariant {sentence}", hint) for sentence in violations(situation)]


def _missing_files(data: Path, stored: Stored) -> Iterator[tuple[str, str]]:
    """Finished files that are not there, or not whole."""
    for recording in stored.recordings:
        for file in recording.files:
            path = data / file.path
            if not path.exists() or path.stat().st_size != file.bytes:
                state = "is gone" if not path.exists() else "is not as long as it was"
                yield f"session {recording.session}: its file {path} {state}", "restore it from a copy"
