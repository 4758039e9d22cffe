"""Tokens and browsers over the real store: secrets once, digests only, links once, ends that last, across restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from support.day.conference_day import NOON
from support.day.fake_world import FakeClock
from support.web.small_service import TokenStore

from streamer.core.base.errors import Conflict, Invalid, NotFound, StoreError
from streamer.core.records.sign_ins import SignInLimits
from streamer.core.records.tokens import Role
from streamer.engine.service.tokens import BROWSERS, LINK_LIFE, NOTED_EVERY, Tokens
from streamer.engine.turns.store import Store
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
    made = await tokens.sign_in(link)
    assert made is not None
    secret, browser = made
    assert tokens.identify(secret) == browser
    assert browser.role is Role.ORGANISER
    for after in (tokens, await loaded(store)):
        assert await after.sign_in(link) is None
        assert after.identify(secret) == browser, "across a restart too"
        assert after.listing() == []


async def test_of_two_presses_one_signs_in(store: SqlStore) -> None:
    tokens = await loaded(store)
    link = await tokens.one_time(Role.CREW)
    made = await asyncio.gather(tokens.sign_in(link), tokens.sign_in(link))
    assert sorted(one is None for one in made) == [False, True]


async def test_a_link_that_can_not_be_stored_as_used_is_not_used_up(store: SqlStore) -> None:
    tokens = await loaded(store)
    link = await tokens.one_time(Role.CREW)
    await store.close()
    with pytest.raises(StoreError):
        await tokens.sign_in(link)
    await store.open()
    assert await tokens.sign_in(link) is not None


async def test_a_link_grows_old(store: SqlStore) -> None:
    clock = FakeClock(NOON)
    tokens = await loaded(store, clock)
    link = await tokens.one_time(Role.CREW)
    clock.advance(LINK_LIFE + 1)
    assert await tokens.sign_in(link) is None
    assert tokens.listing() == [], "it can't be used any more, so another start prints new ones"


async def test_signing_out_ends_one_browser_and_revoking_ends_all(store: SqlStore) -> None:
    tokens = await loaded(store)
    kim, ola = await tokens.add("Kim", Role.CREW), await tokens.add("Ola", Role.CREW)
    first, second, third = [await signed_in(tokens, secret) for secret in (kim, kim, ola)]
    assert await tokens.sign_out(first) is not None
    assert await tokens.sign_out(first) is None
    assert await tokens.sign_out(kim) is None, "a token is revoked, not signed out"
    await live(store, tokens, {first: False, second: True, third: True, kim: True})
    await tokens.revoke("Kim")
    await live(store, tokens, {second: False, third: True, kim: False})


async def test_a_token_that_is_revoked_meanwhile_signs_nobody_in(store: SqlStore) -> None:
    tokens = await loaded(store)
    secret = await tokens.add("Kim", Role.CREW)
    _, made = await asyncio.gather(tokens.revoke("Kim"), tokens.sign_in(secret))
    assert made is None
    assert tokens.browsers() == await store.sign_ins() == []


async def test_signing_out_everywhere_leaves_the_tokens(store: SqlStore) -> None:
    tokens = await loaded(store)
    kim, ola = await tokens.add("Kim", Role.CREW), await tokens.add("Ola", Role.CREW)
    browsers = [await signed_in(tokens, secret) for secret in (kim, kim, ola)]
    assert await tokens.sign_out_everywhere("Kim") == 2
    await live(store, tokens, {browsers[0]: False, browsers[1]: False, browsers[2]: True, kim: True})
    assert await tokens.sign_out_everywhere() == 1
    await live(store, tokens, {browsers[2]: False, ola: True})


async def test_a_browser_of_a_link_can_be_revoked_by_its_name(store: SqlStore) -> None:
    tokens = await loaded(store)
    browser = await signed_in(tokens, await tokens.one_time(Role.CREW))
    await tokens.revoke(tokens.browsers()[0].name)
    await live(store, tokens, {browser: False})


async def test_a_browser_that_is_not_used_is_signed_out_and_one_that_is_used_later(store: SqlStore) -> None:
    clock = FakeClock(NOON)
    tokens = Tokens(store, clock, SignInLimits(idle=100, longest=250))
    await tokens.load()
    secret = await tokens.add("Kim", Role.CREW)
    idle, used = await signed_in(tokens, secret), await signed_in(tokens, secret)
    for _ in range(3):
        clock.advance(80)
        assert tokens.identify(used) is not None
    assert tokens.identify(idle) is None
    assert [one.used for one in tokens.browsers()] == [clock.now().timestamp()]
    await tokens.write_uses()
    assert [one.used for one in await store.sign_ins()] == [clock.now().timestamp()], "the other is deleted"
    clock.advance(10)
    assert tokens.identify(used) is None, "whatever its use"


async def test_the_last_use_is_kept_and_seldom_written(store: SqlStore) -> None:
    clock = FakeClock(NOON)
    tokens = await loaded(store, clock)
    secret = await tokens.add("Kim", Role.CREW)
    assert tokens.listing()[0].used is None
    tokens.identify(secret)
    await tokens.write_uses()
    clock.advance(NOTED_EVERY)
    tokens.identify(secret)
    await tokens.write_uses()
    assert tokens.listing()[0].used == NOON.timestamp() + NOTED_EVERY
    assert (await loaded(store)).listing()[0].used == NOON.timestamp(), "it is little newer"
    await tokens.write_uses(all=True)
    assert (await loaded(store)).listing()[0].used == NOON.timestamp() + NOTED_EVERY


async def test_of_very_many_browsers_the_one_used_longest_ago_goes(store: SqlStore) -> None:
    clock = FakeClock(NOON)
    tokens = Tokens(cast(Store, TokenStore()), clock)
    secret = await tokens.add("Kim", Role.CREW)
    first, second = await signed_in(tokens, secret), await signed_in(tokens, secret)
    clock.advance(1)
    tokens.identify(first)
    for _ in range(BROWSERS - 2):
        await signed_in(tokens, secret)
    last = await signed_in(tokens, secret)
    assert len(tokens.browsers()) == BROWSERS
    assert tokens.identify(second) is None
    assert tokens.identify(first)
    assert tokens.identify(last)


async def signed_in(tokens: Tokens, secret: str) -> str:
    """The secret of a new browser."""
    made = await tokens.sign_in(secret)
    assert made is not None
    return made[0]


async def live(store: SqlStore, tokens: Tokens, expected: dict[str, bool]) -> None:
    """Whether secrets identify, now and after a restart."""
    for one in (tokens, await loaded(store)):
        assert {secret: one.identify(secret) is not None for secret in expected} == expected
