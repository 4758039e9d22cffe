"""Programmes made up for measuring: always the same, in the sizes that real conferences have."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Room, Session, Speaker, Timetable

FIRST_DAY = datetime(2026, 1, 31, 8, tzinfo=UTC)
LENGTH = timedelta(minutes=25)
GRID = timedelta(minutes=30)
_ZONE = "Europe/Brussels"
_DAYS = 2
_NAMESPACE = uuid.UUID("6b1f2f50-9b55-4b8e-8a53-4cf1d2f4d2aa")
_SENTENCE = (
    "a hall full of people listens while somebody shows how free programs carry pictures and sound across the network "
    "from many small rooms to everybody who could not come and how they are kept for those who come later"
)
_WORDS = _SENTENCE.split()


def prose(seed: int, words: int) -> str:
    """Text that differs from item to item, as texts do; always the same for a seed."""
    chosen = (_WORDS[(seed * 31 + place * place * 7 + place) % len(_WORDS)] for place in range(words))
    return " ".join(chosen).capitalize() + "."


def frab_xml(sessions: int, rooms: int) -> bytes:
    """A schedule.xml over two days, with as much text in an event as FOSDEM's events have."""
    root = ElementTree.Element("schedule")
    conference = ElementTree.SubElement(root, "conference")
    texts = {
        "title": "A large conference",
        "acronym": "large",
        "days": str(_DAYS),
        "time_zone_name": _ZONE,
    }
    for name, text in texts.items():
        ElementTree.SubElement(conference, name).text = text
    in_a_room = -(-sessions // rooms)
    a_day = -(-in_a_room // _DAYS)
    number = 0
    for index in range(_DAYS):
        begins = (FIRST_DAY + timedelta(days=index)).astimezone(ZoneInfo(_ZONE))
        day = ElementTree.SubElement(root, "day", index=str(index + 1), date=f"{begins:%Y-%m-%d}")
        for room in range(rooms):
            held = ElementTree.SubElement(day, "room", name=f"Hall {room + 1}")
            for place in range(min(a_day, in_a_room - index * a_day)):
                if number == sessions:
                    break
                number += 1
                _event(held, number, f"Hall {room + 1}", begins + place * GRID)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _event(held: ElementTree.Element, number: int, room: str, start: datetime) -> None:
    event = ElementTree.SubElement(held, "event", guid=str(uuid.uuid5(_NAMESPACE, str(number))), id=str(number))
    texts = {
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "duration": "00:25",
        "room": room,
        "slug": f"large-{number}",
        "title": prose(number, 6),
        "subtitle": "",
        "track": f"Track {number % 17}",
        "type": "lecture",
        "language": "en",
        "url": f"https://conference.example/{number}",
        "abstract": f"<p>{prose(number, 120)}</p>",
        "description": f"<p>{prose(number + 1, 180)}</p>",
    }
    for name, text in texts.items():
        ElementTree.SubElement(event, name).text = text
    persons = ElementTree.SubElement(event, "persons")
    for person in range(1 + number % 3):
        ElementTree.SubElement(persons, "person", id=str(number * 3 + person)).text = f"Speaker {number * 3 + person}"
    links = ElementTree.SubElement(event, "links")
    for link in range(4):
        ElementTree.SubElement(links, "link", href=f"https://conference.example/{number}/{link}").text = prose(link, 4)


def one_day(sessions: int, rooms: int) -> Timetable:
    """So many sessions on one day, back to back in each room."""
    length = timedelta(days=1) / (-(-sessions // rooms) + 1)
    listed = [
        Session(
            id=SessionId(str(uuid.uuid5(_NAMESPACE, f"day {number}"))),
            room=RoomId(f"hall-{number % rooms + 1}"),
            title=prose(number, 6),
            start=FIRST_DAY + number // rooms * length,
            end=FIRST_DAY + (number // rooms + 1) * length,
            speakers=(Speaker(name=f"Speaker {number}"),),
            abstract=prose(number, 60),
        )
        for number in range(sessions)
    ]
    return Timetable(
        title="A large conference",
        timezone=_ZONE,
        rooms=tuple(Room(id=RoomId(f"hall-{n + 1}"), name=f"Hall {n + 1}") for n in range(rooms)),
        sessions=tuple(listed),
    )
