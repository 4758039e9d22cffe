"""alembic's environment: migrations run on the store's connection and in its transaction.

Without a connection (``--sql``) they are printed for the requested dialect.
"""

from __future__ import annotations

from alembic import context

from streamer.store.database.tables import metadata


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, target_metadata=metadata)
    else:
        dialect = context.config.attributes["dialect"]
        context.configure(dialect_name=dialect, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


run()
