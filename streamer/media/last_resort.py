"""The last resort: a limit of processor time by which the kernel ends a process that nobody looks after any more.

Keeper, guard and service may all be killed at once; then nobody is left to end what runs. So with every look the keeper
allows each process as much processor time as it needs until its lease ends, going by what it needed lately. Where the
keeper can't any more, FFmpeg is asked to end (SIGXCPU) about when the lease does. What waits idly for a source needs no
time and is not ended. Standard library only and light: the keeper lives on this.
"""

from __future__ import annotations

import contextlib
import math
import resource
import time
from collections import deque

from streamer.media import procfs

RECENT = 120.0
"""Seconds over which it is measured what a process needs."""
LEAST = 300.0
"""Seconds for which it is always allowed to go on: far longer than it takes to replace a keeper that hangs."""
SPARE = 5
SPARE_ENCODING = 60
"""Seconds of processor time that may always be used: what has been idle may begin to work at any moment."""


class Allowance:
    """What one process may use, known by its id and start time; ``spare`` in seconds of processor time."""

    def __init__(self, pid: int, start_ticks: int, spare: int) -> None:
        self._pid = pid
        self._start_ticks = start_ticks
        self._spare = spare
        self._used: deque[tuple[float, float]] = deque()

    def renew(self, lasts: float, known_after: float) -> None:
        """Allow what it needs for ``lasts`` more seconds; one younger than ``known_after`` may use whatever it does."""
        now, used = time.clock_gettime(time.CLOCK_BOOTTIME), procfs.processor_time(self._pid, self._start_ticks)
        if used is None:
            return
        self._used.append((now, used))
        while len(self._used) > 1 and now - self._used[1][0] > RECENT:
            self._used.popleft()
        began = procfs.seconds(self._start_ticks)
        since, before = self._used[0] if now - self._used[0][0] > known_after else (began, 0.0)
        if now - began <= known_after:
            return
        need = (used - before) / (now - since)
        limit = max(math.floor(used + need * lasts), math.ceil(used + need * LEAST), math.ceil(used) + self._spare)
        with contextlib.suppress(OSError):  # it ended meanwhile
            _, most = resource.prlimit(self._pid, resource.RLIMIT_CPU)
            resource.prlimit(self._pid, resource.RLIMIT_CPU, (limit if most < 0 else min(limit, most), most))
