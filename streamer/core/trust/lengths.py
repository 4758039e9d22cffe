"""Asks the crew about sessions of more than a day: such a length is mostly a mistake, and fills the disk.

Until the crew approves it, the session has the end that it would have without one in the feed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.durations import format_duration
from streamer.core.base.ids import SessionId
from streamer.core.timetable.diff import Change, ChangeKind
from streamer.core.timetable.sessions import Session, Timetable
from streamer.core.trust.held import Held, Standing, digest_of
from streamer.core.trust.suspicion import FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """``timetable`` has the lengths that the crew approved; ``named`` are the ids of all questions that there are."""

    timetable: Timetable
    asked: tuple[Held, ...] = ()
    refused: tuple[Held, ...] = ()
    named: frozenset[str] = frozenset()


def long_sessions(new: Timetable, standing: Standing, now: datetime) -> Lengths:
    """A question for each long session; one question for many."""
    claims = {s.id: s.doubt.claims for s in new.sessions if s.is_planned and s.doubt and s.doubt.claims}
    claims = {id: end for id, end in claims.items() if end > now}
    if not claims:
        return Lengths(timetable=new)
    long = [s for s in new.sessions if s.id in claims]
    together = [long] if len(long) > FEW else [[one] for one in long]
    questions = [_question(new, group, claims, standing, now) for group in together]
    approved = {id for held in questions if held.id in standing.approved for id in held.sessions}
    sessions = tuple(replace(s, end=claims[s.id], doubt=None) if s.id in approved else s for s in new.sessions)
    return Lengths(
        timetable=replace(new, sessions=sessions),
        asked=tuple(h for h in questions if h.id not in standing.approved | standing.refused),
        refused=tuple(h for h in questions if h.id in standing.refused),
        named=frozenset(h.id for h in questions),
    )


def _question(
    new: Timetable, group: list[Session], claims: dict[SessionId, datetime], standing: Standing, now: datetime
) -> Held:
    zone = ZoneInfo(new.timezone)
    rooms = {room.id: room.name for room in new.rooms}
    name = digest_of(["length", *(f"{s.id} {s.start.isoformat()} {claims[s.id].isoformat()}" for s in group)])
    longest = format_duration(max(claims[s.id] - s.start for s in group))
    if len(group) > 1:
        reason = f"{len(group)} sessions would last more than a day, the longest {longest}; is that meant?"
    else:
        end = claims[group[0].id].astimezone(zone)
        reason = f"“{group[0].title}” would last {longest}, until {end:%Y-%m-%d %H:%M}; is that meant?"
    changes = tuple(
        Change(
            kind=ChangeKind.RETIMED,
            session=s.id,
            before=s,
            after=replace(s, end=claims[s.id], doubt=None),
            room_before=rooms.get(s.room, s.room),
            room_after=rooms.get(s.room, s.room),
        )
        for s in group
    )
    since = dict(standing.since).get(name, now)
    return Held(id=name, reason=reason, sessions=tuple(s.id for s in group), since=since, changes=changes)
