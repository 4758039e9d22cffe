"""A database of schema 4, with decisions in columns, becomes one with decisions as JSON; nothing of them is lost."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from streamer.core.base.ids import OverrideId, RoomId, SessionId
from streamer.core.decisions.override import Override
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.records.batch import Answer
from streamer.store import SqlStore
from streamer.store.database import schema_version

SCRIPTS = Path(schema_version.__file__).parents[1] / "migrations"
TALK, MAIN = SessionId("talk"), RoomId("main")

COLUMNS = "id, action, session, room, at, by, minutes, instant, record, stream, start, end, undone"
AT = "2025-09-08 10:00:00.123456"
ROWS = [
    ("e", "extend", "talk", "main", AT, "Ada", -2.5, None, None, None, None, None, None),
    ("n", "end", "talk", "main", AT, "Ada", None, "2025-09-08 10:05:00.000000", None, None, None, None, None),
    ("c", "consent", "talk", "main", AT, "Bo", None, None, 0, None, None, None, "2025-09-08 10:10:00.000000"),
    ("s", "consent", "talk", "main", AT, "Bo", None, None, 1, 0, None, None, None),
    ("b", "bounds", "talk", "main", AT, "Ora", None, None, None, None, "2025-09-08 09:59:00.500000", None, None),
]
"""As version 4 wrote them: SQLite keeps instants as text without a zone, and truth as 0 and 1."""

TAKEN = datetime(2025, 9, 8, 10, 0, 0, 123456, tzinfo=UTC)


def override(id: str, by: str, decision: End | Extend | Consent | Bounds, undone: datetime | None = None) -> Override:
    return Override(id=OverrideId(id), at=TAKEN, by=by, room=MAIN, decision=decision, undone=undone)


EXPECTED = (
    override("e", "Ada", Extend(session=TALK, minutes=-2.5)),
    override("n", "Ada", End(session=TALK, at=TAKEN.replace(minute=5, microsecond=0))),
    override("c", "Bo", Consent(session=TALK, record=False), TAKEN.replace(minute=10, microsecond=0)),
    override("s", "Bo", Consent(session=TALK, record=True, stream=False)),
    override("b", "Ora", Bounds(session=TALK, start=datetime(2025, 9, 8, 9, 59, 0, 500000, tzinfo=UTC))),
)


@pytest.fixture
def old(tmp_path: Path) -> SqlStore:
    """A store whose file is of schema 4."""
    store = SqlStore(data=tmp_path)
    engine = create_engine(f"sqlite:///{store.path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0004")
    engine.dispose()
    with sqlite3.connect(store.path) as raw:
        marks = ", ".join("?" * (len(ROWS[0]) + 1))
        names = ", ".join(f'"{name}"' for name in COLUMNS.split(", "))
        raw.executemany(f"INSERT INTO overrides ({names}, node) VALUES ({marks})", [(*row, "node") for row in ROWS])  # noqa: S608 - constants
        raw.execute("INSERT INTO answers (key, body) VALUES ('Ada:end:talk:k', '{\"revision\": 7}')")
    raw.close()
    return store


async def test_old_decisions_and_answers_are_read_as_before(old: SqlStore) -> None:
    stored = await old.open()
    assert stored.overrides == EXPECTED
    assert await old.answer("Ada:end:talk:k") == Answer(key="Ada:end:talk:k", asked="", body={"revision": 7})
    await old.close()
    assert (await old.open()).overrides == EXPECTED, "a second start finds them so"
    await old.close()


async def test_the_old_columns_are_gone_and_an_id_is_still_unique(old: SqlStore) -> None:
    await old.open()
    await old.close()
    with sqlite3.connect(old.path) as raw:
        columns = [row[1] for row in raw.execute("PRAGMA table_info(overrides)")]
        assert columns == ["position", "id", "node", "room", "at", "by", "undone", "decision"]
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            raw.execute("INSERT INTO overrides (id, node, at, by, decision) VALUES ('e', 'n', '', '', '{}')")
    raw.close()
