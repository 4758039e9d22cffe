"""What a timetable brings and when the disk is full of it: by hand, and held against a plain count of seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, NINE, SECOND, SIDE, after, planned, policy, session

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.status.forecast import (
    ASSUMED_RATE,
    SMALL_CHANGE,
    Forecast,
    Ramp,
    falls_to,
    forecast,
    growth,
    merged,
    tells_more,
    total,
    total_bytes,
)
from streamer.core.timetable.sessions import Session

RATES = {MAIN: 1000.0, SIDE: 500.0}
RULES = policy(reserve=1_000_000)
"""Ten minutes around each session, of which a minute before and two after are kept; five of ring."""


def needed(*sessions: Session, at: float = -60, rates: dict[RoomId, float] | None = None) -> int:
    """Bytes, ``at`` so many minutes after nine."""
    ramps = growth(planned(*sessions), RULES, RATES if rates is None else rates, after(at))
    return total_bytes(ramps)


def test_a_session_needs_its_padding_its_file_and_the_ring() -> None:
    assert needed(session("a", 0, 60)) == 1000 * (63 + 60 + 5) * 60
    assert needed(session("a", 0, 60, room=SIDE)) == 500 * (63 + 60 + 5) * 60


def test_two_captures_write_twice_and_the_file_is_made_once() -> None:
    rooms = {MAIN: replace(RULES.rooms[MAIN], redundancy=2)}
    ramps = growth(planned(session("a", 0, 60)), replace(RULES, rooms=rooms), RATES, after(-60))
    assert total_bytes(ramps) == 1000 * (2 * 63 + 60 + 2 * 5) * 60


def test_what_is_not_recorded_needs_the_ring_alone_and_what_is_not_captured_nothing() -> None:
    assert needed(session("a", 0, 60, record=False)) == 1000 * 5 * 60
    assert needed(session("a", 0, 60, record=False, stream=False)) == 0
    assert needed(session("a", 0, 60, room=RoomId("garden"))) == 0


def test_padding_that_overlaps_is_stored_once() -> None:
    assert needed(session("a", 0, 60), session("b", 60, 60)) == 1000 * (123 + 120 + 5) * 60


def test_what_has_been_written_is_not_to_come() -> None:
    """In mid-session the ring is full; of the padding 45 minutes are left, and the file is still to be made whole."""
    assert needed(session("a", 0, 60), at=17) == 1000 * (45 + 60) * 60
    assert needed(session("a", 0, 60), at=61) == 1000 * 60
    assert needed(session("a", 0, 60), at=62) == 0


def test_files_that_wait_are_to_come() -> None:
    ramps = growth(planned(session("a", 0, 60)), RULES, RATES, after(90), {SessionId("a")})
    assert list(ramps) == [Ramp(start=after(90), end=after(90), bytes=3_600_000)]


def test_a_room_that_was_not_measured_is_guessed_and_said() -> None:
    assert needed(session("a", 0, 60), rates={}) == ASSUMED_RATE * 128 * 60
    seen = forecast(planned(session("a"), session("b", room=SIDE)), RULES, {MAIN: 1.0}, 10**12, NINE)
    assert seen.assumed == (SIDE,)
    over = forecast(planned(session("a"), session("b", room=SIDE)), RULES, {MAIN: 1.0}, 10**12, after(30))
    assert over.assumed == ()


def test_when_the_disk_is_full_and_what_will_be_missed() -> None:
    """Kept from 08:59 on at 1 kB/s and, from 08:50 to 08:55, the ring; the first file comes at ten."""
    plan = planned(session("a", 0, 60), session("b", 60, 60), session("c", 120, 30, record=False))
    free = 1000 * 60 * (5 + 61 + 60 + 30)
    seen = forecast(plan, RULES, RATES, free, after(-60))
    assert seen.full_at == after(90)
    assert seen.reserve_at == after(90) - timedelta(seconds=1000)
    assert seen.missed == (SessionId("b"),)
    assert seen.lacking == seen.needed + 1_000_000 - free == 1000 * 60 * (32 + 60) + 1_000_000


def test_a_disk_that_is_large_enough_is_never_full() -> None:
    plan = planned(session("a", 0, 60))
    whole = needed(session("a", 0, 60))
    seen = forecast(plan, RULES, RATES, whole + 1_000_001, after(-60))
    assert (seen.reserve_at, seen.full_at, seen.missed, seen.lacking) == (None, None, (), 0)
    assert forecast(plan, RULES, RATES, whole + 500_000, after(-60)).full_at is None
    assert forecast(plan, RULES, RATES, 900_000, after(-60)).reserve_at == after(-60)


RAMPS = st.lists(
    st.builds(
        lambda start, length, size: Ramp(start=after(start), end=after(start + length), bytes=size),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(0, 5000),
    ),
    max_size=6,
)


def written(ramps: list[Ramp], instant: datetime) -> float:
    return sum(
        r.bytes if r.end <= instant else r.bytes * ((instant - r.start) / (r.end - r.start))
        for r in ramps
        if r.start <= instant
    )


@LAW
@given(RAMPS, st.integers(1, 20_000))
def test_the_instant_is_the_first_at_which_so_much_has_been_written(ramps: list[Ramp], room: int) -> None:
    found = falls_to(ramps, room, NINE)
    if found is None:
        assert sum(r.bytes for r in ramps) < room + 1e-6
    else:
        assert written(ramps, found + timedelta(milliseconds=1)) >= room - 1e-3
        assert found == NINE or written(ramps, found - timedelta(milliseconds=1)) < room + 1e-6


def test_a_file_that_takes_the_last_byte_fills_the_disk() -> None:
    ramps = [Ramp(start=after(m), end=after(m), bytes=100) for m in (5, 10)]
    assert [falls_to(ramps, room, NINE) for room in (0, 100, 101, 200, 201)] == [NINE, after(5), *[after(10)] * 2, None]


@pytest.mark.parametrize("minute", [0, 5, 10, 15])
def test_a_ramp_is_cut_where_it_has_been_written(minute: int) -> None:
    left = Ramp(start=after(5), end=after(15), bytes=1000).since(after(minute))
    assert (left.bytes if left else 0) == {0: 1000, 5: 1000, 10: 500, 15: 0}[minute]


def test_small_changes_are_not_worth_a_word() -> None:
    one = Forecast(needed=1, lacking=100, reserve_at=NINE, full_at=after(60))
    assert tells_more(None, one)
    assert not tells_more(one, replace(one, needed=2, lacking=109, full_at=after(60) + SMALL_CHANGE))
    assert tells_more(one, replace(one, full_at=after(60) + SMALL_CHANGE + SECOND))
    assert tells_more(one, replace(one, full_at=None))
    assert tells_more(one, replace(one, lacking=111))
    assert tells_more(one, replace(one, missed=(SessionId("a"),)))


def test_stretches_that_touch_are_one() -> None:
    stretches = [(after(30), after(40)), (after(0), after(10)), (after(10), after(20)), (after(35), after(50))]
    assert merged([*stretches, (after(36), after(38))]) == [(after(0), after(20)), (after(30), after(50))]
    assert total(merged(stretches)) == timedelta(minutes=40)
    assert merged([]) == []
