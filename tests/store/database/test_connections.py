"""What every connection to the database is told, whichever of the pool's it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from streamer.store.database.connections import make_engine, touch, use_write_ahead_log


@pytest.mark.parametrize(
    ("pragma", "wanted"),
    [
        ("synchronous", 2),  # FULL: a commit is on the disk when it returns
        ("foreign_keys", 1),  # a kept segment can't be deleted
        ("journal_mode", "wal"),  # a reader never waits for the writer
    ],
)
async def test_each_connection_gives_the_guarantees(tmp_path: Path, pragma: str, wanted: object) -> None:
    path = tmp_path / "streamer.db"
    touch(path)
    engine = make_engine(path)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(use_write_ahead_log)
        together = asyncio.Barrier(2)

        async def asked() -> object:
            async with engine.connect() as connection:
                found: object = await connection.scalar(text(f"PRAGMA {pragma}"))
                await together.wait()
            return found

        assert list(await asyncio.gather(asked(), asked())) == [wanted, wanted]
    finally:
        await engine.dispose()
