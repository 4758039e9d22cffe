"""The house rules: what a rehearsal compresses, and which rooms are captured."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from support.day.days import GARDEN, HOUSE, MAIN, MINUTE

from streamer.core.base.ids import RoomId


def test_a_rehearsal_divides_padding_and_lead_times_and_nothing_else() -> None:
    fast = HOUSE.compressed(60)
    assert (fast.lead, fast.linger) == (timedelta(seconds=10), timedelta(seconds=10))
    assert (fast.pre_roll, fast.post_roll) == (timedelta(seconds=1), timedelta(seconds=2))
    one = HOUSE
    back = replace(fast, lead=one.lead, linger=one.linger, pre_roll=one.pre_roll, post_roll=one.post_roll)
    assert back == HOUSE
    assert HOUSE.compressed(1) == HOUSE


def test_a_room_is_captured_when_it_has_a_source() -> None:
    assert HOUSE.is_captured(MAIN)
    assert not HOUSE.is_captured(GARDEN)
    assert not HOUSE.is_captured(RoomId("unheard-of"))


def test_the_rules_are_the_contracts() -> None:
    assert (HOUSE.lead, HOUSE.linger, HOUSE.ring) == (10 * MINUTE, 10 * MINUTE, 5 * MINUTE)
    assert (HOUSE.pre_roll, HOUSE.post_roll, HOUSE.keep_padding) == (MINUTE, 2 * MINUTE, timedelta(days=7))
    assert HOUSE.restricted_ring == MINUTE
    assert HOUSE.warm_up == timedelta(seconds=30)


def test_where_space_is_short_the_ring_is_and_never_longer_than_it_was() -> None:
    saving = HOUSE.saving()
    assert (saving.ring, saving.restricted_ring) == (timedelta(seconds=30), timedelta(seconds=30))
    assert replace(saving, ring=HOUSE.ring, restricted_ring=HOUSE.restricted_ring) == HOUSE
    shorter = replace(HOUSE, ring=timedelta(seconds=6))
    assert shorter.saving().ring == timedelta(seconds=6)
