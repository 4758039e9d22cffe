"""The sessions of a programme to be run, and waiting for their instants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A session."""

    id: str
    room: str
    start: datetime
    end: datetime


def in_turn(
    count: int, begin: datetime, length: timedelta, *, every: timedelta | None = None, rooms: Sequence[str] = ("hall",)
) -> list[Slot]:
    """So many sessions, back to back or ``every`` so often, in the rooms one after the other."""
    starts = [begin + number * (every or length) for number in range(count)]
    return [
        Slot(id=f"session-{number + 1:04}", room=rooms[number % len(rooms)], start=start, end=start + length)
        for number, start in enumerate(starts)
    ]


async def sleep_until(instant: datetime) -> None:
    """Returns at once where it has passed."""
    await asyncio.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))
