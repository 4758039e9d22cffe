"""``schedule.json``, version 1: the timetable as frab, pretalx and the c3voc tools publish it in JSON.

Every one of its writers bends the schema a little, so values are read by what they are, not by what they should be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed
from streamer.timetables.frab import Item, Items
from streamer.timetables.frab_times import Day, read_day
from streamer.timetables.remarks import RemarkList
from streamer.timetables.zones import venue_zone

FORMAT = "schedule-json"


def parse(data: bytes, *, timezone: str | None) -> Parsed:
    """Read a schedule.json; ``timezone`` counts where it names none. Raises TimetableError."""
    document = _document(data)
    schedule = document.get("schedule") if isinstance(document, dict) else None
    conference = schedule.get("conference") if isinstance(schedule, dict) else None
    if not isinstance(conference, dict):
        raise TimetableError(
            "JSON of another kind: it has no schedule.conference", hint="is it really a schedule.json?"
        )
    days = conference.get("days")
    if not isinstance(days, list):
        raise TimetableError("it has no list of days", where="schedule.conference.days")
    remarks = RemarkList()
    items = Items(venue_zone(_text(conference.get("time_zone_name")), timezone, remarks), remarks)
    room_names = dict.fromkeys(_listed_rooms(conference.get("rooms")))
    for number, day in enumerate(days):
        where = f"schedule.conference.days[{number}]"
        rooms = day.get("rooms") if isinstance(day, dict) else None
        if not isinstance(day, dict) or not isinstance(rooms, dict):
            remarks.add("days left out", "it has no rooms and is left out", where=where)
            continue
        frame = read_day(
            date_text=_text(day.get("date")),
            begins=_text(day.get("day_start")),
            ends=_text(day.get("day_end")),
            change="",
        )
        for name, events in rooms.items():
            room_names.setdefault(name)
            _add_events(items, events, name, frame, f"{where}.rooms[{json.dumps(name, ensure_ascii=False)[:80]}]")
    title = _text(conference.get("title")) or _text(conference.get("acronym"))
    return items.parsed(title=title, room_names=room_names, format=FORMAT)


def _document(data: bytes) -> object:
    try:
        text = data.decode(json.detect_encoding(data))
        return json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        raise TimetableError(
            f"not JSON: {error.msg}",
            where=f"line {error.lineno}, column {error.colno}",
            hint="it ends in the middle: was it cut short?" if cut else "",
        ) from error
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise TimetableError("not UTF-8 text", where=f"line {number}") from error
    except (ValueError, RecursionError) as error:  # beyond the parser's own limits
        raise TimetableError("not usable JSON: a number is too long or values are nested too deep") from error


def _add_events(items: Items, events: object, room: str, day: Day, where: str) -> None:
    if not isinstance(events, list):
        items.leave_out(room, "its items are no list", where)
        return
    for number, event in enumerate(events):
        place = f"{where}[{number}]"
        if isinstance(event, dict):
            items.add(_item(event, room, place), day)
        else:
            items.leave_out("an item", "it is no object", place)


def _item(event: dict[str, object], room: str, where: str) -> Item:
    return Item(
        ids=(_text(event.get("guid")), _text(event.get("id")), _text(event.get("slug"))),
        listed_in=room,
        room=_room_name(event.get("room")),
        title=_text(event.get("title")),
        date=_text(event.get("date")),
        start=_text(event.get("start")),
        duration=_text(event.get("duration")),
        persons=tuple(_persons(event.get("persons"))),
        abstract=_text(event.get("abstract")) or _text(event.get("description")),
        type=_text(event.get("type")),
        track=_text(event.get("track")),
        no_recording=event.get("do_not_record"),
        no_stream=event.get("do_not_stream"),
        where=where,
    )


def _persons(persons: object) -> Iterator[str]:
    for person in persons if isinstance(persons, list) else ():
        if isinstance(person, dict):
            yield _text(person.get("public_name")) or _text(person.get("name")) or _text(person.get("full_public_name"))
        else:
            yield _text(person)


def _listed_rooms(rooms: object) -> Iterator[str]:
    for room in rooms if isinstance(rooms, list) else ():
        yield _room_name(room)


def _room_name(room: object) -> str:
    return _text(room.get("name")) if isinstance(room, dict) else _text(room)


def _text(value: object) -> str:
    """A string or number as text, a translated text in its first language; empty for anything else."""
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
