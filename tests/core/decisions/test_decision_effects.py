"""What decisions do to the plan: times, rooms, holds and cancellations, alone and together."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, SIDE, after, override, planned, session

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.recordings.cut import Cut
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.decisions.rooms.unmute import Unmute
from streamer.core.decisions.sessions.add import Add
from streamer.core.decisions.sessions.cancel import Cancel
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.decisions.sessions.move import Move
from streamer.core.decisions.sessions.start import Start
from streamer.core.decisions.sessions.swap import Swap
from streamer.core.plan.plan import Plan

A, B, C = SessionId("a"), SessionId("b"), SessionId("c")
DAY = (session("a", 0, 30), session("b", 40, 30), session("c", 75, 30))
"""Breaks of ten and five minutes."""


def after_all(*decisions: tuple[float, Decision]) -> Plan:
    """The plan after decisions, each with the minute after nine at which it was taken."""
    taken = [override(decision, id=str(n), minute=minute) for n, (minute, decision) in enumerate(decisions)]
    return planned(*DAY, decisions=taken)


def minutes(plan: Plan) -> dict[str, tuple[float, float]]:
    """Start and end of each session that takes place, in minutes after nine."""

    def since(at: datetime) -> float:
        return (at - after(0)) / timedelta(minutes=1)

    return {s.id: (since(s.start), since(s.end)) for s in plan.sessions if s.takes_place}


def test_a_session_that_starts_early_ends_as_before() -> None:
    assert minutes(after_all((35, Start(session=B))))["b"] == (35, 70)
    assert minutes(after_all((37, Start(session=B, at=after(35)))))["b"] == (35, 70)


def test_a_hold_lasts_until_the_next_session_or_its_limit() -> None:
    assert minutes(after_all((20, Hold(session=A))))["a"] == (0, 40)
    assert minutes(after_all((20, Hold(session=A, limit_minutes=4))))["a"] == (0, 34)
    assert minutes(after_all((100, Hold(session=C, limit_minutes=45))))["c"] == (75, 150)
    held = after_all((20, Hold(session=A))).session(A)
    assert held is not None
    assert held.held_from == after(30)


def test_a_held_session_ends_where_it_is_ended() -> None:
    plan = after_all((20, Hold(session=A)), (33, End(session=A)))
    assert minutes(plan)["a"] == (0, 33)


def test_a_session_that_ended_a_moment_ago_is_held_from_then_on() -> None:
    assert minutes(after_all((107, Hold(session=C, limit_minutes=10))))["c"] == (75, 117)


def test_the_next_session_that_is_cancelled_does_not_end_a_hold() -> None:
    assert minutes(after_all((1, Cancel(session=B)), (20, Hold(session=A))))["a"] == (0, 75)


def test_a_cancelled_session_does_not_take_place_and_a_running_one_ends() -> None:
    assert minutes(after_all((-5, Cancel(session=A)))).keys() == {"b", "c"}
    running = after_all((10, Cancel(session=A)))
    assert minutes(running)["a"] == (0, 10)


def test_a_session_moves_with_its_length() -> None:
    plan = after_all((-5, Move(session=A, room=SIDE, start=after(100))))
    [moved] = plan.of_room(SIDE)
    assert (moved.id, moved.end - moved.start) == (A, timedelta(minutes=30))
    assert [c.session for c in after_all((-5, Move(session=A, start=after(50)))).conflicts()] == ["b", "a"]


@pytest.mark.parametrize(
    ("by", "shrink", "starts"),
    [
        (5, False, (45, 80)),
        (5, True, (40, 75)),
        (12, True, (42, 75)),
        (20, True, (50, 80)),
        (-3, False, (37, 72)),
        (-20, False, (20, 55)),
    ],
)
def test_the_rest_of_a_room_is_delayed(by: float, *, shrink: bool, starts: tuple[float, float]) -> None:
    """At nine twenty. Shrinking, the breaks of ten and five minutes take up what they can."""
    found = minutes(after_all((20, Delay(room=MAIN, minutes=by, shrink_breaks=shrink))))
    assert [start for start, _ in found.values()] == [0, *starts], "the first one runs"
    assert all(end - start == 30 for start, end in found.values())


def test_delays_add_up_and_concern_one_room() -> None:
    twice = ((20, Delay(room=MAIN, minutes=5)), (25, Delay(room=MAIN, minutes=2.5)))
    assert minutes(after_all(*twice))["b"] == (47.5, 77.5)
    assert minutes(after_all((20, Delay(room=SIDE, minutes=5)))) == minutes(planned(*DAY))


def test_an_extension_may_move_what_follows() -> None:
    found = minutes(after_all((20, Extend(session=A, minutes=7, ripple=True))))
    assert found == {"a": (0, 37), "b": (47, 77), "c": (82, 112)}
    assert minutes(after_all((20, Extend(session=A, minutes=7))))["b"] == (40, 70)


def test_swapped_sessions_of_one_room_fill_the_same_time() -> None:
    day = (session("a", 0, 30), session("b", 30, 45))
    plan = planned(*day, decisions=[override(Swap(session=A, other="b"))])
    assert minutes(plan) == {"b": (0, 45), "a": (45, 75)}
    assert minutes(planned(*day, decisions=[override(Swap(session=B, other="a"))])) == minutes(plan)
    assert plan.conflicts() == ()


def test_swapped_sessions_exchange_rooms_and_keep_their_lengths() -> None:
    day = (session("a", 0, 30), session("b", 40, 45, SIDE))
    plan = planned(*day, decisions=[override(Swap(session=A, other="b"), minute=-5)])
    assert minutes(plan) == {"b": (0, 45), "a": (40, 70)}
    assert [s.id for s in plan.of_room(SIDE)] == ["a"]
    assert [s.id for s in plan.of_room(MAIN)] == ["b"]


def test_an_added_session_is_one_like_any_other() -> None:
    extra = Add(room=SIDE, title="Questions and answers", start=after(10), end=after(20), stream=False)
    plan = planned(*DAY, decisions=[override(extra), override(Extend(session=extra.session, minutes=5), id="e")])
    [added] = plan.of_room(SIDE)
    assert (added.session.title, added.record, added.stream) == ("Questions and answers", True, False)
    assert minutes(plan)[added.id] == (10, 25)
    gone = [override(extra, undone=after(1)), override(Extend(session=extra.session, minutes=5), id="e")]
    assert minutes(planned(*DAY, decisions=gone)) == minutes(planned(*DAY))


def test_nothing_is_on_air_while_a_room_is_muted() -> None:
    plan = after_all((10, Mute(room=MAIN, back_seconds=30)), (12, Unmute(room=MAIN)))
    assert [plan.on_air(MAIN, after(at)) is not None for at in (9.4, 9.5, 11.9, 12)] == [True, False, False, True]
    assert plan.air_ends(MAIN, after(9)) == after(9.5)
    assert plan.air_ends(MAIN, after(10)) == after(10)
    assert plan.air_ends(MAIN, after(12)) == after(30)
    assert plan.muted(SIDE, after(11)) is None


def test_a_mute_lasts_until_it_is_ended_and_a_dropped_end_is_as_if_it_never_was() -> None:
    muted, unmuted = override(Mute(room=MAIN), id="m", minute=10), override(Unmute(room=MAIN), id="u", minute=12)
    assert planned(*DAY, decisions=[muted]).muted(MAIN, after(500)) is not None
    assert planned(*DAY, decisions=[muted, unmuted]).muted(MAIN, after(13)) is None
    dropped = override(Unmute(room=MAIN), id="u", minute=12, undone=after(14))
    assert planned(*DAY, decisions=[muted, dropped]).muted(MAIN, after(13)) is not None


def test_a_cut_leaves_the_session_as_it_is() -> None:
    plan = after_all((40, Cut(session=A, start=after(10), end=after(11))))
    one = plan.session(A)
    assert one is not None
    assert (one.cuts, one.start, one.end) == (((after(10), after(11)),), after(0), after(30))
    assert [one.cuts_out(after(at), after(at + 0.5)) for at in (9.5, 9.6, 10.9, 11)] == [False, True, True, False]


def test_decisions_about_what_has_left_the_timetable_change_nothing() -> None:
    gone = SessionId("gone")
    decisions = [
        Start(session=gone),
        Hold(session=gone),
        Cancel(session=gone),
        Move(session=gone, room=SIDE),
        Swap(session=gone, other="a"),
        Swap(session=A, other="gone"),
        Cut(session=gone, start=after(1), end=after(2)),
        Unmute(room=MAIN),
        Extend(session=gone, minutes=5, ripple=True),
        Delay(room=RoomId("gone"), minutes=5),
    ]
    assert minutes(after_all(*((5.0, one) for one in decisions))) == minutes(planned(*DAY))


@LAW
@given(st.lists(st.tuples(st.floats(-5, 120), st.floats(-60, 60), st.booleans()), max_size=6))
def test_no_delay_moves_a_session_before_the_moment_of_the_decision(delays: list[tuple[float, float, bool]]) -> None:
    """Nor does it change a length, or the order of sessions."""
    ordered = sorted(delays)
    plan = after_all(*((at, Delay(room=MAIN, minutes=by or 1, shrink_breaks=shrink)) for at, by, shrink in ordered))
    found = minutes(plan)
    assert [round(end - start, 6) for start, end in found.values()] == [30, 30, 30]
    starts = [found[one][0] for one in ("a", "b", "c")]
    assert starts == sorted(starts)
    for one, before in zip(("a", "b", "c"), (0, 40, 75), strict=True):
        moved = [at for at, _, _ in ordered]
        assert found[one][0] >= min([before, *moved]) - 1e-6
