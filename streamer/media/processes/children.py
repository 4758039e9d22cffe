"""One detached process and its folder: starts or adopts it, ends and reaps it, and records each step.

::

    run/RUN/process.json   its identity, written before it is started and again when its id is known
    run/RUN/exit.json      how it ended, and whether the end was acknowledged
    run/RUN/log, log.1     its standard error, bounded

A process is never signalled by its bare id: the id of a child can't be reused before we reap it, an adopted process is
held by a pidfd. Standard library only and light, because the keeper uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

from streamer.media.processes import procfs

PROCESS = "process.json"
EXIT = "exit.json"
LOG = "log"
OLD_LOG = "log.1"
PROGRESS = "progress"
MARK = "STREAMER_RUN"
"""Names a process's folder in its environment, to find a process whose id was not recorded."""

log = logging.getLogger("keeper")


@dataclass(slots=True, kw_only=True)
class Entry:
    """What ``process.json`` holds; times in Unix seconds. ``pid`` 0: it is about to be started."""

    run: str
    job: str
    kind: str
    room: str
    digest: str
    argv: list[str]
    ends_by: float
    session: str | None = None
    output: str = ""
    pid: int = 0
    start_ticks: int = 0
    started: float = 0.0
    boot: str = ""


@dataclass(slots=True, kw_only=True)
class Ended:
    """What ``exit.json`` holds. ``status`` as in Popen.returncode, None if it is unknown.

    ``reason`` says why it was ended (``stop``, ``deadline``, ``shutdown``; empty: it ended by itself), ``killed`` that
    it was killed.
    """

    run: str
    job: str
    kind: str
    status: int | None
    at: float
    reason: str = ""
    killed: bool = False
    acknowledged: bool = False


class Child:
    """A running process of a run."""

    def __init__(self, folder: Path, entry: Entry, pidfd: int, process: subprocess.Popen[bytes] | None) -> None:
        self.folder = folder
        self.entry = entry
        self.pidfd = pidfd
        self.reason = ""
        self._process = process
        self._killed = False
        self._timers: list[asyncio.TimerHandle] = []

    @classmethod
    def spawn(cls, folder: Path, entry: Entry, env: Mapping[str, str]) -> Child:
        """Start ``entry.argv`` in a session of its own, in the current working directory. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        entry.boot, entry.started = procfs.boot(), time.time()
        _write(folder / PROCESS, entry)
        try:
            with (folder / LOG).open("ab") as output:  # O_APPEND: it can be truncated while it is written to
                process = subprocess.Popen(
                    entry.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    env={**os.environ, **env, MARK: str(folder.absolute())},
                )
        except OSError:
            for name in (PROCESS, LOG):
                (folder / name).unlink(missing_ok=True)
            raise
        entry.pid, entry.start_ticks = process.pid, procfs.start_ticks(process.pid) or 0
        child = cls(folder, entry, os.pidfd_open(process.pid), process)
        child.record()
        return child

    @classmethod
    def adopt(cls, folder: Path, entry: Entry) -> Child | None:
        """Adopt the process of an entry that a former keeper wrote; None if it has ended."""
        if entry.boot != procfs.boot():
            return None
        if not entry.pid:
            entry.pid = procfs.find_marked(MARK, str(folder.absolute())) or 0
            entry.start_ticks = procfs.start_ticks(entry.pid) or 0
        pidfd = procfs.open_same(entry.pid, entry.start_ticks)
        if pidfd is None:
            return None
        child = cls(folder, entry, pidfd, None)
        child.record()
        return child

    def record(self) -> None:
        """Write the entry. A full disk does not end the process, which can be found by its mark."""
        with _reported("process record of", self.entry.run):
            _write(self.folder / PROCESS, self.entry)

    def lease(self, ends_by: float) -> None:
        if ends_by != self.entry.ends_by:
            self.entry.ends_by = ends_by
            self.record()

    def stop(self, reason: str, again: float, kill: float) -> None:
        """SIGTERM now and after ``again`` seconds, SIGKILL after ``kill``. The first reason is kept.

        A stopped process is continued, so that it writes the data that it has received.
        """
        if self.reason:
            return
        self.reason = reason
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(again, self._signal, signal.SIGTERM), loop.call_later(kill, self._kill)]

    def _kill(self) -> None:
        self._killed = True
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None:
                os.killpg(self._process.pid, number)  # not reaped yet, so its id is not reused
            else:
                signal.pidfd_send_signal(self.pidfd, number)

    def reap(self) -> Ended:
        """Once the pidfd is readable: kills the rest of its process group, and records its end."""
        for timer in self._timers:
            timer.cancel()
        status = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            status = self._process.wait()
        os.close(self.pidfd)
        return ended(self.folder, self.entry, status, reason=self.reason, killed=self._killed)

    def bound(self, limit: int) -> None:
        """Bound the log and progress files of a process that runs for days."""
        with _reported("log of", self.entry.run):
            bound_log(self.folder / LOG, limit)
        progress = self.folder / PROGRESS
        with _reported("progress of", self.entry.run):
            if progress.exists() and progress.stat().st_blocks * 512 > limit:
                os.truncate(
                    progress, 0
                )  # FFmpeg continues at its own offset: the file gets a hole, which takes no space


def ended(folder: Path, entry: Entry, status: int | None, *, reason: str = "", killed: bool = False) -> Ended:
    """Record the end of a process."""
    end = Ended(
        run=entry.run, job=entry.job, kind=entry.kind, status=status, at=time.time(), reason=reason, killed=killed
    )
    with _reported("exit record of", entry.run):
        _write(folder / EXIT, end)
    return end


def acknowledge(folder: Path, end: Ended) -> None:
    """Record that a client has acknowledged the end."""
    end.acknowledged = True
    with _reported("exit record of", end.run):
        _write(folder / EXIT, end)


def read_entry(folder: Path) -> Entry | None:
    """The entry of a run's folder; None if it is missing or unreadable."""
    return _read(folder / PROCESS, Entry)


def read_end(folder: Path) -> Ended | None:
    """The recorded end of a run's process."""
    return _read(folder / EXIT, Ended)


def bound_log(path: Path, limit: int) -> None:
    """Move a log with more than ``limit`` bytes aside. Its writer must have opened it with O_APPEND."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= limit:
            return
        file.seek(size - min(size, 2 * limit))
        try:
            path.with_name(OLD_LOG if path.name == LOG else path.name + ".1").write_bytes(file.read(2 * limit))
        finally:
            file.truncate(0)  # especially on a full disk


_Record = TypeVar("_Record", Entry, Ended)


def _write(path: Path, what: Entry | Ended) -> None:
    """Replace the file atomically for other processes."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps(asdict(what)))
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


def _read(path: Path, shape: type[_Record]) -> _Record | None:
    """Unknown keys are ignored: a newer version may have written them."""
    try:
        stored = json.loads(path.read_text())
        return shape(**{field.name: stored[field.name] for field in fields(shape) if field.name in stored})
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def _reported(what: str, run: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("%s %s: %s", what, run, error)
