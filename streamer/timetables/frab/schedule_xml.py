"""frab's ``schedule.xml``, from Pentabarf's days to today's pretalx and c3voc tools.

Modern files have guid, date and a time zone; older ones only a day's date and times of day.
"""

from __future__ import annotations

from collections.abc import Iterator

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.frab.items import CANCELLED, Item, Items
from streamer.timetables.frab.times import read_day
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.xml_tree import Element, read_xml
from streamer.timetables.items.zones import venue_zone

FORMAT = "frab-xml"


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a schedule.xml; ``timezone`` counts where it names none. Raises TimetableError."""
    root = read_xml(data)
    if root.name != "schedule":
        raise TimetableError(
            f"XML of another kind: its root is <{root.name[:60]}>",
            where=f"line {root.line}",
            hint="frab's XML has the root <schedule>",
        )
    conference = root.child("conference") or Element("conference", {}, root.line)
    remarks = RemarkList()
    zone = venue_zone(conference.text("time_zone_name"), timezone, remarks)
    generator = root.child("generator") or conference.child("generator")
    items = Items(zone, remarks, generator.attributes.get("name", "") if generator is not None else "")
    room_names: dict[str, None] = {}
    _refuse_other_kinds(root)
    for day_element in root.named("day"):
        attributes = day_element.attributes
        day = read_day(
            date_text=attributes.get("date", ""),
            begins=attributes.get("start", ""),
            ends=attributes.get("end", ""),
            change=conference.text("day_change"),
        )
        for room in day_element.named("room"):
            name = room.attributes.get("name", "")
            room_names.setdefault(name)
            for event in room.named("event"):
                items.add(_item(event, name), day)
        for event in day_element.named("event"):
            items.add(_item(event, ""), day)
    title = conference.text("title") or conference.text("acronym")
    return items.parsed(title=title, room_names=room_names, format=FORMAT, default_room=options.room)


def _refuse_other_kinds(root: Element) -> None:
    """Raises TimetableError if days contain only unknown elements: it must not count as empty."""
    inside = [element for day in root.named("day") for element in day.children]
    if inside and not any(element.name in ("room", "event") for element in inside):
        raise TimetableError(
            f"XML of another kind: its days hold <{inside[0].name[:60]}> and no <room>",
            where=f"line {inside[0].line}",
            hint="frab's XML has <day>, in it <room>, and in that <event>",
        )


def _item(event: Element, room: str) -> Item:
    return Item(
        ids=(event.attributes.get("guid", ""), event.attributes.get("id", ""), event.text("slug")),
        listed_in=room,
        room=event.text("room"),
        title=event.text("title"),
        date=event.text("date"),
        start=event.text("start"),
        duration=event.text("duration"),
        persons=_persons(event),
        abstract=event.text("abstract") or event.text("description"),
        type=event.text("type"),
        track=event.text("track"),
        end=event.text("end"),
        flags=tuple(event.text(name) for name in CANCELLED),
        states=(event.text("status"), event.text("state")),
        no_recording=(event.text("do_not_record"), *_opt_outs(event)),
        no_stream=(event.text("do_not_stream"),),
        where=f"line {event.line}",
    )


def _opt_outs(event: Element) -> Iterator[str]:
    """What every ``<recording>`` says; its opt-out has been written in three ways."""
    return (each.text(name) for each in event.named("recording") for name in ("optout", "opt_out", "opt-out"))


def _persons(event: Element) -> tuple[tuple[str, str], ...]:
    """Persons as frab lists them, or the one that stands in the item itself."""
    holders = [*event.named("persons"), event]
    return tuple(
        (person.text() or person.text("name") or person.text("public_name"), person.text("affiliation"))
        for holder in holders
        for person in holder.named("person")
    )
