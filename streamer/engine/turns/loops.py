"""Runs the engine's loops: turns on demand, looks twice a second for causes without a callback, and channel steps
ten times a second.

A safety turn runs after 10 s without a turn. If it finds work, that is an anomaly, which is counted and logged.
A turn, look or step that fails is reported and tried again; no loop ends by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId
from streamer.core.status.states import ChannelView
from streamer.engine.machine.clock import Clock
from streamer.engine.turns.causes import UNANNOUNCED, Cause
from streamer.engine.turns.reconciler import Reconciler
from streamer.engine.turns.watcher import Watcher

log = structlog.stdlib.get_logger(__name__)

SAFETY_EVERY = 10.0
AGAIN_AFTER = 0.5
"""Seconds after which a turn that failed is tried again."""
SHORTEST_PAUSE = 0.05
LOOK_EVERY = 0.5
STEP_EVERY = 0.1
BELL_WITHIN = 1.0
"""Seconds that a safety turn waits for a bell that has just become due."""


class Loops:
    """``turning`` is the lock that every turn holds; ``trouble`` is the error of the last turn, or empty.

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
        """When the current turn began."""

    async def begin(self, engine: Reconciler) -> None:
        """Run the first turn and start to measure lag. On a full disk it fails like any turn and is tried again."""
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
        """Seconds by which the slowest loop is late."""
        now = self._clock.monotonic()
        turn = self._began if self._began is not None else min(now, self._turned + SAFETY_EVERY)
        return now - min(turn, self._stepped, self._looked)

    # -- turns ---------------------------------------------------------------------------------------

    async def turn(self, engine: Reconciler, causes: Iterable[Cause]) -> None:
        """Run one turn when no other is running."""
        async with self.turning:
            is_due = engine.until_due() <= 0
            work = await engine.once()
        self._turned = self._clock.monotonic()
        known = self._causes.union(causes)  # with causes that arose during the turn
        if work and not is_due and UNANNOUNCED.issuperset(known):
            self.repairs += 1
            log.warning("a safety turn found work that nothing had announced", work="; ".join(work))

    async def turns(self, engine: Reconciler) -> None:
        """Turn for ever."""
        while True:
            await self._await_cause(engine)
            if UNANNOUNCED.issuperset(self._causes) and engine.bell_watch.is_ringing(self._clock.now()):
                self._asked.clear()
                await self._is_asked(within=BELL_WITHIN)  # a bell that is due now is not an anomaly
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
        """Take the present causes; the caller must run the turn."""
        causes, self._causes = self._causes, set()
        self._asked.clear()
        return causes

    async def _await_cause(self, engine: Reconciler) -> None:
        """Wait for a cause, at most until time alone requires a turn."""
        wait = AGAIN_AFTER if self.trouble else min(engine.until_due(), SAFETY_EVERY)
        if await self._is_asked(within=max(SHORTEST_PAUSE, wait)):
            return
        cause = Cause.AGAIN if self.trouble else self.cause_by_time(engine)
        if cause is Cause.SAFETY:
            self.look(engine)  # a change of this moment is not an anomaly
        if cause is not None:
            self.wake(cause)

    def cause_by_time(self, engine: Reconciler) -> Cause | None:
        """The cause of a turn that time alone requires, if any."""
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
            log.error("a turn failed: the next one applies its changes", error=trouble)
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
                log.exception("a look for changes failed: the next one tries again")
            self._looked = self._clock.monotonic()
            await asyncio.sleep(LOOK_EVERY)

    def step(self, engine: Reconciler) -> None:
        """Step every channel once; a session's first publication or a change for viewers causes a turn."""
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
