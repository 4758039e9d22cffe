"""A consistent copy of a store that a service may be using. Only the copy is migrated."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from streamer.commands.place.place import Place
from streamer.core.base.errors import StoreError
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import wall_times
from streamer.core.plan.plan import plan
from streamer.core.plan.policy import Policy
from streamer.core.records.batch import Stored
from streamer.core.records.invariants import Situation, violations
from streamer.core.timetable.sessions import Timetable
from streamer.store.database.connections import wrapped
from streamer.store.database.sql_store import SqlStore

_TAKES = "takes"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCopy:
    """A store's rows and the files of takes, without files that were made or deleted during the copy."""

    stored: Stored
    files: frozenset[str]

    def violations(self, timetable: Timetable, policy: Policy, now: datetime) -> list[str]:
        """The violated invariants."""
        by_take: dict[str, list[Segment]] = defaultdict(list)
        for segment in self.stored.segments:
            by_take[segment.take].append(segment)
        situation = Situation(
            plan=plan(timetable, self.stored.overrides, policy, now),
            policy=policy,
            takes=self.stored.takes,
            segments=[timed for segments in by_take.values() for timed in wall_times(segments)],
            keeps=self.stored.keeps,
            recordings=self.stored.recordings,
            files=self.files,
        )
        return violations(situation)


async def copied(place: Place) -> StoreCopy | None:
    """None where no store exists yet. Raises StoreError."""
    path = SqlStore(place.database, data=place.data).path
    if not path.exists():
        return None
    before = await asyncio.to_thread(_take_files, place.data)
    stored = await _read(path)
    after = await asyncio.to_thread(_take_files, place.data)
    named = {s.path for s in stored.segments if s.path in before | after}
    return StoreCopy(stored=stored, files=frozenset(named | (before & after)))


async def _read(path: Path) -> Stored:
    with tempfile.TemporaryDirectory(prefix="streamer-check-") as folder:
        await asyncio.to_thread(_copy, path, Path(folder, path.name))
        store = SqlStore(path.name, data=Path(folder))
        try:
            return await store.open()
        except StoreError as error:
            raise StoreError(error.message, where=str(path), hint=error.hint) from error
        finally:
            await store.close()


def _copy(path: Path, target: Path) -> None:
    """Copies a store that may be in use, consistently."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with (
        wrapped(path),
        closing(sqlite3.connect(address, uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)


def _take_files(data: Path) -> set[str]:
    folder = data / _TAKES
    return {path.relative_to(data).as_posix() for path in folder.rglob("*") if path.is_file()}
