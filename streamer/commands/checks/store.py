"""Checks the store's invariants and the files that it names. Reads a copy, so a store in use is not disturbed and
one of an earlier version is not migrated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from streamer.commands.checks.finding import Finding, of_error, wrong
from streamer.commands.checks.programme import Day
from streamer.commands.place.place import Place
from streamer.commands.place.store_copy import copied
from streamer.core.base.errors import StoreError
from streamer.core.base.words import counted
from streamer.core.records.batch import Stored

_NAME = "store"
_SHOWN = 5
PUT_RIGHT = "the service repairs what it can at its next turn or start: streamer run"


async def examine(place: Place, day: Day | None, now: datetime) -> list[Finding]:
    """Empty where no store exists yet."""
    try:
        copy = await copied(place)
    except StoreError as error:
        return [of_error(_NAME, error)]
    if copy is None:
        return []
    stored = copy.stored
    broken = list(_missing_files(place.data, stored))
    if day is not None:
        broken += [(f"invariant {one}", PUT_RIGHT) for one in copy.violations(day.timetable, day.policy, now)]
    if broken:
        return [wrong(_NAME, *one) for one in broken[:_SHOWN]] + _more(len(broken) - _SHOWN)
    what = f"{counted(len(stored.recordings), 'recording')}, {counted(len(stored.segments), 'segment')}, no problems"
    return [Finding(name=_NAME, message=what)]


def _more(number: int) -> list[Finding]:
    return [wrong(_NAME, f"{number} more findings of this kind")] if number > 0 else []


def _missing_files(data: Path, stored: Stored) -> Iterator[tuple[str, str]]:
    """Finished files that are missing or incomplete."""
    for recording in stored.recordings:
        for file in recording.files:
            path = data / file.path
            if not path.exists() or path.stat().st_size != file.bytes:
                state = "is missing" if not path.exists() else "has another length than recorded"
                yield f"session {recording.session}: its file {path} {state}", "restore it from a copy"
