"""What sessions and rooms are, from the plan and from what the media was seen to do."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import GARDEN, LAW, MAIN, POLICY, SIDE, after, instants, planned, plans, session

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.status.states import (
    NOTHING,
    ChannelView,
    Observed,
    RoomState,
    SessionState,
    current_session,
    following_session,
    room_state,
    session_state,
)

SEEN = Observed(first_chunk=after(0.1), first_kept=after(0.2))
QUIET, LIVE, FAULT = ChannelView(), ChannelView(session=SessionId("a"), live=True), ChannelView(fault=True)


def one(record: bool = True, stream: bool = True, room: RoomId = MAIN) -> PlannedSession:
    (found,) = planned(session("a", record=record, stream=stream, room=room)).sessions
    return found


@pytest.mark.parametrize(
    ("record", "stream", "since"),
    [
        (True, True, 0.1),  # the first fetchable chunk
        (False, True, 0.1),
        (True, False, 0.2),  # the first kept segment
        (False, False, 0.0),  # nothing to wait for
    ],
)
def test_live_is_when_the_media_is_there_that_it_may_have(record: bool, stream: bool, since: float) -> None:
    planned_one = one(record, stream)
    assert session_state(planned_one, SEEN, after(10)) == (SessionState.LIVE, after(since))
    if record or stream:
        assert session_state(planned_one, NOTHING, after(10))[0] is SessionState.SCHEDULED


def test_a_streamed_session_is_not_live_for_being_recorded() -> None:
    assert session_state(one(), Observed(first_kept=after(0)), after(10))[0] is SessionState.SCHEDULED


def test_media_from_before_the_start_is_live_from_the_start() -> None:
    early = Observed(first_chunk=after(-0.5), first_kept=after(-1))
    assert session_state(one(), early, after(0)) == (SessionState.LIVE, after(0))


def test_before_and_after_the_clock_decides() -> None:
    assert session_state(one(), SEEN, after(-0.01)) == (SessionState.SCHEDULED, after(-0.01))
    for seen in (SEEN, NOTHING):
        assert session_state(one(), seen, after(35)) == (SessionState.ENDED, after(30))


def test_a_room_without_source_goes_by_the_clock() -> None:
    assert session_state(one(room=GARDEN), NOTHING, after(1)) == (SessionState.LIVE, after(0))


@LAW
@given(plans(), instants, st.sampled_from([NOTHING, SEEN, Observed(first_kept=after(3))]))
def test_states_follow_the_window(made: tuple[Plan, Policy], now: datetime, seen: Observed) -> None:
    for planned_one in made[0].sessions:
        state, since = session_state(planned_one, seen, now)
        if planned_one.cancelled is not None:
            assert (state, since) == (SessionState.CANCELLED, planned_one.cancelled)
            continue
        if planned_one.covers(now):
            held = planned_one.held_from is not None and now >= planned_one.held_from
            running = SessionState.HELD if held else SessionState.LIVE
            assert state in (SessionState.SCHEDULED, running)
        else:
            assert state is (SessionState.ENDED if now >= planned_one.end else SessionState.SCHEDULED)
        assert since == now or since >= planned_one.start


# -- rooms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minute", "view", "state"),
    [
        (-10.01, QUIET, RoomState.IDLE),
        (-10, QUIET, RoomState.SLATE),
        (5, QUIET, RoomState.SLATE),
        (5, LIVE, RoomState.LIVE),
        (5, FAULT, RoomState.FAULT),
        (45, QUIET, RoomState.SLATE),  # between two sessions
        (104.99, QUIET, RoomState.SLATE),
        (105, QUIET, RoomState.IDLE),
    ],
)
def test_a_room_is_what_a_viewer_finds_there(minute: float, view: ChannelView, state: RoomState) -> None:
    plan = planned(session("a"), session("b", 65))
    assert room_state(MAIN, plan, POLICY, view, after(minute)) is state


def test_a_room_is_on_slate_until_the_longest_session_has_lingered() -> None:
    plan = planned(session("long", 0, 120), session("short", 10, 10))
    assert room_state(MAIN, plan, POLICY, QUIET, after(125)) is RoomState.SLATE


def test_rooms_without_source_or_programme_are_idle() -> None:
    plan = planned(session("a", room=GARDEN))
    assert room_state(GARDEN, plan, POLICY, LIVE, after(5)) is RoomState.IDLE
    assert room_state(SIDE, plan, POLICY, QUIET, after(5)) is RoomState.IDLE


def test_the_session_a_room_is_in_and_the_one_that_follows() -> None:
    plan = planned(session("a", 0, 60), session("b", 20, 20), session("c", 90))
    assert [current_session(MAIN, plan, after(m)) for m in (-1, 0, 20, 40, 60, 90)] == [None, "a", "b", "a", None, "c"]
    assert [following_session(MAIN, plan, after(m)) for m in (-1, 0, 20, 90)] == ["a", "b", "c", None]
    assert current_session(SIDE, plan, after(0)) is None
    assert following_session(SIDE, plan, after(0)) is None
