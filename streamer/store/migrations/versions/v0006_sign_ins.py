"""Browsers are rows of their own, with their last use, instead of tokens that nothing ended; tokens have a last use."""

from __future__ import annotations

import re
import time

import sqlalchemy as sa
from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OF_A_LINK = re.compile(r"(crew|organiser) login [0-9a-f]{8}")
"""How the tokens were named that a one-time link made."""


def upgrade() -> None:
    op.add_column("tokens", sa.Column("used", sa.Double))
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("used", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_ins"),
    )
    if not context.is_offline_mode():
        _convert(op.get_bind(), time.time())


def _convert(connection: sa.Connection, now: float) -> None:
    """The browsers of one-time links stay signed in. Their last use is unknown, so it is taken to be now."""
    columns = ("digest", "name", "role", "created")
    tokens = sa.table("tokens", *(sa.column(name) for name in (*columns, "revoked", "once")))
    sign_ins = sa.table("sign_ins", *(sa.column(name) for name in (*columns, "used")))
    live = sa.select(*(tokens.c[name] for name in columns)).where(tokens.c.revoked.is_(None), sa.not_(tokens.c.once))
    for row in connection.execute(live).mappings().all():
        if _OF_A_LINK.fullmatch(row["name"]):
            connection.execute(sa.insert(sign_ins).values(used=now, **row))
            gone = sa.update(tokens).where(tokens.c.digest == row["digest"])
            connection.execute(gone.values(revoked=now))
