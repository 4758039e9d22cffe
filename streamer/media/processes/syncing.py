"""The keeper's second thread, which syncs the files of captures each second, so that a power cut loses little.

FFmpeg writes at once; the system may keep the data in memory for half a minute. This thread syncs the newest file of
each capture, its list of segments and, after a new file, its folder. The duration shows whether the disk keeps up.
Standard library only and light; it deletes and writes nothing.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

EVERY = 1.0
"""Seconds between two rounds."""
REMEMBERED = 60.0
"""Seconds over which the slowest round is reported."""
_LIST = "list.csv"
_NUMBERED = re.compile(r"(\d{4,})(\.\w+)")

log = logging.getLogger("keeper")

Sync = Callable[[Path], None]


def sync(path: Path) -> None:
    """Sync a file, or a folder's names, to the disk. Raises OSError.

    Includes its times, unlike fdatasync: they give a segment's place in wall time.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Growing:
    """The numbered files of one folder, followed by number: the folder is listed once, not every second."""

    def __init__(self, folder: Path, sync: Sync) -> None:
        self._folder = folder
        self._sync = sync
        self._number: int | None = None
        self._digits = 0
        self._suffix = ""

    def once(self) -> None:
        """Sync what has grown since the last round. Raises OSError; ignores files that evaporate meanwhile."""
        added = self._number is None
        if self._number is None and not self._find():
            return
        assert self._number is not None
        while self._path(self._number + 1).exists():
            self._try(self._path(self._number))  # its last part
            self._number += 1
            added = True
        if not self._try(self._path(self._number)):
            self._number = None  # all files have been deleted: list the folder again
        self._try(self._folder / _LIST)
        if added:
            self._try(self._folder)

    def _try(self, path: Path) -> bool:
        try:
            self._sync(path)
        except FileNotFoundError:
            return False
        return True

    def _find(self) -> bool:
        """The highest number; lower ones, and the folder itself, may be new as well."""
        try:
            names = [entry.name for entry in os.scandir(self._folder)]
        except FileNotFoundError:
            return False
        found = [match for match in map(_NUMBERED.fullmatch, names) if match]
        if not found:
            return False
        *_, newest = found = sorted(found, key=lambda match: int(match[1]))
        self._number, self._digits, self._suffix = int(newest[1]), len(newest[1]), newest[2]
        for former in found[-2:-1]:
            self._try(self._folder / former[0])
        for parent in (self._folder.parent, self._folder.parent.parent):
            self._try(parent)
        return True

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:0{self._digits}d}{self._suffix}"


class Syncer:
    """The thread. ``follow`` sets the folders; one that is no longer named gets a last round."""

    def __init__(self, sync: Sync = sync, clock: Callable[[], float] = time.monotonic) -> None:
        self._sync = sync
        self._clock = clock
        self._wanted: Mapping[str, str] = {}
        self._followed: dict[str, Growing] = {}
        self._rounds: deque[tuple[float, float]] = deque()
        self._begun: float | None = None
        self._error = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="syncing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def follow(self, folders: Mapping[str, str]) -> None:
        """Folders by run; they replace the former ones."""
        self._wanted = dict(folders)

    def close(self) -> None:
        """A last round, where the disk allows it."""
        self._over.set()
        self._thread.join(EVERY)

    def report(self) -> dict[str, Any]:
        """The duration of rounds, in seconds; a running one counts with its duration so far."""
        now, begun = self._clock(), self._begun
        recent = [seconds for at, seconds in list(self._rounds) if now - at <= REMEMBERED]
        present = now - begun if begun is not None else 0.0
        latest = max(recent[-1] if recent else 0.0, present)
        return {"latest": latest, "worst": max([*recent, present]), "fault": self._error}

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self.once()
        self.once()

    def once(self) -> None:
        """A round over all followed folders."""
        self._begun = begun = self._clock()
        wanted, errors = self._wanted, []
        for run in wanted.keys() - self._followed.keys():
            self._followed[run] = Growing(Path(wanted[run]), self._sync)
        for run, growing in self._followed.items():
            try:
                growing.once()
            except OSError as error:
                errors.append(f"{error.strerror} ({error.filename or wanted.get(run, run)})")
        for run in self._followed.keys() - wanted.keys():
            del self._followed[run]
        self._note(errors[0] if errors else "")
        now = self._clock()
        self._rounds.append((now, now - begun))
        while now - self._rounds[0][0] > REMEMBERED:
            self._rounds.popleft()
        self._begun = None

    def _note(self, error: str) -> None:
        if error and error != self._error:
            log.error("captured media can't be synced to the disk: %s", error)
        self._error = error
