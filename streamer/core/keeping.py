"""Which captured segments are kept for which session, which may evaporate, and what is missing.

Keeping is an explicit act: a segment that no keep refers to lives as long as the ring and no longer. Consent
beats everything: a segment that touches a session which may not be recorded is kept for nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from streamer.core.continuity import ClockStep, lost_before
from streamer.core.disk import FULL_CAUSE
from streamer.core.ids import RoomId, SessionId
from streamer.core.media import RunId
from streamer.core.plan import Plan, PlannedSession
from streamer.core.policy import Policy
from streamer.core.records import Gap, Keep, Loss
from streamer.core.wallclock import Timed

SMALLEST_GAP = 0.25
"""Shorter holes (s) between two segments are the tolerance of the mapping to wall time, not missing media."""


def instant(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def in_order(timed: Iterable[Timed], takes: Iterable[RunId]) -> list[Timed]:
    """Segments in the order in which they were captured: by number within a take, whatever the wall clock did
    meanwhile. ``takes`` are all takes in the order in which they began."""
    rank = {take: place for place, take in enumerate(takes)}
    return sorted(timed, key=lambda t: (rank.get(t.segment.take, len(rank)), t.segment.take, t.segment.number))


def of_window(timed: Iterable[Timed], start: float, end: float) -> list[Timed]:
    """What belongs to a window (Unix s) of segments in order: of each take from the first that touches it to the last.

    A wall clock that is set back puts some of those in between outside of the window; what happened, happened in it.
    """
    ordered = list(timed)
    touching: dict[RunId, tuple[int, int]] = {}
    for one in ordered:
        if one.end > start and one.start < end:
            take, number = one.key
            low, high = touching.get(take, (number, number))
            touching[take] = (min(low, number), max(high, number))
    return [
        one
        for one in ordered
        if one.key[0] in touching and touching[one.key[0]][0] <= one.key[1] <= touching[one.key[0]][1]
    ]


def kept_range(session: PlannedSession, policy: Policy, now: datetime) -> tuple[datetime, datetime] | None:
    """What is kept of a session: its recording's bounds and its window with padding, later the bounds alone.

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


def padding_goes(session: PlannedSession, policy: Policy) -> datetime:
    """When what lies outside of a recording's bounds is let go: until then they can be set anew."""
    return max(session.end, session.out_point) + policy.keep_padding


CONNECTED = 60.0
"""A hole (s) over which a recording's bounds may still be set: both sides belong to one stretch of the day."""


def within_reach(timed: Iterable[Timed], session: PlannedSession, plan: Plan) -> tuple[datetime, datetime] | None:
    """How far the bounds of a session's recording can be set: over the room's media that is there (``timed``) and
    hangs together with the session, never across or into a session that may not be recorded. None where none is."""
    first, last = min(session.start, session.in_point), max(session.end, session.out_point)
    found: tuple[datetime, datetime] | None = None
    for start, end in _stretches(timed, session.room, plan):
        if start < last and first < end:
            found = (min(found[0], start), max(found[1], end)) if found else (start, end)
    return found


def _stretches(timed: Iterable[Timed], room: RoomId, plan: Plan) -> list[tuple[datetime, datetime]]:
    """What may be kept of a room's media; short holes are closed where no forbidden session lies in them."""
    whole: list[tuple[datetime, datetime]] = []
    for start, end in sorted((instant(t.start), instant(t.end)) for t in timed):
        if not plan.may_keep(room, start, end):
            continue
        joins = whole and start - whole[-1][1] <= timedelta(seconds=CONNECTED)
        if joins and plan.may_keep(room, whole[-1][1], start):
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def keeps_for(timed: Iterable[Timed], room: RoomId, plan: Plan, policy: Policy, now: datetime) -> set[Keep]:
    """Every keep that should stand for these segments of a room."""
    ranges = [(s, r) for s in plan.of_room(room) if (r := kept_range(s, policy, now)) is not None]
    keeps = set()
    for one in timed:
        start, end = instant(one.start), instant(one.end)
        wanted = [s.id for s, (low, high) in ranges if low < end and start < high]
        if wanted and plan.may_keep(room, start, end):
            keeps |= {Keep(session=id, take=one.segment.take, number=one.segment.number) for id in wanted}
    return keeps


def ring_reach(room: RoomId, plan: Plan, policy: Policy, now: datetime) -> timedelta:
    """How long an unkept segment of a room lives at ``now``.

    Short while a session runs that may not be recorded, and after it until the last of it has evaporated.
    """
    after = 2 * policy.restricted_ring
    restricted = any(s.start <= now < until + after for s in plan.of_room(room) if (until := closed_until(s)))
    return min(policy.ring, policy.restricted_ring) if restricted else policy.ring


def closed_until(session: PlannedSession) -> datetime | None:
    """To where a session may not be recorded; None where all of it may."""
    return session.session.record_from if session.consent_record else session.end


def evaporated(
    timed: Iterable[Timed], kept: Mapping[tuple[RunId, int], object], reach: timedelta, now: datetime
) -> list[Timed]:
    """The segments that nothing keeps and that the ring no longer reaches."""
    horizon = (now - reach).timestamp()
    return [t for t in timed if t.end <= horizon and t.key not in kept]


def missing(
    start: float,
    end: float,
    timed: Sequence[Timed],
    causes: Mapping[RunId, str],
    withheld: Sequence[tuple[float, float]] = (),
    lost: Sequence[Loss] = (),
    full: Sequence[tuple[float, float]] = (),
    steps: Sequence[ClockStep] = (),
) -> tuple[Gap, ...]:
    """The stretches of [start, end) that no segment covers (Unix s), each with its likely cause.

    Segments beside the window tell a hole at its ends from a wall clock that was set there, and why it begins late.
    ``causes`` says of takes that ended why they did, ``withheld`` where sessions run that may not be recorded,
    ``lost`` what had been captured and can't be read any more, ``full`` when the disk was full, ``steps`` how the wall
    clock was set.
    """

    def gap(start: float, end: float, last: Timed | None) -> Gap:
        if was_full(start, end, full):
            return Gap(start=start, duration=end - start, cause=FULL_CAUSE)
        reasons = [one.reason for one in lost if one.start < end and start < one.end]
        cause = f"{reasons[0]}{_and_more(len(reasons) - 1)}" if reasons else _cause(start, end, last, causes, withheld)
        return Gap(start=start, duration=end - start, cause=cause)

    gaps = []
    edge, last = start, None
    behind = lost_before(timed, steps)
    following = {one.key: one for one in timed}
    for one in sorted(timed, key=lambda t: t.start):
        if one.end <= start:
            last = one
        if one.end <= start or one.start >= end:
            continue
        was_lost = behind.get(one.key, math.inf)
        if one.start - edge > SMALLEST_GAP and was_lost > SMALLEST_GAP:
            gaps.append(gap(max(edge, one.start - was_lost), one.start, last))
        if last is None or one.end >= edge:
            last = one  # of takes side by side the cause is that of the one which reached furthest
        edge = max(edge, one.end)
    after = following.get((last.key[0], last.key[1] + 1)) if last is not None else None
    was_lost = behind[after.key] if after is not None else math.inf
    if end - edge > SMALLEST_GAP and was_lost > SMALLEST_GAP:
        gaps.append(gap(edge, min(end, edge + was_lost), last))
    return tuple(gaps)


def _cause(
    start: float, end: float, last: Timed | None, causes: Mapping[RunId, str], withheld: Sequence[tuple[float, float]]
) -> str:
    if any(low < end + SMALLEST_GAP and start - SMALLEST_GAP < high for low, high in withheld):
        return "a session next to it may not be recorded"
    if last is None:
        return "nothing had been captured yet"
    return causes.get(last.segment.take) or "the source delivered nothing"


def was_full(start: float, end: float, full: Iterable[tuple[float, float]]) -> bool:
    """Whether the disk was ``full`` for most of a stretch."""
    return sum(max(0.0, min(end, high) - max(start, low)) for low, high in full) > (end - start) / 2


def _and_more(number: int) -> str:
    return f", and {number} more" if number > 0 else ""


def merged_gaps(start: float, end: float, gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps of several origins as parts of [start, end) that do not overlap; the one that begins first explains both.

    What touches is one: whatever ended a take tore its last segment too, and the longer part tells what that was.
    """
    merged: list[Gap] = []
    edge = start
    for gap in sorted(gaps, key=lambda g: (g.start, -g.duration)):
        low, high = max(gap.start, edge), min(gap.start + gap.duration, end)
        if high - low <= 0.001:
            continue
        last = merged[-1] if merged else None
        if last is not None and low - edge < SMALLEST_GAP:
            cause = last.cause if last.duration >= high - low else gap.cause
            merged[-1] = Gap(start=last.start, duration=high - last.start, cause=cause)
        else:
            merged.append(replace(gap, start=low, duration=high - low))
        edge = high
    return tuple(merged)


def coverage(start: float, end: float, gaps: Iterable[Gap]) -> float:
    """The covered share of a window, 0…1."""
    if end <= start:
        return 0.0
    return max(0.0, min(1.0, 1.0 - sum(g.duration for g in gaps) / (end - start)))


def sessions_of(keeps: Iterable[Keep]) -> dict[SessionId, set[tuple[RunId, int]]]:
    """Keeps by session."""
    found: dict[SessionId, set[tuple[RunId, int]]] = {}
    for keep in keeps:
        found.setdefault(keep.session, set()).add((keep.take, keep.number))
    return found
