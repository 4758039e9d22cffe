"""Protocol: the state that survives a restart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from streamer.core.base.json import Document
from streamer.core.decisions.override import Override
from streamer.core.records.batch import Answer, Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token


class Store(Protocol):
    """Stores the state that survives a restart. One writer; a batch is one transaction."""

    async def open(self) -> Stored:
        """Open, migrate, and read the state of the former run."""

    async def commit(self, batch: Batch) -> None:
        """Write a batch durably and atomically."""

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        """The entries after ``revision`` in order.

        None if there are more than ``limit``, if some are missing, or if ``revision`` is ahead of all.
        """

    async def journal_between(
        self, audience: Audience, start: float, end: float, *, after: int = 0, limit: int
    ) -> list[JournalEntry]:
        """The first ``limit`` stored entries after the revision ``after`` that were announced in [start, end) (Unix s),
        in order."""

    async def overrides(self, limit: int = 200) -> list[Override]:
        """The latest decisions, oldest first, dropped ones included."""

    async def answer(self, key: str) -> Answer | None:
        """The first answer under an idempotency key."""

    async def timetable(self, version: int) -> Document | None:
        """The full text of a timetable version; None if it was broken or is no longer stored."""

    async def tokens(self) -> list[Token]:
        """All tokens, revoked ones included."""

    async def add_token(self, token: Token) -> None:
        """Add a token. Raises Conflict if a live token has the name."""

    async def revoke_token(self, name: str, at: float) -> bool:
        """Revoke a token and sign out its browsers; False if neither has the name."""

    async def sign_ins(self) -> list[SignIn]:
        """The browsers that are signed in, oldest first."""

    async def add_sign_in(self, sign_in: SignIn, *, link: str | None) -> None:
        """Add a browser, and revoke the one-time link of this name that it used."""

    async def delete_sign_ins(self, digests: Collection[str]) -> None:
        """Sign out browsers; those that are unknown do not matter."""

    async def note_uses(self, uses: Mapping[str, float]) -> None:
        """Note the last use of tokens and browsers by their digests."""

    async def close(self) -> None: ...
