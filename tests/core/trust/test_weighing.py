"""Distrust: what of a new version counts now, what is held back and asked, whatever versions come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import (
    GARDEN,
    LAW,
    MAIN,
    MINUTE,
    POLICY,
    SIDE,
    after,
    decisions,
    instants,
    session,
    sessions,
    timetable,
)

from streamer.core.base.ids import SessionId
from streamer.core.decisions.override import Override
from streamer.core.plan.plan import plan
from streamer.core.records.invariants import Situation, violations
from streamer.core.timetable.diff import ChangeKind
from streamer.core.timetable.sessions import Session, SessionKind, Timetable
from streamer.core.trust.consent import with_withdrawals
from streamer.core.trust.held import Standing
from streamer.core.trust.settings import Distrust
from streamer.core.trust.suspicion import Suspicion, suspects
from streamer.core.trust.weighing import Verdict, weigh

A = SessionId("a")
RULES = Distrust(ask_soon=frozenset({ChangeKind.REMOVED}))
DAY = tuple(session(f"{room}{n}", n * 40, room=room) for room in (MAIN, SIDE) for n in range(6))
"""Twelve sessions of half an hour in two rooms."""


def judge(
    current: Timetable,
    new: Timetable,
    minute: float = -120,
    standing: Standing | None = None,
    rules: Distrust = RULES,
    taken: Sequence[Override] = (),
) -> Verdict:
    now = after(minute)
    return weigh(current, new, plan(current, taken, POLICY, now), POLICY, rules, now, standing or Standing())


def changed(table: Timetable, id: str, **changes: object) -> Timetable:
    return replace(
        table,
        sessions=tuple(replace(s, **changes) if s.id == id else s for s in table.sessions),  # type: ignore[arg-type]
    )


def without(table: Timetable, *ids: str) -> Timetable:
    return replace(table, sessions=tuple(s for s in table.sessions if s.id not in ids))


WHOLE = timetable(*DAY)


# -- one session --------------------------------------------------------------------------------------------


def test_what_lies_in_the_future_counts_at_once() -> None:
    new = without(changed(WHOLE, "main3", start=after(130), end=after(155), title="New"), "side5")
    verdict = judge(WHOLE, new, minute=0)
    assert verdict.timetable == new
    assert {c.kind for c in verdict.applied} == {ChangeKind.RETIMED, ChangeKind.RENAMED, ChangeKind.REMOVED}
    assert not verdict.held


@pytest.mark.parametrize(
    ("minute", "changes", "reason"),
    [
        (5, None, "it is running, and is gone from the timetable"),
        (-20, None, "it starts soon, and is gone from the timetable"),
        (5, {"kind": SessionKind.BREAK}, "it is running, and is a break now"),
        (5, {"cancelled": True}, "it is running, and is cancelled"),
        (5, {"room": SIDE}, "it is running, and would be in another room"),
        (5, {"start": after(60), "end": after(90)}, "it is running, and would only start later"),
        (5, {"start": after(-60), "end": after(-30)}, "it would be over at once"),
        (5, {"start": after(-60), "end": after(5)}, "it would be over at once"),
        (-5, {"start": after(-60), "end": after(-30)}, "it would be over at once"),
        (45, {"start": after(300), "end": after(330)}, "it is over and was captured, and would be ahead again"),
    ],
)
def test_what_touches_a_session_at_its_time_is_asked(
    minute: float, changes: dict[str, object] | None, reason: str
) -> None:
    current = timetable(session("a"), session("b", 400))
    new = without(current, "a") if changes is None else changed(current, "a", **changes)
    verdict = judge(current, new, minute)
    assert verdict.timetable == current
    (held,) = verdict.held
    assert held.reason == f"“Title of a”: {reason}"
    assert held.sessions == (A,)
    approved = judge(current, new, minute, replace(verdict.standing, approved=frozenset({held.id})))
    assert not approved.held
    refused = judge(current, new, minute, replace(verdict.standing, refused=frozenset({held.id})))
    assert (refused.timetable, refused.held, [h.id for h in refused.refused]) == (current, (), [held.id])


@pytest.mark.parametrize(
    ("minute", "changes"),
    [
        (5, {"title": "New", "abstract": "New"}),
        (5, {"end": after(45)}),
        (5, {"end": after(20)}),
        (5, {"start": after(3)}),
        (5, {"start": after(5), "end": after(35)}),
        (-20, {"room": SIDE}),
        (-20, {"start": after(15), "end": after(45)}),
        (45, {"end": after(35)}),
    ],
)
def test_what_does_no_harm_counts_at_once(minute: float, changes: dict[str, object]) -> None:
    current = timetable(session("a"))
    new = changed(current, "a", **changes)
    assert judge(current, new, minute).timetable == new


def test_an_approved_cancellation_ends_a_running_session() -> None:
    current = timetable(session("a"), session("b", 400))
    new = changed(current, "a", cancelled=True)
    (held,) = judge(current, new, 5).held
    verdict = judge(current, new, 5, Standing(approved=frozenset({held.id})))
    ended = verdict.timetable.session(A)
    assert ended is not None
    assert (ended.end, ended.cancelled) == (after(5), False)
    assert judge(current, new, -5, rules=Distrust()).timetable == new, "at once where it does not run"


def test_the_rules_say_what_is_asked() -> None:
    current = timetable(session("a"), session("b", 400))
    moved = changed(current, "a", room=SIDE)
    assert judge(current, moved, 5, rules=Distrust(ask_running=frozenset())).timetable == moved
    assert judge(current, moved, -5, rules=Distrust()).timetable == moved
    assert judge(current, moved, -5, rules=Distrust(ask_soon=frozenset({ChangeKind.REROOMED}))).held
    gone = without(current, "a")
    assert judge(current, gone, -5, rules=Distrust()).timetable == gone, "mostly it was cancelled"
    assert judge(current, gone, 5, rules=Distrust(ask_running=frozenset())).held, "no rule lets a feed stop a session"


def test_a_session_is_protected_from_half_an_hour_before_its_start() -> None:
    current = timetable(session("a"), session("b", 400))
    held = [bool(judge(current, without(current, "a"), minute).held) for minute in (-30.1, -30, -0.1)]
    assert held == [False, True, True]


def test_text_counts_though_the_rest_is_asked() -> None:
    current = timetable(session("a"))
    verdict = judge(current, changed(current, "a", room=SIDE, title="New"), 5)
    found = verdict.timetable.session(A)
    assert found is not None
    assert (found.room, found.title) == (MAIN, "New")


def test_a_forgotten_session_goes_when_it_is_over_and_keeps_its_room_until_then() -> None:
    tent = replace(session("a"), room=GARDEN)
    current = timetable(tent, session("b", 400))
    new = replace(timetable(session("b", 400)), rooms=timetable().rooms[:1])
    verdict = judge(current, new, 5)
    assert GARDEN in {r.id for r in verdict.timetable.rooms}
    assert verdict.again == after(30)
    assert judge(verdict.timetable, new, 30, verdict.standing).timetable == new


def test_what_took_place_and_was_captured_stays_for_as_long_as_it_can_be_cut_anew() -> None:
    current = timetable(session("a"), session("b", 400))
    new = without(current, "a")
    off = changed(current, "a", cancelled=True)
    for version in (
        new,
        off,
        changed(current, "a", room=SIDE),
        changed(current, "a", start=after(-90), end=after(-60)),
    ):
        verdict = judge(current, version, 45)
        assert (verdict.timetable, verdict.held) == (current, ())
        assert verdict.again == after(30) + POLICY.keep_padding
    over = judge(current, timetable(), 8 * 24 * 60)
    assert over.timetable.sessions == ()


def test_the_end_of_a_session_that_is_approved_is_now() -> None:
    current = timetable(session("a"), session("b", 400))
    new = without(current, "a")
    asked = judge(current, new, 5)
    standing = replace(asked.standing, approved=frozenset({asked.held[0].id}))
    verdict = judge(current, new, 6, standing)
    found = verdict.timetable.session(A)
    assert found is not None
    assert found.end == after(6)
    again = judge(verdict.timetable, new, 6, verdict.standing)
    assert (again.timetable, again.held) == (verdict.timetable, ())


# -- consent ------------------------------------------------------------------------------------------------


def test_a_consent_that_is_given_counts_from_then_on() -> None:
    current = timetable(session("a", record=False), session("b", 60, record=False))
    new = timetable(session("a", record=True), session("b", 60, record=True))
    verdict = judge(current, new, 10)
    first, second = verdict.timetable.sessions
    assert (first.record_from, second.record_from) == (after(10), None)
    made = plan(verdict.timetable, (), POLICY, after(11))
    assert not made.may_keep(MAIN, after(9), after(10))
    assert not made.may_keep(MAIN, after(9), after(11))
    assert made.may_keep(MAIN, after(10), after(11))
    again = judge(verdict.timetable, changed(new, "a", title="New"), 15, verdict.standing)
    assert again.timetable.sessions[0].record_from == after(10), "which later versions do not change"


@pytest.mark.parametrize("name", ["record", "stream"])
@pytest.mark.parametrize("minute", [-120, -5, 5, 45])
def test_a_consent_that_is_withdrawn_counts_at_once(name: str, minute: float) -> None:
    new = changed(without(WHOLE, "main0", *(s.id for s in DAY[6:])), "main1", **{name: False, "room": SIDE})
    verdict = judge(WHOLE, new, minute)
    found = verdict.timetable.session(SessionId("main1"))
    assert found is not None
    assert getattr(found, name) is False
    if minute < 0:
        assert verdict.held[0].suspicion is Suspicion.VANISHED


def test_another_conferences_item_of_the_same_id_withdraws_nothing() -> None:
    other = replace(session("main0", 9), title="Their keynote", room=GARDEN, record=False)
    verdict = judge(WHOLE, replace(timetable(other), title="Their conference"))
    assert verdict.timetable == WHOLE
    assert verdict.held[0].suspicion is Suspicion.ANOTHER


# -- mass changes -------------------------------------------------------------------------------------------


def shifted(minutes: float) -> Timetable:
    by = minutes * MINUTE
    return replace(WHOLE, sessions=tuple(replace(s, start=s.start + by, end=s.end + by) for s in DAY))


MASSES = {
    Suspicion.EMPTY: replace(WHOLE, sessions=()),
    Suspicion.ANOTHER: replace(WHOLE, title="Other", sessions=tuple(session(f"x{n}", n * 50) for n in range(9))),
    Suspicion.ZONE: replace(WHOLE, timezone="America/New_York"),
    Suspicion.VANISHED: without(WHOLE, *(s.id for s in DAY if s.room == SIDE)),
    Suspicion.SHIFTED: shifted(60),
    Suspicion.REROOMED: replace(WHOLE, sessions=tuple(replace(s, room=GARDEN) if s.room == SIDE else s for s in DAY)),
}


@pytest.mark.parametrize("kind", list(Suspicion))
def test_a_mass_change_is_held_back_whole_and_vanishes_without_a_trace(kind: Suspicion) -> None:
    verdict = judge(WHOLE, MASSES[kind])
    assert verdict.timetable == WHOLE
    assert [h.suspicion for h in verdict.held] == [kind]
    assert verdict.again == after(-110)
    back = judge(WHOLE, WHOLE, -115, verdict.standing)
    assert (back.timetable, back.held, back.applied, back.standing) == (WHOLE, (), (), Standing())


@pytest.mark.parametrize("kind", list(Suspicion))
def test_a_mass_change_that_stands_long_enough_counts(kind: Suspicion) -> None:
    new = MASSES[kind]
    first = judge(WHOLE, new)
    more = changed(new, DAY[0].id, abstract="more")
    second = judge(WHOLE, more, -111, first.standing)
    assert [h.since for h in second.held] == [after(-120)], "changes beside it do not matter"
    assert judge(WHOLE, more, -110, second.standing).timetable == more


def test_a_mass_change_that_the_feed_does_not_confirm_never_counts_by_time() -> None:
    new, now = MASSES[Suspicion.VANISHED], after(-60)
    standing, made = judge(WHOLE, new).standing, plan(WHOLE, (), POLICY, now)
    unsure, meant = (
        weigh(WHOLE, new, made, POLICY, RULES, now, standing, meant=meant, confirmed=False) for meant in (False, True)
    )
    assert (unsure.timetable, [h.since for h in unsure.held]) == (WHOLE, [after(-120)])
    assert (meant.timetable, meant.held) == (new, ()), "but the crew may choose the whole version"


@pytest.mark.parametrize("kind", list(Suspicion))
def test_the_crew_approves_or_refuses_a_mass_change(kind: Suspicion) -> None:
    new = MASSES[kind]
    first = judge(WHOLE, new)
    names = frozenset(h.id for h in first.held)
    assert judge(WHOLE, new, -119, replace(first.standing, approved=names)).timetable == new
    refusal = judge(WHOLE, new, -119, replace(first.standing, refused=names))
    for minute in (-100, -20):
        refusal = judge(refusal.timetable, new, minute, refusal.standing)
        assert set(refusal.timetable.sessions) == set(DAY), "as long as the feed says so"
        assert {h.id for h in refusal.refused} == names


def test_what_grows_while_it_is_held_is_something_else() -> None:
    first = judge(WHOLE, MASSES[Suspicion.VANISHED])
    worse = without(WHOLE, *(s.id for s in DAY if s.room == SIDE), "main4", "main5")
    second = judge(WHOLE, worse, -112, first.standing)
    assert second.held[0].since == after(-112)


def test_a_suspicion_shrinks_as_sessions_go_by() -> None:
    new = without(WHOLE, *(f"side{n}" for n in range(1, 6)))
    first = judge(WHOLE, new, 65)
    assert len(first.held[0].sessions) == 5
    later = judge(WHOLE, new, 72, first.standing)
    assert [(h.id, h.since) for h in later.held] == [(first.held[0].id, after(65))]


@pytest.mark.parametrize(
    "new",
    [
        without(WHOLE, "main5", "side5"),
        replace(WHOLE, timezone="Europe/Berlin"),
        replace(WHOLE, title="Test conference 2025"),
        replace(WHOLE, sessions=(*DAY, *(session(f"x{n}", n * 9) for n in range(30)))),
        changed(changed(WHOLE, "main4", start=after(200), end=after(230)), "main5", start=after(240), end=after(270)),
    ],
)
def test_what_organisers_do_is_no_mass_change(new: Timetable) -> None:
    assert suspects(WHOLE, new, after(-120), RULES.share, {MAIN, SIDE}) == ()
    assert judge(WHOLE, new).timetable == new


def test_a_room_of_three_is_missed_in_a_programme_of_hundreds() -> None:
    many = tuple(session(f"m{n}", n * 3) for n in range(300))
    few = tuple(session(f"s{n}", n * 40, room=SIDE) for n in range(3))
    verdict = judge(timetable(*many, *few), timetable(*many))
    assert verdict.held[0].reason == "3 sessions vanished at once, all or most of room Room side"


def test_what_is_over_is_missed_by_nobody() -> None:
    assert judge(WHOLE, replace(WHOLE, sessions=()), 600).held == ()


def test_a_day_that_is_over_and_comes_again_is_one_question() -> None:
    tomorrow = timetable(*(replace(s, start=s.start + 1440 * MINUTE, end=s.end + 1440 * MINUTE) for s in DAY))
    asked = judge(WHOLE, tomorrow, 600)
    (held,) = asked.held
    assert held.reason == "12 sessions are over and were captured, and would be ahead again"
    assert (len(held.sessions), len(held.changes), asked.timetable) == (12, 12, WHOLE)
    refused = judge(WHOLE, tomorrow, 601, replace(asked.standing, refused=frozenset({held.id})))
    assert ([h.id for h in refused.refused], refused.held, refused.timetable) == ([held.id], (), WHOLE)
    approved = judge(WHOLE, tomorrow, 601, replace(asked.standing, approved=frozenset({held.id})))
    assert (approved.held, approved.timetable) == ((), tomorrow)


# -- whatever comes -----------------------------------------------------------------------------------------

histories = st.lists(sessions(), min_size=2, max_size=5)


def later(draw: st.DataObject, now: datetime) -> datetime:
    return now + timedelta(minutes=draw.draw(st.integers(0, 40)))


@LAW
@given(st.data(), histories)
def test_on_any_history_what_runs_goes_on_and_withdrawn_consent_counts(
    data: st.DataObject, history: list[tuple[Session, ...]]
) -> None:
    now, current, standing = data.draw(instants), timetable(*history[0]), Standing()
    taken = data.draw(decisions(current.sessions))
    former = plan(current, taken, POLICY, now)
    for version in history[1:]:
        now, new = later(data, now), timetable(*version)
        verdict = weigh(current, new, plan(current, taken, POLICY, now), POLICY, RULES, now, standing)
        made = plan(verdict.timetable, taken, POLICY, now)
        assert violations(Situation(plan=made, policy=POLICY), Situation(plan=former, policy=POLICY)) == []
        for running in plan(current, taken, POLICY, now).sessions:
            if running.covers(now) and running.held_from is None:  # a hold ends where the next session starts
                found = made.session(running.id)
                assert found is not None, "a feed stops nothing"
                given = new.session(running.id)
                if given is None or given.kind is SessionKind.BREAK:
                    assert found.covers(now)
        sure = {h.suspicion for h in verdict.held if h.is_mass} == set()
        assert with_withdrawals(verdict.timetable, new, POLICY, sure=not sure) == verdict.timetable
        current, standing, former = verdict.timetable, verdict.standing, made


@LAW
@given(st.data(), sessions(), sessions())
def test_who_approves_everything_gets_the_newest_version(
    data: st.DataObject, one: tuple[Session, ...], other: tuple[Session, ...]
) -> None:
    now, current, new = data.draw(instants), timetable(*one), timetable(*other)
    standing = Standing()
    for _ in range(8):
        verdict = weigh(current, new, plan(current, (), POLICY, now), POLICY, RULES, now, standing)
        current = verdict.timetable
        if not verdict.held and verdict.again is None:
            break
        standing = replace(verdict.standing, approved=verdict.standing.approved | {h.id for h in verdict.held})
    made = plan(current, (), POLICY, now)
    places = {(s.id, s.room, s.start, s.end, s.kind) for s in new.sessions}
    gone = {s.id for s in current.sessions if (s.id, s.room, s.start, s.end, s.kind) not in places}
    assert all(one is not None and one.captured and one.end <= now for one in map(made.session, gone))
    plainly = [replace(s, record_from=None) for s in current.sessions if s.id not in gone]
    assert plainly == [s for s in new.sessions if s.id not in gone], "and what took place stays"


@LAW
@given(st.data(), sessions(), sessions())
def test_nobody_answers_and_in_time_nothing_is_held_back_but_what_would_run_again(
    data: st.DataObject, one: tuple[Session, ...], other: tuple[Session, ...]
) -> None:
    now, current, new = data.draw(instants), timetable(*one), timetable(*other)
    verdict = Verdict(timetable=current, again=now)
    for _ in range(20):
        if verdict.again is not None:
            now = max(now, verdict.again)
            verdict = weigh(current, new, plan(current, (), POLICY, now), POLICY, RULES, now, verdict.standing)
            current = verdict.timetable
    assert verdict.again is None
    assert all("was captured" in h.reason for h in verdict.held)
    assert {s.id for s in current.sessions} == {s.id for s in new.sessions}, "and what took place has gone at last"
