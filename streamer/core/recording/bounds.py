"""Computes the limits of a recording's bounds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from streamer.core.base.ids import RoomId
from streamer.core.footage.order import instant
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy


def padding_goes(session: PlannedSession, policy: Policy) -> datetime:
    """When the media outside a recording's bounds is deleted: until then new bounds can use it."""
    return max(session.end, session.out_point) + policy.keep_padding


CONNECTED = 60.0
"""The longest hole (s) that bounds may cross: both sides count as one stretch."""


def within_reach(timed: Iterable[Timed], session: PlannedSession, plan: Plan) -> tuple[datetime, datetime] | None:
    """The limits of the bounds of a session's recording: the room's media (``timed``) that is contiguous with the
    session, without any session that may not be recorded. None if there is no such media."""
    first, last = min(session.start, session.in_point), max(session.end, session.out_point)
    found: tuple[datetime, datetime] | None = None
    for start, end in _stretches(timed, session.room, plan):
        if start < last and first < end:
            found = (min(found[0], start), max(found[1], end)) if found else (start, end)
    return found


def _stretches(timed: Iterable[Timed], room: RoomId, plan: Plan) -> list[tuple[datetime, datetime]]:
    """The stretches of a room's media that may be kept; short holes without a forbidden session are closed."""
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
