"""Computes which captured segments are kept for which session, and which may evaporate.

A segment without a keep lives only as long as the ring. Consent has priority: a segment that touches a session which
may not be recorded is kept for no session, nor is one that touches a time at which its room is muted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.order import instant
from streamer.core.footage.takes import Keep
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.bounds import padding_goes


def kept_range(session: PlannedSession, policy: Policy, now: datetime) -> tuple[datetime, datetime] | None:
    """The kept range of a session: its recording's bounds and its window with padding, later only the bounds.

    None if it may not be recorded.
    """
    if not session.record:
        return None
    if now >= padding_goes(session, policy):
        return session.in_point, session.out_point
    return (
        min(session.start - policy.pre_roll, session.in_point),
        max(session.end + policy.post_roll, session.out_point),
    )


def keeps_for(timed: Iterable[Timed], room: RoomId, plan: Plan, policy: Policy, now: datetime) -> set[Keep]:
    """Every keep that these segments of a room should have."""
    ranges = [(s, r) for s in plan.of_room(room) if (r := kept_range(s, policy, now)) is not None]
    settled = {s.id for s, _ in ranges if s.cuts and now >= padding_goes(s, policy)}
    keeps = set()
    for one in timed:
        start, end = instant(one.start), instant(one.end)
        reached = [s for s, (low, high) in ranges if low < end and start < high]
        wanted = [s.id for s in reached if not (s.id in settled and s.cuts_out(start, end))]
        if wanted and plan.may_keep(room, start, end) and not plan.is_muted(room, start, end):
            keeps |= {Keep(session=id, take=one.segment.take, number=one.segment.number) for id in wanted}
    return keeps


def ring_reach(room: RoomId, plan: Plan, policy: Policy, now: datetime) -> timedelta:
    """How long an unkept segment of a room lives at ``now``.

    Short while a session that may not be recorded runs, and afterwards until its last segment has evaporated.
    """
    after = 2 * policy.restricted_ring
    restricted = any(s.start <= now < until + after for s in plan.of_room(room) if (until := closed_until(s)))
    return min(policy.ring, policy.restricted_ring) if restricted else policy.ring


def closed_until(session: PlannedSession) -> datetime | None:
    """Until when a session may not be recorded; None if all of it may be."""
    return session.session.record_from if session.consent_record else session.end


def evaporated(
    timed: Iterable[Timed], kept: Mapping[tuple[RunId, int], object], reach: timedelta, now: datetime
) -> list[Timed]:
    """The segments without a keep that the ring no longer covers."""
    horizon = (now - reach).timestamp()
    return [t for t in timed if t.end <= horizon and t.key not in kept]
