"""How short the space is: where saving and fullness begin, and that they end a little later."""

from __future__ import annotations

import pytest

from streamer.core.status.disk import DiskSpace, Pressure, pressure

EASY, SAVING, FULL = Pressure.EASY, Pressure.SAVING, Pressure.FULL
TOTAL = 1_600_000
"""Of which a sixteenth, 100,000, is the ballast, and a quarter of that, 25,000, the floor."""
RESERVE = 200_000


def after(before: Pressure, free: int, reserve: int = RESERVE) -> Pressure:
    return pressure(before, DiskSpace(total=TOTAL, free=free), reserve)


@pytest.mark.parametrize(
    ("before", "free", "then"),
    [
        (EASY, 200_000, EASY),
        (EASY, 199_999, SAVING),
        (SAVING, 209_999, SAVING),
        (SAVING, 210_000, EASY),
        (SAVING, 25_000, SAVING),
        (SAVING, 24_999, FULL),
        (EASY, 0, FULL),
        (FULL, 149_999, FULL),
        (FULL, 150_000, SAVING),
        (FULL, 209_999, SAVING),
        (FULL, 210_000, EASY),
    ],
)
def test_what_begins_at_one_amount_ends_at_a_larger_one(before: Pressure, free: int, then: Pressure) -> None:
    assert after(before, free) is then


def test_what_follows() -> None:
    assert (EASY.saves, SAVING.saves, FULL.saves) == (False, True, True)
    assert (EASY.records, SAVING.records, FULL.records) == (True, True, False)


def test_without_a_reserve_a_full_disk_is_full_all_the_same() -> None:
    assert after(EASY, 25_000, reserve=0) is EASY
    assert after(EASY, 24_999, reserve=0) is FULL


def test_taking_the_ballast_back_does_not_fill_the_disk_again() -> None:
    space = DiskSpace(total=TOTAL, free=150_000)
    assert after(FULL, space.free - space.ballast) is FULL
    assert after(after(FULL, space.free), space.free - space.ballast) is SAVING


def test_the_ballast_of_a_large_disk_is_small() -> None:
    space = DiskSpace(total=4 * 10**12, free=0)
    assert (space.ballast, space.floor) == (32_000_000, 8_000_000)
