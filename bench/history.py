"""A folder of a timetable's versions, files named by the Unix time at which they were published.

It reads whatever lies there and judges nothing: what can't be read is a broken version, what has no time is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, Session
from streamer.timetables import parse

_UNIX_TIME = re.compile(r"(\d{1,11}(?:\.\d+)?)(?:\.|$)", re.ASCII)
"""What a file's name begins with. Longer numbers are milliseconds, or no times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What the feed said from an instant on."""

    at: datetime
    name: str
    content: Parsed | TimetableError


def read_folder(
    folder: Path, timezone: str | None = None, format: str | None = None
) -> tuple[list[Version], list[str]]:
    """The versions in order, and the names of files that are none because no Unix time is in their names."""
    versions, others = [], []
    shared = _sharing()
    for path in sorted(folder.iterdir()):
        found = _UNIX_TIME.match(path.name)
        if path.is_dir() or path.name.startswith("."):
            continue
        if found is None:
            others.append(path.name)
            continue
        content = _read(path, timezone, format)
        if isinstance(content, Parsed):
            content = replace(
                content, timetable=replace(content.timetable, sessions=shared(content.timetable.sessions))
            )
        versions.append(Version(at=datetime.fromtimestamp(float(found[1]), UTC), name=path.name, content=content))
    return sorted(versions, key=lambda v: (v.at, v.name)), others


def _read(path: Path, timezone: str | None, format: str | None) -> Parsed | TimetableError:
    try:
        return parse(path.read_bytes(), name=path.name, timezone=timezone, format=format)
    except TimetableError as error:
        return error
    except OSError as error:
        return TimetableError(f"can't be read: {(error.strerror or str(error)).lower()}", where=path.name)


def _sharing() -> Callable[[Iterable[Session]], tuple[Session, ...]]:
    """Hundreds of versions are mostly the same sessions: each is held once."""
    known: dict[Session, Session] = {}
    return lambda sessions: tuple(known.setdefault(one, one) for one in sessions)
