"""Converts a calendar's events into sessions: the common part of plain iCalendar, Sched and Opencast.

An occurrence of a recurring event has the number that its rule gives it: an exception does not rename the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables.icalendar.exceptions import Exceptions, FromHereOn, is_cancelled, is_for_all_that_follow, whole
from streamer.timetables.icalendar.lengths import Length, length_of
from streamer.timetables.icalendar.lines import Component, read_calendars
from streamer.timetables.icalendar.rules import Budget, OutOfBudget
from streamer.timetables.icalendar.series import Occurrence, Series, horizon
from streamer.timetables.icalendar.times import When, moment
from streamer.timetables.icalendar.venue import events_of, own_zones, venue_of
from streamer.timetables.icalendar.zones import Zones
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.options import Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line, paragraphs

_DAYS_OF_RULES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """How a program writes its events: the places of room, speakers and text.

    ``record`` says whether items of such a calendar may be recorded; None if it does not say.
    """

    format: str
    room: Callable[[Component], str]
    speakers: Callable[[Component], Iterable[tuple[str, str]]]
    title: Callable[[Component], str]
    record: bool | None = None


def parse_calendar(data: bytes, flavour: Flavour, *, timezone: str | None, options: Options) -> Parsed:
    """Read a calendar; ``timezone`` is used if it names none. Raises TimetableError."""
    remarks = RemarkList()
    calendars = read_calendars(data, remarks)
    if not calendars:
        raise TimetableError("not iCalendar: it has no VCALENDAR", hint="an iCalendar file begins with BEGIN:VCALENDAR")
    budget = Budget(_DAYS_OF_RULES)
    try:
        return _Reader(calendars, flavour, timezone, options, budget, remarks).parsed()
    except OutOfBudget:
        raise TimetableError(
            "its recurrence rules have too many days to evaluate", hint="give them an UNTIL or a COUNT"
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
        self._events = [event for calendar in calendars for event in events_of(calendar)]
        self._gathering = Gathering(venue_of(calendars, self._events, self._zones, timezone, remarks), remarks)
        self._own_zones = own_zones(calendars, self._gathering.zone)
        self._series = Series(
            self._zones, self._instant, budget, last=horizon(self._events), remarks=remarks, lost=self._lost
        )

    def parsed(self) -> Parsed:
        exceptions = Exceptions()
        for event in self._latest(exceptional=True):
            replaced = self._replaced(event)
            if replaced is not None:
                exceptions.add(event, replaced)
        for event in self._latest(exceptional=False):
            self._read(event, exceptions)
        for event in exceptions.left():
            self._read(event, Exceptions())
        title = next(filter(None, (calendar.text(name) for calendar in self._calendars for name in _TITLES)), "")
        return self._gathering.parsed(
            title=title, room_names=(), format=self._flavour.format, default_room=self._options.room
        )

    def _latest(self, *, exceptional: bool) -> Iterator[Component]:
        """The events, or the exceptions to them; only the last of several revisions."""
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

    def _replaced(self, event: Component) -> datetime | date | None:
        """The instant, or the day, of the occurrence that an exception replaces; None where it can't be read."""
        one = event.first("RECURRENCE-ID")
        try:
            if one is not None:
                when = moment(one, self._zones)
                return when.day if when.all_day else self._instant(when.wall, event)
        except ValueError as error:
            self._leave_out(event, str(error))
        return None

    def _leave_out(self, event: Component, reason: str) -> None:
        self._gathering.leave_out(
            self._title(event), reason, f"line {event.line}", id=event.text("UID"), cancelled=is_cancelled(event)
        )

    def _lost(self, event: Component, reason: str) -> None:
        """Some of its occurrences are not known: those that were read earlier are not removed."""
        self._gathering.could_not_read(
            self._title(event), reason, f"line {event.line}", id=event.text("UID"), cancelled=False
        )

    def _instant(self, wall: datetime, event: Component) -> datetime:
        if wall.tzinfo is None and event.line in self._own_zones:
            wall = wall.replace(tzinfo=self._own_zones[event.line])
        return self._gathering.instant(wall, title=self._title(event), where=f"line {event.line}")

    def _read(self, event: Component, exceptions: Exceptions) -> None:
        title = self._title(event)
        try:
            begins = event.first("DTSTART")
            if begins is None:
                raise ValueError("it has no DTSTART")
            start = moment(begins, self._zones)
            length = length_of(event, start, self._zones, self._instant)
            if event.first("RRULE") is None and event.first("RDATE") is None:
                self._add(event, start, length, None)
                return
            self._read_series(event, start, length, title, exceptions)
        except OverflowError:
            self._leave_out(event, "its date is out of range")
        except ValueError as error:
            self._leave_out(event, str(error))

    def _read_series(self, event: Component, start: When, length: Length, title: str, exceptions: Exceptions) -> None:
        excluded = [when for one in event.all("EXDATE") for when in self._series.moments(one, title)[0]]
        days = {when.day for when in excluded if when.all_day or start.all_day}
        instants = {self._instant(when.wall, event) for when in excluded if not when.all_day}
        taken_out = self._series.excluded(event, start, title)
        changed: FromHereOn | None = None
        for one in self._series.occurrences(event, start, title):
            instant = self._instant(one.wall, event)
            exception = exceptions.take(event.text("UID"), instant, one.wall.date())
            if exception is not None:
                new = self._exception(exception, event, one)
                changed = new if is_for_all_that_follow(exception) else changed
            elif instant in instants or one.wall in taken_out or one.wall.date() in days:
                continue
            elif changed is not None and one.number is not None:
                wall = one.wall + changed.shift
                self._add(changed.event, When(wall=wall, all_day=start.all_day), changed.length, one.number)
            else:
                lasts = length if one.lasts is None else Length(lasts=one.lasts, is_local=True)
                self._add(event, When(wall=one.wall, all_day=start.all_day), lasts, one.number)

    def _exception(self, exception: Component, series: Component, one: Occurrence) -> FromHereOn | None:
        """Adds the replacement of an occurrence, with missing properties from the series."""
        event = whole(exception, series)
        begins = event.first("DTSTART") or event.first("RECURRENCE-ID")
        assert begins is not None  # it was found by its RECURRENCE-ID
        try:
            start = moment(begins, self._zones)
            length = length_of(event, start, self._zones, self._instant)
            self._add(event, start, length, one.number)
            return FromHereOn(event=event, shift=self._shift(one.wall, start.wall), length=length)
        except ValueError as error:
            self._leave_out(event, str(error))
            return None

    def _shift(self, before: datetime, after: datetime) -> timedelta:
        """How far an occurrence was moved, in local time of the series."""
        if after.tzinfo is not None and before.tzinfo is not None:
            after = after.astimezone(before.tzinfo)
        return after.replace(tzinfo=None) - before.replace(tzinfo=None)

    def _end(self, event: Component, start: When, length: Length) -> tuple[datetime | None, str]:
        """The end, and what is wrong with the one in the calendar. A local length is added to local time."""
        if length.lasts is None:
            return None, length.fault
        try:
            if length.is_local:
                return self._instant(start.wall + length.lasts, event), length.fault
            return self._instant(start.wall, event) + length.lasts, length.fault
        except (ValueError, OverflowError) as error:
            return None, "its end is out of range" if isinstance(error, OverflowError) else str(error)

    def _add(self, event: Component, start: When, length: Length, number: int | None) -> None:
        title, where = self._title(event), f"line {event.line}"
        if start.all_day and self._gathering.zone is None:
            raise ValueError("it lasts whole days, and no time zone is given for their start; give the venue's zone")
        end, fault = self._end(event, start, length)
        if end is not None and fault:
            taken = "one day" if start.all_day and event.first("DURATION") is None else "its DURATION"
            self._remarks.add("ends", f"“{title}”: {line(fault)}; {taken} is taken", where=where)
        speakers = speakers_of(self._flavour.speakers(event))
        categories = [one for each in event.all("CATEGORIES") for one in each.texts]
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
                fault=line(fault),
                cancelled=is_cancelled(event),
                speakers=speakers,
                abstract=paragraphs(event.text("DESCRIPTION")),
                record=self._flavour.record if kind is SessionKind.SESSION else None,
                kind=kind,
                occurrence=number,
                where=where,
            )
        )


_TITLES = ("X-WR-CALNAME", "NAME", "X-WR-CALDESC")


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
