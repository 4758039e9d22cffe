"""The channels' ledgers as files: appended line by line, and replaced as a whole when they are long.

Nothing is synced: written data survives the process. After a crash of the machine the last lines may be missing, so a
ledger names its boot and is ignored in another.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import RoomId
from streamer.core.base.json import Document
from streamer.core.base.layout import channel_file
from streamer.media.processes import procfs

_LARGEST = 16 << 20
"""A larger file (bytes) is not a ledger."""
_GROWING = ".tmp"


class FileLedgers:
    """Implements :class:`streamer.engine.channels.ports.Ledgers` in a data folder."""

    def __init__(self, data: Path, boot: Callable[[], str] = procfs.boot) -> None:
        self._data = data.absolute()
        self._boot = boot()

    def read(self, room: RoomId) -> list[Document]:
        """See the port."""
        path = self._path(room)
        try:
            if path.stat().st_size > _LARGEST:
                return []
            *whole, _ = path.read_bytes().split(b"\n")
            lines = [json.loads(line) for line in whole]
        except (OSError, ValueError, RecursionError):
            return []
        if not lines or not all(isinstance(line, dict) for line in lines):
            return []
        head, *rest = lines
        return rest if head.get("boot") == self._boot else []

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        """See the port."""
        path = self._path(room)
        with self._or_none(path):
            path.parent.mkdir(exist_ok=True)
            partial = path.with_name(path.name + ".partial")
            partial.write_bytes(_text([{"boot": self._boot}, *lines]))
            partial.replace(path)

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        """See the port."""
        path = self._path(room)
        text = _text(lines)
        with (
            self._or_none(path),
            path.open("r+b", buffering=0) as file,
        ):  # a deleted ledger must not be recreated without its beginning
            file.seek(0, 2)
            if file.write(text) != len(text):
                raise OSError("the disk is full")

    def delete(self, room: RoomId) -> None:
        """See the port."""
        with contextlib.suppress(OSError):
            self._path(room).unlink(missing_ok=True)

    def is_there(self, path: str) -> bool:
        """See the port."""
        found = Path(path)
        return found.is_file() or found.with_name(found.name + _GROWING).is_file()

    def _path(self, room: RoomId) -> Path:
        return self._data / channel_file(room)

    @contextlib.contextmanager
    def _or_none(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            for name in (path, path.with_name(path.name + ".partial")):
                with contextlib.suppress(OSError):
                    name.unlink(missing_ok=True)
            raise StoreError(
                f"the channel's ledger can't be written: {error.strerror or error}",
                where=str(path),
                hint="check disk and owner; until then a restart makes players jump",
            ) from error


def _text(lines: Sequence[Document]) -> bytes:
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
