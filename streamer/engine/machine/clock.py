"""The system clock. Code that needs time gets a clock as an argument, so tests can pass another."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for the timetable, monotonic time for backoff and staleness."""

    def now(self) -> datetime:
        """The present instant, time-zone-aware (UTC)."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""


class SystemClock:
    """Implements :class:`streamer.engine.machine.clock.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)  # after a suspend the machine is late, but its clock was not set

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
