"""Keeps the last good copy of a feed on disk, for a start without network or with a broken feed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """``confirmed`` is when the source last had this content, ``changed`` since when."""

    content: bytes = field(repr=False)
    confirmed: datetime
    changed: datetime


def sync(path: Path) -> None:
    """Bring a file with its times, or a folder's names, to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LastGood:
    """One feed's copy in ``folder``; written completely or not at all. Blocking: call it in a thread.

    The times are file times: the copy's own says when it was confirmed, that of an empty file beside it since when
    it has had this content.
    """

    def __init__(self, folder: Path, source: str, sync: Callable[[Path], None] = sync) -> None:
        name = hashlib.sha256(source.encode(errors="replace")).hexdigest()[:16]
        self._file = folder / f"{name}.feed"
        self._since = folder / f"{name}.since"
        self._sync = sync

    def save(self, content: bytes, at: datetime) -> None:
        """Replace the copy by content that is good and new at ``at``. Raises OSError."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        partial.write_bytes(content)
        _date(partial, at)
        self._sync(partial)
        self._since.touch(mode=0o600)
        _date(self._since, at)
        partial.replace(self._file)
        self._sync(self._file.parent)

    def confirm(self, at: datetime) -> None:
        """Record that the source still has the copy's content at ``at``."""
        with suppress(OSError):
            _date(self._file, at)

    def load(self) -> Copy | None:
        """The copy; None where it is missing or cannot be read."""
        try:
            content, confirmed = self._file.read_bytes(), _date_of(self._file)
        except OSError:
            return None
        try:
            changed = min(_date_of(self._since), confirmed)
        except OSError:
            changed = confirmed
        return Copy(content=content, confirmed=confirmed, changed=changed)


def _date(file: Path, at: datetime) -> None:
    os.utime(file, (at.timestamp(), at.timestamp()))


def _date_of(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
