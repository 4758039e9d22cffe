"""What is kept for whom, what evaporates, and what is missing: laws over random days, and their edges by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

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
    instants,
    planned,
    plans,
    policy,
    segment,
    session,
)

from streamer.core.base.ids import RunId
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.footage.order import instant
from streamer.core.footage.takes import Keep
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.gaps import coverage, missing
from streamer.core.recording.keeps import evaporated, keeps_for, kept_range, ring_reach

T0 = NINE.timestamp()


def unix(minute: float) -> float:
    return after(minute).timestamp()


def cut(*edges: float, take: str = "take") -> list[Timed]:
    """Segments between these minutes after nine."""
    return [segment(unix(low), unix(high), n, take) for n, (low, high) in enumerate(pairwise(edges))]


def minute_by_minute(first: int, last: int) -> list[Timed]:
    return cut(*range(first, last + 1))


def kept(timed: Sequence[Timed], plan: Plan, now: datetime = NINE, rules: Policy = POLICY) -> dict[str, set[int]]:
    """The numbers of the segments that are kept for each session."""
    keeps = keeps_for(timed, MAIN, plan, rules, now)
    return {id: {keep.number for keep in keeps if keep.session == id} for id in {keep.session for keep in keeps}}


lengths = st.lists(st.integers(min_value=1, max_value=40), min_size=1, max_size=30)


@st.composite
def captured(draw: st.DrawFn) -> list[Timed]:
    """Segments of odd lengths, one after the other, with holes here and there."""
    edge, found = unix(draw(st.integers(-30, 120))), []
    for number, length in enumerate(draw(lengths)):
        edge += 17.0 * (number % 7 == 3)
        found.append(segment(edge, edge + 10.0 * length, number))
        edge += 10.0 * length
    return found


# -- keeping ------------------------------------------------------------------------------------------------------


@LAW
@given(plans(rooms=[MAIN]), captured())
def test_kept_is_what_a_session_wants_and_nothing_forbids(made: tuple[Plan, Policy], timed: list[Timed]) -> None:
    plan, rules = made
    keeps = keeps_for(timed, MAIN, plan, rules, plan.at)
    for one in timed:
        start, end = instant(one.start), instant(one.end)
        forbidden = any(max(s.start, start) < min(s.end, end) for s in plan.of_room(MAIN) if not s.record)
        forbidden |= any(m.start < end and (m.end is None or start < m.end) for m in plan.mutes.get(MAIN, ()))
        for s in plan.of_room(MAIN):
            low = min(s.start - rules.pre_roll, s.bounds_start or s.start)
            high = max(s.end + rules.post_roll, s.bounds_end or s.end)
            wanted = s.record and low < end and start < high
            keep = Keep(session=s.id, take=one.segment.take, number=one.segment.number)
            assert (keep in keeps) == (wanted and not forbidden)


def test_padding_is_kept_beside_the_window_until_the_bounds_are_settled() -> None:
    timed, plan = minute_by_minute(-5, 40), planned(session("a"))
    padded = kept(timed, plan, after(35))
    assert padded == {"a": set(range(4, 37))}, "from 08:59 to 09:32"
    assert kept(timed, plan, after(30) + POLICY.keep_padding) == {"a": set(range(5, 35))}


def test_padding_never_reaches_into_a_session_that_may_not_be_recorded() -> None:
    timed = cut(-2, -0.5, 0.5, 15, 29.9, 30.1, 31, 33)
    assert kept(timed, planned(session("a"), session("no", 30, record=False))) == {"a": {0, 1, 2, 3}}
    before = kept(timed, planned(session("a"), session("no", -30, record=False)))
    assert before == {"a": {2, 3, 4, 5, 6}}, "the segment over nine o'clock is nobody's"


def test_where_one_of_two_that_overlap_may_not_be_recorded_the_overlap_is_nobodys() -> None:
    plan = planned(session("a", 0, 20), session("no", 10, 20, record=False))
    assert kept(minute_by_minute(0, 20), plan) == {"a": set(range(10))}


def test_overlapping_sessions_share_segments() -> None:
    plan = planned(session("a", 0, 20), session("b", 10, 20))
    found = kept(minute_by_minute(0, 30), plan)
    assert found == {"a": set(range(22)), "b": set(range(9, 30))}


def test_consent_of_a_session_in_another_room_is_of_no_account() -> None:
    plan = planned(session("a", 0, 20), session("no", 0, 20, room=SIDE, record=False))
    assert kept(minute_by_minute(0, 20), plan) == {"a": set(range(20))}


def test_consent_withdrawn_leaves_nothing() -> None:
    withdrawn = decided(Consent, record=False)
    timed = minute_by_minute(-5, 40)
    assert kept(timed, planned(session("a"))) != {}
    assert kept(timed, planned(session("a"), decisions=[withdrawn])) == {}


def test_a_room_without_source_keeps_nothing() -> None:
    assert keeps_for(minute_by_minute(0, 5), GARDEN, planned(session("a", room=GARDEN)), POLICY, NINE) == set()
    (only,) = planned(session("a", room=GARDEN)).sessions
    assert kept_range(only, POLICY, NINE) is None


# -- evaporating --------------------------------------------------------------------------------------------------


@LAW
@given(plans(rooms=[MAIN]), captured(), instants)
def test_only_what_nothing_keeps_and_the_ring_no_longer_reaches_evaporates(
    made: tuple[Plan, Policy], timed: list[Timed], now: datetime
) -> None:
    plan, rules = made
    keeps = {(k.take, k.number): k for k in keeps_for(timed, MAIN, plan, rules, now)}
    reach = ring_reach(MAIN, plan, rules, now)
    gone = evaporated(timed, keeps, reach, now)
    for one in timed:
        assert (one in gone) == (one.key not in keeps and instant(one.end) <= now - reach)


def test_a_segment_goes_when_the_ring_has_passed_its_end() -> None:
    (one,) = minute_by_minute(0, 1)
    assert evaporated([one], {}, POLICY.ring, after(6) - SECOND) == []
    assert evaporated([one], {}, POLICY.ring, after(6)) == [one]
    assert evaporated([one], {one.key: None}, POLICY.ring, after(600)) == []


def test_the_ring_is_short_while_a_session_runs_that_may_not_be_recorded_and_until_its_last_is_gone() -> None:
    plan = planned(session("no", record=False))
    reach = [ring_reach(MAIN, plan, POLICY, after(m)) / MINUTE for m in (-0.01, 0, 29.99, 30, 31.99, 32)]
    assert reach == [5, 1, 1, 1, 1, 5]
    assert ring_reach(SIDE, plan, POLICY, after(10)) == POLICY.ring
    tight = policy(ring=30 * SECOND)
    assert ring_reach(MAIN, plan, tight, after(10)) == 30 * SECOND, "never longer than the ring"


@LAW
@given(plans(rooms=[MAIN]), st.integers(min_value=2, max_value=20))
def test_nothing_of_a_session_that_may_not_be_recorded_outlives_it_by_more_than_the_short_ring(
    made: tuple[Plan, Policy], seconds: int
) -> None:
    """Looked at every few seconds, as the service does, over segments as long as the GOPs of a slow encoder."""
    plan, rules = made
    forbidden = [s for s in plan.of_room(MAIN) if not s.consent_record and s.start < s.end]
    for s in forbidden:
        last = segment(s.end.timestamp() - 1, s.end.timestamp() + seconds - 1)
        now = s.end + rules.restricted_ring + timedelta(seconds=seconds)
        keeps = {(k.take, k.number): k for k in keeps_for([last], MAIN, plan, rules, now)}
        assert evaporated([last], keeps, ring_reach(MAIN, plan, rules, now), now) == [last]


# -- what is missing ----------------------------------------------------------------------------------------------


@LAW
@given(captured(), st.integers(-2000, 6000), st.integers(1, 4000))
def test_gaps_are_where_no_segment_is(timed: list[Timed], offset: int, length: int) -> None:
    start, end = T0 + offset, T0 + offset + length
    gaps = missing(start, end, timed, {})
    for gap in gaps:
        assert start <= gap.start
        assert gap.start + gap.duration <= end + 1e-6
        assert gap.duration > 0.25
        assert not any(t.start < gap.start + gap.duration - 1e-6 and gap.start + 1e-6 < t.end for t in timed)
    assert [g.start for g in gaps] == sorted(g.start for g in gaps)
    covered = sum(max(0.0, min(t.end, end) - max(t.start, start)) for t in timed)
    assert sum(g.duration for g in gaps) == pytest.approx(length - covered, abs=0.25 * (len(timed) + 1))
    share = coverage(start, end, gaps)
    assert (share == 1.0) == (not gaps)
    assert share == pytest.approx(covered / length, abs=0.25 * (len(timed) + 1) / length)


def test_takes_that_overlap_leave_no_gap() -> None:
    one, other = cut(0, 10, take="one"), cut(5, 30, take="other")
    assert missing(unix(0), unix(30), [*other, *one], {}) == ()


def test_holes_within_the_tolerance_of_the_clock_are_none() -> None:
    timed = [segment(T0, T0 + 10, 0), segment(T0 + 10.2, T0 + 20, 1), segment(T0 + 20.3, T0 + 30, 2)]
    (gap,) = missing(T0, T0 + 30, timed, {})
    assert gap.start == T0 + 20
    assert gap.duration == pytest.approx(0.3)


def test_a_gap_tells_its_likely_cause() -> None:
    first, second = cut(5, 10, take="first"), cut(12, 20, take="second")
    timed = [*first, *second]
    gaps = missing(unix(0), unix(30), timed, {RunId("first"): "the source refused the connection"})
    assert [(g.start, g.duration, g.cause) for g in gaps] == [
        (unix(0), 300, "nothing had been captured yet"),
        (unix(10), 120, "the source refused the connection"),
        (unix(20), 600, "the source delivered nothing"),
    ]
    withheld = missing(unix(0), unix(20), timed, {}, [(unix(10), unix(12))])
    assert [g.cause for g in withheld] == [
        "nothing had been captured yet",
        "a session next to it may not be recorded",
    ]


@pytest.mark.parametrize(
    ("low", "high", "withheld"),
    [
        (9, 10.001, True),
        (9, 9.99, False),
        (11.999, 14, True),
        (12.01, 14, False),
        (5, 20, True),
        (10.9, 11, True),
    ],
)
def test_a_gap_is_withheld_where_it_meets_a_session_that_may_not_be_recorded(
    low: float, high: float, withheld: bool
) -> None:
    timed = [*cut(5, 10, take="first"), *cut(12, 20, take="second")]
    (gap,) = missing(unix(5), unix(20), timed, {}, [(unix(low), unix(high))])
    assert (gap.cause == "a session next to it may not be recorded") is withheld


def test_the_take_before_the_window_says_why_it_begins_late() -> None:
    """One that begins after it says nothing."""
    timed = [*cut(-5, 0, take="before"), *cut(10, 20, take="inside"), *cut(30, 40, take="behind")]
    gaps = missing(unix(0), unix(30), timed, {RunId("before"): "another reason", RunId("inside"): "the reason"})
    assert [(g.start, g.duration, g.cause) for g in gaps] == [
        (unix(0), 600, "another reason"),
        (unix(20), 600, "the reason"),
    ]
    silent = missing(unix(0), unix(20), timed, {})
    assert [g.cause for g in silent] == ["the source delivered nothing"]


def test_an_empty_window_is_not_covered() -> None:
    assert missing(T0, T0, [], {}) == ()
    assert coverage(T0, T0, ()) == 0.0
    assert coverage(T0, T0 + 60, missing(T0, T0 + 60, [], {})) == 0.0
