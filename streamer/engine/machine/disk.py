"""Watches the disk: how short space is, when it will be, and whether it keeps up with what captures write.

It looks each second, outside the turns, so that a disk that hangs holds up nobody. What follows from it is the
reconciler's business; here only the ballast is given up and taken back.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from streamer.core.base.alarm import Alarm
from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.status.disk import DiskSpace, Pressure, Syncing, pressure
from streamer.core.status.disk_alarms import disk_alarms
from streamer.core.status.forecast import Forecast, forecast, tells_more
from streamer.engine.machine.clock import Clock

LOOK_EVERY = 1.0
ASK_EVERY = 5.0
FORESEE_EVERY = 30.0
REMEMBERED = 50
"""Stretches of a full disk that recordings can name as a cause."""
STRETCHES = "disk full"
"""Their name among the store's settings."""

log = structlog.stdlib.get_logger(__name__)


class Disk(Protocol):
    """The file system that the data folder is on."""

    async def space(self) -> DiskSpace:
        """What it has. Raises StoreError where it does not say."""

    async def hold(self, size: int) -> None:
        """Hold so many bytes against a full disk, as far as there is room; nothing where they are held already."""

    async def give_up(self) -> bool:
        """Free what is held; False where nothing was."""


class SyncReporter(Protocol):
    """Knows how the disk keeps up with what captures write."""

    async def syncing(self) -> Syncing | None:
        """None where nobody can say."""


class DiskWatch:
    """What is known of the data folder's disk."""

    def __init__(self, disk: Disk, syncing: SyncReporter, clock: Clock, reserve: int) -> None:
        self.pressure = Pressure.EASY
        self.space: DiskSpace | None = None
        self.syncing: Syncing | None = None
        self.forecast: Forecast | None = None
        self.full: tuple[tuple[float, float], ...] = ()
        """The latest stretches of time (Unix s) in which nothing could be recorded; the last may be open."""
        self._disk = disk
        self._syncing = syncing
        self._clock = clock
        self._reserve = reserve
        self._held = False
        self._foreseen_at = -math.inf
        self._trouble = ""

    async def run(self, wake: Callable[[], None]) -> None:
        """Look and ask until it is cancelled; ``wake`` is called where something follows from it."""
        await asyncio.gather(self._looks(wake), self._asks())

    async def _looks(self, wake: Callable[[], None]) -> None:
        while True:
            before = self.pressure
            await self.look()
            if self.pressure is not before:
                wake()
            await asyncio.sleep(LOOK_EVERY)

    async def _asks(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(ASK_EVERY)

    async def look(self) -> None:
        """See what is free; give up the ballast when the disk is full, take it back when there is room again."""
        try:
            space = self.space = await self._disk.space()
        except StreamerError as error:
            self._report(str(error))
            return
        self._report("")
        before, self.pressure = self.pressure, pressure(self.pressure, space, self._reserve)
        if self.pressure is not before:
            self._note(before, self._clock.now().timestamp())
            log.warning("the pressure on the disk changed", pressure=self.pressure, before=before, free=space.free)
        if not self.pressure.records:
            if before.records or self._held:
                self._held = False
                await self._disk.give_up()
        elif not self._held and space.free >= space.ballast + 2 * space.floor:
            self._held = True
            await self._disk.hold(space.ballast)

    def remember(self, full: Iterable[Sequence[float | None]]) -> None:
        """What a former run knew (:meth:`known`); a stretch that it did not see the end of ends now."""
        now = self._clock.now().timestamp()
        former = ((low, now if high is None else high) for low, high in full if low is not None)
        self.full = (*former, *self.full)[-REMEMBERED:]

    def known(self) -> list[list[float | None]]:
        """The stretches for the store, which has no infinity."""
        return [[low, None if high == math.inf else high] for low, high in self.full]

    def _note(self, before: Pressure, now: float) -> None:
        if before.records and not self.pressure.records:
            self.full = (*self.full, (now, math.inf))[-REMEMBERED:]
        elif self.pressure.records and not before.records:
            self.full = (*self.full[:-1], (self.full[-1][0], now))

    async def ask(self) -> None:
        """Learn how long it takes to make safe what captures write."""
        try:
            self.syncing = await self._syncing.syncing()
        except StreamerError:
            self.syncing = None

    async def close(self) -> None:
        """Nobody needs the ballast while nothing is recorded."""
        self._held = False
        await self._disk.give_up()

    def _report(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("the disk can't be measured", error=trouble)
        self._trouble = trouble

    def until_forecast(self) -> float:
        """Seconds until the forecast is to be reckoned again."""
        return max(0.0, self._foreseen_at + FORESEE_EVERY - self._clock.monotonic()) if self.space else math.inf

    def foresee(
        self,
        plan: Plan,
        policy: Policy,
        rates: Mapping[RoomId, float],
        unfinished: Collection[SessionId],
        now: datetime,
    ) -> None:
        """Reckon from time to time when the disk will be full; ``rates`` as :func:`forecast` takes them."""
        if self.space is None or self.until_forecast() > 0:
            return
        self._foreseen_at = self._clock.monotonic()
        seen = forecast(plan, policy, rates, self.space.free, now, unfinished)
        if tells_more(self.forecast, seen):
            self.forecast = seen

    def alarms(self, zone: ZoneInfo, now: datetime) -> dict[str, Alarm]:
        """What the crew must hear of it."""
        return disk_alarms(self.pressure, self.forecast, self.syncing, self._reserve, zone, now)
