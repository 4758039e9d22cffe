"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_identity"),
    )
    _create_media()
    _create_programme()
    _create_access()


def _create_media() -> None:
    op.create_table(
        "processes",
        sa.Column("run", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("job", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("session", sa.String),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("start_ticks", sa.BigInteger, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("permanent", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("run", name="pk_processes"),
    )
    op.create_table(
        "takes",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("facts", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_takes"),
    )
    op.create_table(
        "segments",
        sa.Column("take", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("closed_at", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("take", "number", name="pk_segments"),
        sa.ForeignKeyConstraint(["take"], ["takes.id"], name="fk_segments_takes", ondelete="RESTRICT"),
    )
    op.create_table(
        "keeps",
        sa.Column("take", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("take", "number", "session", name="pk_keeps"),
        sa.ForeignKeyConstraint(
            ["take", "number"], ["segments.take", "segments.number"], name="fk_keeps_segments", ondelete="RESTRICT"
        ),
    )
    op.create_table(
        "recordings",
        sa.Column("session", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("exported", sa.String, nullable=False),
        sa.Column("coverage", sa.Double, nullable=False),
        sa.Column("gaps", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_recordings"),
    )


def _create_programme() -> None:
    op.create_table(
        "journal",
        sa.Column("audience", sa.String, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("audience", "revision", name="pk_journal"),
    )
    op.create_table(
        "documents",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_documents"),
    )
    op.create_table(
        "overrides",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("session", sa.String, nullable=False),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("minutes", sa.Double),
        sa.Column("instant", sa.DateTime(timezone=True)),
        sa.Column("record", sa.Boolean),
        sa.Column("stream", sa.Boolean),
        sa.Column("undone", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("position", name="pk_overrides"),
        sa.UniqueConstraint("id", name="uq_overrides_id"),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )


def _create_access() -> None:
    op.create_table(
        "answers",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_answers"),
        sa.UniqueConstraint("key", name="uq_answers_key"),
    )
    op.create_table(
        "tokens",
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("revoked", sa.Double),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    live = sa.text("revoked IS NULL")
    op.create_index("ix_tokens_live_name", "tokens", ["name"], unique=True, sqlite_where=live, postgresql_where=live)
