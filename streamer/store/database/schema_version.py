"""Migrates a database to the present schema, or refuses it. alembic is imported only when a migration is due."""

from __future__ import annotations

from pathlib import Path

import structlog
from sqlalchemy import Connection, column, inspect, select, table

from streamer.core.base.errors import StoreError

HEAD = "0006"
"""The newest revision in ``migrations/versions``; ``tables`` describes it."""

_VERSIONS = table("alembic_version", column("version_num"))
_SCRIPTS = Path(__file__).parents[1] / "migrations"

log = structlog.stdlib.get_logger(__name__)


def stored_version(connection: Connection, path: Path) -> str | None:
    """The schema's revision, None for an empty database. Raises StoreError for one that this version cannot use."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    version: str | None = connection.scalar(select(_VERSIONS.c.version_num)) if _VERSIONS.name in tables else None
    if version is None:
        raise StoreError(
            "this database belongs to another program", where=str(path), hint="name another as [storage] database"
        )
    if version != HEAD and not _is_known(version):
        raise StoreError(
            f"this database was made by a newer version of the program (schema {version}, here {HEAD})",
            where=str(path),
            hint="nothing was changed; run that version, or name another data folder",
        )
    return version


def upgrade(connection: Connection, path: Path) -> None:
    """Run the missing migrations in the caller's transaction: all of them or none."""
    version = stored_version(connection, path)
    if version == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    if version is not None:
        log.info("the database is migrated", schema=version, to=HEAD)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, HEAD)


def _is_known(version: str) -> bool:
    from alembic.script import ScriptDirectory

    return version in {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
