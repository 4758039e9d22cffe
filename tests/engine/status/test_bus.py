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
    bus.publish([entry(1), entry(1, Audience.CREW), entry(2)])
    bus.close()
    assert [e.revision async for e in crew] == []  # closing drops what was not read
    assert [e.revision async for e in viewer] == []


async def test_entries_arrive_as_they_were_published() -> None:
    bus = Bus()
    viewer = bus.subscribe(Audience.VIEWER)
    bus.publish([entry(1), entry(9, Audience.CREW), entry(2)])
    assert [(await anext(viewer)).revision, (await anext(viewer)).revision] == [1, 2]


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
