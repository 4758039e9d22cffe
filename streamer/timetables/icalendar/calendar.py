"""iCalendar (RFC 5545) from any calendar program: each event is a session, its location the room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamer.core.timetable.sessions import Parsed
from streamer.timetables.icalendar.events import Flavour, parse_calendar
from streamer.timetables.icalendar.lines import Component
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.text import paragraphs

FORMAT = "icalendar"

_SPEAKERS = re.compile(
    r"^[ \t]*(?:\*\*)?(?:speakers?|presenters?|presented by|referent(?:in|en|innen)?|vortragende[r]?"
    r"|foredragsholder[e]?|intervenant(?:e?s)?|ponentes?|sprekers?|talare)"
    r"(?:\*\*)?[ \t]*:(?:\*\*)?(.+)$",
    re.I | re.M,
)
_BETWEEN = re.compile(r"\s*(?:[,;&]|\band\b|\bund\b|\bet\b|\bog\b)\s*")


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a calendar. Raises TimetableError."""
    return parse_calendar(data, _FLAVOUR, timezone=timezone, options=options)


def title_of(event: Component) -> str:
    return event.text("SUMMARY")


def speakers_in_text(event: Component) -> Iterator[tuple[str, str]]:
    """The speakers in a line of the description, such as “Speaker: Ada”. Attendees, the audience, are not read."""
    found = _SPEAKERS.search(paragraphs(event.text("DESCRIPTION")[:5000]))
    for name in _BETWEEN.split(" ".join(found[1].split())) if found else ():
        if 0 < len(name) <= 80:
            yield name, ""


_FLAVOUR = Flavour(format=FORMAT, room=lambda event: event.text("LOCATION"), speakers=speakers_in_text, title=title_of)
