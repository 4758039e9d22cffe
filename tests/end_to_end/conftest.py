"""The real day, once for all tests that look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from real_day import Day, real_day


@pytest.fixture(scope="session")
def day(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Day:
    """What was seen of a day that is over; nothing of it runs any more."""
    return asyncio.run(real_day(tmp_path_factory.mktemp("day"), ffmpeg, free_ports))
