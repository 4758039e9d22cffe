"""The time zones of a calendar: by IANA name, by Windows name, or by the file's own definition.

A definition in the file is used only if the name is unknown: files contain definitions that are decades old.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from itertools import islice, takewhile
from zoneinfo import available_timezones

from tzlocal.windows_tz import win_tz

from streamer.timetables.icalendar.lines import Component
from streamer.timetables.icalendar.rules import Budget, OutOfBudget, local_times, read_rule
from streamer.timetables.items.zones import find_zone

_WINDOWS = {name.casefold(): zone for name, zone in win_tz.items()} | {"coordinated universal time": "UTC"}
_LETTERS = frozenset({"EST", "MST", "HST", "GMT", "UTC", "UCT", "WET", "CET", "MET", "EET"})
_ONLY_OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d\d))?", re.ASCII)
_LAST_ONSET = datetime(2100, 1, 1)
_ONSETS = 500


class Zones:
    """Zones by their names in the calendars."""

    def __init__(self, calendars: Iterable[Component], budget: Budget) -> None:
        definitions = (zone for calendar in calendars for zone in calendar.named("VTIMEZONE"))
        self._defined = {zone.text("TZID"): zone for zone in definitions}
        self._budget = budget
        self._known: dict[str, tzinfo | None] = {}

    def of(self, tzid: str) -> tzinfo | None:
        """The zone of that name; None if neither the name nor the file defines it. Raises OutOfBudget."""
        if tzid not in self._known:
            self._known[tzid] = (self._own(tzid) if self._means_its_own(tzid) else None) or (
                named_zone(tzid) or self._own(tzid) or _offset_zone(tzid)
            )
        return self._known[tzid]

    def _means_its_own(self, tzid: str) -> bool:
        """Whether the file defines letters such as EST, which have no summer time in the database, with summer time."""
        definition = self._defined.get(tzid)
        return "/" not in tzid and definition is not None and any(definition.named("DAYLIGHT")) and tzid in _LETTERS

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
    zone = next(filter(None, map(find_zone, names)), None)
    if zone is None and name:
        spelt = _spellings()
        zone = next((find_zone(spelt[one.casefold()]) for one in names if one.casefold() in spelt), None)
    return zone


@cache
def _spellings() -> dict[str, str]:
    """The names of the database by their case-folded form."""
    return {name.casefold(): name for name in available_timezones()}


def _offset_zone(tzid: str) -> tzinfo | None:
    """A zone that is named by its offset, such as UTC+02:00."""
    match = _ONLY_OFFSET.fullmatch(tzid.strip())
    offset = _offset(f"{match[1]}{int(match[2]):02}{match[3] or '00'}") if match is not None else None
    return timezone(offset) if offset is not None else None


class _Observances(tzinfo):
    """A zone as defined by its VTIMEZONE: the offset from each onset on."""

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
    dates = (_local(text.strip()) for one in observance.all("RDATE") for text in one.value.split(","))
    listed = [start, *filter(None, dates)]
    if observance.first("RRULE") is None:
        return listed
    try:
        rule = read_rule(observance.text("RRULE"))
        until = _local(rule.until) or _LAST_ONSET
        if rule.until.endswith("Z"):  # in UTC; onsets are in the local time before them
            until += _offset(observance.text("TZOFFSETFROM")) or timedelta(0)
        times = takewhile(lambda onset: onset <= until, local_times(rule, start, _LAST_ONSET.date(), budget))
        return [*islice(times, min(rule.count or _ONSETS, _ONSETS)), *listed[1:]]
    except (ValueError, OverflowError, OutOfBudget):
        return listed


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
