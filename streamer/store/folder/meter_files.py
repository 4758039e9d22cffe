"""The timelines of the meters: one file a session, one JSON object a line.

Nothing is synced: after a crash of the machine the last rows may be missing, and a line that is not whole is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import SessionId
from streamer.core.base.layout import METERS, meters_file
from streamer.core.monitor.timeline import TimelineRow


class MeterFiles:
    """Implements :class:`streamer.engine.monitor.ports.Timelines` in a data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()

    def known(self) -> frozenset[SessionId]:
        """See the port."""
        return frozenset(SessionId(path.stem) for path in (self._data / METERS).glob("*.jsonl"))

    def append(self, session: SessionId, row: TimelineRow) -> None:
        """See the port."""
        path = self._data / meters_file(session)
        with _wrapped(path, "written"):
            path.parent.mkdir(exist_ok=True)
            with path.open("ab", buffering=0) as file:
                file.write(json.dumps(row, separators=(",", ":")).encode() + b"\n")

    def read(self, session: SessionId) -> list[TimelineRow]:
        """See the port."""
        try:
            lines = (self._data / meters_file(session)).read_bytes().splitlines()
        except OSError:
            return []
        return list(_whole(lines))

    def erase(self, session: SessionId) -> None:
        """See the port."""
        path = self._data / meters_file(session)
        with _wrapped(path, "erased"):
            path.unlink(missing_ok=True)


def _whole(lines: list[bytes]) -> Iterator[TimelineRow]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


@contextmanager
def _wrapped(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the timeline of a session can't be {what}: {error.strerror or error}"
        raise StoreError(message, where=str(path), hint="check the disk and the owner of the data folder") from error
