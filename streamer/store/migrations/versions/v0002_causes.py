"""Adds the cause of a take's end, which explains a gap after a restart as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("takes", sa.Column("cause", sa.String))
