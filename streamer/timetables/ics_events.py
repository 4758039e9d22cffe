"""The events of a calendar become sessions: what plain iCalendar, Sched and Opencast have in common.

A recurring event is followed up to a year after the newest date in the file, so that the same bytes always give the
same sessions. Its occurrences are numbered as the rule counts them: an exception does not rename the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed, SessionKind
from streamer.timetables.drafts import Draft
from streamer.timetables.gathering import Gathering, speakers_of
from streamer.timetables.ics_lines import Component, Property, read_calendars
from streamer.timetables.ics_rules import Budget, OutOfBudget, Rule, local_times, read_rule
from streamer.timetables.ics_times import When, length, moment, moments
from streamer.timetables.ics_zones import Zones, named_zone
from streamer.timetables.options import Options
from streamer.timetables.remarks import RemarkList
from streamer.timetables.text import line, paragraphs
from streamer.timetables.zones import venue_zone

_DAYS_OF_RULES = 1_000_000
_MOST_OCCURRENCES = 2_000
_UNIVERSAL = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Zulu"})
_YEAR_AND_MONTH = re.compile(r"(\d{4})-?(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """How a program writes its events: where the room, the speakers and the text of one are found.

    ``record`` is what stands in such a calendar to be recorded or not; None where it says nothing of it.
    """

    format: str
    room: Callable[[Component], str]
    speakers: Callable[[Component], Iterable[tuple[str, str]]]
    title: Callable[[Component], str]
    record: bool | None = None


def parse_calendar(data: bytes, flavour: Flavour, *, timezone: str | None, options: Options) -> Parsed:
    """Read a calendar; ``timezone`` counts where it names none. Raises TimetableError."""
    remarks = RemarkList()
    calendars = read_calendars(data, remarks)
    if not calendars:
        raise TimetableError(
            "not iCalendar: there is no VCALENDAR", hint="an iCalendar file begins with BEGIN:VCALENDAR"
        )
    budget = Budget(_DAYS_OF_RULES)
    try:
        return _Reader(calendars, flavour, timezone, options, budget, remarks).parsed()
    except OutOfBudget:
        raise TimetableError(
            "its recurrence rules reach too far to be followed", hint="give them an UNTIL or a COUNT"
        ) from None


class _Reader:
    """One pass over the calendars of one file."""

    def __init__(
        self,
        calendars: list[Component],
        flavour: Flavour,
        timezone: str | None,
        options: Options,
        budget: Budget,
        remarks: RemarkList,
    ) -> None:
        self._calendars = calendars
        self._flavour = flavour
        self._options = options
        self._budget = budget
        self._remarks = remarks
        self._zones = Zones(calendars, budget)
        self._events = [event for calendar in calendars for event in calendar.named("VEVENT")]
        self._gathering = Gathering(self._venue(timezone), remarks)
        self._last = _horizon(self._events)

    def parsed(self) -> Parsed:
        exceptions: dict[tuple[str, datetime], Component] = {}
        for event in self._latest(exceptional=True):
            with_id = self._placed(event, "RECURRENCE-ID")
            if with_id is not None:
                exceptions[event.text("UID"), with_id] = event
        for event in self._latest(exceptional=False):
            self._read(event, exceptions)
        for event in exceptions.values():  # of a series that is not in the file
            self._read(event, {})
        title = next(filter(None, (calendar.text(name) for calendar in self._calendars for name in _TITLES)), "")
        return self._gathering.parsed(
            title=title, room_names=(), format=self._flavour.format, default_room=self._options.room
        )

    def _venue(self, given: str | None) -> ZoneInfo | None:
        """The zone the file names, else the one that all its events are in."""
        named = next(filter(None, (calendar.text(name) for calendar in self._calendars for name in _ZONES)), "")
        zone = named_zone(named)
        if not isinstance(zone, ZoneInfo) or zone.key in _UNIVERSAL:
            starts = (event.first("DTSTART") for event in self._events)
            tzids = {start.parameters.get("TZID", "") for start in starts if start is not None}
            used = {z.key for z in map(self._zones.of, filter(None, tzids)) if isinstance(z, ZoneInfo)}
            if len(used) == 1:
                named = used.pop()
            elif isinstance(zone, ZoneInfo) and given:
                named = ""  # times written in UTC say nothing of the venue
        else:
            named = zone.key
        return venue_zone(named, given, self._remarks)

    def _latest(self, *, exceptional: bool) -> Iterator[Component]:
        """The events, or the exceptions to them; of several revisions of one the last."""
        chosen: dict[tuple[str, str], list[Component]] = {}
        for position, event in enumerate(self._events):
            replaces = event.first("RECURRENCE-ID")
            if (replaces is not None) == exceptional:
                uid = event.text("UID") or f"\x00{position}"
                chosen.setdefault((uid, replaces.value if replaces else ""), []).append(event)
        for events in chosen.values():
            revisions = [_sequence(event) for event in events]
            for event, revision in zip(events, revisions, strict=True):
                if revision == max(revisions):
                    yield event
                else:
                    message = f"“{self._title(event)}” is superseded by a later revision in the same file"
                    self._remarks.add("revisions", message, where=f"line {event.line}")

    def _title(self, event: Component) -> str:
        return line(self._flavour.title(event)) or "(untitled)"

    def _placed(self, event: Component, name: str) -> datetime | None:
        """The instant of a date property; None, with a remark, where it can't be read."""
        one = event.first(name)
        try:
            if one is not None:
                return self._instant(moment(one, self._zones).wall, event)
        except ValueError as error:
            self._gathering.leave_out(self._title(event), str(error), f"line {event.line}")
        return None

    def _instant(self, wall: datetime, event: Component) -> datetime:
        return self._gathering.instant(wall, title=self._title(event), where=f"line {event.line}")

    def _read(self, event: Component, exceptions: dict[tuple[str, datetime], Component]) -> None:
        title, where = self._title(event), f"line {event.line}"
        try:
            if event.text("STATUS").upper() == "CANCELLED":
                self._remarks.add("cancelled items", f"“{title}” is cancelled; left out", where=where)
                return
            begins = event.first("DTSTART")
            if begins is None:
                raise ValueError("it has no DTSTART")
            start = moment(begins, self._zones)
            duration = self._duration(event, start)
            if event.first("RRULE") is None and event.first("RDATE") is None:
                self._add(event, start, duration, None)
                return
            excluded = [when for one in event.all("EXDATE") for when in moments(one, self._zones)]
            days = {when.day for when in excluded if when.all_day}
            instants = {self._instant(when.wall, event) for when in excluded if not when.all_day}
            for number, wall in self._occurrences(event, start):
                instant = self._instant(wall, event)
                exception = exceptions.pop((event.text("UID"), instant), None)
                if exception is not None:
                    self._exception(exception, event, number)
                elif instant not in instants and wall.date() not in days:
                    self._add(event, When(wall=wall, all_day=start.all_day), duration, number)
        except ValueError as error:
            self._gathering.leave_out(title, str(error), where)

    def _exception(self, exception: Component, series: Component, number: int | None) -> None:
        """What takes place instead of an occurrence; what it does not say the series says."""
        said = {one.name for one in exception.properties}
        inherited = [one for one in series.properties if one.name in _INHERITED - said]
        whole = Component(
            name="VEVENT", line=exception.line, properties=[*exception.properties, *inherited], children=[]
        )
        if whole.text("STATUS").upper() == "CANCELLED":
            return
        begins = whole.first("DTSTART") or whole.first("RECURRENCE-ID")
        assert begins is not None  # it was found by its RECURRENCE-ID
        try:
            start = moment(begins, self._zones)
            self._add(whole, start, self._duration(whole, start), number)
        except ValueError as error:
            self._gathering.leave_out(self._title(whole), str(error), f"line {whole.line}")

    def _occurrences(self, event: Component, start: When) -> Iterator[tuple[int | None, datetime]]:
        """The local starts of a recurring event and what the rule counts them as; exceptions are not yet taken out."""
        seen: set[datetime] = set()
        number = 0
        for one in event.all("RRULE"):
            try:
                rule = read_rule(one.value)
            except ValueError as error:
                message = f"“{self._title(event)}”: {error}; taken once"
                self._remarks.add("rules that can't be followed", message, where=one.where)
                continue
            for wall in self._following(rule, start, event):
                if wall not in seen:
                    seen.add(wall)
                    number += 1
                    yield number, wall
        if not seen:
            seen.add(start.wall)
            yield 1, start.wall
        for one in event.all("RDATE"):
            for when in moments(one, self._zones):
                if when.wall not in seen:
                    seen.add(when.wall)
                    yield None, when.wall

    def _following(self, rule: Rule, start: When, event: Component) -> Iterator[datetime]:
        zone = start.wall.tzinfo
        until = _until(rule, start, self._zones)
        endless = rule.count is None and until is None
        for count, naive in enumerate(local_times(rule, start.wall.replace(tzinfo=None), self._last, self._budget)):
            wall = naive.replace(tzinfo=zone)
            ended = until is not None and self._instant(wall, event) > self._instant(until, event)
            if ended or (rule.count is not None and count >= max(rule.count, 1)) or naive.date() > self._last:
                break
            if count >= _MOST_OCCURRENCES:
                message = f"“{self._title(event)}” repeats more than {_MOST_OCCURRENCES} times; the rest is left out"
                self._remarks.add("long series", message, where=f"line {event.line}")
                break
            yield wall
        if endless:
            message = f"“{self._title(event)}” repeats without end; followed until {self._last}"
            self._remarks.add("endless series", message, where=f"line {event.line}")

    def _duration(self, event: Component, start: When) -> timedelta | None:
        """How long it lasts, by the clock on the wall where start and end have one zone; None where nothing says."""
        ends, said = event.first("DTEND"), event.first("DURATION")
        if ends is not None and ends.value.strip():
            end = moment(ends, self._zones)
            if start.wall.tzinfo is end.wall.tzinfo:
                return end.wall.replace(tzinfo=None) - start.wall.replace(tzinfo=None)
            return self._instant(end.wall, event) - self._instant(start.wall, event)
        if said is not None:
            return length(said.value)
        return timedelta(days=1) if start.all_day else None

    def _add(self, event: Component, start: When, duration: timedelta | None, number: int | None) -> None:
        title, where = self._title(event), f"line {event.line}"
        if start.all_day and self._gathering.zone is None:
            raise ValueError("it lasts whole days, and no time zone is named to say when they begin")
        if duration == timedelta(0) and start.all_day:
            duration = timedelta(days=1)
        try:
            end = self._instant(start.wall + duration, event) if duration is not None else None
        except OverflowError:
            raise ValueError("its date is out of range") from None
        speakers = speakers_of(self._flavour.speakers(event))
        categories = [one for each in event.all("CATEGORIES") for one in each.text.split(",")]
        kind = SessionKind.BREAK
        if start.all_day:
            message = f"“{title}” lasts all day; it is listed and never captured"
            self._remarks.add("all-day items", message, where=where)
        else:
            kind = self._gathering.kind(
                type=line("".join(categories[:1])),
                track=line("".join(categories[1:2])),
                title=title,
                speakers=speakers,
                where=where,
            )
        self._gathering.add(
            Draft(
                foreign=line(event.text("UID")),
                room=line(self._flavour.room(event)),
                title=title,
                start=self._instant(start.wall, event),
                end=end,
                speakers=speakers,
                abstract=paragraphs(event.text("DESCRIPTION")),
                record=self._flavour.record if kind is SessionKind.SESSION else None,
                kind=kind,
                occurrence=number,
                where=where,
            )
        )


_TITLES = ("X-WR-CALNAME", "NAME", "X-WR-CALDESC")
_ZONES = ("X-WR-TIMEZONE", "TIMEZONE-ID", "X-LIC-LOCATION")
_INHERITED = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "UID", "DURATION"})


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _until(rule: Rule, start: When, zones: Zones) -> datetime | None:
    """The last time a rule may give, in the zone of the start where it has none; None for no end, or one unreadable."""
    if not rule.until:
        return None
    when = moment(Property(name="UNTIL", parameters={}, value=rule.until, line=0), zones)
    wall = when.wall + timedelta(days=1) - timedelta(seconds=1) if when.all_day else when.wall
    return wall if wall.tzinfo is not None else wall.replace(tzinfo=start.wall.tzinfo)


def _horizon(events: Iterable[Component]) -> date:
    """The first of the month a year after the newest date that the events name."""
    newest = (1970, 1)
    for event in events:
        for name in ("DTSTART", "DTSTAMP", "CREATED", "LAST-MODIFIED", "RECURRENCE-ID"):
            one = event.first(name)
            match = _YEAR_AND_MONTH.match(one.value.strip()) if one is not None else None
            if match is not None and 1 <= int(match[2]) <= 12 and int(match[1]) < 2199:
                newest = max(newest, (int(match[1]), int(match[2])))
    year, month = newest
    return date(year + 1 + month // 12, month % 12 + 1, 1)
