"""The plan: windows and permissions after every decision, what is on air, and what may be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import (
    GARDEN,
    LAW,
    MAIN,
    MINUTE,
    NINE,
    POLICY,
    SECOND,
    SIDE,
    after,
    decided,
    decisions,
    instants,
    planned,
    plans,
    policies,
    policy,
    session,
    sessions,
    timetable,
)

from streamer.core.base.ids import OverrideId, RoomId, SessionId
from streamer.core.decisions.override import Override
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.sessions.add import Add
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.swap import Swap
from streamer.core.plan.plan import Plan, plan
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.status.states import NOTHING, SessionState, session_state
from streamer.core.timetable.sessions import Session, SessionKind

A, B = SessionId("a"), SessionId("b")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def only(*found: Session, decisions: Sequence[Override] = (), rules: Policy = POLICY) -> PlannedSession:
    one = planned(*found, decisions=decisions, rules=rules).session(A)
    assert one is not None
    return one


def window(one: PlannedSession) -> tuple[datetime, datetime]:
    return one.start, one.end


# -- the same input, the same plan -----------------------------------------------------------------------------


@LAW
@given(st.data())
def test_two_plans_of_the_same_input_are_equal_however_it_is_ordered(data: st.DataObject) -> None:
    programme, rules = data.draw(sessions()), data.draw(policies)
    taken = data.draw(decisions(programme))
    made = plan(timetable(*programme), taken, rules, NINE)
    assert made == plan(timetable(*reversed(programme)), taken, rules, NINE)
    assert [(s.start, s.room, s.id) for s in made.sessions] == sorted((s.start, s.room, s.id) for s in made.sessions)
    added = {one.decision.session for one in taken if isinstance(one.decision, Add) and one.undone is None}
    assert {s.id for s in made.sessions} == {s.id for s in programme if s.kind is SessionKind.SESSION} | added
    assert {s for room in made.rooms for s in made.of_room(room)} == {s for s in made.sessions if s.takes_place}
    assert all(s.room == room for room in made.rooms for s in made.of_room(room))
    assert all(s.start <= s.end for s in made.sessions)


@LAW
@given(st.data())
def test_the_instant_changes_nothing_but_itself(data: st.DataObject) -> None:
    programme, rules = data.draw(sessions()), data.draw(policies)
    taken, now = data.draw(decisions(programme)), data.draw(instants)
    at_nine = plan(timetable(*programme), taken, rules, NINE)
    assert plan(timetable(*programme), taken, rules, now) == replace(at_nine, at=now)


def test_breaks_are_not_in_it() -> None:
    lunch = session("lunch", 30, kind=SessionKind.BREAK, record=True, stream=True)
    made = planned(session("a"), lunch, session("b", 60))
    assert [s.id for s in made.sessions] == ["a", "b"]
    assert made.session(lunch.id) is None
    assert made.on_air(MAIN, after(45)) is None


def test_what_the_timetable_cancels_is_listed_and_frees_its_slot() -> None:
    day = plan(timetable(session("a", cancelled=True), session("b")), (), POLICY, NINE)
    off, instead = day.sessions
    assert (off.takes_place, off.captured, off.cancelled) == (False, False, off.start)
    assert session_state(off, NOTHING, NINE)[0] is SessionState.CANCELLED
    assert day.of_room(MAIN) == (instead,)
    assert day.conflicts() == ()


def test_a_room_without_source_has_consent_and_no_capture() -> None:
    one = only(session("a", room=GARDEN))
    assert (one.record, one.stream, one.captured) == (False, False, False)
    assert (one.consent_record, one.consent_stream) == (True, True)
    stranger = only(session("a", room=RoomId("tent")))
    assert not stranger.captured


@pytest.mark.parametrize(
    ("record", "stream", "captured"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
def test_what_is_recorded_or_streamed_is_captured(record: bool, stream: bool, captured: bool) -> None:
    assert only(session("a", record=record, stream=stream)).captured is captured


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(("said", "answer"), [(True, True), (False, False), (None, None)])
def test_the_policy_answers_where_the_timetable_says_nothing(
    default: bool, said: bool | None, answer: bool | None
) -> None:
    one = only(session("a", record=said, stream=said), rules=policy(record_default=default, stream_default=default))
    assert (one.record, one.stream) == ((default, default) if answer is None else (answer, answer))


# -- decisions -------------------------------------------------------------------------------------------------


def test_end_and_extend_move_the_end_and_nothing_else() -> None:
    before = only(session("a"))
    for one, end in [
        (decided(End, at=after(12)), 12),
        (decided(Extend, minutes=7.5), 37.5),
        (decided(Extend, minutes=-10.0), 20),
    ]:
        assert only(session("a"), decisions=[one]) == replace(before, end=after(end))


def test_decisions_count_in_the_order_in_which_they_were_taken() -> None:
    end = decided(End, id="1", at=after(10))
    extend = decided(Extend, id="2", minutes=5.0)
    assert only(session("a"), decisions=[end, extend]).end == after(15)
    assert only(session("a"), decisions=[extend, end]).end == after(10)
    assert only(session("a"), decisions=[extend, extend]).end == after(40)


def test_a_window_never_ends_before_it_starts() -> None:
    for one in (decided(End, at=after(-30)), decided(Extend, minutes=-90.0)):
        assert window(only(session("a"), decisions=[one])) == (NINE, NINE)


@LAW
@given(st.data())
def test_a_dropped_decision_is_as_if_it_never_was(data: st.DataObject) -> None:
    programme, rules = data.draw(sessions()), data.draw(policies)
    taken = data.draw(decisions(programme))
    standing = [d for d in taken if d.undone is None]
    table = timetable(*programme)
    assert plan(table, taken, rules, NINE) == plan(table, standing, rules, NINE)


@LAW
@given(st.data())
def test_a_decision_moves_its_own_session_only(data: st.DataObject) -> None:
    """Those of a room, and an extension that ripples, move the sessions of that room; a swap moves two."""
    programme, rules = data.draw(sessions()), data.draw(policies)
    taken = data.draw(decisions(programme, most=1))
    before, now = (plan(timetable(*programme), some, rules, NINE) for some in ((), taken))
    touched = {d.session for d in taken}
    for one in (d.decision for d in taken):
        if isinstance(one, Delay) or (isinstance(one, Extend) and one.ripple):
            room = one.of_room(before)
            touched |= {s.id for s in before.sessions if s.room == room}
        if isinstance(one, Swap):
            touched.add(SessionId(one.other))
    assert {s for s in before.sessions if s.id not in touched} == {s for s in now.sessions if s.id not in touched}


def test_decisions_on_sessions_that_are_gone_are_of_no_account() -> None:
    stale = decided(Extend, session="gone", minutes=5.0)
    assert planned(session("a"), decisions=[stale]) == planned(session("a"))


# -- consent ---------------------------------------------------------------------------------------------------


@LAW
@given(st.data())
def test_nobody_grants_what_the_timetable_forbids(data: st.DataObject) -> None:
    programme, rules = data.draw(sessions()), data.draw(policies)
    made = plan(timetable(*programme), data.draw(decisions(programme, most=8)), rules, NINE)
    for one in made.sessions:
        if one.session.record is False:
            assert not one.consent_record
        if one.session.stream is False:
            assert not one.consent_stream
        captured = one.takes_place and rules.is_captured(one.room)
        assert one.record == (one.consent_record and captured)
        assert one.stream == (one.consent_stream and captured)


@LAW
@given(st.data())
def test_the_last_word_on_consent_counts(data: st.DataObject) -> None:
    programme, rules = data.draw(sessions(rooms=[MAIN])), data.draw(policies)
    taken = data.draw(decisions(programme, most=8))
    made = plan(timetable(*programme), taken, rules, NINE)
    for one in made.sessions:
        counting = [d.decision for d in taken if d.session == one.id and d.undone is None]
        spoken = [d for d in counting if isinstance(d, Consent)]
        record = [d.record for d in spoken if d.record is not None]
        if record and one.session.record is not False:
            assert one.consent_record is record[-1]
        stream = [d.stream for d in spoken if d.stream is not None]
        if stream and one.session.stream is not False:
            assert one.consent_stream is stream[-1]


def test_consent_withdrawn_for_one_of_both_leaves_the_other_and_can_be_restored() -> None:
    withdrawn, restored = (decided(Consent, record=record) for record in (False, True))
    for permitted in (True, None):
        found = session("a", record=permitted, stream=permitted)
        one = only(found, decisions=[withdrawn])
        assert (one.record, one.stream) == (False, True)
        assert only(found, decisions=[withdrawn, restored]) == only(found)


# -- what is on air --------------------------------------------------------------------------------------------


@LAW
@given(plans(), instants)
def test_nothing_is_on_air_while_anything_runs_that_may_not_be_streamed(
    made: tuple[Plan, Policy], instant: datetime
) -> None:
    for room in (MAIN, SIDE, GARDEN):
        running = [s for s in made[0].sessions if s.room == room and s.start <= instant < s.end]
        shown = made[0].on_air(room, instant)
        assert set(made[0].running(room, instant)) == set(running)
        if not running or not all(s.stream for s in running):
            assert shown is None
        else:
            assert shown in running
            assert shown.start == max(s.start for s in running)


@LAW
@given(plans(rooms=[MAIN]), instants)
def test_air_ends_at_the_first_instant_at_which_nothing_is_on_air(made: tuple[Plan, Policy], instant: datetime) -> None:
    end = made[0].air_ends(MAIN, instant)
    assert made[0].on_air(MAIN, end) is None
    edges = {edge for s in made[0].sessions for edge in window(s) if instant < edge < end}
    for sample in [instant, *edges, *(e - SECOND for e in edges), *(e + SECOND for e in edges), end - SECOND]:
        if instant <= sample < end:
            assert made[0].on_air(MAIN, sample) is not None
    if made[0].on_air(MAIN, instant) is None:
        assert end == instant


def test_air_goes_on_over_sessions_that_touch_and_stops_for_one_that_may_not_be_streamed() -> None:
    day = [session("a"), session("b", 30), session("c", 60, stream=False), session("d", 90)]
    made = planned(*day)
    assert made.air_ends(MAIN, NINE) == after(60)
    assert made.air_ends(MAIN, after(59)) == after(60)
    assert made.air_ends(MAIN, after(60)) == after(60)
    assert made.air_ends(MAIN, after(90)) == after(120)


def test_where_sessions_overlap_the_later_start_is_shown() -> None:
    made = planned(session("a", 0, 60), session("b", 20, 20))
    shown = [made.on_air(MAIN, after(m)) for m in (0, 19.99, 20, 39.99, 40, 59.99)]
    assert [s.id for s in shown if s] == ["a", "a", "b", "b", "a", "a"]
    assert made.on_air(MAIN, after(60)) is None


def test_a_session_that_may_not_be_streamed_takes_a_longer_one_off_the_air() -> None:
    made = planned(session("a", 0, 60), session("b", 20, 20, stream=False))
    shown = [made.on_air(MAIN, after(m)) for m in (0, 19.99, 20, 39.99, 40, 59.99)]
    assert [s and s.id for s in shown] == ["a", "a", None, None, "a", "a"]
    assert [made.air_ends(MAIN, after(m)) for m in (0, 20, 40)] == [after(20), after(20), after(60)]


@LAW
@given(plans(), instants)
def test_what_follows_is_the_next_start(made: tuple[Plan, Policy], instant: datetime) -> None:
    later = [s for s in made[0].of_room(MAIN) if s.start > instant]
    found = made[0].following(MAIN, instant)
    assert (found is None) == (not later)
    assert found is None or found.start == min(s.start for s in later)


# -- keeping and conflicts -------------------------------------------------------------------------------------


@LAW
@given(plans(), instants, st.integers(min_value=1, max_value=7200))
def test_only_media_that_touches_nothing_forbidden_may_be_kept(
    made: tuple[Plan, Policy], start: datetime, seconds: int
) -> None:
    end = start + seconds * SECOND
    for room in (MAIN, SIDE, GARDEN):
        forbidden = [s for s in made[0].of_room(room) if not s.consent_record]
        shared = any(max(s.start, start) < min(s.end, end) for s in forbidden)
        assert made[0].may_keep(room, start, end) == (not shared)


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"record": False}, [True, False, False, False, True]),
        ({"record_from": after(20)}, [True, False, False, True, True]),
        ({"record_from": NINE}, [True, True, True, True, True]),
        ({"record_from": after(40)}, [True, False, False, False, True]),
    ],
)
def test_media_may_be_kept_up_to_a_forbidden_part_and_from_its_end(facts: dict[str, Any], kept: list[bool]) -> None:
    made = planned(session("a", **facts), session("b", 60))
    ranges = [(-10, 0), (-5, 5), (19, 20), (20, 30), (30, 40)]
    assert [made.may_keep(MAIN, after(start), after(end)) for start, end in ranges] == kept
    assert made.unrecorded == ({A} if facts.get("record") is False else set())


@LAW
@given(plans(rooms=[MAIN, SIDE]))
def test_conflicts_are_the_pairs_that_share_an_instant_of_a_room(made: tuple[Plan, Policy]) -> None:
    found = made[0].conflicts()
    pairs = {frozenset((c.session, c.other)) for c in found}
    assert len(pairs) == len(found)
    everyone = made[0].sessions
    assert pairs == {
        frozenset((one.id, other.id))
        for index, one in enumerate(everyone)
        for other in everyone[index + 1 :]
        if one.room == other.room and max(one.start, other.start) < min(one.end, other.end)
        if one.takes_place and other.takes_place
    }
    for some in everyone[:2]:
        assert {c for c in found if some.id in (c.session, c.other)} == set(made[0].conflicts([some.id]))


def test_a_conflict_says_who_where_and_for_how_long() -> None:
    (found,) = planned(session("a", 0, 60), session("b", 37.5, 10)).conflicts()
    assert (found.session, found.other) == ("a", "b")
    assert found.message == "“Title of a” and “Title of b” overlap in room main for 10 min"


def test_an_empty_window_is_nowhere() -> None:
    made = planned(session("a", 0, 60), session("b", 30, 0, record=False, stream=False))
    assert made.conflicts() == ()
    assert made.may_keep(MAIN, after(29), after(31))
    assert made.running(MAIN, after(30)) == (made.session(A),)
    assert made.air_ends(MAIN, NINE) == after(60)


# -- the clock -------------------------------------------------------------------------------------------------


def test_phases_are_half_open() -> None:
    one = only(session("a"))
    expected = [(-1, Phase.BEFORE), (0, Phase.DURING), (29.99, Phase.DURING), (30, Phase.AFTER)]
    assert [(m, one.phase(after(m))) for m, _ in expected] == expected
    assert [one.covers(after(m)) for m in (-0.01, 0, 29.99, 30)] == [False, True, True, False]


@pytest.mark.parametrize("night", [datetime(2025, 10, 26), datetime(2025, 3, 30), datetime(2025, 9, 8)])
def test_windows_over_midnight_and_daylight_saving_last_as_long_as_planned(night: datetime) -> None:
    """Sessions of an hour, back to back, from ten in the evening; in March one of them skips the lost hour."""
    first = (night - timedelta(hours=2)).replace(tzinfo=COPENHAGEN).astimezone(ZoneInfo("UTC"))
    day = [
        replace(
            session(f"s{n}"),
            start=(first + n * timedelta(hours=1)).astimezone(COPENHAGEN),
            end=(first + (n + 1) * timedelta(hours=1)).astimezone(COPENHAGEN),
        )
        for n in range(8)
    ]
    extended = decided(Extend, session="s4", minutes=30.0)
    made = planned(*day, decisions=[extended])
    lengths = [s.end - s.start for s in made.of_room(MAIN)]
    assert lengths == [timedelta(minutes=90 if n == 4 else 60) for n in range(8)]
    assert all(one.end >= other.start for one, other in pairwise(made.of_room(MAIN))), "no hole at the change"
    assert [c.message[-6:] for c in made.conflicts()] == ["30 min"]
    assert made.air_ends(MAIN, first) - first == timedelta(hours=8)


def test_an_end_said_in_the_venues_time_is_the_instant_it_names() -> None:
    night = replace(
        session("a"),
        start=datetime(2025, 10, 26, 2, 0, tzinfo=COPENHAGEN),
        end=datetime(2025, 10, 26, 4, 0, tzinfo=COPENHAGEN),
    )
    second = datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=COPENHAGEN)
    one = only(night, decisions=[decided(End, at=second), decided(Extend, minutes=60.0)])
    assert one.end - one.start == timedelta(minutes=150)


# -- a feed that forgets ---------------------------------------------------------------------------------------


def test_the_same_decision_on_two_sessions_is_two_decisions() -> None:
    taken = [decided(Extend, session=id, id=f"d{id}", minutes=5.0) for id in (A, B)]
    made = planned(session("a"), session("b", 60), decisions=taken)
    assert [s.end for s in made.sessions] == [after(35), after(95)]
    assert {d.id for d in taken} == {OverrideId("da"), OverrideId("db")}
    assert made.conflicts() == ()
    assert made.sessions[0].end - after(30) == 5 * MINUTE
