"""Folders and files that can't be the store: each is refused in words, and left as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from streamer.core.base.errors import StoreError
from streamer.store import SqlStore
from streamer.store.database.connections import database_path, wrapped
from streamer.store.folder.data_folder import prepare_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def refusal(store: SqlStore) -> StoreError:
    with pytest.raises(StoreError) as refused:
        await store.open()
    await store.close()
    assert refused.value.where
    assert refused.value.hint
    return refused.value


async def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    error = await refusal(SqlStore(data=tmp_path / "data"))
    assert error.where == str(tmp_path / "data")
    assert "file" in error.message
    error = await refusal(SqlStore(data=tmp_path / "data" / "deeper"))
    assert "[storage] data" in error.hint
    assert (tmp_path / "data").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions don't stop root")
def test_a_folder_that_may_not_be_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError) as refused:
            prepare_folder(tmp_path / "data")
    finally:
        tmp_path.chmod(0o700)
    assert refused.value.where == str(tmp_path / "data")


async def test_the_folder_is_shut_against_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    prepare_folder(data)
    assert data.stat().st_mode & 0o777 == 0o700
    prepare_folder(data)


def test_a_folder_of_everybody_is_not_shut(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(StoreError, match="open to all users"):
        prepare_folder(shared)
    assert shared.stat().st_mode & 0o1777 == 0o1777


def test_a_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(StoreError, match=r"this folder belongs to the user .*, and this process runs as") as refused:
        prepare_folder(tmp_path, user=os.geteuid() + 1)
    assert refused.value.hint.startswith("run it as the user ")
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"not a database, just some text\n" * 200, b"\x00" * 8192, b"x"])
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streamer.db"
    path.write_bytes(content)
    error = await refusal(SqlStore(data=tmp_path))
    assert error.where == str(path)
    assert "not a database" in error.message
    assert path.read_bytes() == content
    assert names(tmp_path) == [path.name]


async def test_the_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "streamer.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    before = path.read_bytes()
    error = await refusal(SqlStore(data=tmp_path))
    assert "another program" in error.message
    assert path.read_bytes() == before


async def test_a_damaged_database(tmp_path: Path) -> None:
    store = SqlStore(data=tmp_path)
    await store.open()
    await store.close()
    content = bytearray(store.path.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    store.path.write_bytes(content)
    error = await refusal(store)
    assert "damaged" in error.message


async def test_a_folder_in_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "streamer.db").mkdir()
    error = await refusal(SqlStore(data=tmp_path))
    assert error.where == str(tmp_path / "streamer.db")


async def test_a_database_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "odd ? name % ø.db"
    store = SqlStore(elsewhere, data=tmp_path / "data")
    stored = await store.open()
    await store.close()
    assert elsewhere.is_file()
    assert names(tmp_path / "data") == []
    by_url = SqlStore(f"sqlite:///{tmp_path}/plain.db", data=tmp_path / "data")
    other = await by_url.open()
    await by_url.close()
    assert (tmp_path / "plain.db").is_file()
    assert other.node != stored.node
    error = await refusal(SqlStore(tmp_path / "missing" / "streamer.db", data=tmp_path / "data"))
    assert "can't be opened" in error.message


def test_which_file_it_is(tmp_path: Path) -> None:
    assert database_path(None, tmp_path) == tmp_path / "streamer.db"
    assert database_path("other.db", tmp_path) == tmp_path / "other.db"
    assert database_path("/srv/other.db", tmp_path) == Path("/srv/other.db")
    assert database_path("sqlite+aiosqlite:////srv/other.db", tmp_path) == Path("/srv/other.db")
    for useless in ("postgresql://ada:secret@host/db", "sqlite://", "sqlite:///:memory:", "://", "nonsense://x"):
        with pytest.raises(StoreError) as refused:
            database_path(useless, tmp_path)
        assert refused.value.where == "[storage] database"
        assert "secret" not in str(refused.value)


def test_a_full_disk_is_not_taken_for_a_broken_one(tmp_path: Path) -> None:
    def refused(little: int) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMOPEN
        with wrapped(tmp_path / "streamer.db", little):
            raise error

    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(StoreError, match="the disk reports an error"):
        refused(little=free // 2)
    with pytest.raises(StoreError, match="the disk is full") as full:
        refused(little=2 * free)
    assert full.value.temporary
