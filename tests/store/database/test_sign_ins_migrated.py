"""A database of schema 5, where a one-time link made a token, becomes one with browsers; nobody is signed out by it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from streamer.core.records.tokens import Role, Token
from streamer.store import SqlStore
from streamer.store.database import schema_version

SCRIPTS = Path(schema_version.__file__).parents[1] / "migrations"
ROWS = [
    ("Kim", "crew", "d1", 10.0, None, 0),
    ("crew login 0123abcd", "crew", "d2", 20.0, None, 0),
    ("organiser login 0123abce", "organiser", "d3", 30.0, 40.0, 0),
    ("crew link 0123abcd", "crew", "d4", 50.0, None, 1),
    ("crew login of Ada", "crew", "d5", 60.0, None, 0),
]
"""A token, a link's browser, one that was revoked, a link that was not used, and a token that looks similar."""


@pytest.fixture
def old(tmp_path: Path) -> SqlStore:
    """A store whose file is of schema 5."""
    store = SqlStore(data=tmp_path)
    engine = create_engine(f"sqlite:///{store.path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0005")
    engine.dispose()
    with sqlite3.connect(store.path) as raw:
        raw.executemany(
            "INSERT INTO tokens (name, role, digest, created, revoked, once) VALUES (?, ?, ?, ?, ?, ?)", ROWS
        )
    raw.close()
    return store


async def test_the_browser_of_a_link_stays_signed_in(old: SqlStore) -> None:
    await old.open()
    [browser] = await old.sign_ins()
    assert (browser.name, browser.role, browser.digest, browser.created) == (
        "crew login 0123abcd",
        Role.CREW,
        "d2",
        20.0,
    )
    live = [token for token in await old.tokens() if token.revoked is None]
    assert live == [
        Token(name="Kim", role=Role.CREW, digest="d1", created=10.0),
        Token(name="crew link 0123abcd", role=Role.CREW, digest="d4", created=50.0, once=True),
        Token(name="crew login of Ada", role=Role.CREW, digest="d5", created=60.0),
    ]
    assert browser.used > 60.0, "its idle time begins with the migration"
    await old.close()
