"""What must hold of the store and of the files that it names. Looks at a copy: a store that is in use is not disturbed,
and one of an earlier version stays what it is."""

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
PUT_RIGHT = "a service puts right what can be at its next turn, or its next start: streamer run"


async def examine(place: Place, day: Day | None, now: datetime) -> list[Finding]:
    """Nothing where there is no store yet."""
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
    what = f"{counted(len(stored.recordings), 'recording')}, {counted(len(stored.segments), 'segment')}, nothing amiss"
    return [Finding(name=_NAME, message=what)]


def _more(number: int) -> list[Finding]:
    return [wrong(_NAME, f"and {number} more like these")] if number > 0 else []


def _missing_files(data: Path, stored: Stored) -> Iterator[tuple[str, str]]:
    """Finished files that are not there, or not whole."""
    for recording in stored.recordings:
        for file in recording.files:
            path = data / file.path
            if not path.exists() or path.stat().st_size != file.bytes:
                state = "is gone" if not path.exists() else "is not as long as it was"
                yield f"session {recording.session}: its file {path} {state}", "restore it from a copy"
