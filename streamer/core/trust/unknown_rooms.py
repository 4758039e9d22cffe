"""Rooms of a timetable that the configuration does not name: listed with their sessions, never captured.

Most of them belong to others. One that suddenly has the sessions of a configured room is that room, renamed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import SOON, Alarm
from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.ids import RoomId
from streamer.core.base.json import iso
from streamer.core.base.words import counted
from streamer.core.timetable.sessions import Room, Session, Timetable

AHEAD = timedelta(hours=12)
"""How long before its first session an unknown room becomes an alarm."""
SHOWN = 50
"""Sessions of one room in its document; their number is complete."""

_NAMED = 4
_SIMILAR = 0.6


class UnknownRoomSessionDocument(TypedDict):
    """A session in a room that is not configured."""

    id: str
    title: str
    start: Instant
    end: Instant


class UnknownRoomDocument(TypedDict):
    """A room of the timetable that is not in the configuration."""

    id: Annotated[str, Described("As the timetable has it")]
    name: Annotated[str, Described("As people read it")]
    count: Annotated[int, Described("How many sessions it has")]
    sessions: Annotated[list[UnknownRoomSessionDocument], Described("The first 50")]
    was: Annotated[str | None, Described("The configured room that it seems to be, or to have been")]
    hint: Annotated[str, Described("What to write into config.toml")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRoom:
    """``sessions`` are in order, without breaks. ``likely`` is the configured room that it may be."""

    room: Room
    sessions: tuple[Session, ...]
    likely: Room | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """``after``, an unknown room, has ``shared`` of the ``total`` sessions that ``before``, a configured room, had."""

    before: Room
    after: Room
    shared: int
    total: int


def unknown_rooms(timetable: Timetable, configured: Sequence[Room]) -> tuple[UnknownRoom, ...]:
    """The rooms with sessions that are not in ``configured``, in the timetable's order."""
    known = {room.id for room in configured}
    held: dict[RoomId, list[Session]] = defaultdict(list)
    for session in timetable.sessions:
        if session.is_planned:
            held[session.room].append(session)
    names = {room.id: room for room in timetable.rooms}
    order = dict.fromkeys((*names, *held))
    idle = [room for room in configured if room.id not in held]
    return tuple(
        UnknownRoom(
            room=(room := names.get(id, Room(id=id, name=id))), sessions=tuple(held[id]), likely=_likely(room, idle)
        )
        for id in order
        if id not in known and id in held
    )


def renamed_rooms(old: Timetable, new: Timetable, configured: Collection[RoomId]) -> tuple[Renamed, ...]:
    """Configured rooms whose sessions are now mostly in an unknown room."""
    before, after = _sessions(old), _sessions(new)
    by_title = {(s.title, s.start): s for s in before}
    names_before = {room.id: room for room in old.rooms}
    names_after = {room.id: room for room in new.rooms}
    had = Counter(s.room for s in before)
    has = Counter(s.room for s in after)
    came: dict[RoomId, Counter[RoomId]] = defaultdict(Counter)
    for session in after:
        was = old.session(session.id) or by_title.get((session.title, session.start))
        if was is not None and was.room != session.room:
            came[session.room][was.room] += 1
    found = []
    for id, origins in came.items():
        (origin, shared), *_ = origins.most_common(1)
        if id in configured or origin not in configured or 2 * shared <= had[origin]:
            continue
        if has[origin] > shared or (shared < 2 and has[origin]):
            continue
        found.append(
            Renamed(
                before=names_before.get(origin, Room(id=origin, name=origin)),
                after=names_after.get(id, Room(id=id, name=id)),
                shared=shared,
                total=had[origin],
            )
        )
    return tuple(found)


def room_alarms(
    unknown: Iterable[UnknownRoom], renamed: Iterable[Renamed], zone: ZoneInfo, now: datetime
) -> dict[str, Alarm]:
    """The alarms about unknown rooms, by id."""
    by_name = {one.after.id: one for one in renamed}
    found: dict[str, Alarm] = {}
    strangers: list[tuple[UnknownRoom, list[Session]]] = []
    for one in unknown:
        ahead = [s for s in one.sessions if s.end > now and s.start <= now + AHEAD]
        other = by_name.get(one.room.id)
        if other is not None:
            found[f"room renamed {one.room.id}"] = _renamed_alarm(other, ahead, now)
        elif ahead:
            strangers.append((one, ahead))
    if strangers:
        found["unknown rooms"] = _strangers_alarm(strangers, zone)
    return found


def unknown_room_document(one: UnknownRoom, renamed: Iterable[Renamed], zone: ZoneInfo) -> UnknownRoomDocument:
    """An unknown room as the crew sees it; ``was`` is the configured room that it seems to be or may be."""
    was = next((other.before for other in renamed if other.after.id == one.room.id), one.likely)
    return {
        "id": one.room.id,
        "name": one.room.name,
        "count": len(one.sessions),
        "sessions": [
            {"id": s.id, "title": s.title, "start": iso(s.start, zone), "end": iso(s.end, zone)}
            for s in one.sessions[:SHOWN]
        ],
        "was": was.id if was is not None else None,
        "hint": alias_hint(one.room, was),
    }


def alias_hint(room: Room, was: Room | None) -> str:
    """What to write into config.toml if an unknown room is one of ours."""
    if was is None:
        return f'if it is one of yours, add aliases = ["{room.name}"] to its [[rooms]]'
    return f'if it is “{was.name}”, add "{room.name}" to the aliases of [[rooms]] {was.id}'


def _renamed_alarm(one: Renamed, ahead: Sequence[Session], now: datetime) -> Alarm:
    soon = any(s.start - SOON <= now for s in ahead)
    return Alarm(
        id=f"room renamed {one.after.id}",
        severity="error" if soon else "warning",
        message=(
            f"room “{one.before.name}” seems to be called “{one.after.name}” now: {one.shared} of its {one.total}"
            f" sessions are there, and not captured"
        ),
        hint=alias_hint(one.after, one.before),
        room=one.before.id,
        session=ahead[0].id if ahead else None,
    )


def _strangers_alarm(strangers: Sequence[tuple[UnknownRoom, list[Session]]], zone: ZoneInfo) -> Alarm:
    listed = [
        f"“{one.room.name}” ({counted(len(ahead), 'session')}, next “{ahead[0].title}” at"
        f" {ahead[0].start.astimezone(zone):%H:%M})"
        for one, ahead in strangers[:_NAMED]
    ]
    if len(strangers) > _NAMED:
        listed.append(f"{len(strangers) - _NAMED} more")
    likely = next((one for one, _ in strangers if one.likely is not None), strangers[0][0])
    return Alarm(
        id="unknown rooms",
        severity="warning",
        message=f"not captured, because no [[rooms]] has that name: {', '.join(listed)}",
        hint=alias_hint(likely.room, likely.likely),
    )


def _likely(room: Room, idle: Iterable[Room]) -> Room | None:
    """The most similar configured room without sessions."""
    name = room.name.casefold()
    rated = [(SequenceMatcher(None, name, one.name.casefold()).ratio(), one) for one in idle]
    best = max(rated, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] >= _SIMILAR else None


def _sessions(timetable: Timetable) -> list[Session]:
    return [s for s in timetable.sessions if s.is_planned]
