"""From a feed's items to a Timetable: unique session ids, room ids, and remarks on what collides.

Formats read items into drafts; what is common to all formats happens here, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.durations import format_duration
from streamer.core.ids import RoomId, SessionId, room_id, session_id
from streamer.core.timetable import Parsed, Room, Session, SessionKind, Speaker, Timetable
from streamer.timetables.remarks import RemarkList

_LONG = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An item as a feed has it: ``foreign`` is the feed's own id, ``room`` a room's name, instants are UTC."""

    foreign: str
    room: str
    title: str
    start: datetime
    end: datetime
    speakers: tuple[Speaker, ...] = ()
    abstract: str = ""
    record: bool | None = None
    stream: bool | None = None
    kind: SessionKind = SessionKind.SESSION
    where: str = ""


def assemble(
    *,
    title: str,
    timezone: str,
    room_names: Iterable[str],
    drafts: Sequence[Draft],
    remarks: RemarkList,
    format: str,
) -> Parsed:
    """The timetable of ``drafts``; ``room_names`` come first and in their order, and need not be used."""
    ordered = _without_copies(sorted(drafts, key=lambda d: (d.start, d.end, d.room, d.title, d.foreign)), remarks)
    rooms = _rooms((*room_names, *(d.room for d in drafts)))
    sessions = [
        Session(
            id=id,
            room=rooms[d.room.casefold()].id,
            title=d.title,
            start=d.start,
            end=d.end,
            speakers=d.speakers,
            abstract=d.abstract,
            record=d.record,
            stream=d.stream,
            kind=d.kind,
        )
        for d, id in zip(ordered, _session_ids(ordered), strict=True)
    ]
    timetable = Timetable(title=title, timezone=timezone, rooms=tuple(rooms.values()), sessions=tuple(sessions))
    if not sessions:
        remarks.add("emptiness", "the timetable holds no session")
    _remark_windows(timetable, remarks)
    return Parsed(timetable=timetable, remarks=remarks.as_tuple(), format=format)


def _without_copies(drafts: Sequence[Draft], remarks: RemarkList) -> list[Draft]:
    """Drops an item that a feed lists twice over: same id, room and window."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Draft] = []
    for draft in drafts:
        identity = (draft.foreign, draft.room.casefold(), draft.start, draft.end)
        if identity in seen:
            remarks.add("items listed twice", f"“{draft.title}” is listed twice; taken once", where=draft.where)
            continue
        seen.add(identity)
        kept.append(draft)
    return kept


def _session_ids(drafts: Sequence[Draft]) -> list[SessionId]:
    """An id for each draft: first occurrences claim theirs before any suffix is given out."""
    used: set[SessionId] = set()
    ids: dict[int, SessionId] = {}
    for position, draft in enumerate(drafts):
        id = session_id(draft.foreign)
        if id not in used:
            used.add(id)
            ids[position] = id
    occurrences: Counter[str] = Counter()
    for position, draft in enumerate(drafts):
        occurrences[draft.foreign] += 1
        while position not in ids:
            id = session_id(draft.foreign, max(2, occurrences[draft.foreign]))
            if id not in used:
                used.add(id)
                ids[position] = id
            else:
                occurrences[draft.foreign] += 1
    return [ids[position] for position in range(len(drafts))]


def _rooms(names: Iterable[str]) -> dict[str, Room]:
    """Rooms by case-folded name. Names that differ have ids that differ, even where their slugs are the same."""
    rooms: dict[str, Room] = {}
    used: set[RoomId] = set()
    for name in names:
        if name.casefold() in rooms:
            continue
        id, twin = room_id(name), 2
        while id in used:
            id, twin = RoomId(f"{room_id(name)}-{twin}"), twin + 1
        used.add(id)
        rooms[name.casefold()] = Room(id=id, name=name)
    return rooms


def _remark_windows(timetable: Timetable, remarks: RemarkList) -> None:
    """Sessions of one room that overlap, and sessions longer than a day."""
    zone = ZoneInfo(timetable.timezone)
    names = {room.id: room.name for room in timetable.rooms}
    latest: dict[RoomId, Session] = {}
    for session in timetable.sessions:
        if session.kind is SessionKind.BREAK:
            continue
        if session.duration > _LONG:
            message = f"“{session.title}” lasts {format_duration(session.duration)}: is its end right?"
            remarks.add("long sessions", message, session=session.id)
        before = latest.get(session.room)
        if before is not None and session.start < before.end:
            start, end = session.start.astimezone(zone), before.end.astimezone(zone)
            message = (
                f"in {names[session.room]} “{session.title}” starts at {start:%Y-%m-%d %H:%M}, "
                f"before “{before.title}” ends at {end:%H:%M}"
            )
            remarks.add("overlaps", message, session=session.id)
        if before is None or session.end > before.end:
            latest[session.room] = session
