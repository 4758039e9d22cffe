"""Watches the disk: the free space, its forecast, and whether writing keeps up with the captures.

It measures each second, outside the turns, so that a hanging disk does not block them. It only releases and restores
the ballast; the reconciler acts on the rest.
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
from streamer.core.records.batch import Batch
from streamer.core.status.disk import DiskSpace, Pressure, Syncing, pressure
from streamer.core.status.disk_alarms import disk_alarms
from streamer.core.status.forecast import Forecast, forecast, tells_more
from streamer.engine.machine.clock import Clock

LOOK_EVERY = 1.0
ASK_EVERY = 5.0
FORESEE_EVERY = 30.0
REMEMBERED = 50
"""The number of remembered periods of a full disk, which recordings can name as a cause."""
STRETCHES = "disk full"
"""Their name among the store's settings."""

log = structlog.stdlib.get_logger(__name__)


class Disk(Protocol):
    """The file system that the data folder is on."""

    async def space(self) -> DiskSpace:
        """The disk's space. Raises StoreError if it can't be measured."""

    async def hold(self, size: int) -> None:
        """Reserve ``size`` bytes against a full disk, as room permits; does nothing if they are reserved already."""

    async def give_up(self) -> bool:
        """Free the reserved bytes; False if none were reserved."""


class SyncReporter(Protocol):
    """Measures how the disk keeps up with the captures."""

    async def syncing(self) -> Syncing | None:
        """None if unknown."""


class DiskWatch:
    """The state of the data folder's disk."""

    def __init__(self, disk: Disk, syncing: SyncReporter, clock: Clock, reserve: int) -> None:
        self.pressure = Pressure.EASY
        self.space: DiskSpace | None = None
        self.syncing: Syncing | None = None
        self.forecast: Forecast | None = None
        self.full: tuple[tuple[float, float], ...] = ()
        """The latest periods (Unix s) in which recording was impossible; the last may be open."""
        self._disk = disk
        self._syncing = syncing
        self._clock = clock
        self._reserve = reserve
        self._held = False
        self._foreseen_at = -math.inf
        self._trouble = ""
        self._written: tuple[tuple[float, float], ...] = ()

    async def run(self, wake: Callable[[], None]) -> None:
        """Measure until cancelled; calls ``wake`` when the reconciler has to act."""
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
        """Measure free space; release the ballast when the disk is full, restore it when there is room again."""
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
        """Restore the periods of a former run (:meth:`known`); an open period ends now."""
        now = self._clock.now().timestamp()
        former = ((low, now if high is None else high) for low, high in full if low is not None)
        self.full = (*former, *self.full)[-REMEMBERED:]

    def write(self, batch: Batch) -> None:
        """Add the periods to a turn's batch, for the next start."""
        if self.full != self._written:
            batch.settings[STRETCHES] = self.known()
            self._written = self.full

    def known(self) -> list[list[float | None]]:
        """The periods for the store, which can't hold infinity."""
        return [[low, None if high == math.inf else high] for low, high in self.full]

    def _note(self, before: Pressure, now: float) -> None:
        if before.records and not self.pressure.records:
            self.full = (*self.full, (now, math.inf))[-REMEMBERED:]
        elif self.pressure.records and not before.records:
            self.full = (*self.full[:-1], (self.full[-1][0], now))

    async def ask(self) -> None:
        """Measure how long it takes to sync what captures write."""
        try:
            self.syncing = await self._syncing.syncing()
        except StreamerError:
            self.syncing = None

    async def close(self) -> None:
        """Release the ballast, which is not needed while recording is off."""
        self._held = False
        await self._disk.give_up()

    def _report(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("the disk can't be measured", error=trouble)
        self._trouble = trouble

    def until_forecast(self) -> float:
        """Seconds until the next forecast is due."""
        return max(0.0, self._foreseen_at + FORESEE_EVERY - self._clock.monotonic()) if self.space else math.inf

    def foresee(
        self,
        plan: Plan,
        policy: Policy,
        rates: Mapping[RoomId, float],
        unfinished: Collection[SessionId],
        now: datetime,
    ) -> None:
        """Forecast periodically when the disk will be full; ``rates`` as for :func:`forecast`."""
        if self.space is None or self.until_forecast() > 0:
            return
        self._foreseen_at = self._clock.monotonic()
        seen = forecast(plan, policy, rates, self.space.free, now, unfinished)
        if tells_more(self.forecast, seen):
            self.forecast = seen

    def alarms(self, zone: ZoneInfo, now: datetime) -> dict[str, Alarm]:
        """The alarms about the disk."""
        return disk_alarms(self.pressure, self.forecast, self.syncing, self._reserve, zone, now)
