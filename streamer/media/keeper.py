"""The keeper: a small program that parents all FFmpegs of a data folder, so that the service may come and go.

``python -m streamer.media.keeper DATA_FOLDER``, one a folder. It decides nothing: it starts and stops what it is told
to, remembers how things ended, and where no service is connected it ends what is due, and at last itself. A keeper
that was killed is replaced by the next, which takes over what runs. Standard library only, and little of it: this
process is there all day.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.modules["ssl"] = None  # type: ignore[assignment]  # asyncio does without it, and it is a fifth of the process

import asyncio
import logging

from streamer.media.keeping import LOCK, LOG, RUNS, Keeper, Timings

BUSY = 3
"""Exit status where another keeper has the folder."""

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


def _detach(lock: int) -> Callable[[], None] | None:
    """Go on in a process of init's. There: what to call when ready; here, once that was called: None."""
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        if os.read(ready, 1):
            return None
        sys.exit(f"the keeper ended while it started; see {LOG}")
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    output = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((nowhere, 0), (nowhere, 1), (output, 2)):
        os.dup2(descriptor, target)
    for descriptor in {int(path.name) for path in Path("/proc/self/fd").iterdir()} - {0, 1, 2, lock, tell}:
        with contextlib.suppress(OSError):  # whoever started us may have left pipes open on which it waits: uvloop does
            os.close(descriptor)

    def call() -> None:
        os.write(tell, b"1")
        os.close(tell)

    return call


def _nothing() -> None:
    """In the foreground nobody waits to hear that it is ready."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Keeps the FFmpegs of a data folder while the service comes and goes.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--detach", action="store_true", help="return once it listens, in the background")
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
    ready = _detach(lock) if options.pop("detach") else _nothing
    if ready is None:
        return 0
    Path("/proc/self/comm").write_text("streamer-keeper")  # not one python among others
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(Keeper(Timings(**options), lock).run(ready))
    except Exception:
        log.exception("the keeper failed")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
