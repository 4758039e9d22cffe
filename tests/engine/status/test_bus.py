"""The bus: in order, without gaps, and honest to a reader that is too slow."""

from __future__ import annotations

import pytest

from streamer.core.records.journal import Audience, JournalEntry
from streamer.engine.status.bus import QUEUE_LENGTH, Bus, Lagged


def entry(revision: int, audience: Audience = Audience.VIEWER) -> JournalEntry:
    return JournalEntry(audience=audience, revision=revision, at=0.0, kind="notice", body={"revision": revision})


async def test_each_audience_gets_its_own_in_order() -> None:
    bus = Bus()
    viewer, crew = bus.subscribe(Audience.VIEWER), bus.subscribe(Audience.CREW)
    for revision in (1, 2, 3):
        bus.publish([entry(revision), entry(revision + 6, Audience.CREW)])
    assert [await anext(viewer) for _ in range(3)] == [entry(1), entry(2), entry(3)]
    assert [await anext(crew) for _ in range(3)] == [entry(n, Audience.CREW) for n in (7, 8, 9)]


async def test_closing_ends_every_subscription_and_drops_what_was_not_read() -> None:
    bus = Bus()
    viewer, crew = bus.subscribe(Audience.VIEWER), bus.subscribe(Audience.CREW)
    bus.publish([entry(1), entry(1, Audience.CREW), entry(2)])
    assert await anext(viewer) == entry(1)
    bus.close()
    assert [e async for e in viewer] == []
    assert [e async for e in crew] == []


async def test_a_slow_reader_is_told_that_it_lagged_and_slows_nobody() -> None:
    bus = Bus()
    slow, quick = bus.subscribe(Audience.VIEWER), bus.subscribe(Audience.VIEWER)
    read = []
    for revision in range(1, QUEUE_LENGTH + 11):
        bus.publish([entry(revision)])
        read.append((await anext(quick)).revision)
    assert read == list(range(1, QUEUE_LENGTH + 11))
    got = [(await anext(slow)).revision for _ in range(QUEUE_LENGTH)]
    assert got == list(range(1, QUEUE_LENGTH + 1)), "what it has is without a gap"
    with pytest.raises(Lagged):
        await anext(slow)


async def test_who_left_gets_nothing() -> None:
    bus = Bus()
    viewer = bus.subscribe(Audience.VIEWER)
    viewer.close()
    bus.publish([entry(1)])
    assert [e async for e in viewer] == []
