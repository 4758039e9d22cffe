"""The keeper: a small program that is the parent of all FFmpegs of a data folder, so that they outlive the service.

``python -m streamer.media.processes.keeper DATA_FOLDER``, one per folder, started by its guard
(:mod:`streamer.media.processes.guard`). It starts and stops processes on request and records how they ended. Without a
connected service it ends processes when they are due, and finally itself. The keeper after a killed one adopts its
processes. Uses little, and only the standard library, because it runs all day.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.modules["ssl"] = None  # type: ignore[assignment]  # asyncio does without it, and it is a fifth of the process

import asyncio
import logging

from streamer.core.base.redact import redact
from streamer.media.processes.guard import BUSY
from streamer.media.processes.keeper_server import LOCK, LOG, RUNS, Keeper, Timings

SIGN_EVERY = 10.0
"""The least seconds between two signs of life, far below the guard's timeout."""

log = logging.getLogger("keeper")


def _lock() -> int | None:
    """The descriptor of the lock that makes this the folder's only keeper; None where another has it."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class _Signs:
    """Signs of life for the guard, on descriptor ``to``; the first one says that the keeper listens.

    No signs are sent in the foreground, or after the guard's end.
    """

    def __init__(self, to: int | None) -> None:
        self._to = to
        self._next = 0.0
        if to is not None:
            os.set_inheritable(to, False)
            os.set_blocking(to, False)

    def give(self) -> None:
        now = time.monotonic()
        if self._to is None or now < self._next:
            return
        self._next = now + SIGN_EVERY
        try:
            os.write(self._to, b".")
        except BlockingIOError:
            pass  # the guard is stopped (SIGSTOP), and will read enough signs when it continues
        except OSError:
            log.warning("the guard has ended: if this keeper is killed, none is started")
            self._to = None


def _leave_terminal() -> None:
    """Close the inherited pipes, on which the guard's starter waits; later output goes to the log."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    output = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((nowhere, 0), (nowhere, 1), (output, 2)):
        os.dup2(descriptor, target)


class _RedactedLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _log_to_stderr() -> None:
    """Plain lines, like the guard's in the same file: the keeper uses only the standard library."""
    handler = logging.StreamHandler()
    handler.setFormatter(_RedactedLine("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Keeps the FFmpeg processes of a data folder independent of the service."
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--signs", type=int, metavar="FD", help="send signs of life here, and leave the terminal")
    for name, default in asdict(Timings()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    options = vars(parser.parse_args(arguments))
    os.umask(0o077)
    os.chdir(options.pop("data"))
    RUNS.mkdir(exist_ok=True)
    lock = _lock()
    if lock is None:
        sys.stderr.write("another keeper serves this data folder\n")
        return BUSY
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)  # an export opens every segment of its session
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    to = options.pop("signs")
    if to is not None:
        _leave_terminal()
    signs = _Signs(to)
    Path("/proc/self/comm").write_text("streamer-keeper")  # a name that is easy to find in a list of processes
    _log_to_stderr()
    try:
        asyncio.run(Keeper(Timings(**options), lock).run(signs.give))
    except Exception:
        log.exception("the keeper failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
