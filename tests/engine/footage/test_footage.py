"""The index of a room's footage: what is kept, what evaporates and what is purged, from one turn to the next."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from support.day.days import MAIN, MINUTE, POLICY, SIDE, after, decided, planned, segment, session

from streamer.core.base.ids import RunId, SessionId
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.footage.takes import Keep, Take
from streamer.core.records.batch import Batch
from streamer.engine.footage.footage import Footage

TAKE, A = RunId("take"), SessionId("a")
PLAN = planned(session("a"))
WITHDRAWN = planned(session("a"), decisions=[decided(Consent, record=False)])
CAPTURED = [
    segment(after(low).timestamp(), after(high).timestamp(), number)
    for number, (low, high) in enumerate(pairwise(range(-5, 41)))
]
"""Segment ``n`` is the minute that begins n - 5 minutes after nine."""
KEPT = set(range(4, 37))
"""From a minute before the session to two minutes after it."""


def captured() -> Footage:
    footage = Footage({TAKE: Take(id=TAKE, room=MAIN, started=after(-5).timestamp())})
    for one in CAPTURED:
        footage.place(MAIN, one)
    return footage


def judged() -> Footage:
    footage = captured()
    footage.keep(PLAN, POLICY, after(40), Batch())
    return footage


def numbers(paths: list[str]) -> set[int]:
    return {int(path[-9:-3]) for path in paths}


def kept(footage: Footage) -> list[int]:
    return [one.segment.number for one in footage.kept(A)]


def test_only_what_is_not_kept_evaporates_and_what_it_forgets_is_what_is_deleted() -> None:
    footage, batch = judged(), Batch()
    assert kept(footage) == sorted(KEPT)
    assert footage.evaporates_next(PLAN, POLICY, after(40)) == after(-4 + 5).timestamp()
    gone = footage.evaporate(PLAN, POLICY, after(41), batch)
    assert numbers(gone) == {0, 1, 2, 3, 37, 38, 39, 40}, "all that ended five minutes ago"
    assert {(TAKE, number) for number in numbers(gone)} == set(batch.deleted_segments)
    assert kept(footage) == sorted(KEPT)
    assert footage.size() == 1000 * (len(CAPTURED) - len(gone))
    assert footage.evaporates_next(PLAN, POLICY, after(41)) == after(37 + 5).timestamp()
    assert footage.evaporate(PLAN, POLICY, after(41), batch) == [], "each once"


def test_when_all_is_kept_or_gone_nothing_evaporates_next() -> None:
    footage = judged()
    footage.evaporate(PLAN, POLICY, after(60), Batch())
    assert footage.evaporates_next(PLAN, POLICY, after(60)) is None


def test_a_take_is_empty_when_none_of_its_segments_is_left() -> None:
    takes = {RunId(id): Take(id=RunId(id), room=MAIN, started=0.0) for id in ("old", "new")}
    footage = Footage(takes)
    footage.place(MAIN, segment(after(0).timestamp(), after(1).timestamp(), take="old"))
    footage.place(MAIN, segment(after(1).timestamp(), after(2).timestamp(), take="new"))
    assert [footage.has_any_of(take) for take in takes.values()] == [True, True]
    footage.evaporate(planned(), POLICY, after(6.5), Batch())
    assert [footage.has_any_of(take) for take in takes.values()] == [False, True]


def test_a_segment_that_one_of_two_sessions_lets_go_stays_for_the_other() -> None:
    plan = planned(session("a"), session("b", 30))
    footage, batch = captured(), Batch()
    footage.keep(plan, POLICY, after(40), batch)
    settled = after(30) + POLICY.keep_padding
    footage.keep(plan, POLICY, settled, batch)
    assert {(keep.session, keep.number) for keep in batch.dropped_keeps} == {("a", 4), ("a", 35), ("a", 36)}
    gone = numbers(footage.evaporate(plan, POLICY, settled, batch))
    assert gone == {0, 1, 2, 3, 4}, "b still has the first two minutes after a"
    assert footage.evaporates_next(plan, POLICY, settled) is None


def test_a_withdrawal_drops_every_keep_and_what_touches_the_session_goes_at_once() -> None:
    footage, batch = captured(), Batch()
    assert kept(footage) == []
    footage.keep(PLAN, POLICY, after(40), batch)
    assert kept(footage) == sorted(KEPT)
    footage.keep(WITHDRAWN, POLICY, after(40), batch)
    assert {keep.number for keep in batch.dropped_keeps} == KEPT
    assert kept(footage) == []
    assert numbers(footage.purge(WITHDRAWN, batch)) == set(range(5, 35))
    assert {number for _, number in batch.deleted_segments} == set(range(5, 35))
    assert footage.violations(WITHDRAWN) == []


def test_what_is_kept_against_a_withdrawal_or_is_gone_is_a_violation() -> None:
    footage = judged()
    assert footage.violations(PLAN) == []
    assert len(footage.violations(WITHDRAWN)) == len(KEPT)
    bare = Footage({TAKE: Take(id=TAKE, room=MAIN, started=0.0)})
    for keep in _keeps():
        bare.remember(keep)
    assert len(bare.violations(PLAN)) == len(KEPT)


def test_a_session_that_left_the_timetable_or_the_room_keeps_what_it_has() -> None:
    for plan in (planned(), planned(session("a", room=SIDE))):
        footage, batch = judged(), Batch()
        footage.keep(plan, POLICY, after(40), batch)
        assert kept(footage) == sorted(KEPT)
        assert batch.dropped_keeps == []


def test_a_session_that_left_keeps_nothing_of_one_that_may_not_be_recorded() -> None:
    footage, batch = judged(), Batch()
    footage.keep(planned(session("no", 10, 10, record=False)), POLICY, after(40), batch)
    assert {keep.number for keep in batch.dropped_keeps} == set(range(15, 25))
    assert set(kept(footage)) == KEPT - set(range(15, 25))


def test_keeps_change_once_and_are_counted() -> None:
    assert captured().change_count(A) == 0
    footage, batch = judged(), Batch()
    counted = footage.change_count(A)
    assert counted == len(KEPT)
    footage.keep(PLAN, POLICY, after(40), batch)
    assert (batch.keeps, batch.dropped_keeps, footage.change_count(A)) == ([], [], counted)
    footage.keep(PLAN, POLICY, after(30) + POLICY.keep_padding + timedelta(seconds=1), batch)
    assert {keep.number for keep in batch.dropped_keeps} == KEPT - set(range(5, 35)), "the padding"
    assert footage.change_count(A) == counted + 3


def test_a_segment_is_found_by_its_instant_and_by_its_keep() -> None:
    footage = judged()
    assert footage.at(MAIN, after(0).timestamp()) == CAPTURED[5]
    assert footage.at(MAIN, after(40).timestamp()) is None
    assert footage.kept_segment(A, CAPTURED[5].key) == CAPTURED[5].segment
    assert footage.kept_segment(A, CAPTURED[0].key) is None
    assert footage.find((RunId("other"), 0)) is None
    (a,) = PLAN.sessions
    assert footage.within_reach(a, plan=PLAN) == (after(-5), after(40))


def test_a_segment_that_moves_in_wall_time_is_judged_again() -> None:
    footage, batch = judged(), Batch()
    assert footage.kept(A)[0] == CAPTURED[4]
    moved = segment(after(-2).timestamp(), (after(-1) - MINUTE / 2).timestamp(), 4)
    footage.place(MAIN, moved)
    assert footage.kept(A)[0] == moved
    footage.keep(PLAN, POLICY, after(40), batch)
    assert [keep.number for keep in batch.dropped_keeps] == [4]
    assert 4 in numbers(footage.evaporate(PLAN, POLICY, after(41), batch))


def _keeps() -> list[Keep]:
    batch = Batch()
    captured().keep(PLAN, POLICY, after(40), batch)
    return batch.keeps
