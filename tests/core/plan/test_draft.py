"""What a draft can carry: every change that decisions make to a plan, also those that no decision makes yet.

Each test has a decision of its own, as it would be in a module of ``core/decisions``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from support.day.days import FACTS, GARDEN, MAIN, NINE, POLICY, SIDE, after, decided, session, timetable

from streamer.core.base.ids import SessionId
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.export.naming import file_stem
from streamer.core.jobs.desired import desired
from streamer.core.plan.cues import cues
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.plan import Decided, Plan, plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.keeps import kept_range
from streamer.core.status.documents import SessionDocument, session_change, session_document
from streamer.core.status.states import ChannelView, Observed, SessionState, session_state
from streamer.core.timetable.sessions import SessionKind

A, B = SessionId("a"), SessionId("b")
ZONE = ZoneInfo("Europe/Copenhagen")
NOON = after(180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A decision that is only its effect."""

    effect: Callable[[Draft], None]
    undone: datetime | None = None

    def amend(self, draft: Draft) -> None:
        self.effect(draft)


def to_a(effect: Callable[[DraftSession], None]) -> Change:
    """A decision about session a."""

    def change(draft: Draft) -> None:
        found = draft.session(A)
        assert found is not None
        effect(found)

    return Change(effect=change)


def made(*changes: Decided, now: datetime = NINE) -> Plan:
    return plan(timetable(session("a"), session("b", 60)), changes, POLICY, now)


def a_of(found: Plan) -> PlannedSession:
    one = found.session(A)
    assert one is not None
    return one


def document(one: PlannedSession, now: datetime, observed: Observed | None = None) -> SessionDocument:
    return session_document(one, observed or Observed(), ChannelView(), None, now, ZONE)


# -- move ----------------------------------------------------------------------------------------------------------


def test_a_session_moves_to_another_room_with_its_capture_and_its_documents() -> None:
    found = made(to_a(lambda a: a.move(room=SIDE)))
    one = a_of(found)
    assert (one.room, one.session.room) == (SIDE, MAIN)
    assert [s.id for s in found.of_room(MAIN)] == ["b"]
    assert [s.id for s in found.of_room(SIDE)] == ["a"]
    assert found.on_air(SIDE, after(10)) == one
    assert found.on_air(MAIN, after(10)) is None
    assert set(desired(found, POLICY, {SIDE: FACTS}, after(10))) == {"capture:side", "livestream:side"}
    assert document(one, NINE)["room"] == SIDE
    assert session_change(document(a_of(made()), NINE), document(one, NINE)) == "session.moved"
    assert file_stem(one.session, one.room, one.start, ZONE).startswith("2025-09-08_side_a_")


def test_a_room_without_a_source_records_nothing_of_what_moves_there() -> None:
    one = a_of(made(to_a(lambda a: a.move(room=GARDEN))))
    assert (one.record, one.stream, one.consent_record) == (False, False, True)


def test_a_session_moves_to_another_time_and_keeps_its_duration() -> None:
    found = made(to_a(lambda a: a.move(start=after(90).astimezone(ZONE))))
    one = a_of(found)
    assert (one.start, one.end) == (after(90), after(120))
    assert (one.session.start, one.session.end) == (NINE, after(30))
    assert [s.id for s in found.of_room(MAIN)] == ["b", "a"], "the order is that of the effective start"
    assert kept_range(one, POLICY, NINE) == (after(89), after(122))
    told = document(one, NINE)
    assert (told["start"], told["scheduled_start"]) == ("2025-09-08T12:30:00+02:00", "2025-09-08T11:00:00+02:00")


def test_later_decisions_see_what_earlier_ones_have_moved() -> None:
    one = a_of(made(to_a(lambda a: a.move(start=after(10))), decided(Extend, minutes=5)))
    assert (one.start, one.end) == (after(10), after(45))
    two = a_of(
        made(to_a(lambda a: a.move(room=SIDE)), Change(effect=lambda draft: draft.of_room(SIDE)[0].move(start=NOON)))
    )
    assert (two.room, two.start) == (SIDE, NOON)


# -- hold ----------------------------------------------------------------------------------------------------------


def test_a_held_session_goes_on_until_its_limit() -> None:
    found = made(to_a(lambda a: a.hold(after(50))))
    one = a_of(found)
    assert (one.start, one.held_from, one.end) == (NINE, after(30), after(50))
    assert found.on_air(MAIN, after(49)) == one
    assert (after(30), "session.held") in [(c.at, c.action) for c in cues(found, POLICY)]
    live = Observed(first_chunk=NINE)
    states = [session_state(one, live, after(minute)) for minute in (29, 30, 50)]
    assert states == [(SessionState.LIVE, NINE), (SessionState.HELD, after(30)), (SessionState.ENDED, after(50))]
    before = document(one, after(29), live)
    assert session_change(before, document(one, after(30), live)) == "session.held"


def test_who_ends_a_held_session_ends_the_hold() -> None:
    one = a_of(made(to_a(lambda a: a.hold(after(50))), decided(End, minute=40)))
    assert (one.end, one.held_from) == (after(40), None)


def test_a_hold_that_is_over_before_the_end_changes_nothing() -> None:
    assert made(to_a(lambda a: a.hold(after(20)))) == made()
    assert made(to_a(lambda a: a.hold(after(30)))) == made(), "nor one that is over at the end"


# -- cancel --------------------------------------------------------------------------------------------------------


def test_a_session_that_is_cancelled_before_its_start_does_not_take_place() -> None:
    assert not a_of(made(to_a(lambda a: a.cancel(NINE)))).takes_place
    found = made(to_a(lambda a: a.cancel(after(-30))))
    one = a_of(found)
    assert (one.start, one.end, one.captured, one.takes_place) == (NINE, after(30), False, False)
    assert [s.id for s in found.of_room(MAIN)] == ["b"]
    assert not found.running(MAIN, after(10))
    assert not one.covers(after(10))
    assert {c.session for c in cues(found, POLICY)} == {B}
    assert desired(found, POLICY, {MAIN: FACTS}, after(10)) == {}
    assert document(one, after(-20))["state"] == "cancelled"
    assert session_change(document(a_of(made()), NINE), document(one, NINE)) == "session.cancelled"


def test_a_running_session_that_is_cancelled_ends_and_keeps_what_was_recorded() -> None:
    found = made(to_a(lambda a: a.cancel(after(10))))
    one = a_of(found)
    assert (one.start, one.end, one.record, one.takes_place) == (NINE, after(10), True, True)
    assert kept_range(one, POLICY, after(20)) == (after(-1), after(12))
    assert session_state(one, Observed(first_chunk=NINE), after(10)) == (SessionState.CANCELLED, after(10))


# -- ad hoc --------------------------------------------------------------------------------------------------------


def test_a_session_that_the_timetable_does_not_have() -> None:
    extra = session("extra", 100, 20, SIDE, record=False)
    found = made(Change(effect=lambda draft: draft.add(extra)), decided(Extend, session="extra", minutes=5))
    one = found.session(extra.id)
    assert one is not None
    assert (one.room, one.start, one.end, one.record, one.stream) == (SIDE, after(100), after(125), False, True)
    assert found.on_air(SIDE, after(110)) == one
    assert document(one, NINE)["scheduled_end"] == "2025-09-08T13:00:00+02:00"


# -- rooms, and nothing in particular ----------------------------------------------------------------------------


def test_a_decision_about_a_room_moves_all_its_sessions() -> None:
    def delay(draft: Draft) -> None:
        for one in draft.of_room(MAIN):
            one.move(start=after(15) + (one.start - NINE))

    found = made(Change(effect=delay))
    assert [(s.id, s.start, s.end) for s in found.of_room(MAIN)] == [
        ("a", after(15), after(45)),
        ("b", after(75), after(105)),
    ]


def test_a_break_is_not_in_the_draft() -> None:
    lunch = session("lunch", kind=SessionKind.BREAK)
    assert Draft(timetable(lunch), POLICY).session(lunch.id) is None


def test_undone_is_as_if_it_never_was() -> None:
    for one in (to_a(lambda a: a.cancel(NINE)), to_a(lambda a: a.hold(after(90)))):
        assert made(one) != made()
        assert made(replace(one, undone=after(1))) == made()
