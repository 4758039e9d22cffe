"""What keeps an engine going: turns whenever something causes one, looks twice a second for causes that no callback
announces, and steps of the channels ten times a second.

The safety turn comes when nothing caused a turn for 10 s. Work that it finds is an anomaly: it is counted and logged.
A turn, a look or a step that fails is reported and tried again; no loop ever ends by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId
from streamer.core.status.states import ChannelView
from streamer.engine.machine.clock import Clock
from streamer.engine.service.causes import UNANNOUNCED, Cause
from streamer.engine.service.reconciler import Reconciler
from streamer.engine.service.watcher import Watcher

log = structlog.stdlib.get_logger(__name__)

SAFETY_EVERY = 10.0
AGAIN_AFTER = 0.5
"""Seconds after which a turn that failed is tried again."""
SHORTEST_PAUSE = 0.05
LOOK_EVERY = 0.5
STEP_EVERY = 0.1
BELL_WITHIN = 1.0
"""Seconds that a safety turn waits for a bell whose time has just come."""


class Loops:
    """``turning`` is the lock that every turn holds; ``trouble`` is what the last turn failed of, or empty.

    ``repairs`` counts the safety turns that found work to do.
    """

    def __init__(self, clock: Clock) -> None:
        self.turning = asyncio.Lock()
        self.trouble = ""
        self.repairs = 0
        self._clock = clock
        self._watcher = Watcher()
        self._causes: set[Cause] = set()
        self._asked = asyncio.Event()
        self._shown: tuple[dict[RoomId, ChannelView], bool] | None = None
        self._turned = self._stepped = self._looked = clock.monotonic()
        self._began: float | None = None
        """When the turn began that is under way."""

    async def begin(self, engine: Reconciler) -> None:
        """The first turn, and count lag from now on. On a full disk it fails like any other and is tried again."""
        try:
            await self.turn(engine, {Cause.START})
        except StreamerError as error:
            self._report(str(error))
        self._turned = self._stepped = self._looked = self._clock.monotonic()

    def wake(self, cause: Cause) -> None:
        """Ask for a turn."""
        self._causes.add(cause)
        self._asked.set()

    def lag(self) -> float:
        """Seconds that the slowest of the loops is late."""
        now = self._clock.monotonic()
        turn = self._began if self._began is not None else min(now, self._turned + SAFETY_EVERY)
        return now - min(turn, self._stepped, self._looked)

    # -- turns ---------------------------------------------------------------------------------------

    async def turn(self, engine: Reconciler, causes: Iterable[Cause]) -> None:
        """One turn, as soon as no other one is under way."""
        async with self.turning:
            is_due = engine.until_due() <= 0
            work = await engine.once()
        self._turned = self._clock.monotonic()
        known = self._causes.union(causes)  # with what came about while the turn was under way
        if work and not is_due and UNANNOUNCED.issuperset(known):
            self.repairs += 1
            log.warning("a safety turn found work that nothing had announced", work="; ".join(work))

    async def turns(self, engine: Reconciler) -> None:
        """Turn for ever."""
        while True:
            await self._await_cause(engine)
            if UNANNOUNCED.issuperset(self._causes) and engine.bell_watch.is_ringing(self._clock.now()):
                self._asked.clear()
                await self._is_asked(within=BELL_WITHIN)  # a bell that is just ringing is no anomaly
            if causes := self.take_causes():
                await self._attempt(engine, causes)

    async def _attempt(self, engine: Reconciler, causes: set[Cause]) -> None:
        self._began = self._clock.monotonic()
        try:
            await self.turn(engine, causes)
            self.trouble = ""
        except StreamerError as error:
            self._report(str(error))
        except Exception:
            log.exception("a turn failed: the next one tries again")
            self._report("an unexpected error, see the log")
        finally:
            self._began = None
        self._turned = self._clock.monotonic()

    def take_causes(self) -> set[Cause]:
        """What asks for a turn now; whoever takes it makes the turn."""
        causes, self._causes = self._causes, set()
        self._asked.clear()
        return causes

    async def _await_cause(self, engine: Reconciler) -> None:
        """Wait for a cause, at the longest until time itself is one."""
        wait = AGAIN_AFTER if self.trouble else min(engine.until_due(), SAFETY_EVERY)
        if await self._is_asked(within=max(SHORTEST_PAUSE, wait)):
            return
        cause = Cause.AGAIN if self.trouble else self.cause_by_time(engine)
        if cause is Cause.SAFETY:
            self.look(engine)  # what has just come about is no anomaly
        if cause is not None:
            self.wake(cause)

    def cause_by_time(self, engine: Reconciler) -> Cause | None:
        """Whether a turn is necessary because of the time, though nothing woke the loop."""
        if engine.until_due() <= 0:
            return Cause.DUE
        return Cause.SAFETY if self._clock.monotonic() - self._turned >= SAFETY_EVERY else None

    async def _is_asked(self, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self._asked.wait()
        except TimeoutError:
            return False
        return True

    def _report(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("a turn could not be finished: its changes wait for the next one", error=trouble)
        self.trouble = trouble

    # -- looks and steps -----------------------------------------------------------------------------

    def look(self, engine: Reconciler) -> None:
        """Look once for causes that no callback announces."""
        for cause in self._watcher.look(engine, self._clock.now()):
            self.wake(cause)

    async def looks(self, engine: Reconciler) -> None:
        """Look for ever."""
        while True:
            try:
                self.look(engine)
            except Exception:
                log.exception("a look at what has changed failed; the next one tries again")
            self._looked = self._clock.monotonic()
            await asyncio.sleep(LOOK_EVERY)

    def step(self, engine: Reconciler) -> None:
        """Step every channel once; what is published of a session, or changes what viewers see, causes a turn."""
        now = self._clock.now()
        plan = engine.programme.plan(now)
        published = engine.channels.step(plan, now)
        shown = engine.channels.views(plan, now), engine.channels.is_settling(now)
        if shown != self._shown or any(e.session is not None for entries in published.values() for e in entries):
            self._shown = shown
            self.wake(Cause.CHANNEL)

    async def steps(self, engine: Reconciler) -> None:
        """Step the channels for ever."""
        while True:
            try:
                self.step(engine)
            except Exception:
                log.exception("a step of the channels failed: the next one tries again")
            self._stepped = self._clock.monotonic()
            await asyncio.sleep(STEP_EVERY)
