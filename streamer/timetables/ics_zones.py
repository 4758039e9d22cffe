"""The time zones of a calendar: by IANA name, by the names Windows gives them, or as the file itself defines them.

A definition in the file counts only where the name says nothing: files carry definitions that are decades old.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from itertools import islice, takewhile

from streamer.timetables.ics_lines import Component
from streamer.timetables.ics_rules import Budget, OutOfBudget, local_times, read_rule
from streamer.timetables.zones import find_zone

_LAST_ONSET = datetime(2100, 1, 1)
_ONSETS = 500

_WINDOWS = {
    "dateline standard time": "Etc/GMT+12",
    "hawaiian standard time": "Pacific/Honolulu",
    "alaskan standard time": "America/Anchorage",
    "pacific standard time": "America/Los_Angeles",
    "us mountain standard time": "America/Phoenix",
    "mountain standard time": "America/Denver",
    "central standard time": "America/Chicago",
    "canada central standard time": "America/Regina",
    "central america standard time": "America/Guatemala",
    "central standard time (mexico)": "America/Mexico_City",
    "eastern standard time": "America/New_York",
    "us eastern standard time": "America/Indiana/Indianapolis",
    "sa pacific standard time": "America/Bogota",
    "atlantic standard time": "America/Halifax",
    "newfoundland standard time": "America/St_Johns",
    "e. south america standard time": "America/Sao_Paulo",
    "argentina standard time": "America/Argentina/Buenos_Aires",
    "pacific sa standard time": "America/Santiago",
    "azores standard time": "Atlantic/Azores",
    "greenwich standard time": "Atlantic/Reykjavik",
    "gmt standard time": "Europe/London",
    "w. europe standard time": "Europe/Berlin",
    "romance standard time": "Europe/Paris",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "gtb standard time": "Europe/Bucharest",
    "fle standard time": "Europe/Helsinki",
    "e. europe standard time": "Europe/Chisinau",
    "turkey standard time": "Europe/Istanbul",
    "israel standard time": "Asia/Jerusalem",
    "egypt standard time": "Africa/Cairo",
    "south africa standard time": "Africa/Johannesburg",
    "w. central africa standard time": "Africa/Lagos",
    "e. africa standard time": "Africa/Nairobi",
    "russian standard time": "Europe/Moscow",
    "arab standard time": "Asia/Riyadh",
    "arabian standard time": "Asia/Dubai",
    "iran standard time": "Asia/Tehran",
    "pakistan standard time": "Asia/Karachi",
    "india standard time": "Asia/Kolkata",
    "nepal standard time": "Asia/Kathmandu",
    "bangladesh standard time": "Asia/Dhaka",
    "se asia standard time": "Asia/Bangkok",
    "china standard time": "Asia/Shanghai",
    "singapore standard time": "Asia/Singapore",
    "taipei standard time": "Asia/Taipei",
    "w. australia standard time": "Australia/Perth",
    "tokyo standard time": "Asia/Tokyo",
    "korea standard time": "Asia/Seoul",
    "cen. australia standard time": "Australia/Adelaide",
    "aus central standard time": "Australia/Darwin",
    "e. australia standard time": "Australia/Brisbane",
    "aus eastern standard time": "Australia/Sydney",
    "tasmania standard time": "Australia/Hobart",
    "new zealand standard time": "Pacific/Auckland",
    "coordinated universal time": "UTC",
    "utc standard time": "UTC",
}
"""Of Unicode's windowsZones, the zones that have conferences."""


class Zones:
    """Zones by the names that the calendars give them."""

    def __init__(self, calendars: Iterable[Component], budget: Budget) -> None:
        definitions = (zone for calendar in calendars for zone in calendar.named("VTIMEZONE"))
        self._defined = {zone.text("TZID"): zone for zone in definitions}
        self._budget = budget
        self._known: dict[str, tzinfo | None] = {}

    def of(self, tzid: str) -> tzinfo | None:
        """The zone of that name; None where neither the name nor the file tells. Raises OutOfBudget."""
        if tzid not in self._known:
            self._known[tzid] = named_zone(tzid) or self._own(tzid)
        return self._known[tzid]

    def _own(self, tzid: str) -> tzinfo | None:
        definition = self._defined.get(tzid)
        if definition is None:
            return None
        location = named_zone(definition.text("X-LIC-LOCATION"))
        return location or _Observances.read(definition, self._budget)


def named_zone(name: str) -> tzinfo | None:
    """A zone by its IANA or Windows name; some writers put a path before it."""
    name = name.strip().strip("/")
    windows = _WINDOWS.get(name.casefold())
    parts = name.split("/")
    tails = ("/".join(parts[-count:]) for count in range(min(3, len(parts)), 0, -1))
    names = [windows] if windows else [name, *tails] if name else []
    return next(filter(None, map(find_zone, names)), None)


class _Observances(tzinfo):
    """A zone as its VTIMEZONE defines it: the offsets that hold from each onset on."""

    def __init__(self, onsets: list[tuple[datetime, timedelta]], before: timedelta) -> None:
        self._onsets = [onset for onset, _ in onsets]
        self._offsets = [offset for _, offset in onsets]
        self._before = before

    @classmethod
    def read(cls, definition: Component, budget: Budget) -> _Observances | None:
        onsets: list[tuple[datetime, timedelta]] = []
        before: list[tuple[datetime, timedelta]] = []
        for observance in definition.children:
            start, to = _local(observance.text("DTSTART")), _offset(observance.text("TZOFFSETTO"))
            if start is None or to is None:
                continue
            onsets.extend((onset, to) for onset in _onsets(observance, start, budget))
            before.append((start, _offset(observance.text("TZOFFSETFROM")) or to))
        return cls(sorted(onsets), min(before)[1]) if onsets else None

    def utcoffset(self, dt: datetime | None) -> timedelta:
        index = bisect_right(self._onsets, dt.replace(tzinfo=None)) if dt is not None else 0
        return self._offsets[index - 1] if index else self._before

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None


def _onsets(observance: Component, start: datetime, budget: Budget) -> list[datetime]:
    try:
        rule = read_rule(observance.text("RRULE"))
        until = _local(rule.until) or _LAST_ONSET
        times = takewhile(lambda onset: onset <= until, local_times(rule, start, _LAST_ONSET.date(), budget))
        return list(islice(times, min(rule.count or _ONSETS, _ONSETS)))
    except (ValueError, OutOfBudget):
        return [start]


def _local(text: str) -> datetime | None:
    try:
        return datetime.strptime(text[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return None


def _offset(text: str) -> timedelta | None:
    sign, digits = text[:1], text[1:]
    if sign not in ("+", "-") or not digits.isascii() or not digits.isdigit() or len(digits) not in (4, 6):
        return None
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:] or 0))
    return (offset if sign == "+" else -offset) if offset < timedelta(hours=24) else None
