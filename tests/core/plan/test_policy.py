"""The policy: what a rehearsal compresses, and which rooms are captured."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from support.day.days import GARDEN, MAIN, MINUTE, POLICY

from streamer.core.base.ids import RoomId


def test_a_rehearsal_divides_padding_and_lead_times_and_nothing_else() -> None:
    fast = POLICY.compressed(60)
    assert (fast.lead, fast.linger) == (timedelta(seconds=10), timedelta(seconds=10))
    assert (fast.pre_roll, fast.post_roll) == (timedelta(seconds=1), timedelta(seconds=2))
    one = POLICY
    back = replace(fast, lead=one.lead, linger=one.linger, pre_roll=one.pre_roll, post_roll=one.post_roll)
    assert back == POLICY
    assert POLICY.compressed(1) == POLICY


def test_a_room_is_captured_when_it_has_a_source() -> None:
    assert POLICY.is_captured(MAIN)
    assert not POLICY.is_captured(GARDEN)
    assert not POLICY.is_captured(RoomId("unheard-of"))


def test_the_rules_are_the_contracts() -> None:
    assert (POLICY.lead, POLICY.linger, POLICY.ring) == (10 * MINUTE, 10 * MINUTE, 5 * MINUTE)
    assert (POLICY.pre_roll, POLICY.post_roll, POLICY.keep_padding) == (MINUTE, 2 * MINUTE, timedelta(days=7))
    assert POLICY.restricted_ring == MINUTE
    assert POLICY.warm_up == timedelta(seconds=30)


def test_where_space_is_short_the_ring_is_and_never_longer_than_it_was() -> None:
    saving = POLICY.saving()
    assert (saving.ring, saving.restricted_ring) == (timedelta(seconds=30), timedelta(seconds=30))
    assert replace(saving, ring=POLICY.ring, restricted_ring=POLICY.restricted_ring) == POLICY
    shorter = replace(POLICY, ring=timedelta(seconds=6))
    assert shorter.saving().ring == timedelta(seconds=6)
