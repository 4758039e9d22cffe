"""A service in which something dies every now and then: SIGKILL to a capture, an encoder or the service itself.

A service that was killed is started again at once, as an init system does it; everything else is the service's task.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path

import aiohttp

from bench.running_service import RunningService, serving


class Kind(StrEnum):
    CAPTURE = "capture"
    ENCODER = "livestream"
    SERVICE = "service"


class Mortal:
    """A served folder that outlives its service. ``service`` is the service of the moment."""

    def __init__(self, folder: Path, randomness: random.Random) -> None:
        self.deaths: Counter[Kind] = Counter()
        self._folder = folder
        self._random = randomness
        self._stack = AsyncExitStack()
        self._house: RunningService | None = None
        self._serving = asyncio.Event()

    async def service(self) -> RunningService:
        """The service that runs, waiting for it where it is just being started again."""
        await self._serving.wait()
        assert self._house is not None
        return self._house

    async def __aenter__(self) -> Mortal:
        await self._begin()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def _begin(self) -> None:
        self._house = await self._stack.enter_async_context(serving(self._folder))
        self._serving.set()

    async def kill_one(self, kinds: tuple[Kind, ...]) -> None:
        """Kill something of one of these kinds; nothing where none of it runs just now."""
        kind = self._random.choice(kinds)
        service = await self.service()
        if kind is Kind.SERVICE:
            self._serving.clear()
            os.kill(service.pid, signal.SIGKILL)
            await self._stack.aclose()
            await self._begin()
        else:
            jobs = (await service.ask("/control/snapshot"))["jobs"]
            pids = [job["pid"] for job in jobs if job["kind"] == kind and job["pid"] and job["state"] == "running"]
            if not pids:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(pids), signal.SIGKILL)
        self.deaths[kind] += 1


GONE = (aiohttp.ClientError, OSError)
"""What asking a service raises that is being killed."""
