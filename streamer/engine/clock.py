"""The real clock. Everything that needs time is given one, so tests can give another."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Implements :class:`streamer.core.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)  # a machine that slept is late, and its clock was not set

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
