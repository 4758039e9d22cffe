"""From a feed's items to a Timetable: unique session ids, room ids, and remarks on conflicts.

Formats read items into drafts; this module does the steps common to all formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.errors import TimetableError
from streamer.core.base.ids import RoomId, SessionId, room_id, session_id
from streamer.core.base.words import counted
from streamer.core.timetable.cancellation import plain_title
from streamer.core.timetable.sessions import Parsed, Room, Session, Timetable, Unread
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.ends import with_ends
from streamer.timetables.items.remarks import RemarkList

NO_ROOM = "(no room)"
"""The room of items without one: listed, and captured only if config.toml gives it a source."""
MOST_SESSIONS = 20_000
MOST_ROOMS = 5_000


def assemble(
    *,
    title: str,
    timezone: str,
    room_names: Iterable[str],
    drafts: Sequence[Draft],
    remarks: RemarkList,
    format: str,
    default_room: str = "",
    unread: Sequence[Unread] = (),
) -> Parsed:
    """The timetable of ``drafts``; ``room_names`` come first and in their order, and need not be used.

    ``default_room`` is the room of items without a room, ``unread`` the items that can't be used. An item without a
    foreign id is identified by its title.
    """
    if len(drafts) > MOST_SESSIONS:
        raise too_many()
    drafts = with_ends(_with_rooms(drafts, default_room, remarks), remarks)
    ordered = _without_copies(sorted(drafts, key=lambda d: (d.start, _end(d), d.room, d.title, d.foreign)), remarks)
    rooms = _rooms((*room_names, *(d.room for d in ordered)))
    sessions = [
        Session(
            id=id,
            room=rooms[d.room.casefold()].id,
            title=d.title,
            start=d.start,
            end=_end(d),
            speakers=d.speakers,
            abstract=d.abstract,
            record=d.record,
            stream=d.stream,
            kind=d.kind,
            foreign=d.foreign,
            cancelled=d.is_cancelled,
            doubt=d.doubt,
        )
        for d, id in zip(ordered, _session_ids(ordered), strict=True)
    ]
    timetable = Timetable(
        title=title,
        timezone=timezone,
        rooms=tuple(rooms.values()),
        sessions=tuple(sessions),
        unread=tuple(unread),
    )
    _remark_cancelled(ordered, remarks)
    if not sessions:
        remarks.add("emptiness", "the timetable has no session")
    _remark_overlaps(timetable, remarks)
    return Parsed(timetable=timetable, remarks=remarks.as_tuple(), format=format)


def too_many() -> TimetableError:
    """The error for a timetable with too many sessions."""
    message = f"it holds more than {MOST_SESSIONS} sessions"
    return TimetableError(message, hint="check that it is the programme of one conference")


def _end(draft: Draft) -> datetime:
    assert draft.end is not None  # set by _with_ends
    return draft.end


def _with_rooms(drafts: Sequence[Draft], default_room: str, remarks: RemarkList) -> list[Draft]:
    """Gives items without a room the default one, or a special room that is not captured by accident."""
    homeless = sum(not draft.room for draft in drafts)
    if homeless and not default_room:
        sessions = counted(homeless, "item names", "items name")
        remarks.add(
            "items without a room", f"{sessions} no room; listed under {NO_ROOM}, which config.toml does not have"
        )
    room = default_room or NO_ROOM
    return [draft if draft.room else replace(draft, room=room) for draft in drafts]


def _without_copies(drafts: Sequence[Draft], remarks: RemarkList) -> list[Draft]:
    """Drops an item that a feed lists twice: same id, room and window."""
    seen: set[tuple[object, ...]] = set()
    kept: list[Draft] = []
    for draft in drafts:
        identity = (_known_by(draft), draft.room.casefold(), draft.start, draft.end)
        if identity in seen:
            remarks.add("items listed twice", f"“{draft.title}” is listed twice; used once", where=draft.where)
            continue
        seen.add(identity)
        kept.append(draft)
    return kept


def _session_ids(drafts: Sequence[Draft]) -> list[SessionId]:
    """An id for each draft: first occurrences get theirs before any suffix is added."""
    used: set[SessionId] = set()
    ids: dict[int, SessionId] = {}
    for position, draft in enumerate(drafts):
        id = session_id(_known_by(draft), draft.occurrence or 1)
        if id not in used:
            used.add(id)
            ids[position] = id
    occurrences: Counter[str] = Counter()
    for position, draft in enumerate(drafts):
        known_by = _known_by(draft)
        occurrences[known_by] += 1
        while position not in ids:
            id = session_id(known_by, max(2, occurrences[known_by]))
            if id not in used:
                used.add(id)
                ids[position] = id
            else:
                occurrences[known_by] += 1
    return [ids[position] for position in range(len(drafts))]


def _known_by(draft: Draft) -> str:
    return draft.id or draft.foreign or plain_title(draft.title)


def _remark_cancelled(drafts: Iterable[Draft], remarks: RemarkList) -> None:
    for draft in drafts:
        if draft.is_cancelled:
            how = "is" if draft.cancelled else "counts as"
            why = "" if draft.cancelled else ": its title says so"
            message = f"“{draft.title}” {how} cancelled; it is listed and not captured{why}"
            remarks.add("cancelled items", message, where=draft.where)


def _rooms(names: Iterable[str]) -> dict[str, Room]:
    """Rooms by case-folded name. Different names have different ids, even if their slugs are equal.

    Raises TimetableError for too many rooms.
    """
    rooms: dict[str, Room] = {}
    used: set[RoomId] = set()
    twins: Counter[RoomId] = Counter()
    for name in names:
        if name.casefold() in rooms:
            continue
        if len(rooms) == MOST_ROOMS:
            raise TimetableError(
                f"it names more than {MOST_ROOMS} rooms", hint="check that it is the programme of one conference"
            )
        id = slug = room_id(name)
        while id in used:
            twins[slug] += 1
            id = RoomId(f"{slug}-{twins[slug] + 1}")
        used.add(id)
        rooms[name.casefold()] = Room(id=id, name=name)
    return rooms


def _remark_overlaps(timetable: Timetable, remarks: RemarkList) -> None:
    """Sessions of one room that overlap."""
    zone = ZoneInfo(timetable.timezone)
    names = {room.id: room.name for room in timetable.rooms}
    latest: dict[RoomId, Session] = {}
    for session in timetable.sessions:
        if not session.is_planned or names[session.room] == NO_ROOM:
            continue
        before = latest.get(session.room)
        if before is not None and session.start < before.end:
            start, end = session.start.astimezone(zone), before.end.astimezone(zone)
            until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
            message = (
                f"in {names[session.room]} “{session.title}” starts at {start:%Y-%m-%d %H:%M}, "
                f"before “{before.title}” ends at {until}"
            )
            remarks.add("overlaps", message, session=session.id)
        if before is None or session.end > before.end:
            latest[session.room] = session
