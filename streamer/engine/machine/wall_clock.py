"""Detects wall-clock steps by comparison with the monotonic clock.

A step during a session looks like a gap in the captured media, but is not one. Steps are kept in the store, because
recordings may contain segments from before a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from streamer.core.footage.continuity import ClockStep
from streamer.core.records.batch import Batch
from streamer.engine.machine.clock import Clock

CLOCK = "clock"
"""Its name among the store's settings."""
SMALLEST_STEP = 0.2
"""Seconds; slewing affects both clocks, so it does not count as a step."""
REMEMBERED = 100
_READ_WITHIN = 0.05
"""Readings of the two clocks that lie further apart than this (s) are not compared."""

log = structlog.stdlib.get_logger(__name__)


class ClockWatch:
    """The latest steps of the wall clock, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self.steps: tuple[ClockStep, ...] = ()
        self._clock = clock
        self._ahead: float | None = None
        """How far the wall clock (Unix s) is ahead of the monotonic clock."""
        self._seen = 0.0
        self._written = False

    def remember(self, stored: Mapping[str, Any]) -> None:
        """Restore the steps of a former run. After a reboot the stored offset of the clocks is ignored."""
        if not stored:
            return
        self.steps = tuple(ClockStep(size=size, since=since, until=until) for size, since, until in stored["steps"])
        if self._clock.monotonic() >= stored["seen"] - stored["ahead"]:
            self._ahead, self._seen, self._written = stored["ahead"], stored["seen"], True

    def look(self) -> bool:
        """Compare the clocks; True if the wall clock was set. Frequent calls date a step more precisely."""
        begun = self._clock.monotonic()
        now = self._clock.now().timestamp()
        if self._clock.monotonic() - begun > _READ_WITHIN:
            return False
        ahead, steps = now - begun, self.steps
        if self._ahead is None or abs(ahead - self._ahead) > SMALLEST_STEP:
            if self._ahead is not None:
                step = ClockStep(size=ahead - self._ahead, since=self._seen, until=now)
                log.warning("the wall clock was set", seconds=round(step.size, 1))
                self.steps = (*self.steps, step)[-REMEMBERED:]
            self._ahead, self._written = ahead, False
        self._seen = now
        return self.steps is not steps

    def write(self, batch: Batch) -> None:
        """Add new steps to a turn's batch."""
        if self._ahead is not None and not self._written:
            batch.settings[CLOCK] = {
                "ahead": self._ahead,
                "seen": self._seen,
                "steps": [[one.size, one.since, one.until] for one in self.steps],
            }
            self._written = True
