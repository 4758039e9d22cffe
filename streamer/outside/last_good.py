"""Keeps the last good copy of a feed on disk, for a start without network or with a broken feed."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


class LastGood:
    """One feed's copy in ``folder``; written whole or not at all. Blocking: call it in a thread."""

    def __init__(self, folder: Path, source: str) -> None:
        self._file = folder / f"{hashlib.sha256(source.encode(errors='replace')).hexdigest()[:16]}.feed"

    def save(self, content: bytes, at: datetime) -> None:
        """Replace the copy, known to be good at ``at``. Raises OSError."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(partial, (at.timestamp(), at.timestamp()))
        partial.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def confirm(self, at: datetime) -> None:
        """The copy, where there is one, is still what the source says at ``at``."""
        with suppress(OSError):
            os.utime(self._file, (at.timestamp(), at.timestamp()))

    def load(self) -> tuple[bytes, datetime] | None:
        """The copy, and when it was last known to be good; None where there is none that can be read."""
        try:
            return self._file.read_bytes(), datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except OSError:
            return None
