"""What a new version has and can't say stays as it was: unreadable is not removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.day.days import MAIN, POLICY, SIDE, after, session, timetable

from streamer.core.base.ids import SessionId
from streamer.core.plan.plan import plan
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Doubt, Session, Timetable, Unread
from streamer.core.trust.arrival import arrival
from streamer.core.trust.held import Standing
from streamer.core.trust.last_good import doubt_alarms
from streamer.core.trust.settings import Distrust
from streamer.core.trust.weighing import Verdict, weigh

A, B = session("a", 0), session("b", 60)
WHOLE, MEMORY = identified(timetable(A, B), Memory())
BAD = Doubt(reason="its duration “soon” is not hours:minutes", where="line 3")


def arrives(*sessions: Session, unread: tuple[Unread, ...] = (), running: Timetable = WHOLE) -> Timetable:
    return arrival(replace(timetable(*sessions), unread=unread), MEMORY, running, "").timetable


def guessed(one: Session, minutes: float, doubt: Doubt = BAD) -> Session:
    return replace(one, end=one.start + timedelta(minutes=minutes), doubt=doubt)


def test_an_end_that_can_not_be_read_any_more_stays() -> None:
    seen = arrival(timetable(guessed(A, 60), B), MEMORY, WHOLE, "")
    kept = seen.timetable.session(A.id)
    assert kept == replace(A, doubt=replace(BAD, kept=True))
    assert seen.changes == ()
    again = arrives(guessed(A, 60, Doubt()), B, running=seen.timetable).session(A.id)
    assert again is not None
    assert again.end == A.end
    (alarm,) = doubt_alarms(seen.timetable, after(-10)).values()
    assert alarm.session == A.id
    assert (
        "line 3: “Title of a”: its duration “soon” is not hours:minutes; its former end 11:30 is kept" in alarm.message
    )
    assert not doubt_alarms(seen.timetable, A.end)


def test_the_length_stays_for_a_session_that_moves() -> None:
    moved = arrives(guessed(replace(A, start=after(20)), 60), B).session(A.id)
    assert moved is not None
    assert (moved.start, moved.end) == (after(20), after(50))


def test_an_end_that_was_always_assumed_is_assumed_again() -> None:
    running = replace(WHOLE, sessions=(guessed(A, 60, Doubt()), B))
    new = arrives(guessed(A, 45, Doubt()), B, running=running)
    assert new.session(A.id) == guessed(A, 45, Doubt())
    assert not doubt_alarms(new, after(-10))


@pytest.mark.parametrize(
    ("item", "is_kept"),
    [
        (Unread(id=A.id, title="Anything", reason="it has no start", where="line 3"), True),
        (Unread(id=SessionId("x"), title="Title of a", reason="it has no start"), True),
        (Unread(id=SessionId("x"), title="CANCELLED: Title of a", reason="it has no start"), True),
        (Unread(id=SessionId("x"), title="another", reason="it has no start"), False),
    ],
)
def test_an_item_that_can_not_be_read_keeps_its_session(item: Unread, is_kept: bool) -> None:
    new = arrives(B, unread=(item,))
    assert (new.session(A.id) is not None) is is_kept
    assert new.unread == ()
    if is_kept:
        assert new.session(A.id) == replace(
            A, doubt=Doubt(about="times", reason=item.reason, where=item.where, kept=True)
        )
        (alarm,) = doubt_alarms(new, after(-10)).values()
        assert "“Title of a” can't be read: it has no start; it stays from 11:00 to 11:30" in alarm.message


def test_what_such_an_item_says_clearly_counts() -> None:
    item = Unread(id=A.id, title="a", reason="it has no start", record=False, cancelled=True)
    kept = arrives(B, unread=(item,)).session(A.id)
    assert kept is not None
    assert (kept.record, kept.stream, kept.cancelled) == (False, A.stream, True)
    kept = arrives(B, unread=(replace(item, record=True, stream=False),)).session(A.id)
    assert kept is not None
    assert (kept.record, kept.stream) == (A.record, False), "a grant needs an item that can be read"


def test_the_room_of_a_kept_session_stays() -> None:
    item = Unread(id=A.id, title="Title of a", reason="it has no start")
    elsewhere = replace(timetable(replace(B, room=SIDE)), rooms=tuple(r for r in WHOLE.rooms if r.id == SIDE))
    new = arrival(replace(elsewhere, unread=(item,)), MEMORY, WHOLE, "").timetable
    assert [room.id for room in new.rooms] == [SIDE, MAIN]


def test_many_are_one_alarm() -> None:
    many = timetable(*(guessed(session(f"s{n}", n * 40), 30, replace(BAD, kept=True)) for n in range(6)))
    (alarm,) = doubt_alarms(many, after(-10)).values()
    assert "the times of 6 sessions can't be read in the new version" in alarm.message
    assert len(doubt_alarms(many, after(35))) == 5, "one of them is over"


def test_a_title_that_two_have_identifies_none() -> None:
    twin = replace(session("c", 120), title=A.title)
    whole, memory = identified(timetable(A, B, twin), Memory())
    item = Unread(id=SessionId("x"), title=A.title, reason="it has no start")
    new = arrival(replace(timetable(B), unread=(item,)), memory, whole, "").timetable
    assert [s.id for s in new.sessions] == [B.id]
    both = arrival(replace(timetable(B, twin), unread=(item, replace(item, id=SessionId("y")))), memory, whole, "")
    assert [s.id for s in both.timetable.sessions] == [B.id, twin.id]


# -- more than a day ------------------------------------------------------------------------------------------


LONG = guessed(A, 60, replace(BAD, claims=after(289 * 1440)))


def judged(new: Timetable, standing: Standing | None = None, current: Timetable | None = None) -> Verdict:
    now, before = after(-120), current or new
    day = plan(before, (), POLICY, now)
    return weigh(before, new, day, POLICY, Distrust(), now, standing or Standing(), meant=True)


def test_a_length_of_more_than_a_day_is_a_question() -> None:
    verdict = judged(timetable(LONG, B))
    (held,) = verdict.held
    assert "“Title of a” would last 289d, until 2026-06-24 11:00; is that meant?" in held.reason
    assert verdict.timetable.session(A.id) == LONG
    assert doubt_alarms(verdict.timetable, after(-10)) == {}, "the question is the alarm"


def test_its_answer_is_remembered_while_the_feed_says_so() -> None:
    table = timetable(LONG, B)
    (held,) = judged(table).held
    refused = judged(table, Standing(refused=frozenset({held.id})))
    assert (refused.held, [one.id for one in refused.refused]) == ((), [held.id])
    approved = judged(table, Standing(approved=frozenset({held.id})))
    assert approved.held == ()
    assert approved.timetable.session(A.id) == replace(A, end=after(289 * 1440))
    assert judged(table, approved.standing, approved.timetable).timetable == approved.timetable
    assert judged(timetable(A, B), approved.standing).standing.approved == frozenset()


def test_many_lengths_are_one_question() -> None:
    many = [replace(LONG, id=SessionId(f"s{n}"), room=MAIN) for n in range(6)]
    many[0] = guessed(many[0], 60, replace(BAD, claims=after(290 * 1440)))
    assert len(judged(timetable(*many[:5])).held) == 5
    (held,) = judged(timetable(*many)).held
    assert held.reason == "6 sessions would last more than a day, the longest 290d; is that meant?"


def test_a_length_that_is_over_is_no_question() -> None:
    past = timetable(replace(LONG, doubt=replace(BAD, claims=after(-120))), B)
    assert judged(past).held == ()
    assert judged(timetable(replace(LONG, cancelled=True), B)).held == ()
