"""From a request to a decision: what may be decided now, and what to say where it may not.

Checks only; nothing here changes anything.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.base.ids import OverrideId, SessionId
from streamer.core.decisions.overrides import Action, Override
from streamer.core.plan.plan import Phase, Plan, PlannedSession
from streamer.core.plan.policy import Policy

UNDO = "undo"
Reach = Callable[[PlannedSession], tuple[datetime, datetime] | None]
"""Between which instants there is media for a session's recording; None where there is none."""
_SLACK = timedelta(seconds=1)
"""Bounds may miss the media by so much: nobody reads a clock more exactly."""
_BEHIND = timedelta(seconds=15)
"""Media that ends no longer ago than this is still growing."""
_KEYS: Mapping[str, frozenset[str]] = {
    Action.END: frozenset({"at", "if_revision"}),
    Action.EXTEND: frozenset({"minutes", "ripple", "if_revision"}),
    Action.CONSENT: frozenset({"record", "stream", "if_revision"}),
    Action.BOUNDS: frozenset({"start", "end", "if_revision"}),
    UNDO: frozenset({"if_revision"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What somebody asks for. ``target`` is a session's id, or an override's for ``undo``."""

    action: str
    target: str
    body: Mapping[str, Any] = field(default_factory=dict)
    by: str
    preview: bool = False
    key: str | None = None


def decision(
    request: DecisionRequest, plan: Plan, policy: Policy, now: datetime, reach: Reach, *, zone: tzinfo = UTC
) -> Override:
    """The override that a request amounts to. Raises Invalid, NotFound or Conflict, in times of ``zone``."""
    check_keys(request)
    planned = plan.session(SessionId(request.target))
    if planned is None:
        raise NotFound("there is no such session", where=f"session {request.target}")
    blank = Override(
        id=OverrideId(secrets.token_hex(8)),
        action=Action(request.action),
        session=planned.id,
        room=planned.room,
        at=now,
        by=request.by,
    )
    match blank.action:
        case Action.END:
            return _end(blank, planned, request.body, now)
        case Action.EXTEND:
            return _extend(blank, planned, request.body, policy, now)
        case Action.CONSENT:
            return _consent(blank, planned, request.body)
        case Action.BOUNDS:
            return _bounds(blank, planned, request.body, plan, policy, now, reach, zone)


def check_keys(request: DecisionRequest) -> None:
    """Raises Invalid for an action or a key that does not exist."""
    known = _KEYS.get(request.action)
    if known is None:
        raise NotFound(f"there is no action {request.action!r}", hint=f"there are {', '.join(sorted(_KEYS))}")
    for key in request.body:
        if key not in known:
            raise Invalid(
                f"{request.action} knows no {key!r}", where=str(key), hint=f"it takes {', '.join(sorted(known))}"
            )


def undone(override: Override | None, id: str, now: datetime) -> Override:
    """The dropped form of a decision. Raises NotFound, or Conflict where it is dropped already."""
    if override is None:
        raise NotFound("there is no such decision", where=f"override {id}")
    if override.undone is not None:
        raise Conflict("this decision has been undone already", where=f"override {id}", hint="decide anew")
    return replace(override, undone=now)


def check_revision(body: Mapping[str, Any], revision: int) -> None:
    """Raises Conflict if the session changed since the caller looked at it."""
    expected = body.get("if_revision")
    if expected is None:
        return
    if not isinstance(expected, int) or isinstance(expected, bool):
        raise Invalid("if_revision has to be a whole number", where="if_revision")
    if expected != revision:
        raise Conflict(
            f"the session has changed since: it is at revision {revision}, not {expected}",
            where="if_revision",
            hint="look at it again and repeat with the new revision",
        )


def _end(blank: Override, planned: PlannedSession, body: Mapping[str, Any], now: datetime) -> Override:
    at = _instant(body, "at", now)
    if planned.phase(now) is Phase.BEFORE:
        raise Conflict(
            "the session has not started", where=f"session {planned.id}", hint="a session that runs can be ended"
        )
    if planned.phase(now) is Phase.AFTER:
        raise Conflict(
            f"the session ended at {planned.end.isoformat(timespec='seconds')}",
            where=f"session {planned.id}",
            hint="extend it with negative minutes to cut it shorter",
        )
    if at <= planned.start:
        raise Conflict(
            "it would end before it starts", where="at", hint=f"name an instant after {planned.start.isoformat()}"
        )
    return replace(blank, instant=at)


def _extend(
    blank: Override, planned: PlannedSession, body: Mapping[str, Any], policy: Policy, now: datetime
) -> Override:
    if body.get("ripple"):
        raise Invalid("moving the following sessions along is not possible here", where="ripple", hint="leave it out")
    minutes = _number(body, "minutes")
    if minutes == 0:
        raise Invalid("zero minutes change nothing", where="minutes", hint="give a number such as 5 or -2.5")
    end = planned.end + timedelta(minutes=minutes)
    if end <= planned.start:
        raise Conflict("it would end before it starts", where="minutes", hint="give fewer minutes")
    if planned.phase(now) is Phase.AFTER and minutes > 0 and now - planned.end > policy.ring:
        raise Conflict(
            f"the session ended at {planned.end.isoformat(timespec='seconds')}, longer ago than the ring reaches",
            where=f"session {planned.id}",
            hint=f"a session can be extended until {policy.ring.total_seconds() / 60:g} min after its end",
        )
    if planned.phase(now) is Phase.DURING and end < now:
        raise Conflict("its end would lie in the past", where="minutes", hint="use end to end it now")
    return replace(blank, minutes=minutes)


def _consent(blank: Override, planned: PlannedSession, body: Mapping[str, Any]) -> Override:
    record, stream = _flag(body, "record"), _flag(body, "stream")
    if record is None and stream is None:
        raise Invalid("say what it is about", where="record, stream", hint="give record or stream as true or false")
    for name, wanted, published in (
        ("record", record, planned.session.record),
        ("stream", stream, planned.session.stream),
    ):
        if wanted and published is False:
            raise Conflict(
                f"the timetable says that this session may not be {name}ed",
                where=name,
                hint="consent is given by the speaker: change it in the timetable",
            )
    return replace(blank, record=record, stream=stream)


def _bounds(
    blank: Override,
    planned: PlannedSession,
    body: Mapping[str, Any],
    plan: Plan,
    policy: Policy,
    now: datetime,
    reach: Reach,
    zone: tzinfo,
) -> Override:
    def clock(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="seconds")

    start, end = _given_instant(body, "start"), _given_instant(body, "end")
    where = f"session {planned.id}"
    if start is None and end is None:
        raise Invalid("say which bound", where="start, end", hint="give start, end or both as instants")
    if not planned.record:
        raise Conflict("this session is not recorded", where=where, hint="there is nothing that could be cut")
    if planned.phase(now) is Phase.BEFORE:
        raise Conflict("the session has not started", where=where, hint="bounds can be set from its start on")
    there = reach(planned)
    if there is None:
        raise Conflict("nothing is kept of this session", where=where, hint="there is nothing that could be cut")
    earliest, latest = there[0], latest_bound(planned, there[1], policy, now)
    possible = f"there is media from {clock(earliest)} to {clock(latest)}"
    first, last = start or planned.in_point, end or planned.out_point
    if first >= last:
        raise Conflict(
            "the recording would end before it begins",
            where="end" if end else "start",
            hint=f"it goes from {clock(planned.in_point)} to {clock(planned.out_point)}; {possible}",
        )
    forbidden = [s for s in plan.of_room(planned.room) if s.forbids(first, last)]
    if forbidden:
        other = forbidden[0]
        raise Conflict(
            f"“{other.session.title}” may not be recorded, and runs from {clock(other.start)} to {clock(other.end)}",
            where=where,
            hint=f"stay outside of it: {possible}",
        )
    if start is not None and not earliest - _SLACK <= start < latest:
        raise Conflict("there is no media at this start", where="start", hint=possible)
    if end is not None and not earliest < end <= latest + _SLACK:
        raise Conflict("there is no media at this end", where="end", hint=possible)
    return replace(blank, start=start, end=end)


def latest_bound(planned: PlannedSession, there: datetime, policy: Policy, now: datetime) -> datetime:
    """Up to where bounds may be set: while media is still coming, also where it will come."""
    latest = max(there, now) if now - there < _BEHIND else there
    return max(latest, planned.end + policy.post_roll) if planned.phase(now) is Phase.DURING else latest


def _number(body: Mapping[str, Any], key: str) -> float:
    value = body.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Invalid(f"{key} has to be a number", where=key, hint=f'for example {{"{key}": 5}}')
    if abs(value) > 24 * 60:
        raise Invalid(f"{key} has to lie within a day", where=key, hint="a number of minutes, at most 1440")
    return float(value)


def _flag(body: Mapping[str, Any], key: str) -> bool | None:
    value = body.get(key)
    if value is not None and not isinstance(value, bool):
        raise Invalid(f"{key} has to be true or false", where=key)
    return value


def _instant(body: Mapping[str, Any], key: str, default: datetime) -> datetime:
    return _given_instant(body, key) or default


def _given_instant(body: Mapping[str, Any], key: str) -> datetime | None:
    value = body.get(key)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{key} is no instant", where=key, hint="write it as 2025-09-08T10:30:00+02:00") from error
    if instant.tzinfo is None:
        raise Invalid(f"{key} has no offset", where=key, hint="write it as 2025-09-08T10:30:00+02:00")
    return instant
