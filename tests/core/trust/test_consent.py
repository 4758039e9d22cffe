"""Consent in a new version of the timetable: each way it can be withdrawn or given, at each instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from support.day.days import POLICY, SIDE, after, decided, planned, policy, session, timetable

from streamer.core.decisions.sessions.extend import Extend
from streamer.core.timetable.sessions import Session
from streamer.core.trust.consent import from_now_on, with_withdrawals

CLOSED = policy(record_default=False, stream_default=False)


def withdrawn(before: Session, after: Session, **more: bool) -> Session:
    [found] = with_withdrawals(timetable(before), timetable(after), POLICY, **more).sessions
    return found


@pytest.mark.parametrize("before", [True, None])
def test_a_consent_that_is_withdrawn_counts_and_nothing_else_of_the_version_does(before: bool | None) -> None:
    known = session("a", record=before, stream=before)
    new = replace(known, title="New", end=after(45), record=False, stream=False)
    assert withdrawn(known, new) == replace(known, record=False, stream=False)


def test_consents_are_withdrawn_one_by_one() -> None:
    known = session("a", record=True, stream=True)
    assert withdrawn(known, replace(known, record=False)) == replace(known, record=False)
    assert withdrawn(known, replace(known, stream=False)) == replace(known, stream=False)


@pytest.mark.parametrize(("before", "after"), [(True, None), (None, True), (False, True), (False, None)])
def test_what_withdraws_nothing_changes_nothing(before: bool | None, after: bool | None) -> None:
    known = session("a", record=before, stream=before)
    assert withdrawn(known, replace(known, record=after, stream=after)) == known


def test_silence_withdraws_where_the_house_needs_a_yes() -> None:
    known = session("a", record=True, stream=True)
    silent = replace(known, record=None, stream=None)
    [found] = with_withdrawals(timetable(known), timetable(silent), CLOSED).sessions
    assert found == silent


def test_a_session_that_the_version_does_not_have_keeps_its_consent() -> None:
    known = session("a", record=True)
    assert withdrawn(known, session("b", record=False)) == known


@pytest.mark.parametrize(
    ("changes", "recognised"),
    [
        ({"room": SIDE, "start": after(60)}, True),
        ({"title": "Another"}, True),
        ({"title": "Another", "room": SIDE}, False),
        ({"title": "Another", "start": after(5)}, False),
    ],
)
def test_of_a_version_that_may_be_another_conferences_only_the_same_sessions_count(
    changes: dict[str, object], recognised: bool
) -> None:
    known = session("a", record=True)
    new = replace(known, record=False, **changes)  # type: ignore[arg-type]
    assert withdrawn(known, new, sure=True).record is not recognised
    assert withdrawn(known, new).record is False, "where it is not asked, each counts"


def given_from(before: Session, new: Session, now: datetime, *, extended: bool = False) -> datetime | None:
    more = [decided(Extend, minutes=10)] if extended else []
    made = planned(before, decisions=more, now=now)
    [found] = from_now_on(timetable(before), timetable(new), made, POLICY, now).sessions
    return found.record_from


@pytest.mark.parametrize(("minute", "counts"), [(-0.01, None), (0, after(0)), (10, after(10)), (40, after(40))])
def test_a_consent_to_record_that_is_new_counts_from_now_on_once_a_session_has_begun(
    minute: float, counts: datetime | None
) -> None:
    before = session("a", record=False)
    assert given_from(before, replace(before, record=True), after(minute)) == counts


@pytest.mark.parametrize(("old", "new"), [(0, 30), (30, 0)])
def test_a_session_that_is_moved_has_begun_where_it_began_in_either_version(old: float, new: float) -> None:
    before = session("a", old, record=False)
    moved = session("a", new, record=True)
    assert given_from(before, moved, after(10)) == after(10)
    at_its_start = session("a", 10, record=True)
    assert given_from(session("a", 30, record=False), at_its_start, after(10)) == after(10)


def test_a_session_that_began_at_this_instant_and_is_moved_to_later_has_begun() -> None:
    assert given_from(session("a", 10, record=False), session("a", 30, record=True), after(10)) == after(10)


@pytest.mark.parametrize(("listed", "really"), [(30, 5), (5, 30)])
def test_a_session_has_begun_where_it_is_listed_or_where_the_plan_has_it(listed: float, really: float) -> None:
    before, new = session("a", listed, record=False), session("a", 60, record=True)
    made = planned(session("a", really, record=False), now=after(10))
    [found] = from_now_on(timetable(before), timetable(new), made, POLICY, after(10)).sessions
    assert found.record_from == after(10)


def test_one_that_neither_version_has_begun_counts_whole() -> None:
    assert given_from(session("a", 20, record=False), session("a", 15, record=True), after(10)) is None


@pytest.mark.parametrize("record", [True, None])
def test_a_consent_that_was_there_before_keeps_the_instant_it_counts_from(record: bool | None) -> None:
    before = session("a", record=True, record_from=after(3))
    assert given_from(before, replace(before, record=record, record_from=None), after(10)) == after(3)
    plain = session("a", record=True)
    assert given_from(plain, replace(plain, record=record), after(10)) is None


def test_a_session_that_is_new_or_may_not_be_recorded_is_left_as_it_is() -> None:
    assert given_from(session("b", record=False), session("a", record=True), after(10)) is None
    before = session("a", record=True, record_from=after(3))
    assert given_from(before, session("a", record=False), after(10)) is None
