"""The keeper: a small program that parents all FFmpegs of a data folder, so that the service may come and go.

``python -m streamer.media.processes.keeper DATA_FOLDER``, one a folder, started by its guard
(:mod:`streamer.media.processes.guard`). It
decides nothing: it starts and stops what it is told to, remembers how things ended, and where no service is connected
it ends what is due, and at last itself. A keeper that was killed is replaced by the next, which takes over what runs.
Standard library only, and little of it: this process is there all day.
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
"""Seconds between two signs of life, at least; far below what the guard waits for one."""

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
    """Signs of life for the guard, at descriptor ``to``: the first says that the keeper listens.

    None are given in the foreground, and where the guard is gone.
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
            pass  # the guard has been stopped, and finds enough of them when it goes on
        except OSError:
            log.warning("the guard is gone: nobody starts another keeper should this one be killed")
            self._to = None


def _leave_terminal() -> None:
    """Whoever started the guard waits until all have closed its pipes; what is said from here on is logged."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    output = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((nowhere, 0), (nowhere, 1), (output, 2)):
        os.dup2(descriptor, target)


class _RedactedLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _log_to_stderr() -> None:
    """Plain lines, as the guard writes them into the same file: the keeper is to run on the standard library alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(_RedactedLine("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Keeps the FFmpegs of a data folder while the service comes and goes.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--signs", type=int, metavar="FD", help="give signs of life here, and leave the terminal")
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
    Path("/proc/self/comm").write_text("streamer-keeper")  # not one python among others
    _log_to_stderr()
    try:
        asyncio.run(Keeper(Timings(**options), lock).run(signs.give))
    except Exception:
        log.exception("the keeper failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
