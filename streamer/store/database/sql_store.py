"""The engine's store over one SQL database."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from streamer.core.base.errors import StoreError
from streamer.core.base.json import Document
from streamer.core.decisions.override import Override
from streamer.core.records.batch import Answer, Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token
from streamer.store.database import credentials, reading
from streamer.store.database.connections import database_path, make_engine, touch, use_write_ahead_log, wrapped, writing
from streamer.store.database.schema_version import stored_version, upgrade
from streamer.store.database.tables import identity
from streamer.store.database.writing import prune, write
from streamer.store.folder.data_folder import prepare_folder

PRUNE_AFTER = 500
"""Journal entries between two prunings."""

_Result = TypeVar("_Result")


class SqlStore:
    """One service's store. ``database`` is a path or an ``sqlite:`` URL; without it a file in the data folder.

    Every method but :meth:`open` needs an open store; all raise StoreError where the database fails.
    """

    def __init__(self, database: str | Path | None = None, *, data: Path) -> None:
        self.path = database_path(database, data)
        self._data = data
        self._engine: AsyncEngine | None = None
        self._node = ""
        self._written = 0
        self._turn = asyncio.Lock()

    async def open(self) -> Stored:
        """Make or migrate the database, and read it. Makes the data folder if it is missing (mode 0700)."""
        prepare_folder(self._data)
        touch(self.path)
        engine = make_engine(self.path)
        try:
            with wrapped(self.path):
                stored = await self._open(engine)
        except BaseException:
            await engine.dispose()
            raise
        self._engine = engine
        self._node = stored.node
        return stored

    async def _open(self, engine: AsyncEngine) -> Stored:
        async with engine.connect() as connection:
            await connection.run_sync(stored_version, self.path)  # a refused database is not changed
        async with engine.connect() as connection:
            await connection.run_sync(use_write_ahead_log)
        async with writing(engine).begin() as connection:
            await connection.run_sync(upgrade, self.path)
            await connection.run_sync(prune)
            names = await connection.run_sync(_identity)
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: reading.read_all(c, **names))

    async def commit(self, batch: Batch) -> None:
        """Raises StoreError, and writes nothing, if a part of the batch contradicts the stored state."""
        if batch:
            await self._write(lambda connection: self._commit(connection, batch))

    def _commit(self, connection: Connection, batch: Batch) -> None:
        write(connection, batch, self._node)
        self._written += len(batch.journal) + len(batch.answers) + len(batch.exits)
        if self._written >= PRUNE_AFTER:
            self._written = 0
            prune(connection)

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        """As the Protocol says; None also for a revision ahead of the newest."""
        return await self._read(lambda c: reading.read_journal(c, audience, revision, limit))

    async def journal_between(
        self, audience: Audience, start: float, end: float, *, after: int = 0, limit: int
    ) -> list[JournalEntry]:
        return await self._read(lambda c: reading.read_journal_between(c, audience, (start, end), after, limit))

    async def overrides(self, limit: int = 200) -> list[Override]:
        return await self._read(lambda c: reading.read_overrides(c, limit))

    async def answer(self, key: str) -> Answer | None:
        return await self._read(lambda c: reading.read_answer(c, key))

    async def timetable(self, version: int) -> Document | None:
        return await self._read(lambda c: reading.read_timetable(c, version))

    # -- tokens and the browsers that signed in with them ------------------------------------------------------

    async def tokens(self) -> list[Token]:
        return await self._read(reading.read_tokens)

    async def add_token(self, token: Token) -> None:
        await self._write(lambda connection: credentials.add_token(connection, token))

    async def revoke_token(self, name: str, at: float) -> bool:
        return await self._write(lambda connection: credentials.revoke_token(connection, name, at))

    async def sign_ins(self) -> list[SignIn]:
        return await self._read(reading.read_sign_ins)

    async def add_sign_in(self, sign_in: SignIn, *, link: str | None) -> None:
        await self._write(lambda connection: credentials.add_sign_in(connection, sign_in, link))

    async def delete_sign_ins(self, digests: Collection[str]) -> None:
        await self._write(lambda connection: credentials.delete_sign_ins(connection, digests))

    async def note_uses(self, uses: Mapping[str, float]) -> None:
        await self._write(lambda connection: credentials.note_uses(connection, uses))

    async def close(self) -> None:
        """Wait for running writes, then close the file. A closed store may be closed again."""
        async with self._turn:
            engine, self._engine = self._engine, None
            if engine is not None:
                await engine.dispose()

    async def _read(self, ask: Callable[[Connection], _Result]) -> _Result:
        with wrapped(self.path):
            async with self._opened().connect() as connection:
                return await connection.run_sync(ask)

    async def _write(self, change: Callable[[Connection], _Result]) -> _Result:
        async def written() -> _Result:
            async with self._turn:
                with wrapped(self.path):
                    async with writing(self._opened()).begin() as connection:
                        return await connection.run_sync(change)

        return await _to_its_end(written())

    def _opened(self) -> AsyncEngine:
        if self._engine is None:
            raise StoreError("the store is not open", where=str(self.path))
        return self._engine


async def _to_its_end(work: Coroutine[Any, Any, _Result]) -> _Result:
    """A transaction completes if its caller is cancelled: an interrupted connection cannot be used again."""
    return await asyncio.shield(asyncio.create_task(work, name="store transaction"))


def _identity(connection: Connection) -> dict[str, str]:
    """Node and epoch: random, made once with the database."""
    known = {row.name: row.value for row in connection.execute(select(identity))}
    missing = {name: secrets.token_hex(8) for name in ("node", "epoch") if name not in known}
    if missing:
        connection.execute(insert(identity), [{"name": name, "value": value} for name, value in missing.items()])
    return known | missing
