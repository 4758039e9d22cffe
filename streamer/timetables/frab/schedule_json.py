"""``schedule.json``, version 1: the timetable as frab, pretalx and the c3voc tools publish it in JSON.

Version 2 is still being designed: it is recognised and not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.frab.items import CANCELLED, Item, Items
from streamer.timetables.frab.times import Day, read_day
from streamer.timetables.items.json_tree import Object, name_of, object_of, read_json, text_of, written
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line
from streamer.timetables.items.zones import venue_zone

FORMAT = "schedule-json"

_YES = frozenset((
    "allow", "allowed", "by", "default", "enabled", "on", "ok", "permitted", "possible", "record", "recorded",
    "recording", "stream", "streamed", "streaming", "true", "yes",
))  # fmt: skip
_NO = frozenset((
    "disabled", "disallow", "disallowed", "false", "forbid", "forbidden", "impossible", "never", "no", "none", "not",
    "off", "without",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Features:
    """What holds in a whole room; ``record_when_asked`` where an item has to allow it itself."""

    records: bool | None = None
    record_when_asked: bool = False
    streams: bool | None = None


_NOTHING = _Features()


def recognises(document: object) -> bool:
    """Whether a JSON document is a schedule.json of any version, or what is in one."""
    return isinstance(object_of(_schedule(document)).get("conference"), dict)


def _schedule(document: object) -> object:
    """The schedule, also where it lacks the object around it."""
    top = object_of(document)
    bare = "schedule" not in top and isinstance(object_of(top.get("conference")).get("days"), list)
    return top if bare else top.get("schedule")


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a schedule.json; ``timezone`` counts where it names none. Raises TimetableError."""
    document = read_json(data)
    schedule = _schedule(document)
    conference = schedule.get("conference") if isinstance(schedule, dict) else None
    if not isinstance(conference, dict):
        raise TimetableError(
            "JSON of another kind: it has no schedule.conference", hint="is it really a schedule.json?"
        )
    if isinstance(schedule, dict) and _is_version_2(document, schedule):
        raise TimetableError(
            "it is a schedule.json of version 2, which is an alpha and may change any day; it is not read",
            where="schedule.events",
            hint="publish version 1 beside it: its items are in schedule.conference.days",
        )
    days = conference.get("days")
    if not isinstance(days, list):
        raise TimetableError("it has no list of days", where="schedule.conference.days")
    remarks = RemarkList()
    zone = venue_zone(text_of(conference.get("time_zone_name")), timezone, remarks)
    items = Items(zone, remarks, generator=name_of(object_of(document).get("generator")))
    holder = "schedule.conference" if conference.get("rooms") else "schedule"
    listed = _listed(conference.get("rooms") or object_of(schedule).get("rooms"))
    room_names = dict.fromkeys(map(name_of, listed))
    features = {
        _key(name_of(room)): _features(room, remarks, f"{holder}.rooms[{number}]")
        for number, room in enumerate(listed)
        if isinstance(room, dict)
    }
    for number, day in enumerate(days):
        where = f"schedule.conference.days[{number}]"
        rooms = day.get("rooms") if isinstance(day, dict) else None
        if not isinstance(day, dict) or not isinstance(rooms, dict):
            remarks.add("days left out", "it has no rooms and is left out", where=where)
            continue
        frame = read_day(
            date_text=text_of(day.get("date")),
            begins=text_of(day.get("day_start")),
            ends=text_of(day.get("day_end")),
            change=text_of(conference.get("day_change")),
        )
        for name, events in rooms.items():
            room_names.setdefault(name)
            place = f"{where}.rooms[{json.dumps(name, ensure_ascii=False)[:80]}]"
            _add_events(items, events, name, frame, place, features)
    title = text_of(conference.get("title")) or text_of(conference.get("acronym"))
    return items.parsed(title=title, room_names=room_names, format=FORMAT, default_room=options.room)


def _add_events(
    items: Items, events: object, room: str, day: Day, where: str, features: Mapping[str, _Features]
) -> None:
    if not isinstance(events, list):
        items.leave_out(room, "its items are not a list", where)
        return
    for number, event in enumerate(events):
        place = f"{where}[{number}]"
        if isinstance(event, dict):
            key = _key(room) or _key(name_of(event.get("room")))
            items.add(_item(event, room, place, features.get(key, _NOTHING)), day)
        else:
            items.leave_out("an item", "it is not an object", place)


def _item(event: Object, room: str, where: str, features: _Features) -> Item:
    recording = object_of(event.get("recording"))
    no_recording = (event.get("do_not_record"), recording.get("optout"), recording.get("opt_out"))
    if features.record_when_asked and all(said in (None, "") for said in no_recording):
        no_recording = (True, None, None)
    return Item(
        ids=(text_of(event.get("guid")), text_of(event.get("id")), text_of(event.get("slug"))),
        id=text_of(event.get("streamer_id")),
        listed_in=room,
        room=name_of(event.get("room")),
        title=text_of(event.get("title")),
        date=text_of(event.get("date")),
        start=text_of(event.get("start")),
        duration=written(event.get("duration")),
        persons=tuple(_persons(event.get("persons"))),
        abstract=text_of(event.get("abstract")) or text_of(event.get("description")),
        type=name_of(event.get("type")),
        track=name_of(event.get("track")),
        end=written(event.get("end")),
        flags=tuple(event.get(name) for name in CANCELLED),
        states=(name_of(event.get("status")), name_of(event.get("state"))),
        no_recording=no_recording,
        no_stream=(event.get("do_not_stream"),),
        room_records=features.records,
        room_streams=features.streams,
        where=where,
    )


def _persons(persons: object) -> Iterator[tuple[str, str]]:
    for person in persons if isinstance(persons, list) else (persons,):
        if isinstance(person, dict):
            names = (text_of(person.get(key)) for key in ("public_name", "name", "full_public_name"))
            yield next(filter(None, names), ""), text_of(person.get("affiliation"))
        else:
            yield text_of(person), ""


def _listed(rooms: object) -> list[object]:
    """The rooms as a list; where they are an object its names are theirs."""
    if isinstance(rooms, dict):
        return [{"name": name} | object_of(room) for name, room in rooms.items()]
    return rooms if isinstance(rooms, list) else []


def _key(room: str) -> str:
    return line(room).casefold()


def _is_version_2(document: object, schedule: Object) -> bool:
    return isinstance(schedule.get("events"), list) or "schema2" in text_of(object_of(document).get("$schema"))


def _features(room: Object, remarks: RemarkList, where: str) -> _Features:
    features = object_of(room.get("features"))
    recording = features.get("recording")
    if text_of(recording).casefold() == "not_recorded_by_default":
        records, when_asked = None, True
    else:
        records, when_asked = _may(recording, "recording", remarks, where), False
    streams = _may(features.get("streaming", features.get("stream")), "streaming", remarks, where)
    return _Features(records=records, record_when_asked=when_asked, streams=streams)


def _may(feature: object, what: str, remarks: RemarkList, where: str) -> bool | None:
    """The meaning of a room's feature; the schema has words for it, and tools their own. Unknown words forbid."""
    if isinstance(feature, bool):
        return feature
    word = text_of(feature)
    words = set(re.split(r"[\W_]+", word[:80].casefold())) - {""}
    if not words or words == {"unknown"}:
        return None
    if not words & _NO and not words <= _YES:
        message = f"what the room says of {what}, “{word[:40]}”, can't be understood; it counts as forbidden"
        remarks.add("features that can't be understood", message, where=where)
    return words <= _YES
