"""Bells on the real APScheduler: they ring, late or not, and are set anew without being doubled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from streamer.engine.service.bells import SchedulerBells


async def test_a_bell_rings_at_its_cue() -> None:
    bells, rung = SchedulerBells(), asyncio.Event()
    bells.start(rung.set)
    try:
        bells.set([(datetime.now(UTC) + timedelta(milliseconds=50), "session.start a")])
        async with asyncio.timeout(5):
            await rung.wait()
    finally:
        bells.stop()


async def test_a_bell_that_is_an_hour_late_rings_all_the_same() -> None:
    bells, rung = SchedulerBells(), asyncio.Event()
    bells.start(rung.set)
    try:
        bells.set([(datetime.now(UTC) - timedelta(hours=1), "session.start a")])
        async with asyncio.timeout(5):
            await rung.wait()
    finally:
        bells.stop()


async def test_bells_are_listed_in_order_and_replaced() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    bells = SchedulerBells()
    bells.start(lambda: None)
    try:
        bells.set([(later + timedelta(minutes=5), "session.end a"), (later, "session.start a")])
        assert bells.listing() == [(later, "session.start a"), (later + timedelta(minutes=5), "session.end a")]
        bells.set([(later, "session.start a"), (later + timedelta(minutes=10), "session.end a")])
        assert bells.listing() == [(later, "session.start a"), (later + timedelta(minutes=10), "session.end a")]
        bells.set([])
        assert bells.listing() == []
    finally:
        bells.stop()
