"""Sched's calendar export: iCalendar with a room in LOCATION, or only in fields and categories of its own."""

from __future__ import annotations

import re
from dataclasses import replace

from streamer.core.timetable.sessions import Parsed
from streamer.timetables.icalendar.calendar import speakers_in_text, title_of
from streamer.timetables.icalendar.events import Flavour, parse_calendar
from streamer.timetables.icalendar.lines import Component
from streamer.timetables.items.options import NOTHING_SAID, Options

FORMAT = "sched"

_ROOMS = ("LOCATION", "X-SCHED-VENUE", "X-SCHED-ROOM", "X-VENUE", "X-ROOM", "X-LOCATION")
_SAYS_A_ROOM = re.compile(rb"^(?:%b)[^:\r\n]*:[ \t]*\S" % "|".join(_ROOMS).encode(), re.M | re.I)
_SPEAKERS = ("X-SCHED-SPEAKERS", "X-SPEAKERS", "X-SCHED-SPEAKER", "X-SPEAKER")


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read an export of Sched. Raises TimetableError."""
    flavour = _FLAVOUR if _SAYS_A_ROOM.search(data) else _WITHOUT_ROOMS
    return parse_calendar(data, flavour, timezone=timezone, options=options)


def _room(event: Component) -> str:
    return next(filter(None, map(event.text, _ROOMS)), "")


def _category(event: Component) -> str:
    """What conferences with one track a room use as the room, where no session of theirs has a location."""
    categories = event.first("CATEGORIES")
    return categories.texts[0] if categories is not None else ""


def _speakers(event: Component) -> list[tuple[str, str]]:
    said = next(filter(None, map(event.text, _SPEAKERS)), "")
    return [(name, "") for name in said.split(",")] if said else list(speakers_in_text(event))


_FLAVOUR = Flavour(format=FORMAT, room=_room, speakers=_speakers, title=title_of)
_WITHOUT_ROOMS = replace(_FLAVOUR, room=_category)
