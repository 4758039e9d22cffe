"""One detached process and its folder: started or taken over, told to end, reaped, and on record throughout.

::

    run/RUN/process.json   who it is, written before it is started and again when its id is known
    run/RUN/exit.json      how it ended, and whether somebody was told
    run/RUN/log, log.1     its standard error, bounded

A process is never signalled by its bare id: ours can't be used again before we reap it, one that was taken over is
held by a pidfd. Standard library only and light: the keeper lives on this.
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
"""Names a process's folder in its environment, so that one can be found whose id nobody got to write down."""

log = logging.getLogger("keeper")


@dataclass(slots=True, kw_only=True)
class Entry:
    """What ``process.json`` holds; times in Unix seconds. ``pid`` 0 means that it is about to be started."""

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
    """What ``exit.json`` holds. ``status`` as in Popen.returncode, None when nobody could learn it.

    ``reason`` says who ended it (``stop``, ``deadline``, ``shutdown``; empty: it ended by itself), ``killed`` that it
    had to be killed.
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
        """Start ``entry.argv`` in a session of its own, in the present working directory. Raises OSError."""
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
        """Take over the process of an entry that a former keeper wrote; None when it is gone."""
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
        """Write the entry down. A full disk must not cost the process: it would be found by its mark."""
        with _reported("process record of", self.entry.run):
            _write(self.folder / PROCESS, self.entry)

    def lease(self, ends_by: float) -> None:
        if ends_by != self.entry.ends_by:
            self.entry.ends_by = ends_by
            self.record()

    def stop(self, reason: str, again: float, kill: float) -> None:
        """SIGTERM now and after ``again`` seconds, SIGKILL after ``kill``. The first reason stands.

        A process that somebody has frozen hears of it too: what it has received by then it still writes.
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
                os.killpg(self._process.pid, number)  # not reaped yet, so the id is still its own
            else:
                signal.pidfd_send_signal(self.pidfd, number)

    def reap(self) -> Ended:
        """Once the pidfd is readable: what is left of its process group goes too, and its end goes on record."""
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
        """Keep log and progress of a process that runs for days from filling the disk."""
        with _reported("log of", self.entry.run):
            bound_log(self.folder / LOG, limit)
        progress = self.folder / PROGRESS
        with _reported("progress of", self.entry.run):
            if progress.exists() and progress.stat().st_blocks * 512 > limit:
                os.truncate(progress, 0)  # FFmpeg writes on at its own offset: a hole, which takes no space


def ended(folder: Path, entry: Entry, status: int | None, *, reason: str = "", killed: bool = False) -> Ended:
    """Put the end of a process on record."""
    end = Ended(
        run=entry.run, job=entry.job, kind=entry.kind, status=status, at=time.time(), reason=reason, killed=killed
    )
    with _reported("exit record of", entry.run):
        _write(folder / EXIT, end)
    return end


def acknowledge(folder: Path, end: Ended) -> None:
    """Somebody was told; nobody has to be told again."""
    end.acknowledged = True
    with _reported("exit record of", end.run):
        _write(folder / EXIT, end)


def read_entry(folder: Path) -> Entry | None:
    """The entry of a run's folder; None where there is none, or none that can be read."""
    return _read(folder / PROCESS, Entry)


def read_end(folder: Path) -> Ended | None:
    """How a run's process ended, as far as it is on record."""
    return _read(folder / EXIT, Ended)


def bound_log(path: Path, limit: int) -> None:
    """Move what a log has above ``limit`` bytes aside. Its writer must have opened it with O_APPEND."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size <= limit:
            return
        file.seek(size - min(size, 2 * limit))
        try:
            path.with_name(OLD_LOG if path.name == LOG else path.name + ".1").write_bytes(file.read(2 * limit))
        finally:
            file.truncate(0)  # on a full disk above all


_Record = TypeVar("_Record", Entry, Ended)


def _write(path: Path, what: Entry | Ended) -> None:
    """Whole or not at all, as far as other processes can see."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps(asdict(what)))
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(path)


def _read(path: Path, shape: type[_Record]) -> _Record | None:
    """Keys that this version does not know are left out: a newer one may have written them."""
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
