"""Start and end of a row as instants, from its days, times, zones and durations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from streamer.core.base.errors import TimetableError
from streamer.timetables.icalendar.zones import named_zone
from streamer.timetables.items.gathering import Gathering
from streamer.timetables.items.lengths import LONG, after
from streamer.timetables.items.text import line
from streamer.timetables.sheets.cells import Value, shown
from streamer.timetables.sheets.clock import length_of, zone_in
from streamer.timetables.sheets.dates import Dates, Stamp
from streamer.timetables.sheets.days import Days

_LONGEST_OVER_MIDNIGHT = timedelta(hours=12)
_IANA = re.compile(r"[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?")
_SAME_LETTERS = {"MEZ": "CET", "MESZ": "CEST", "ET": "EST", "CT": "CST", "MT": "MST", "PT": "PST"}
_ABOUT_TIMES = re.compile(
    r"\b(?:times?|zeit(?:en|zone)?|uhrzeiten|timezone|horaires?|heures?|horas?|horarios?|tider|tijden)\b", re.I
)
_PADDED = re.compile(r"(?<!\d)0\d[:.h]\d\d")
_HOURS = re.compile(r"\b(?:h|hrs?|hours?|stunden|std|heures?|horas?|timer|timmar|uur|ore)\b", re.I)
_MINUTES = re.compile(r"\b(?:m|mins?|minutes?|minuten|minutos|minutter|minuter|minuti)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Settings from the headers of a table: the zones of its times, and the unit of its lengths."""

    zones: Mapping[str, tzinfo | str]
    unit: str = ""

    @classmethod
    def of(cls, texts: Mapping[str, str], notes: Iterable[str] = ()) -> Headers:
        """From the headers by content, and from notes above them (“All times are UTC”)."""
        about = (note[:200] for note in notes if _ABOUT_TIMES.search(note[:200]) and not note.isupper())
        noted = next((zone for zone in map(zone_in, about) if zone != ""), "")
        zones: dict[str, tzinfo | str] = {}
        for name in ("start", "end"):
            zones[name] = zone_named(texts.get(name, ""))
            if zones[name] == "":
                zones[name] = noted
        duration = texts.get("duration", "")
        unit = "h" if _HOURS.search(duration) else "min" if _MINUTES.search(duration) else ""
        return cls(zones=zones, unit="" if ":" in duration else unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Start and end of a row. Without an end that can be used, ``fault`` is what is wrong with it; empty for none."""

    start: datetime
    end: datetime | None = None
    fault: str = ""


class Windows:
    """Converts rows to start and end, and records whether their clock may be a 12-hour clock."""

    def __init__(self, dates: Dates, gathering: Gathering) -> None:
        self._dates = dates
        self._gathering = gathering
        self._latest_hour = 0
        self._padded = False
        self._before: tuple[date, int] | None = None
        self._backwards: tuple[str, str] | None = None

    def of(self, cells: Mapping[str, Value], days: Days, headers: Headers, title: str, where: str) -> Window:
        """Start and end. Raises ValueError if the start can't be used, and TimetableError for an ambiguity of it."""
        if not shown(cells.get("start")):
            raise ValueError("it has no start")
        begins, ends, fault = self._span(cells)
        row_zone = self._zone_of_row(cells, title, where)
        if isinstance(cells["start"], str):
            self._padded = self._padded or _PADDED.search(cells["start"]) is not None
            if begins.day is None:
                days.hold_against(cells["start"])
        zone = self._zone(begins.zone or row_zone or headers.zones["start"])
        start = self._wall(begins, days, zone)
        self._look_at(start, where)
        instant = self._gathering.instant(start, title=title, where=where)
        lasts, wrong = self._length(cells, headers)
        if ends is not None:
            try:
                until = self._zone(ends.zone or row_zone or headers.zones["end"]) or start.tzinfo
                end_day = self._dates.read(cells["end_date"]).day if shown(cells.get("end_date")) else None
                wall = self._end(ends, start, end_day, until)
                end = self._gathering.instant(wall, title=title, where=where)
                if end <= instant:
                    raise ValueError("it ends before it starts" if end < instant else "it ends when it starts")
                if lasts is not None and end - instant > LONG >= lasts:
                    raise ValueError("its end is more than a day after its start")
            except (ValueError, TimetableError) as error:
                fault = _reason(error)
            else:
                self._look_at(wall, where)
                return Window(start=instant, end=end)
        by_length = after(instant, lasts) if lasts is not None else None
        if by_length is None:
            return Window(start=instant, fault=" and ".join(filter(None, (fault, wrong))))
        if fault:
            self._gathering.remarks.add("ends", f"“{title}”: {line(fault)}; its length is taken", where=where)
        return Window(start=instant, end=by_length)

    def _length(self, cells: Mapping[str, Value], headers: Headers) -> tuple[timedelta | None, str]:
        """The length, and what is wrong with it."""
        try:
            return length_of(cells.get("duration"), unit=headers.unit), ""
        except ValueError as error:
            return None, str(error)

    def _span(self, cells: Mapping[str, Value]) -> tuple[Stamp, Stamp | None, str]:
        """Start and end, and what is wrong with the end's cell if it can't be read. Raises for the start."""
        try:
            return *self._dates.read_span(cells["start"], cells.get("end")), ""
        except (ValueError, TimetableError) as error:
            if not shown(cells.get("end")):
                raise
            return *self._dates.read_span(cells["start"], None), _reason(error)

    def whole_days(self, cells: Mapping[str, Value], days: Days, title: str, where: str) -> Window:
        """The days of an all-day row."""
        begins = self._dates.read(cells["start"]).day if shown(cells.get("start")) else None
        if (first := begins or days.day) is None:
            raise days.question()
        last, fault = None, ""
        if shown(cells.get("end_date")):
            try:
                last = self._dates.read(cells["end_date"]).day
            except (ValueError, TimetableError) as error:
                fault = _reason(error)
        if last is not None and last < first:
            last, fault = None, "it ends before it starts"
        if fault:
            self._gathering.remarks.add("ends", f"“{title}”: {line(fault)}; one day is taken", where=where)
        timed = shown(cells.get("end")) and last is not None and last > first  # until midnight of the day after
        after = (last or first) + timedelta(days=0 if timed else 1)
        start, end = (datetime(day.year, day.month, day.day) for day in (first, after))
        return Window(
            start=self._gathering.instant(start, title=title, where=where),
            end=self._gathering.instant(end, title=title, where=where),
        )

    def ask_for_the_half(self) -> None:
        """Raises TimetableError if times return to one o'clock and none is after noon or written like 09:00."""
        if self._backwards is not None and self._latest_hour < 13 and not self._padded:
            at, where = self._backwards
            raise TimetableError(
                f"is {at} at night or in the afternoon? it is below the morning, and no time is after 12:59",
                where=where,
                hint="write 13:00 or 1:00 pm",
            )

    def _look_at(self, wall: datetime, where: str) -> None:
        self._latest_hour = max(self._latest_hour, wall.hour)
        if self._before is not None and self._before[0] == wall.date() and self._before[1] >= 8 and 1 <= wall.hour <= 6:
            self._backwards = self._backwards or (f"{wall.hour}:{wall.minute:02}", where)
        self._before = wall.date(), wall.hour

    def _wall(self, stamp: Stamp, days: Days, zone: tzinfo | None) -> datetime:
        if stamp.whole is not None:
            return stamp.whole
        if stamp.at is None:
            raise ValueError("its start has a day and no time")
        on = stamp.day or days.day
        if on is None:
            raise days.question()
        return datetime.combine(on, stamp.at, tzinfo=zone) + timedelta(days=stamp.days)

    def _end(self, ends: Stamp, start: datetime, day: date | None, zone: tzinfo | None) -> datetime:
        if ends.whole is not None:
            return ends.whole
        if ends.at is None:
            raise ValueError("its end has a day and no time")
        said = ends.day or day
        end = datetime.combine(said or start.date(), ends.at, tzinfo=zone) + timedelta(days=ends.days)
        if said is None and end.replace(tzinfo=None) <= start.replace(tzinfo=None):
            end += timedelta(days=1)
            if end.replace(tzinfo=None) - start.replace(tzinfo=None) > _LONGEST_OVER_MIDNIGHT:
                same = end.replace(tzinfo=None) - start.replace(tzinfo=None) == timedelta(days=1)
                raise ValueError("it ends when it starts" if same else "it ends before it starts")
        return end

    def _zone_of_row(self, cells: Mapping[str, Value], title: str, where: str) -> tzinfo | str:
        said = shown(cells.get("timezone"))
        try:
            zone = zone_named(said)
        except ValueError:
            zone = ""
        if said and not zone:
            what, venue = f"its time zone “{line(said, 40)}” is unknown", self._gathering.zone
            if venue is None:
                raise ValueError(what)
            message = f"“{title}”: {what}; that of the venue, {venue.key}, is taken"
            self._gathering.remarks.add("zones of rows", message, where=where)
        return zone

    def _zone(self, zone: tzinfo | str) -> tzinfo | None:
        """The zone of a time; None for the venue's. Raises ValueError for letters that are not the venue's."""
        if not isinstance(zone, str):
            return zone
        venue = self._gathering.zone
        if not zone or venue is None:
            return None
        letters = {datetime(2025, month, 1, tzinfo=venue).tzname() for month in (1, 7)}
        if _SAME_LETTERS.get(zone, zone) in letters:
            return None
        raise ValueError(
            f"it has the zone {zone}, which is not the time of {venue.key}; write its offset, such as UTC+1"
        )


def _reason(error: ValueError | TimetableError) -> str:
    return error.message if isinstance(error, TimetableError) else str(error)


def zone_named(text: str) -> tzinfo | str:
    """The zone in a cell or a header: an IANA or Windows name, an offset, or letters; empty for none."""
    text = text.strip()[:120]
    if not text:
        return ""
    if found := _IANA.search(text):
        return named_zone(found[0]) or ""
    return named_zone(text) or zone_in(text)


def only_zone(zones: set[tzinfo | str]) -> str:
    """The key of the common zone of all rows; empty if they name no zone, several, or one without a key."""
    only = next(iter(zones)) if len(zones) == 1 else None
    return only.key if isinstance(only, ZoneInfo) else ""
