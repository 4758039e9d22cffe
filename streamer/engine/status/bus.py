"""The bus, which delivers journal entries in order to its subscribers.

Each subscriber has a bounded queue. One that is too slow gets :class:`Lagged` and starts again from a snapshot; it
never slows the others and never misses an entry silently.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from streamer.core.base.errors import StreamerError
from streamer.core.records.journal import Audience, JournalEntry

QUEUE_LENGTH = 2_000


class Lagged(StreamerError):
    """The subscriber was too slow; entries were dropped. Send a snapshot and subscribe again."""


class Subscription:
    """An async iterator over one audience's journal entries, in order and without gaps."""

    def __init__(self, bus: Bus, audience: Audience) -> None:
        self._bus = bus
        self.audience = audience
        self._queue: asyncio.Queue[JournalEntry | None] = asyncio.Queue(maxsize=QUEUE_LENGTH)
        self._lagged = False

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> JournalEntry:
        """Raises :class:`Lagged` once the queue overflowed; ends when the subscription or the bus is closed."""
        if self._lagged and self._queue.empty():
            raise Lagged("the reader of the journal was too slow", where=f"journal of {self.audience}")
        entry = await self._queue.get()
        if entry is None:
            raise StopAsyncIteration
        return entry

    def put(self, entry: JournalEntry | None) -> None:
        if self._lagged:
            return
        try:
            self._queue.put_nowait(entry)
        except asyncio.QueueFull:
            self._lagged = True

    def close(self) -> None:
        self._bus.leave(self)
        while not self._queue.empty():
            self._queue.get_nowait()
        self._lagged = False
        self.put(None)


class Bus:
    """Hands each entry to every subscription of its audience."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def subscribe(self, audience: Audience) -> Subscription:
        subscription = Subscription(self, audience)
        self._subscriptions.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)

    def publish(self, entries: Iterable[JournalEntry]) -> None:
        for entry in entries:
            for subscription in self._subscriptions:
                if subscription.audience is entry.audience:
                    subscription.put(entry)

    def close(self) -> None:
        for subscription in list(self._subscriptions):
            subscription.close()
