"""The consent of a new timetable version: a withdrawal counts at once, even if the version is held back; a grant counts
from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Session, Timetable


def with_withdrawals(current: Timetable, new: Timetable, policy: Policy, *, sure: bool = False) -> Timetable:
    """``current`` with every withdrawal of consent in ``new``, and no other change.

    ``sure``: only for sessions that are clearly the same, because ``new`` may be of another conference.
    """

    def one(session: Session) -> Session:
        after = new.session(session.id)
        if after is None or (sure and not _recognised(session, after)):
            return session
        record = after.record if _loses(session.record, after.record, policy.record_default) else session.record
        stream = after.stream if _loses(session.stream, after.stream, policy.stream_default) else session.stream
        return replace(session, record=record, stream=stream)

    return replace(current, sessions=tuple(one(s) for s in current.sessions))


def _recognised(before: Session, after: Session) -> bool:
    return before.title == after.title or (before.room, before.start) == (after.room, after.start)


def _loses(before: bool | None, after: bool | None, default: bool) -> bool:
    return _may(before, default) and not _may(after, default)


def _may(consent: bool | None, default: bool) -> bool:
    return default if consent is None else consent


def from_now_on(current: Timetable, table: Timetable, plan: Plan, policy: Policy, now: datetime) -> Timetable:
    """A new consent to record counts from ``now`` on for a session that has begun; an earlier one is remembered."""

    def one(session: Session) -> Session:
        before = current.session(session.id)
        if before is None or not _may(session.record, policy.record_default):
            return session
        given = before.record_from
        planned = plan.session(session.id)
        begun = min(before.start, planned.start if planned else before.start) <= now
        if not _may(before.record, policy.record_default) and (begun or session.start <= now):
            given = now
        return replace(session, record_from=given) if given != session.record_from else session

    return replace(table, sessions=tuple(one(s) for s in table.sessions))
