"""What survives a restart: one database in the data folder, written by one service.

It stores and returns the values of ``streamer.core.records.batch`` and decides nothing: no clock, no planning, no
files of
media. SQLAlchemy and alembic are known here alone. Importing this package is slow; the command line does it late.
"""

from __future__ import annotations

from streamer.store.database.sql_store import SqlStore

__all__ = ["SqlStore"]
