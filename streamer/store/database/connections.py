"""The database file and its connections: how it is opened, its guarantees, the meaning of its errors.

SQLite in WAL mode, so that readers never wait for the writer. ``synchronous=FULL``: a commit is on the disk when it
returns, even if the power fails then. NORMAL would be consistent too, but loses the last commits: revisions that
clients have seen would be used twice, and a withdrawal of consent would be lost. FULL costs an fsync a turn.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from streamer.core.base.errors import StoreError
from streamer.core.base.layout import DATABASE

BUSY_SECONDS = 5.0
"""How long to wait for another process that is writing, such as a command."""
_CONNECTIONS = 4
_WRITING = "streamer_writing"

_MAGIC = b"SQLite format 3\0"
_ANOTHER = "move it away, or name another as [storage] database"

_MEANINGS = {
    sqlite3.SQLITE_NOTADB: ("this file is not a database", _ANOTHER),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "stop the service and restore a copy, or move the file away"),
    sqlite3.SQLITE_CANTOPEN: ("the database can't be opened", "is its folder there, and may this user write to it?"),
    sqlite3.SQLITE_READONLY: ("the database is read-only", "give the file and its folder to this user"),
    sqlite3.SQLITE_PERM: ("the database may not be opened", "give the file and its folder to this user"),
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; nothing of the last change was written"),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "see the system's log; nothing of the last change was written"),
    sqlite3.SQLITE_BUSY: ("another process locks the database", "end it, or try again"),
}
_LITTLE = 65_536
"""Free bytes that SQLite needs to open a database: it makes an index of its log beside it."""
_PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY})
"""Errors that may pass: space may be freed, the lock released."""


def database_path(database: str | Path | None, data: Path) -> Path:
    """The file that ``database``, a path or an ``sqlite:`` URL, names; a relative one lies in the data folder."""
    if database is None:
        return data / DATABASE
    if isinstance(database, Path) or "://" not in database:
        return data / database
    try:
        url = make_url(database)
    except ArgumentError as error:
        raise StoreError("this is not a URL", where="[storage] database", hint="name a file") from error
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        meaning = f"a database of {url.get_backend_name()} can't be the store"
        raise StoreError(meaning, where="[storage] database", hint="name a file for SQLite")
    return data / url.database


def touch(path: Path) -> None:
    """Make the file if it is missing. Raises StoreError if it is not an SQLite database."""
    with wrapped(path):
        if path.is_dir():
            raise StoreError("a folder has the database's name", where=str(path), hint=_ANOTHER)
        if not path.exists():
            path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
        with path.open("rb") as file:
            beginning = file.read(len(_MAGIC))
        if beginning not in (b"", _MAGIC):  # SQLite itself takes a very short file for an empty one
            raise StoreError("this file is not a database", where=str(path), hint=_ANOTHER)


def make_engine(path: Path) -> AsyncEngine:
    """Connections to the file. Their transactions read; see :func:`writing`."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=_CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
        json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def writing(engine: AsyncEngine) -> AsyncEngine:
    """The same connections; their transactions hold the write lock from the first statement on."""
    return engine.execution_options(**{_WRITING: True})


def use_write_ahead_log(connection: Connection) -> None:
    """The setting is stored in the file. Must not be called inside a transaction."""
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _set_up(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # sqlite3 would begin late and exclude DDL; _begin does it
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()
    except sqlite3.Error:
        connection.close()  # the pool would leave it open
        raise


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def wrapped(path: Path, little: int = _LITTLE) -> Iterator[None]:
    """Turn the libraries' exceptions into a StoreError that names the file.

    A disk with fewer free bytes than ``little`` is called full.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the upper bits only refine it
        if code == sqlite3.SQLITE_IOERR and _is_full(path, little):
            code = sqlite3.SQLITE_FULL  # SQLite can't make the files beside it, and does not report why
        meaning, hint = _MEANINGS.get(code, (f"the database failed: {cause}", "nothing of the last change was written"))
        failure = StoreError(meaning, where=str(path), hint=hint)
        failure.temporary = code in _PASSING
        raise failure from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database failed: {error}", where=str(path)) from error
    except OSError as error:
        meaning, hint = _MEANINGS[sqlite3.SQLITE_CANTOPEN]
        raise StoreError(f"{meaning}: {error.strerror}", where=str(path), hint=hint) from error


def _is_full(path: Path, little: int) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < little
    except OSError:
        return False
