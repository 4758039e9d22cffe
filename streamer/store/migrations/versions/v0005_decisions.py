"""A decision is one JSON object instead of a column for each field that any decision has; an idempotency key knows
what was asked under it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FIELDS = {
    "end": {"instant": "at"},
    "extend": {"minutes": "minutes"},
    "consent": {"record": "record", "stream": "stream"},
    "bounds": {"start": "start", "end": "end"},
}
"""The columns that belonged to each action, and what the fields are called now."""
_INSTANTS = ("instant", "start", "end")
_GONE = ("action", "session", "minutes", "instant", "record", "stream", "start", "end")


def upgrade() -> None:
    op.add_column("answers", sa.Column("asked", sa.String, nullable=False, server_default=sa.text("''")))
    op.add_column("overrides", sa.Column("decision", sa.JSON))
    if not context.is_offline_mode():
        _convert(op.get_bind())
    with op.batch_alter_table("overrides") as table:
        table.alter_column("decision", existing_type=sa.JSON, nullable=False)
        table.alter_column("room", existing_type=sa.String, nullable=True)
        for name in _GONE:
            table.drop_column(name)


def _convert(connection: sa.Connection) -> None:
    """Rows are read and written without the types of ``tables``, which describe the newest schema."""
    old = sa.table("overrides", *(sa.column(name) for name in ("position", *_GONE)))
    new = sa.table("overrides", sa.column("position"), sa.column("decision", sa.JSON))
    for row in connection.execute(sa.select(old)).mappings().all():
        decided = sa.update(new).where(new.c.position == row["position"])
        connection.execute(decided.values(decision=_decision(row)))


def _decision(row: sa.RowMapping) -> dict[str, Any]:
    fields = {
        name: _json(column, row[column]) for column, name in _FIELDS[row["action"]].items() if row[column] is not None
    }
    return {"action": row["action"], "session": row["session"], **fields}


def _json(column: str, value: Any) -> Any:
    if column in ("record", "stream"):
        return bool(value)
    if column not in _INSTANTS:
        return value
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
