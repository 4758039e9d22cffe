"""Ctrl-C while something is measured: it ends what is at hand, and waits until nothing of it is left."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_SIGNALLED = 128


async def until_interrupted(work: Coroutine[Any, Any, int]) -> int:
    """The exit status of ``work``. The first SIGINT, SIGTERM or SIGHUP ends it; its cleaning up is not interrupted."""
    task, loop = asyncio.create_task(work), asyncio.get_running_loop()
    asked: list[int] = []

    def stop(number: signal.Signals) -> None:
        if not asked:
            print("stopping; a moment, to leave nothing behind", flush=True)  # to whoever pressed it
            task.cancel()
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        return _SIGNALLED + asked[0]
