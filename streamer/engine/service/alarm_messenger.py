"""Passes the crew's alarms on as messages, those that come together as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from streamer.core.base.json import Document
from streamer.core.status.alarm_messages import TOGETHER, AlarmMessages
from streamer.engine.status.bus import Lagged, Subscription


class Messages(Protocol):
    """Sends messages; never blocks."""

    def send(self, title: str, text: str, rooms: Sequence[str]) -> None: ...


async def pass_alarms_on(
    subscription: Subscription,
    subscribe: Callable[[], Subscription],
    told: AlarmMessages,
    messages: Messages,
    rooms: Callable[[], Mapping[str, str]],
    *,
    together: float = TOGETHER,
) -> None:
    """Send a message for each alarm that is raised or over, until the service stops.

    ``subscription`` was made before the service started, so that it has the alarms of the start; ``subscribe`` makes
    another one if this is too slow. ``rooms`` gives the rooms' names.
    """
    while True:
        try:
            entry = await anext(subscription)
        except StopAsyncIteration:
            return
        except Lagged:
            subscription = subscribe()
            continue
        if entry.kind != "alarm":
            continue
        changes: list[Document] = [entry.body["alarm"]]
        try:
            async with asyncio.timeout(together):
                async for other in subscription:
                    if other.kind == "alarm":
                        changes.append(other.body["alarm"])
        except TimeoutError:
            pass  # what came until now is one message
        for one in told.messages(changes, rooms()):
            messages.send(one.title, one.text, one.rooms)
