"""The present schema; ``migrations`` bring an older database to it.

Nothing here is specific to SQLite, so the same tables work on PostgreSQL. Rows about one machine carry its ``node``.
Times are Unix seconds, except in overrides. Constraints have names, so that they can be changed later.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. SQLite has no time zones: there the zone is removed and added again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _node() -> Column[str]:
    return Column("node", String, nullable=False)


identity = Table(
    "identity",  # the writer: the node, and the epoch of the journal's revisions
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

takes = Table(
    "takes",
    metadata,
    Column("id", String, primary_key=True),
    _node(),
    Column("room", String, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("facts", JSON(none_as_null=True)),
    Column("cause", String),
    Column("slot", Integer, nullable=False, server_default=text("1")),
)

segments = Table(
    "segments",
    metadata,
    Column("take", ForeignKey("takes.id", ondelete="RESTRICT"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _node(),
    Column("path", String, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    Column("closed_at", Double, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("wall", Double),
    Column("sha256", String, nullable=False, server_default=text("''")),
    Column("shape", String, nullable=False, server_default=text("''")),
)

keeps = Table(
    "keeps",  # a segment that one of these refers to can't be deleted
    metadata,
    Column("take", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("session", String, primary_key=True),
    _node(),
    ForeignKeyConstraint(["take", "number"], ["segments.take", "segments.number"], ondelete="RESTRICT"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("session", String, primary_key=True),
    _node(),
    Column("room", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    Column("version", Integer, nullable=False),
    Column("exported", String, nullable=False),
    Column("coverage", Double, nullable=False),
    Column("gaps", JSON, nullable=False),
    Column("files", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("analysed", Boolean, nullable=False, server_default=text("false")),
)

journal = Table(
    "journal",
    metadata,
    Column("audience", String, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    _node(),
    Column("at", Double, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", JSON, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("body", JSON, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("position", Integer, primary_key=True),  # two decisions of one instant keep their order
    Column("id", String, nullable=False, unique=True),
    _node(),
    Column("room", String),
    Column("at", Instant, nullable=False),
    Column("by", String, nullable=False),
    Column("undone", Instant),
    Column("decision", JSON, nullable=False),  # its action, its target and its fields
)

timetable_versions = Table(
    "timetable_versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _node(),
    Column("at", Double, nullable=False),
    Column("state", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("timetable", JSON(none_as_null=True)),
)

answers = Table(
    "answers",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("body", JSON, nullable=False),
    Column("asked", String, nullable=False, server_default=text("''")),  # a digest of the request
)

tokens = Table(
    "tokens",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("created", Double, nullable=False),
    Column("revoked", Double),
    Column("once", Boolean, nullable=False),
    Column("used", Double),
    Index(
        "ix_tokens_live_name",  # a name can be used again after it was revoked
        "name",
        unique=True,
        sqlite_where=text("revoked IS NULL"),
        postgresql_where=text("revoked IS NULL"),
    ),
)

sign_ins = Table(
    "sign_ins",  # browsers; signing out deletes the row
    metadata,
    Column("digest", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("used", Double, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("run", String, primary_key=True),
    _node(),
    Column("job", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("room", String, nullable=False),
    Column("session", String),
    Column("digest", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("start_ticks", BigInteger, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("status", Integer),
    Column("error", Text, nullable=False, server_default=text("''")),
    Column("permanent", Boolean, nullable=False, server_default=text("false")),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
)
