"""Identifies processes by Linux's /proc.

A process id may be reused; a process id with its start time is unique. Standard library only and light: the keeper
imports this.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_PROC = Path("/proc")
_START_TIME = 22 - 3
"""Index of field 22 among the fields after the command's name in /proc/PID/stat (proc_pid_stat(5))."""

_LOOKS, _LOOK_AGAIN = 100, 0.01
_NEW = 5.0
"""Seconds after its start within which a process may still be without its environment."""


def boot() -> str:
    """Identifies this boot of the machine: start times are counted from it."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if it does not exist or is a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[_START_TIME])


def open_same(pid: int, ticks: int) -> int | None:
    """A pidfd of the process ``pid`` that started at ``ticks``; None if it has ended or the id was reused."""
    if pid <= 0:
        return None
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    if start_ticks(pid) == ticks:  # checked after opening, so the pidfd refers to this process
        return pidfd
    os.close(pidfd)
    return None


def find_marked(name: str, value: str) -> int | None:
    """The process whose environment has ``name=value``; of several, such as a process and its child, the first.

    A process that is just being started has no environment for a moment, also when its parent knows it already. While
    there is such a one, this looks again, for about a second at most.
    """
    mark = f"{name}={value}".encode()
    for _ in range(_LOOKS):
        found, unclear = _look_for(mark)
        if found is not None or not unclear:
            return found
        time.sleep(_LOOK_AGAIN)
    return None


def _look_for(mark: bytes) -> tuple[int | None, bool]:
    """The first process with a mark, and whether another one is just being started."""
    found: list[tuple[int, int]] = []
    unclear = False
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            environment = (entry / "environ").read_bytes()
            if environment and mark not in environment.split(b"\0"):
                continue
            ticks = start_ticks(int(entry.name))
            if ticks is None:
                continue
            if environment:
                found.append((ticks, int(entry.name)))
            else:
                unclear = unclear or _is_new(ticks)
    return (min(found)[1] if found else None), unclear


def _is_new(ticks: int) -> bool:
    """Whether a process has started in the last seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK") < _NEW
