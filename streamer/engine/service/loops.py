"""What keeps an engine going: a turn whenever somebody asks for one and at the latest every half second, a step of
its channels ten times a second.

A turn or a step that fails is reported and tried again; neither loop ever ends by itself.
"""

from __future__ import annotations

import asyncio

import structlog

from streamer.core.base.errors import StreamerError
from streamer.engine.machine.clock import Clock
from streamer.engine.service.reconciler import Reconciler

log = structlog.stdlib.get_logger(__name__)

TURN_EVERY = 0.5
SHORTEST_PAUSE = 0.05
STEP_EVERY = 0.1


class Loops:
    """``turning`` is the lock that every turn holds; ``trouble`` is what the last turn failed of, or empty."""

    def __init__(self, clock: Clock) -> None:
        self.turning = asyncio.Lock()
        self.trouble = ""
        self._clock = clock
        self._asked = asyncio.Event()
        self._turned = self._stepped = clock.monotonic()

    async def begin(self, engine: Reconciler) -> None:
        """The first turn, and count lag from now on. On a full disk it fails like any other and is tried again."""
        try:
            await self.turn(engine)
        except StreamerError as error:
            self._report(str(error))
        self._turned = self._stepped = self._clock.monotonic()

    def wake(self) -> None:
        """Ask for a turn."""
        self._asked.set()

    def lag(self) -> float:
        """Seconds since the slower of the two loops came round."""
        return self._clock.monotonic() - min(self._turned, self._stepped)

    async def turn(self, engine: Reconciler) -> None:
        """One turn, as soon as no other one is under way."""
        async with self.turning:
            await engine.once()

    async def turns(self, engine: Reconciler) -> None:
        """Turn for ever."""
        while True:
            self._asked.clear()
            try:
                await self.turn(engine)
                self.trouble = ""
            except StreamerError as error:
                self._report(str(error))
            except Exception:
                log.exception("a turn failed: the next one tries again")
                self._report("an unexpected error, see the log")
            self._turned = self._clock.monotonic()
            try:
                async with asyncio.timeout(min(TURN_EVERY, max(SHORTEST_PAUSE, engine.supervisor.until_retry()))):
                    await self._asked.wait()
            except TimeoutError:
                pass

    def _report(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("a turn could not be finished: its changes wait for the next one", error=trouble)
        self.trouble = trouble

    async def steps(self, engine: Reconciler) -> None:
        """Step the channels for ever; what they publish of a session is worth a turn."""
        while True:
            now = self._clock.now()
            try:
                published = engine.channels.step(engine.programme.plan(now), now)
                if any(e.session is not None for entries in published.values() for e in entries):
                    self.wake()
            except Exception:
                log.exception("a step of the channels failed: the next one tries again")
            self._stepped = self._clock.monotonic()
            await asyncio.sleep(STEP_EVERY)
