"""Watches whether somebody sets the wall clock, by a clock that nobody sets.

A correction of the time in mid-session looks like a hole in what was captured, and is none. What is known of it is
kept in the store, as recordings are made of segments from before a restart too.
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
"""Seconds; a clock that is slewed takes the other one along."""
REMEMBERED = 100
_READ_WITHIN = 0.05
"""Two clocks that could not be read within this (s) of each other say nothing about each other."""

log = structlog.stdlib.get_logger(__name__)


class ClockWatch:
    """The latest steps of the wall clock, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self.steps: tuple[ClockStep, ...] = ()
        self._clock = clock
        self._ahead: float | None = None
        """How far the wall clock (Unix s) is ahead of the steady one."""
        self._seen = 0.0
        self._written = False

    def remember(self, stored: Mapping[str, Any]) -> None:
        """What a former run wrote down. Of a clock that began anew with the machine nothing follows."""
        if not stored:
            return
        self.steps = tuple(ClockStep(size=size, since=since, until=until) for size, since, until in stored["steps"])
        if self._clock.monotonic() >= stored["seen"] - stored["ahead"]:
            self._ahead, self._seen, self._written = stored["ahead"], stored["seen"], True

    def look(self) -> bool:
        """Compare the clocks; True where the wall clock was set. The more often, the better a step's time is known."""
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
        """Put what is new into a turn's batch."""
        if self._ahead is not None and not self._written:
            batch.settings[CLOCK] = {
                "ahead": self._ahead,
                "seen": self._seen,
                "steps": [[one.size, one.since, one.until] for one in self.steps],
            }
            self._written = True
