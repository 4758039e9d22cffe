"""Adds the facts for a recording's integrity: checksums and shapes of segments, their place in wall time, the slot of a
take, bounds, and whether a recording was analysed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("takes", sa.Column("slot", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.add_column("segments", sa.Column("wall", sa.Double))
    for name in ("sha256", "shape"):
        op.add_column("segments", sa.Column(name, sa.String, nullable=False, server_default=sa.text("''")))
    op.add_column("recordings", sa.Column("analysed", sa.Boolean, nullable=False, server_default=sa.text("false")))
    for name in ("start", "end"):
        op.add_column("overrides", sa.Column(name, sa.DateTime(timezone=True)))
