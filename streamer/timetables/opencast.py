"""Opencast's calendar for a capture agent: iCalendar, each event with its catalogues attached.

What stands there was scheduled to be recorded, so it may be; of streaming the calendar says nothing. The location is
the agent's name. Attachments are read for the title, the speakers and the room, and for nothing else.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed
from streamer.timetables.ics_events import Flavour, parse_calendar
from streamer.timetables.ics_lines import Component
from streamer.timetables.options import NOTHING_SAID, Options
from streamer.timetables.xml_tree import Element, read_xml

FORMAT = "opencast"

_LARGEST = 1_000_000
_PROPERTY = re.compile(r"^[ \t]*([^#!=:\s]+)[ \t]*[=:][ \t]*(.*)$", re.M)


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a capture agent's calendar. Raises TimetableError."""
    return parse_calendar(data, _FLAVOUR, timezone=timezone, options=options)


def _room(event: Component) -> str:
    return event.text("LOCATION") or _properties(event).get("event.location", "") or _dublin_core(event, "spatial")


def _title(event: Component) -> str:
    said = event.text("SUMMARY") or _dublin_core(event, "title")
    return said or _properties(event).get("event.title", "")


def _speakers(event: Component) -> Iterator[tuple[str, str]]:
    catalogue = _catalogue(event)
    names = [element for element in catalogue.children if _local(element) == "creator"] if catalogue else []
    if names:
        yield from ((element.text(), "") for element in names)
        return
    organiser = event.first("ORGANIZER")
    if organiser is not None:
        yield organiser.parameters.get("CN", ""), ""


def _dublin_core(event: Component, name: str) -> str:
    catalogue = _catalogue(event)
    found = (element.text() for element in catalogue.children if _local(element) == name) if catalogue else iter(())
    return next(filter(None, found), "")


def _catalogue(event: Component) -> Element | None:
    content = _attached(event, "episode.xml")
    try:
        return read_xml(content) if content else None
    except TimetableError:
        return None  # the calendar itself says what matters


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


def _local(element: Element) -> str:
    return element.name.rpartition(":")[2]


_FLAVOUR = Flavour(format=FORMAT, room=_room, speakers=_speakers, title=_title, record=True)
