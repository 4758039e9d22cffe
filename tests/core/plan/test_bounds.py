"""Bounds that somebody set: what a recording then spans, what is kept for it, and how far it can reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from support.day.conference_day import at, policy_for, session, timetable

from streamer.core.base.ids import OverrideId, RoomId, RunId, SessionId
from streamer.core.decisions.override import Override
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.footage.order import instant
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan, plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.bounds import padding_goes, within_reach
from streamer.core.recording.keeps import keeps_for, kept_range

POLICY = policy_for("main")
TALK = session("a", "main", at("09:00"), 30)


def bounds(start: datetime | None = None, end: datetime | None = None, number: int = 1) -> Override:
    return Override(
        id=OverrideId(f"o{number}"),
        room=RoomId("main"),
        at=at("09:40") + timedelta(seconds=number),
        by="Ada",
        decision=Bounds(session=SessionId("a"), start=start, end=end),
    )


def planned(*overrides: Override, others: tuple[object, ...] = ()) -> tuple[Plan, PlannedSession]:
    made = plan(timetable(TALK, *others), overrides, POLICY, at("10:00"))  # type: ignore[arg-type]
    found = made.session(SessionId("a"))
    assert found is not None
    return made, found


def media(start: datetime, end: datetime, take: str = "t") -> list[Timed]:
    count = int((end - start).total_seconds() / 2)
    first = start.timestamp()
    return [
        Timed(
            segment=Segment(
                take=RunId(take), number=n, path=f"{n}", start=2.0 * n, end=2.0 * n + 2, closed_at=0, bytes=1
            ),
            start=first + 2 * n,
            end=first + 2 * n + 2,
        )
        for n in range(count)
    ]


def test_without_bounds_a_recording_is_the_session() -> None:
    _, a = planned()
    assert (a.in_point, a.out_point) == (at("09:00"), at("09:30"))
    assert not a.has_bounds


def test_one_bound_alone_counts_as_bounds() -> None:
    for one in (bounds(start=at("08:58")), bounds(end=at("09:31"))):
        assert planned(one)[1].has_bounds


def test_each_bound_is_the_one_set_last() -> None:
    _, a = planned(bounds(start=at("08:58"), end=at("09:31")), bounds(end=at("09:29"), number=2))
    assert (a.in_point, a.out_point) == (at("08:58"), at("09:29"))
    assert (a.start, a.end) == (at("09:00"), at("09:30")), "the session itself does not move"


def test_an_undone_bound_counts_no_more() -> None:
    _, a = planned(replace(bounds(start=at("08:58")), undone=at("09:50")))
    assert a.in_point == at("09:00")


def test_what_is_left_after_an_undo_never_ends_before_it_begins() -> None:
    early, late = bounds(start=at("09:02"), end=at("09:06")), bounds(start=at("09:15"), number=3)
    _, a = planned(early, bounds(end=at("09:28"), number=2), late)
    assert (a.in_point, a.out_point) == (at("09:15"), at("09:28"))
    _, a = planned(early, replace(bounds(end=at("09:28"), number=2), undone=at("09:50")), late)
    assert (a.in_point, a.out_point) == (at("09:15"), at("09:30")), "the newest counts alone"
    behind = bounds(start=at("09:33"), number=2)
    _, a = planned(replace(bounds(end=at("09:36")), undone=at("09:50")), behind)
    assert (a.in_point, a.out_point) == (at("09:00"), at("09:30")), "it makes no sense alone either"


def test_padding_stays_beside_bounds_and_goes_after_its_time() -> None:
    _, a = planned(bounds(start=at("09:05"), end=at("09:40")))
    assert kept_range(a, POLICY, at("10:00")) == (at("08:59"), at("09:40"))
    goes = padding_goes(a, POLICY)
    assert goes == at("09:40") + POLICY.keep_padding
    assert kept_range(a, POLICY, goes) == (at("09:05"), at("09:40")), "what was cut away is let go"


def test_what_lies_in_the_ring_is_kept_as_soon_as_bounds_reach_it() -> None:
    made, _ = planned(bounds(start=at("08:55")))
    keeps = keeps_for(media(at("08:50"), at("09:00")), RoomId("main"), made, POLICY, at("09:10"))
    assert min(k.number for k in keeps) == 150


def test_the_reach_goes_over_short_holes_and_not_over_long_ones() -> None:
    made, a = planned()
    there = media(at("08:20"), at("08:40")) + media(at("08:50"), at("09:05")) + media(at("09:05:50"), at("09:36"))
    assert within_reach(there, a, made) == (at("08:50"), at("09:36"))


def test_the_reach_never_crosses_a_session_that_may_not_be_recorded() -> None:
    secret = session("secret", "main", at("09:30"), 0.5, record=False)
    made, a = planned(others=(secret, session("c", "main", at("09:31"), 20)))
    there = media(at("08:50"), at("09:51"))
    assert within_reach(there, a, made) == (at("08:50"), at("09:30"))
    assert not [k for k in keeps_for(there, RoomId("main"), made, POLICY, at("10:00")) if _touches(there, k.number)]


def _touches(there: list[Timed], number: int) -> bool:
    return instant(there[number].end) > at("09:30") and instant(there[number].start) < at("09:30:30")


def test_a_hole_of_a_minute_is_short_and_a_longer_one_is_not() -> None:
    made, a = planned()
    before, session = media(at("08:40"), at("08:50")), media(at("08:51"), at("09:36"))
    assert within_reach(before + session, a, made) == (at("08:40"), at("09:36"))
    session = media(at("08:51:00.500"), at("09:36:00.500"))
    assert within_reach(before + session, a, made) == (at("08:51:00.500"), at("09:36:00.500"))


def test_pieces_of_a_session_reach_from_the_first_to_the_last() -> None:
    made, a = planned()
    pieces = media(at("08:50"), at("09:02")) + media(at("09:10"), at("09:12")) + media(at("09:20"), at("09:36"))
    assert within_reach(pieces, a, made) == (at("08:50"), at("09:36"))
    twice = media(at("09:00"), at("09:20")) + media(at("09:02"), at("09:10"))
    assert within_reach(twice, a, made) == (at("09:00"), at("09:20")), (
        "a second capture of the same does not shorten it"
    )


def test_what_only_touches_a_session_is_not_within_its_reach() -> None:
    made, a = planned()
    assert within_reach(media(at("08:50"), at("09:00")), a, made) is None
    assert within_reach(media(at("09:30"), at("09:40")), a, made) is None


def test_bounds_that_were_set_outside_reach_as_far_as_they_were_set() -> None:
    made, a = planned(bounds(start=at("08:40"), end=at("09:45")))
    there = media(at("08:42"), at("08:44")) + media(at("09:42"), at("09:44"))
    assert within_reach(there, a, made) == (at("08:42"), at("09:44"))
    _, shorter = planned(bounds(end=at("09:20")))
    assert padding_goes(shorter, POLICY) == at("09:30") + POLICY.keep_padding


@pytest.mark.parametrize("there", [[], media(at("10:10"), at("10:20"))])
def test_nothing_is_within_reach_where_nothing_hangs_together_with_the_session(there: list[Timed]) -> None:
    made, a = planned()
    assert within_reach(there, a, made) is None
