"""What survives a restart: one database in the data folder, written by one service.

It stores and returns the values of ``streamer.core.records.batch`` and decides nothing: no clock, no planning, no
media files. Only this package uses SQLAlchemy and alembic. Importing it is slow; the command line does it late.
"""

from __future__ import annotations

from streamer.store.database.sql_store import SqlStore

__all__ = ["SqlStore"]
