"""Migrations: they make the schema that ``tables`` describes, wholly or not at all, and never touch a newer one."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, insert, select
from sqlalchemy.exc import OperationalError

from streamer.core.base.errors import StoreError
from streamer.store import SqlStore
from streamer.store.database import schema_version
from streamer.store.database.tables import identity, metadata

SCRIPTS = Path(schema_version.__file__).parents[1] / "migrations"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """In a transaction as the store's are: begun before DDL."""
    engine = create_engine(f"sqlite:///{tmp_path}/streamer.db")
    event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_the_newest_script_is_the_head() -> None:
    assert ScriptDirectory(str(SCRIPTS)).get_heads() == [schema_version.HEAD]


def test_the_migrations_make_what_the_tables_describe(connection: Connection, tmp_path: Path) -> None:
    schema_version.upgrade(connection, tmp_path)
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, metadata) == []


def test_migrating_is_all_or_nothing(connection: Connection, tmp_path: Path) -> None:
    """A statement in the middle fails; the tables made before it are gone with it."""

    def fail(_: object, __: object, statement: str, *___: object) -> None:
        if "CREATE TABLE journal" in statement:
            raise OperationalError(statement, None, sqlite3.OperationalError("disk full"))

    event.listen(connection, "before_cursor_execute", fail)
    with pytest.raises(OperationalError):
        schema_version.upgrade(connection, tmp_path)
    connection.rollback()
    event.remove(connection, "before_cursor_execute", fail)
    assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    connection.rollback()
    schema_version.upgrade(connection, tmp_path)
    connection.execute(insert(identity), {"name": "a", "value": "b"})
    connection.commit()
    assert connection.execute(select(identity)).all() == [("a", "b")]


def test_the_schema_is_also_postgresqls() -> None:
    """Printed, not run: no type and no clause of SQLite's own is in it."""
    printed = io.StringIO()
    config = Config(output_buffer=printed, attributes={"dialect": "postgresql"})
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head", sql=True)
    text = printed.getvalue()
    for table in metadata.tables:
        assert f"CREATE TABLE {table}" in text
    assert "TIMESTAMP WITH TIME ZONE" in text
    assert "WHERE revoked IS NULL" in text
    assert "ON DELETE RESTRICT" in text


async def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    store = SqlStore(data=tmp_path)
    stored = await store.open()
    await store.close()
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.execute("ALTER TABLE takes ADD COLUMN future TEXT")
    raw.close()
    before = store.path.read_bytes()
    with pytest.raises(StoreError, match="newer version") as refused:
        await store.open()
    assert refused.value.where == str(store.path)
    assert "9999" in refused.value.message
    assert store.path.read_bytes() == before
    assert names(tmp_path) == [store.path.name]
    with sqlite3.connect(store.path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", [schema_version.HEAD])
    raw.close()
    assert (await store.open()).epoch == stored.epoch
    await store.close()


async def test_nothing_to_do_needs_no_alembic(tmp_path: Path) -> None:
    store = SqlStore(data=tmp_path)
    await store.open()
    await store.close()
    program = """
import asyncio, pathlib, sys
from streamer.store import SqlStore
async def main():
    store = SqlStore(data=pathlib.Path(sys.argv[1]))
    await store.open()
    await store.close()
asyncio.run(main())
sys.exit("alembic" in sys.modules)
"""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, str(tmp_path)], timeout=30)
    assert done.returncode == 0
