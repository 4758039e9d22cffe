"""A bad field costs only itself: whatever an optional field of one item says, all else is read as before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import pytest
from support.feeds.made_up import workbook

from streamer.core.timetable.sessions import Parsed, Session
from streamer.timetables import parse

Item = dict[str, object]

LENGTHS = (
    "soon", "135.0:00", "-0:30", "0:00", "0:00:00", "half an hour", "9999:99", "1e9", "-5", "PT", "P99999999D",
    "-PT45M", "²", "\u00a0", "45 parsecs", "1:2:3:4", "NaN", "∞", "2025-03-30",
)  # fmt: skip
ENDS = (
    "soon", "2025-03-30T10:00:00+02:00", "2025-03-30T09:00:00+02:00", "2025-02-30T11:00:00+02:00", "99999", "²",
    "9:00:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00", "2026-01-01T00:00:00+02:00",
    "20250330T100000",
    "-", "13/30/2025 11:00", "25:00", "10:00 11:00", "tomorrow 9 EST", "2025-03-30 10:00 EST",
)  # fmt: skip
WORDS = ("maybe", "²", "-1", "nope", "truly", "null")
NUMBERS: tuple[object, ...] = (None, 0, -5, 1.5, 1e9, 1e300, True, [], {}, [5], {"a": 1}, "")
TEXTS = ("", "\u202e", "soon", "<x", "&", "12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """``optional`` pairs a field with what may differ in its session, and the values to try."""

    build: Callable[[Sequence[Item]], bytes]
    item: Item
    starts: Sequence[str]
    optional: Mapping[str, tuple[str, Sequence[object]]]
    start: str = "start"

    def items(self) -> list[Item]:
        return [self.item | {"id": f"item-{n}", self.start: start} for n, start in enumerate(self.starts)]


def escaped(value: object) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;")


def frab_xml(items: Sequence[Item]) -> bytes:
    events = "".join(
        f"<event guid='{item['id']}'>"
        + "".join(f"<{name}>{escaped(value)}</{name}>" for name, value in item.items() if name != "id")
        + "</event>"
        for item in items
    )
    return (
        "<schedule><conference><title>D</title><time_zone_name>Europe/Berlin</time_zone_name></conference>"
        f"<day date='2025-03-30'><room name='R'>{events}</room><room name='S'/></day></schedule>"
    ).encode()


def schedule_json(items: Sequence[Item]) -> bytes:
    day = {"date": "2025-03-30", "rooms": {"R": [{**item, "guid": item["id"]} for item in items], "S": []}}
    conference = {"title": "D", "time_zone_name": "Europe/Berlin", "days": [day]}
    return json.dumps({"schedule": {"conference": conference}}).encode()


def pretalx(items: Sequence[Item]) -> bytes:
    def slot(item: Item) -> Item:
        submission = {name: item[name] for name in ("title", "state", "abstract", "do_not_record")}
        times: Item = {name: item[name] for name in ("start", "end", "duration") if name in item}
        return {**times, "room": {"id": 1, "name": "R"}, "submission": {**submission, "code": item["id"]}}

    return json.dumps({"count": len(items), "next": None, "results": [slot(item) for item in items]}).encode()


def indico(items: Sequence[Item]) -> bytes:
    def stamp(value: object) -> object:
        if not isinstance(value, str) or "T" not in value:
            return value
        day, _, time = value.partition("T")
        return {"date": day, "time": time, "tz": "Europe/Berlin"}

    contributions = [
        item | {"startDate": stamp(item["startDate"]), "endDate": stamp(item["endDate"])} for item in items
    ]
    event = {"_type": "Conference", "title": "D", "timezone": "Europe/Berlin", "contributions": contributions}
    return json.dumps({"_type": "HTTPAPIResult", "results": [event]}).encode()


def sessionize(items: Sequence[Item]) -> bytes:
    return json.dumps({"sessions": list(items), "speakers": [], "rooms": [{"id": 1, "name": "R"}]}).encode()


def opencast(items: Sequence[Item]) -> bytes:
    return json.dumps([{"data": {**item, "eventId": item["id"]}} for item in items]).encode()


def icalendar(items: Sequence[Item]) -> bytes:
    def event(item: Item) -> str:
        properties = "".join(f"{name}:{value}\r\n" for name, value in item.items() if name not in ("id", "start"))
        return f"BEGIN:VEVENT\r\nUID:{item['id']}\r\nDTSTART:{item['start']}\r\n{properties}END:VEVENT\r\n"

    return f"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\n{''.join(map(event, items))}END:VCALENDAR\r\n".encode()


def csv(items: Sequence[Item]) -> bytes:
    def cell(value: object) -> str:
        return '"{}"'.format(str(value).replace('"', '""'))

    return "\n".join([",".join(items[0]), *(",".join(map(cell, item.values())) for item in items)]).encode()


def xlsx(items: Sequence[Item]) -> bytes:
    return workbook({"Programme": [list(items[0]), *([str(value) for value in item.values()] for item in items)]})


def toml(items: Sequence[Item]) -> bytes:
    def value(one: object) -> str:
        plain = isinstance(one, str) and one.startswith("=")
        return str(one)[1:] if plain else json.dumps(one, ensure_ascii=False) if one is not None else '""'

    head = '[conference]\ntitle = "D"\ntimezone = "Europe/Berlin"\n'
    return (
        head
        + "".join(
            "[[sessions]]\n" + "".join(f"{name} = {value(one)}\n" for name, one in item.items()) for item in items
        )
    ).encode()


ISO = [f"2025-03-30T{hour}:00:00+02:00" for hour in (9, 10, 11)]
ISO = [one.replace("T9", "T09") for one in ISO]
LOCAL = [one[:19] for one in ISO]
CONSENT: tuple[object, ...] = (*WORDS, [], {}, 7)
FORMATS = {
    "frab-xml": Format(
        build=frab_xml,
        item={"date": "2025-03-30", "start": "", "duration": "0:45", "title": "T", "room": "R", "abstract": "A"},
        starts=["09:00", "10:00", "11:00"],
        optional={
            "duration": ("end", LENGTHS),
            "end": ("end", ENDS),
            "date": ("", ("soon", "2025-02-30", "²", "30.3.")),
            "room": ("", TEXTS),
            "abstract": ("abstract", TEXTS),
            "do_not_record": ("record", WORDS),
            "status": ("", TEXTS),
            "cancelled": ("", WORDS),
        },
    ),
    "schedule-json": Format(
        build=schedule_json,
        item={"date": "2025-03-30", "start": "", "duration": "0:45", "title": "T", "room": "R", "abstract": "A"},
        starts=["09:00", "10:00", "11:00"],
        optional={
            "duration": ("end", (*LENGTHS, *NUMBERS)),
            "end": ("end", (*ENDS, *NUMBERS)),
            "room": ("", (*TEXTS, *NUMBERS)),
            "abstract": ("abstract", (*TEXTS, *NUMBERS)),
            "do_not_record": ("record", CONSENT),
            "recording": ("record", ({"optout": "maybe"}, "", 5, [])),
            "persons": ("speakers", (*TEXTS, *NUMBERS)),
            "state": ("", (*TEXTS, *NUMBERS)),
            "cancelled": ("", (*WORDS, [], {})),
        },
    ),
    "pretalx": Format(
        build=pretalx,
        item={"start": "", "end": "", "duration": 45, "title": "T", "state": "confirmed", "abstract": "A",
              "do_not_record": False},
        starts=ISO,
        optional={
            "duration": ("end", (*LENGTHS, *NUMBERS)),
            "end": ("end", (*ENDS, *NUMBERS)),
            "abstract": ("abstract", (*TEXTS, *NUMBERS)),
            "state": ("", ("confirmd", "²", 5, [], {}, None)),
            "do_not_record": ("record", (None, *CONSENT)),
        },
    ),
    "indico": Format(
        build=indico,
        item={"startDate": "", "endDate": "", "duration": 45, "title": "T", "room": "R", "description": "A"},
        start="startDate",
        starts=LOCAL,
        optional={
            "duration": ("end", (*LENGTHS, *NUMBERS)),
            "endDate": ("end", (*ENDS, *NUMBERS, {"date": 5}, {"date": "2025-03-30", "time": "x"})),
            "description": ("abstract", (*TEXTS, *NUMBERS)),
            "speakers": ("speakers", (*TEXTS, *NUMBERS)),
        },
    ),
    "sessionize": Format(
        build=sessionize,
        item={"startsAt": "", "endsAt": "", "title": "T", "roomId": 1, "description": "A", "status": "Accepted"},
        start="startsAt",
        starts=LOCAL,
        optional={
            "endsAt": ("end", (*ENDS, *NUMBERS)),
            "description": ("abstract", (*TEXTS, *NUMBERS)),
            "status": ("", ("Acceptd", *NUMBERS)),
            "speakers": ("speakers", (*TEXTS, *NUMBERS)),
            "isServiceSession": ("", (*WORDS, 1, [], {})),
        },
    ),
    "opencast": Format(
        build=opencast,
        item={"startDate": "", "endDate": "", "agentId": "R", "agentConfig": {"event.title": "T"}},
        start="startDate",
        starts=ISO,
        optional={
            "endDate": ("end", (*ENDS, *NUMBERS)),
            "presenters": ("speakers", (*TEXTS, *NUMBERS)),
        },
    ),
    "icalendar": Format(
        build=icalendar,
        item={"start": "", "DURATION": "PT45M", "SUMMARY": "T", "LOCATION": "R", "DESCRIPTION": "A"},
        starts=["20250330T070000Z", "20250330T080000Z", "20250330T090000Z"],
        optional={
            "DURATION": ("end", ("-PT5M", "PT0S", "soon", "P", "", "45", "P99999D", "P9999W", "1:30", "PT45")),
            "DTEND": ("end", ("20250330T080000Z", "20250330T070000Z", "20250330", "20250331", "soon",
                              "99991231T235959Z", "20250231T100000Z", "00010101T000000Z", "20250330T250000Z")),
            "DESCRIPTION": ("abstract", TEXTS),
            "SEQUENCE": ("", WORDS),
            "STATUS": ("", ("CONFIRMD", *WORDS)),
            "EXDATE": ("", ("soon", "20250231", ",,")),
            "RRULE": ("", ("FREQ=SOMETIMES", "soon", "COUNT=2")),
            "RDATE": ("", ("soon", "20250231T100000Z", "/PT1H")),
            "DTEND;TZID=Mars/Phobos": ("end", ("20250330T110000",)),
        },
    ),
    "csv": Format(
        build=csv,
        item={"id": "", "start": "", "end": "", "length": "45", "title": "T", "room": "R", "abstract": "A",
              "timezone": "Europe/Berlin", "record": "", "break": "", "status": "confirmed", "end date": ""},
        starts=[one[:16].replace("T", " ") for one in ISO],
        optional={
            "length": ("end", LENGTHS),
            "end": ("end", ENDS),
            "end date": ("", ("soon", "2025-02-30")),
            "abstract": ("abstract", TEXTS),
            "timezone": ("", ("Mars", "²", "Europe/Atlantis", "UTC+99")),
            "record": ("record", WORDS),
            "status": ("", TEXTS),
        },
    ),
    "xlsx": Format(
        build=xlsx,
        item={"id": "", "start": "", "end": "", "length": "45", "title": "T", "room": "R"},
        starts=[one[:16].replace("T", " ") for one in ISO],
        optional={"length": ("end", LENGTHS), "end": ("end", ENDS)},
    ),
    "toml": Format(
        build=toml,
        item={"id": "", "start": "", "duration": "45m", "title": "T", "room": "R", "abstract": "A"},
        starts=[f"={one}" for one in ISO],
        optional={
            "duration": ("end", (*LENGTHS, 5, 1.5, True, [], "")),
            "end": ("end", (*ENDS, "=2025-03-30T10:00:00", "=2025-03-30", "=11:00:00", "=2025-03-30T09:59:00", 5, [])),
            "abstract": ("abstract", (*TEXTS, 5, [], True)),
            "record": ("record", (*WORDS, 5, [])),
            "kind": ("", ("talk", 5, [])),
            "speakers": ("speakers", ("Ada", 5, ["Ada"])),
            "foreign": ("foreign", (5, [])),
            "cancelled": ("", (*WORDS, 5)),
        },
    ),
}  # fmt: skip


def read(format: str, items: Sequence[Item]) -> Parsed:
    return parse(FORMATS[format].build(items), name="feed", timezone="Europe/Berlin", format=format)


def differences(one: Session, other: Session) -> set[str]:
    names = {field.name for field in fields(Session)} - {"doubt"}
    return {name for name in names if getattr(one, name) != getattr(other, name)}


@pytest.mark.parametrize("format", FORMATS)
def test_a_bad_field_costs_only_itself(format: str) -> None:
    kind = FORMATS[format]
    items = kind.items()
    right = read(format, items)
    assert len(right.timetable.sessions) == 3
    for field, (may_differ, values) in kind.optional.items():
        for value in values:
            changed = [{**item, field: item.get(field, "")} for item in items] if format in ("csv", "xlsx") else items
            parsed = read(format, [changed[0], {**changed[1], field: value}, changed[2]])
            what = f"{format}: {field} = {value!r}: {[remark.message for remark in parsed.remarks]}"
            assert [s.id for s in parsed.timetable.sessions] == [s.id for s in right.timetable.sessions], what
            pairs = list(zip(parsed.timetable.sessions, right.timetable.sessions, strict=True))
            assert [pairs[0][0], pairs[2][0]] == [pairs[0][1], pairs[2][1]], what
            differing = differences(*pairs[1])
            assert differing <= {may_differ}, what
            added = len(parsed.remarks) - len(right.remarks)
            assert added <= 1, what
            assert added == 1 or not (differing & {"end", "record"}) or pairs[1][0].doubt is None, what


@pytest.mark.parametrize("format", sorted(set(FORMATS) - {"toml"}))
def test_an_item_without_a_readable_start_is_named_as_unread(format: str) -> None:
    kind = FORMATS[format]
    items = kind.items()
    parsed = read(format, [items[0], {**items[1], kind.start: "2025-02-30T25:00", "date": ""}, items[2]])
    assert [session.id for session in parsed.timetable.sessions] == ["item-0", "item-2"]
    (item,) = parsed.timetable.unread
    assert item.id == "item-1"
    assert item.where
    assert any("is left out" in remark.message for remark in parsed.remarks)
