"""Adds the versions of the timetable: time, state, the crew's document, and the timetable itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timetable_versions",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("timetable", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_timetable_versions"),
    )
