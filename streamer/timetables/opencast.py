"""Opencast's calendar for a capture agent: iCalendar, each event with its catalogues attached, or the same in JSON.

Its events were scheduled to be recorded, so they may be; the calendar has no field for streaming. The location is
the agent's name. Attachments are read for the title, the speakers and the room, and for nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.icalendar.events import Flavour, parse_calendar
from streamer.timetables.icalendar.lines import Component
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.json_tree import Object, object_of, objects_in, read_json, text_of, written
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line
from streamer.timetables.items.xml_tree import read_xml
from streamer.timetables.items.zones import venue_zone

FORMAT = "opencast"

_LARGEST = 1_000_000
_PROPERTY = re.compile(r"^[ \t]*([^#!=:\s]+)[ \t]*[=:][ \t]*(.*)$", re.M)


def recognises(document: object) -> bool:
    """Whether a JSON document is a capture agent's calendar."""
    return isinstance(document, list) and any("agentId" in object_of(one.get("data")) for one in objects_in(document))


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a capture agent's calendar. Raises TimetableError."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _parse_json(data, timezone, options)
    return parse_calendar(data, _FLAVOUR, timezone=timezone, options=options)


def _parse_json(data: bytes, timezone: str | None, options: Options) -> Parsed:
    document = read_json(data)
    if not isinstance(document, list) or (document and not recognises(document)):
        raise TimetableError("JSON of another kind: it is not a calendar of Opencast", hint="is it …/calendar.json?")
    remarks = RemarkList()
    gathering = Gathering(venue_zone("", timezone, remarks), remarks)
    for number, entry in enumerate(document):
        event, where = object_of(object_of(entry).get("data")), f"[{number}]"
        catalogue = text_of(object_of(entry).get("episode-dublincore"))
        settings = object_of(event.get("agentConfig"))
        titles = [text_of(settings.get("event.title")), *_dublin_core(catalogue.encode("utf-8", "replace"), "title")]
        title = line(next(filter(None, titles), "")) or "(untitled)"
        try:
            gathering.add(_draft(event, settings, catalogue, gathering, title, where))
        except ValueError as error:
            gathering.leave_out(title, str(error), where, id=text_of(event.get("eventId")))
    return gathering.parsed(title="", room_names=(), format=FORMAT, default_room=options.room)


def _draft(event: Object, settings: Object, catalogue: str, gathering: Gathering, title: str, where: str) -> Draft:
    presenters = event.get("presenters")
    names = [text_of(name) for name in presenters] if isinstance(presenters, list) else []
    names = [*filter(None, names)] or _dublin_core(catalogue.encode("utf-8", "replace"), "creator")
    start = gathering.instant(_time(event.get("startDate"), "start"), title=title, where=where)
    end, fault = gathering.end(
        event.get("endDate"), None, start, lambda end: _time(end, "end"), title=title, where=where
    )
    return Draft(
        foreign=line(text_of(event.get("eventId"))),
        room=line(text_of(event.get("agentId")) or text_of(settings.get("event.location"))),
        title=title,
        start=start,
        end=end,
        fault=fault,
        speakers=speakers_of((name, "") for name in names),
        record=True,
        where=where,
    )


def _time(value: object, name: str) -> datetime:
    """A date with a time, or milliseconds since 1970. Raises ValueError."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        return datetime.fromisoformat(text_of(value))
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"its {name} “{written(value)[:40]}” is not a date with a time") from None


def _room(event: Component) -> str:
    return event.text("LOCATION") or _properties(event).get("event.location", "") or _first(event, "spatial")


def _title(event: Component) -> str:
    said = event.text("SUMMARY") or _first(event, "title")
    return said or _properties(event).get("event.title", "")


def _speakers(event: Component) -> Iterator[tuple[str, str]]:
    names = _dublin_core(_attached(event, "episode.xml"), "creator")
    if names:
        yield from ((name, "") for name in names)
        return
    organiser = event.first("ORGANIZER")
    if organiser is not None:
        yield organiser.parameters.get("CN", ""), ""


def _first(event: Component, name: str) -> str:
    return next(iter(_dublin_core(_attached(event, "episode.xml"), name)), "")


def _dublin_core(catalogue: bytes, name: str) -> list[str]:
    """What a catalogue says under a name; nothing where it can't be read: the calendar itself says what matters."""
    try:
        elements = read_xml(catalogue).children if catalogue else []
    except TimetableError:
        return []
    return [text for element in elements if element.name.rpartition(":")[2] == name and (text := element.text())]


def _properties(event: Component) -> dict[str, str]:
    content = _attached(event, "org.opencastproject.capture.agent.properties")
    return {name: value.strip() for name, value in _PROPERTY.findall(content.decode("utf-8", "replace"))}


def _attached(event: Component, file: str) -> bytes:
    for one in event.all("ATTACH"):
        if one.parameters.get("X-APPLE-FILENAME") == file and len(one.value) <= _LARGEST:
            try:
                return base64.b64decode(one.value, validate=False)
            except (ValueError, binascii.Error):
                return b""
    return b""


_FLAVOUR = Flavour(format=FORMAT, room=_room, speakers=_speakers, title=_title, record=True)
