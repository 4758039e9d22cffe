"""A disk that records what is done to a folder, in order, and knows what a power cut would leave of it.

It stands in for ``sync``, the one operation that leaves no trace in a folder. What else happened it sees for itself:
at each sync, and whenever a test takes a note (of a commit, an answer), it compares the folder with what it saw before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamer.core.base.ids import SessionId
from streamer.core.recording.recording import Recording
from streamer.core.records.batch import Batch, Stored
from streamer.store.database.sql_store import SqlStore

_DATABASE = ".db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A file at an instant. Its inode number is not used again while the disk holds it open."""

    inode: int
    size: int
    changed: int


def paths_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


class RecordedDisk:
    """``events`` are sentences such as ``write a``, ``sync a``, ``rename a to b``, ``delete b``; names are relative to
    the folder, which is called ``.`` itself. To be closed at the end."""

    def __init__(self, folder: Path, paths: Callable[[Path], list[Path]] = paths_below) -> None:
        self.events: list[str] = []
        self.before_sync: Callable[[Path], None] = lambda path: None
        """Called with what is about to be synced: it may raise OSError, or write."""
        self._folder = folder
        self._paths = paths
        self._files: dict[str, Seen] = {}
        self._content: dict[int, bytes] = {}
        """By inode: what was synced last."""
        self._names: dict[str, dict[str, int]] = {}
        """By folder: the names, with their inodes, that were synced last."""
        self._open: dict[int, Any] = {}
        self._stack = ExitStack()
        self._lock = threading.Lock()

    def close(self) -> None:
        self._stack.close()

    def sync(self, path: Path) -> None:
        """What the product calls in place of its own sync. Raises OSError."""
        self.before_sync(path)
        with self._lock:
            self._look()
            name, inode = self._name(path), path.stat().st_ino
            if path.is_dir():
                self._names[name] = {child.name: child.stat().st_ino for child in path.iterdir()}
            else:
                self._content[inode] = path.read_bytes()
            self.events.append(f"sync {name}")

    def note(self, *events: str) -> None:
        """Something else happened now."""
        with self._lock:
            self._look()
            self.events += events

    def after_a_power_cut(self, name: str) -> bytes | None:
        """What is sure to be left of a file: None where its content, its name or that of a folder above is not."""
        path = Path(name)
        for child in (path, *path.parents[:-1]):
            found = self._folder / child
            if not found.exists() or self._names.get(str(child.parent), {}).get(child.name) != found.stat().st_ino:
                return None
        return self._content.get((self._folder / path).stat().st_ino)

    def check_order(self, *events: str) -> None:
        """Fails where the last of these happened without the others, in this order, before its first time."""
        *former, last = events
        assert last in self.events, f"{last!r} did not happen in {self.events}"
        before = iter(self.events[: self.events.index(last)])
        for event in former:
            assert event in before, f"{event!r} did not happen in its place before {last!r} in {self.events}"

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _look(self) -> None:
        before, self._files = self._files, self._present()
        gone = {seen.inode: name for name, seen in before.items() if name not in self._files}
        for name, seen in self._files.items():
            known = before.get(name)
            if known == seen:
                continue
            former = gone.pop(seen.inode, None)
            if former is not None:
                self.events.append(f"rename {former} to {name}")
                known = before[former]
            if known is None or (known.inode, known.size, known.changed) != (seen.inode, seen.size, seen.changed):
                self.events.append(f"write {name}")
        self.events += [f"delete {name}" for name in gone.values()]

    def _present(self) -> dict[str, Seen]:
        """Walks until two walks find the same files under the same names.

        One walk is not enough: a file that another thread renames meanwhile can be missing under both names.
        """
        found = self._walk()
        while not _same_names(found, again := self._walk()):
            found = again
        return again

    def _walk(self) -> dict[str, Seen]:
        found = {}
        for path in self._paths(self._folder):
            if _DATABASE in path.name or path.is_dir():
                continue
            try:
                stat = path.stat()
                if stat.st_ino not in self._open:
                    self._open[stat.st_ino] = self._stack.enter_context(path.open("rb"))
            except FileNotFoundError:
                continue
            found[self._name(path)] = Seen(inode=stat.st_ino, size=stat.st_size, changed=stat.st_mtime_ns)
        return found


def _same_names(one: dict[str, Seen], other: dict[str, Seen]) -> bool:
    return {name: seen.inode for name, seen in one.items()} == {name: seen.inode for name, seen in other.items()}


class RecordedStore(SqlStore):
    """A real store whose commits are among a disk's events. ``at_commit`` looks at the world before each.

    ``recordings`` are the rows of recordings, as they were committed last.
    """

    def __init__(self, disk: RecordedDisk, data: Path) -> None:
        super().__init__(data=data)
        self.recordings: dict[SessionId, Recording] = {}
        self.at_commit: list[Callable[[Batch], None]] = []
        self._disk = disk

    async def open(self) -> Stored:
        stored = await super().open()
        self._disk.note()
        return stored

    async def commit(self, batch: Batch) -> None:
        for look in self.at_commit:
            look(batch)
        self._disk.note()
        await super().commit(batch)
        self.recordings |= {recording.session: recording for recording in batch.recordings}
        self._disk.note(*committed(batch))


def committed(batch: Batch) -> Sequence[str]:
    """What a commit made true, as far as files go with it."""
    return (
        *(f"commit segment {segment.path}" for segment in batch.segments),
        *(f"commit without segment {take}/{number}" for take, number in batch.deleted_segments),
        *(f"commit decision {override.id}" for override in batch.overrides),
        *(f"commit recording {r.session} {r.state} {r.version}" for r in batch.recordings),
    )
