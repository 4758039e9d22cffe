"""Lists the timetable's versions and takes the crew's decisions about them, each in its own turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from streamer.core.trust.documents import (
    TimetablePreviewDocument,
    TimetableStatusDocument,
    TimetableVersionDocument,
)
from streamer.engine.machine.clock import Clock
from streamer.engine.turns.reconciler import Reconciler
from streamer.engine.turns.store import Store


class Versions:
    """``turn`` is the lock that every turn holds."""

    def __init__(self, engine: Reconciler, store: Store, clock: Clock, turn: asyncio.Lock) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._turn = turn

    def status(self) -> TimetableStatusDocument:
        """The version in use, held changes, the pinned version, and unknown rooms."""
        return self._engine.overview.feed_document()

    def listing(self) -> list[TimetableVersionDocument]:
        """Newest first."""
        return self._engine.feed_review.listing()

    def version(self, id: int) -> TimetableVersionDocument:
        """One version with its changes. Raises NotFound."""
        return self._engine.feed_review.version(id)

    async def answer(self, ids: Sequence[str], *, approve: bool, by: str) -> TimetableStatusDocument:
        """Approve or refuse held changes, all without ``ids``. Raises NotFound or Conflict."""
        async with self._turn:
            self._engine.feed_review.answer(ids, approve=approve, by=by, now=self._clock.now())
            await self._engine.once()
        return self.status()

    async def pin(self, version: int | None, by: str) -> TimetableStatusDocument:
        """Follow one version, the present one without a number. Raises NotFound or Conflict."""
        async with self._turn:
            whole = await self._store.timetable(version) if version is not None else None
            self._engine.feed_review.pin(version, whole, by, self._clock.now())
            await self._engine.once()
        return self.status()

    async def preview(self, version: int | None) -> TimetablePreviewDocument:
        """What :meth:`pin` would change, without doing it. Raises NotFound or Conflict."""
        async with self._turn:
            whole = await self._store.timetable(version) if version is not None else None
            return self._engine.feed_review.preview(version, whole, self._clock.now())

    async def unpin(self, by: str) -> TimetableStatusDocument:
        """Follow the feed again. Raises Conflict if no version is pinned."""
        async with self._turn:
            self._engine.feed_review.unpin(by, self._clock.now())
            await self._engine.once()
        return self.status()
