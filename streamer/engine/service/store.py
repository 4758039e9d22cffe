"""Protocol: what survives a restart."""

from __future__ import annotations

from typing import Protocol

from streamer.core.base.json import Document
from streamer.core.decisions.override import Override
from streamer.core.records.batch import Answer, Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.tokens import Token


class Store(Protocol):
    """What survives a restart. One writer; a batch is one transaction."""

    async def open(self) -> Stored:
        """Open, migrate, and read what a former run left."""

    async def commit(self, batch: Batch) -> None:
        """Write a batch durably, whole or not at all."""

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        """The entries after ``revision`` in order.

        None where they are more than ``limit`` or no longer all there, and where ``revision`` lies ahead of all.
        """

    async def overrides(self, limit: int = 200) -> list[Override]:
        """The latest decisions, oldest first, dropped ones included."""

    async def answer(self, key: str) -> Answer | None:
        """The first answer that was given under an idempotency key."""

    async def timetable(self, version: int) -> Document | None:
        """A version of the timetable, whole; None where it was broken, or has been forgotten."""

    async def tokens(self) -> list[Token]:
        """All tokens, revoked ones included."""

    async def add_token(self, token: Token) -> None:
        """Add a token. Raises Conflict where a live one has the name."""

    async def revoke_token(self, name: str, at: float) -> bool:
        """Revoke a token; False where no live one has the name."""

    async def close(self) -> None: ...
