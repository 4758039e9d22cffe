"""Indico's JSON export: an event with its contributions or its sessions, or its timetable with the breaks.

``/export/event/ID.json?detail=contributions`` or ``detail=sessions``, and ``/export/timetable/ID.json``. Times have
their zone beside them. A session of the programme that has contributions is those; one that has none is an item
itself, and so is a poster session.
Indico has no fields for recording and streaming.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.json_tree import Object, name_of, object_of, objects_in, read_json, text_of, written
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line, paragraphs
from streamer.timetables.items.zones import find_zone, venue_zone

FORMAT = "indico"


def recognises(document: object) -> bool:
    return object_of(document).get("_type") == "HTTPAPIResult" or any(
        event.get("_type") == "Conference" for event in objects_in(object_of(document).get("results"))
    )


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read an export; ``timezone`` counts where it names none. Raises TimetableError."""
    document = object_of(read_json(data))
    results = document.get("results")
    if not isinstance(results, list | dict):
        raise TimetableError("JSON of another kind: it has no results", hint="is it really an export of Indico?")
    if not results:
        raise TimetableError(
            "the export has no event",
            hint="is its number right, and is it public? an API key goes into the address",
        )
    remarks = RemarkList()
    events = [event for event in objects_in(results) if isinstance(results, list)]
    named = next(filter(None, (text_of(event.get("timezone")) for event in events)), "")
    first = "" if named else next((_zone_of(entry) for entry, *_ in _entries(results, remarks)), "")
    gathering = Gathering(venue_zone(named or first, timezone, remarks), remarks)
    waiting = 0
    seen = set()
    for entry, kind, room, where in _entries(results, remarks):
        title = _title(entry)
        if not object_of(entry.get("startDate")):
            waiting += 1
            continue
        foreign = _id(entry, kind, several=len(events) > 1)
        identity = (foreign, str(entry.get("startDate")))
        if identity in seen:
            continue
        seen.add(identity)
        try:
            _add(entry, kind, room, foreign, gathering, title, where)
        except ValueError as error:
            gathering.leave_out(title, str(error), where, id=foreign)
    if waiting:
        remarks.add("unscheduled items", f"{waiting} items have no time yet; left out")
    title = next(filter(None, (text_of(event.get("title")) for event in events)), "")
    return gathering.parsed(title=title, room_names=(), format=FORMAT, default_room=options.room)


def _add(entry: Object, kind: str, room: str, foreign: str, gathering: Gathering, title: str, where: str) -> None:
    start = gathering.instant(_wall(entry.get("startDate")), title=title, where=where)
    end, fault = gathering.end(entry.get("endDate"), entry.get("duration"), start, _wall, title=title, where=where)
    speakers = speakers_of(_speakers(entry))
    what = SessionKind.BREAK
    if kind != "b":
        what = gathering.kind(
            type=name_of(entry.get("type")),
            track=name_of(entry.get("track")),
            title=title,
            speakers=speakers,
            where=where,
        )
    gathering.add(
        Draft(
            foreign=foreign,
            room=line(_room(entry) or room),
            title=title,
            start=start,
            end=end,
            fault=fault,
            speakers=speakers,
            abstract=paragraphs(text_of(entry.get("description"))),
            kind=what,
            where=where,
        )
    )


def _entries(results: object, remarks: RemarkList) -> Iterator[tuple[Object, str, str, str]]:
    """Items with their kind (c, s or b), the room of what they lie in, and where they stand."""
    if isinstance(results, dict):
        for id, days in results.items():
            for day, entries in object_of(days).items():
                where = f"results.{line(str(id), 40)}.{line(str(day), 40)}"
                yield from _scheduled(object_of(entries), "", where, remarks)
        return
    for number, event in enumerate(results if isinstance(results, list) else ()):
        where, event = f"results[{number}]", object_of(event)
        if not isinstance(event.get("contributions"), list) and not isinstance(event.get("sessions"), list):
            raise TimetableError(
                "the export says nothing of contributions or sessions",
                where=where,
                hint="add ?detail=contributions or ?detail=sessions to its address",
            )
        room = _room(event)
        yield from _contributions(event, room, where)
        for index, session in enumerate(objects_in(event.get("sessions"))):
            place, within = f"{where}.sessions[{index}]", _room(session) or room
            if session.get("contributions") and not _is_one(session, "contributions", place, remarks):
                yield from _contributions(session, within, place)
            else:
                yield session, "s", within, place


def _contributions(holder: Object, room: str, where: str) -> Iterator[tuple[Object, str, str, str]]:
    for index, contribution in enumerate(objects_in(holder.get("contributions"))):
        yield contribution, "c", room, f"{where}.contributions[{index}]"


def _scheduled(entries: Object, room: str, where: str, remarks: RemarkList) -> Iterator[tuple[Object, str, str, str]]:
    for key, entry in entries.items():
        if isinstance(entry, dict):
            kind = text_of(entry.get("entryType")).casefold()[:1] or key[:1]
            within = object_of(entry.get("entries"))
            place = f"{where}.{line(str(key), 40)}"
            if within and not _is_one(entry, "entries", place, remarks):
                yield from _scheduled(within, _room(entry) or room, place, remarks)
            else:
                yield entry, kind, room, place


def _is_one(session: Object, key: str, where: str, remarks: RemarkList) -> bool:
    """Whether a session is one item despite its contents: a poster session."""
    if session.get("isPoster") is not True and object_of(session.get("session")).get("isPoster") is not True:
        return False
    starts = [str(poster.get("startDate")) for poster in objects_in(session.get(key))]
    if len(set(starts)) == len(starts) or not object_of(session.get("startDate")):
        return False
    message = f"“{_title(session)}” is taken as one: it is a poster session, and its {len(starts)} items go on at once"
    remarks.add("poster sessions", message, where=where)
    return True


def _title(entry: Object) -> str:
    """The title; of a part of a session with the part's own, where it is not in there."""
    title, own = line(text_of(entry.get("title"))), line(text_of(entry.get("slotTitle")))
    return f"{title}: {own}" if title and own and own not in title else title or own or "(untitled)"


def _id(entry: Object, kind: str, *, several: bool) -> str:
    """As the timetable has it: c3 for contribution 3, after the event's own id where there are several events."""
    own = text_of(entry.get("contributionId")) or text_of(entry.get("db_id")) or text_of(entry.get("id"))
    if not own:
        return ""
    own = own if own[:1].isalpha() else f"{kind}{own}"
    event = text_of(entry.get("conferenceId")) if several else ""
    return line(f"{event}-{own}" if event else own)


def _room(entry: Object) -> str:
    return name_of(entry.get("room")) or text_of(entry.get("roomFullname"))


def _zone_of(entry: Object) -> str:
    return text_of(object_of(entry.get("startDate")).get("tz"))


def _wall(value: object) -> datetime:
    stamp = object_of(value)
    text = f"{text_of(stamp.get('date'))}T{text_of(stamp.get('time'))}" if stamp else written(value)
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"its time “{text[:40]}” is not a date with a time") from None
    if wall.tzinfo is None:
        wall = wall.replace(tzinfo=find_zone(text_of(stamp.get("tz"))))
    return wall


def _speakers(entry: Object) -> Iterator[tuple[str, str]]:
    for key in ("speakers", "presenters"):
        for person in objects_in(entry.get(key)):
            first = text_of(person.get("first_name")) or text_of(person.get("firstName"))
            last = text_of(person.get("last_name")) or text_of(person.get("familyName"))
            whole = text_of(person.get("fullName")) or text_of(person.get("name"))
            yield (f"{first} {last}" if first and last else whole), text_of(person.get("affiliation"))
