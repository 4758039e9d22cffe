"""Merges several feeds into one timetable, such as a main programme and the sheet of a side room.

The feed with the higher priority counts; what another one forbids is forbidden all the same, because consent does not
depend on priority. Nothing is left out without a remark.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from streamer.core.base.ids import RoomId, SessionId, slug
from streamer.core.base.words import counted
from streamer.core.timetable.sessions import Parsed, Remark, Room, Session, Timetable

_LONG_ID = 16
_MOST_REMARKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One feed's timetable. ``rooms`` are the only ones that it decides about; empty: all its rooms."""

    parsed: Parsed
    name: str
    priority: int = 0
    rooms: frozenset[RoomId] = frozenset()


@dataclass(slots=True)
class _Merge:
    """The sessions taken so far, by the keys for comparing them with another feed's."""

    sessions: dict[SessionId, Session] = field(default_factory=dict)
    owners: dict[SessionId, Contribution] = field(default_factory=dict)
    spoken_for: dict[RoomId, Contribution] = field(default_factory=dict)
    by_place: dict[tuple[RoomId, object], list[SessionId]] = field(default_factory=lambda: defaultdict(list))
    remarks: dict[str, list[Remark]] = field(default_factory=lambda: defaultdict(list))

    def remark(self, kind: str, message: str, session: Session | None = None) -> None:
        self.remarks[kind].append(Remark(message=message, session=session.id if session else None))

    def take(self, session: Session, owner: Contribution) -> None:
        self.sessions[session.id] = session
        self.owners[session.id] = owner
        self.by_place[session.room, session.start].append(session.id)


def merged(contributions: Sequence[Contribution]) -> Parsed:
    """One timetable of several; of equal priorities the first one counts. Rooms must be matched before."""
    ranked = sorted(contributions, key=lambda one: -one.priority)
    if len(ranked) == 1 and not ranked[0].rooms:
        return ranked[0].parsed
    merge = _Merge()
    for one in ranked:
        for id in one.rooms:
            merge.spoken_for.setdefault(id, one)
    left_out: list[Session] = []
    for one in ranked:
        left_out += _add(one, merge)
    by_room = _by_room(merge)
    for session in left_out:
        _forbid(session, by_room, merge)
    _remark_overlaps(by_room, merge)
    timetables = [one.parsed.timetable for one in ranked]
    rooms: dict[RoomId, Room] = {}
    for timetable in timetables:
        for room in timetable.rooms:
            rooms.setdefault(room.id, room)
    return Parsed(
        timetable=Timetable(
            title=next((t.title for t in timetables if t.title), ""),
            timezone=timetables[0].timezone if timetables else "UTC",
            rooms=tuple(rooms.values()),
            sessions=tuple(merge.sessions.values()),
            unread=tuple(item for timetable in timetables for item in timetable.unread),
        ),
        remarks=(*_their_remarks(ranked), *_bounded(merge.remarks)),
        format=" + ".join(dict.fromkeys(one.parsed.format for one in ranked)),
    )


def _add(one: Contribution, merge: _Merge) -> list[Session]:
    """Takes the sessions that a feed decides about; returns those left out."""
    left_out = []
    elsewhere: dict[str, int] = defaultdict(int)
    names = {room.id: room.name for room in one.parsed.timetable.rooms}
    for session in one.parsed.timetable.sessions:
        speaker = merge.spoken_for.get(session.room)
        if one.rooms and session.room not in one.rooms:
            elsewhere[f"{_called(one)} speaks for other rooms than “{names.get(session.room, session.room)}”"] += 1
        elif speaker is not None and speaker is not one and speaker.priority >= one.priority:
            elsewhere[f"{_called(speaker)} speaks for room “{names.get(session.room, session.room)}”"] += 1
            left_out.append(session)
        elif (twin := _twin(session, merge)) is not None:
            if merge.owners[twin.id] is one:
                merge.take(_renamed(session, one, merge), one)
                continue
            _remark_twin(session, twin, one, merge)
            left_out.append(session)
        else:
            merge.take(_renamed(session, one, merge), one)
    for why, count in elsewhere.items():
        message = f"{counted(count, 'session')} of {_called(one)} left out: {why}"
        merge.remark("sessions of rooms that another feed speaks for", message)
    return left_out


def _twin(session: Session, merge: _Merge) -> Session | None:
    """The same session in another feed: by an id that is not a short number, or by room, start and title."""
    known = merge.sessions.get(session.id)
    if known is not None and _is_same(session, known):
        return known
    for id in merge.by_place.get((session.room, session.start), ()):
        if _title(merge.sessions[id]) == _title(session):
            return merge.sessions[id]
    return None


def _is_same(session: Session, other: Session) -> bool:
    """Whether two sessions with one id are the same."""
    return len(session.id) >= _LONG_ID or _alike(session, other)


def _alike(one: Session, other: Session) -> bool:
    return _title(one) == _title(other) or (one.room, one.start) == (other.room, other.start)


def _title(session: Session) -> str:
    return re.sub(r"\W+", " ", session.title).strip().casefold()


def _renamed(session: Session, owner: Contribution, merge: _Merge) -> Session:
    """With an id of its own if another feed uses the same id for another session."""
    id, number = session.id, 1
    while id in merge.sessions:
        suffix = f"~{slug(owner.name, 24) or 'feed'}" + (f"-{number}" if number > 1 else "")
        id, number = SessionId(f"{session.id[: 64 - len(suffix)]}{suffix}"), number + 1
    return session if id == session.id else replace(session, id=id)


def _by_room(merge: _Merge) -> dict[RoomId, list[SessionId]]:
    """The sessions that can be captured, by room."""
    found: dict[RoomId, list[SessionId]] = defaultdict(list)
    for session in merge.sessions.values():
        if session.is_planned:
            found[session.room].append(session.id)
    return found


def _forbid(session: Session, by_room: Mapping[RoomId, Sequence[SessionId]], merge: _Merge) -> None:
    """A session that is left out still forbids: for its time and room, and for itself in any room."""
    if not session.is_planned or not (session.record is False or session.stream is False):
        return
    itself = merge.sessions.get(session.id)
    affected = {id for id in by_room.get(session.room, ()) if _meet(session, merge.sessions[id])}
    if itself is not None and itself.is_planned and _is_same(session, itself):
        affected.add(itself.id)
    for id in sorted(affected):
        taken = merge.sessions[id]
        record = False if session.record is False else taken.record
        stream = False if session.stream is False else taken.stream
        if (record, stream) != (taken.record, taken.stream):
            merge.sessions[id] = replace(taken, record=record, stream=stream)
            merge.remark("consent", f"“{taken.title}” is restricted by another feed: {_forbidden(session)}", taken)


def _meet(one: Session, other: Session) -> bool:
    return one.start < other.end and other.start < one.end


def _forbidden(session: Session) -> str:
    verbs = [verb for verb, said in (("recorded", session.record), ("streamed", session.stream)) if said is False]
    return f"“{session.title}” must not be {' or '.join(verbs)}"


def _remark_twin(session: Session, twin: Session, one: Contribution, merge: _Merge) -> None:
    owner = merge.owners[twin.id]
    differences = [
        what
        for what, theirs, ours in (
            ("room", session.room, twin.room),
            ("time", (session.start, session.end), (twin.start, twin.end)),
            ("title", session.title, twin.title),
        )
        if theirs != ours
    ]
    other = f"; they differ in {' and '.join(differences)}" if differences else ""
    message = f"“{twin.title}” is in {_called(owner)} and in {_called(one)}: the first one counts{other}"
    merge.remark("sessions in two feeds", message, twin)


def _remark_overlaps(by_room: Mapping[RoomId, Sequence[SessionId]], merge: _Merge) -> None:
    """Sessions of different feeds at the same time in one room: all are kept, with a remark."""
    for room, ids in by_room.items():
        furthest: dict[str, Session] = {}  # of each feed, the session that reaches furthest
        for session in sorted((merge.sessions[id] for id in ids), key=lambda s: (s.start, s.end, s.id)):
            owner = merge.owners[session.id]
            for name, other in furthest.items():
                if name != owner.name and other.end > session.start:
                    first = f"“{other.title}” of {_called(merge.owners[other.id])}"
                    second = f"“{session.title}” of {_called(owner)}"
                    merge.remark("overlaps of feeds", f"{first} and {second} overlap in room {room}", session)
            if owner.name not in furthest or session.end > furthest[owner.name].end:
                furthest[owner.name] = session


def _their_remarks(ranked: Sequence[Contribution]) -> list[Remark]:
    return [
        replace(remark, message=f"{one.name}: {remark.message}") if one.name else remark
        for one in ranked
        for remark in one.parsed.remarks
    ]


def _bounded(remarks: dict[str, list[Remark]]) -> list[Remark]:
    found = []
    for kind, of_kind in remarks.items():
        found += of_kind[:_MOST_REMARKS]
        if len(of_kind) > _MOST_REMARKS:
            found.append(Remark(message=f"{len(of_kind) - _MOST_REMARKS} more remarks of this kind: {kind}"))
    return found


def _called(one: Contribution) -> str:
    return f"“{one.name}”" if one.name else "the main programme"
