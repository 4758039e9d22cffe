"""Tokens over the real store: secrets once, digests only, links once, across restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.day.conference_day import NOON
from support.day.fake_world import FakeClock

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.records.tokens import Role
from streamer.engine.service.tokens import LINK_LIFE, Tokens
from streamer.store.database.sql_store import SqlStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = SqlStore(data=tmp_path / "data")
    await store.open()
    yield store
    await store.close()


async def loaded(store: SqlStore, clock: FakeClock | None = None) -> Tokens:
    tokens = Tokens(store, clock or FakeClock(NOON))
    await tokens.load()
    return tokens


async def test_a_secret_identifies_its_token_after_a_restart_too(store: SqlStore) -> None:
    secret = await (await loaded(store)).add("Ada", Role.CREW)
    found = (await loaded(store)).identify(secret)
    assert found is not None
    assert (found.name, found.role) == ("Ada", Role.CREW)
    assert (await loaded(store)).identify(secret + "x") is None


async def test_the_secret_is_not_on_disk(store: SqlStore, tmp_path: Path) -> None:
    secret = await (await loaded(store)).add("Ada", Role.CREW)
    written = b"".join(p.read_bytes() for p in (tmp_path / "data").iterdir() if p.is_file())
    assert b"Ada" in written
    assert secret.encode() not in written


async def test_a_name_is_given_once_and_again_after_it_was_revoked(store: SqlStore) -> None:
    tokens = await loaded(store)
    first = await tokens.add("Ada", Role.CREW)
    with pytest.raises(Conflict):
        await tokens.add("Ada", Role.ORGANISER)
    await tokens.revoke("Ada")
    assert tokens.identify(first) is None
    assert (await loaded(store)).identify(first) is None
    assert tokens.identify(await tokens.add("Ada", Role.ORGANISER))
    with pytest.raises(NotFound):
        await tokens.revoke("Bob")


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "line\nbreak"])
async def test_names_that_can_not_be_shown_are_refused(store: SqlStore, name: str) -> None:
    with pytest.raises(Invalid):
        await (await loaded(store)).add(name, Role.CREW)


async def test_a_link_works_once(store: SqlStore) -> None:
    tokens = await loaded(store)
    link = await tokens.one_time(Role.ORGANISER)
    assert tokens.identify(link) is None, "a link's secret is no password"
    lasting = await tokens.redeem(link)
    assert lasting is not None
    found = tokens.identify(lasting)
    assert found is not None
    assert found.role is Role.ORGANISER
    assert await tokens.redeem(link) is None
    assert await (await loaded(store)).redeem(link) is None


async def test_a_link_grows_old(store: SqlStore) -> None:
    clock = FakeClock(NOON)
    tokens = await loaded(store, clock)
    link = await tokens.one_time(Role.CREW)
    clock.advance(LINK_LIFE + 1)
    assert await tokens.redeem(link) is None
