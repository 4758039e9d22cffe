"""The occurrences of a recurring event, numbered by its rule.

A series with an end is evaluated to its end, an endless one until a year after the newest date in the file, so that the
same bytes always give the same sessions.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from streamer.timetables.icalendar.lines import Component, Property
from streamer.timetables.icalendar.rules import Budget, Rule, begins_with, local_times, read_rule
from streamer.timetables.icalendar.times import When, moment, readable_moments
from streamer.timetables.icalendar.zones import Zones
from streamer.timetables.items.remarks import RemarkList

_MOST_OCCURRENCES = 2_000
_LONGEST = timedelta(days=20 * 366)
_DECADES = 20
_YEAR_AND_MONTH = re.compile(r"(\d{4})-?(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A local start; ``number`` is its number in the rule, None for an added date (which may have a duration)."""

    number: int | None
    wall: datetime
    lasts: timedelta | None = None


class Series:
    """Evaluates the rules of a file; ``last`` is the last day of endless ones.

    ``lost`` is told of an event some of whose occurrences can't be known, and why.
    """

    def __init__(
        self,
        zones: Zones,
        instant: Callable[[datetime, Component], datetime],
        budget: Budget,
        *,
        last: date,
        remarks: RemarkList,
        lost: Callable[[Component, str], None],
    ) -> None:
        self._zones = zones
        self._instant = instant
        self._budget = budget
        self._last = last
        self._remarks = remarks
        self._lost = lost

    def occurrences(self, event: Component, start: When, title: str) -> Iterator[Occurrence]:
        """The times of an event in the order of its rules, exceptions included.

        Raises ValueError for too many dates, OutOfBudget.
        """
        added: list[When] = []
        for one in event.all("RDATE"):
            dates, faults = self.moments(one, title)
            added += dates
            if faults:
                self._lost(event, faults[0])
        seen: set[datetime] = set()
        kept: deque[Occurrence] = deque(maxlen=_MOST_OCCURRENCES)
        for rule, until in self._rules(event, "RRULE", start, title):
            for wall in self._following(rule, until, start, event, title):
                if wall not in seen:
                    seen.add(wall)
                    kept.append(Occurrence(number=len(seen), wall=wall))
        if len(seen) > len(kept):
            first = kept[0].wall.date()
            message = f"“{title}” repeats more than {_MOST_OCCURRENCES} times; times before {first} are left out"
            self._remarks.add("long series", message, where=f"line {event.line}")
        yield from kept
        if not seen:
            seen.add(start.wall)
            yield Occurrence(number=1, wall=start.wall)
        for when in added:
            wall = datetime.combine(when.day, start.wall.timetz()) if when.all_day else when.wall
            if wall not in seen:
                seen.add(wall)
                yield Occurrence(number=None, wall=wall, lasts=when.lasts)

    def moments(self, one: Property, title: str) -> tuple[list[When], list[str]]:
        """The dates of a list, and what is wrong with those that can't be read, which get a remark."""
        found, faults = readable_moments(one, self._zones)
        for fault in faults:
            self._remarks.add("dates that can't be read", f"“{title}”: {fault}; it is skipped", where=one.where)
        return found, faults

    def excluded(self, event: Component, start: When, title: str) -> set[datetime]:
        """The local times that its EXRULEs exclude. RFC 5545 has removed them, but old calendars have some."""
        times: set[datetime] = set()
        for rule, until in self._rules(event, "EXRULE", start, title):
            times.update(self._following(rule, until, start, event, title))
            if not begins_with(rule, start.wall):
                times.discard(start.wall)
        return times

    def _rules(self, event: Component, name: str, start: When, title: str) -> Iterator[tuple[Rule, datetime | None]]:
        for one in event.all(name):
            if not one.value.strip():
                continue
            try:
                rule = read_rule(one.value)
                yield rule, self._until(rule, start)
            except ValueError as error:
                taken = "only its first time is used" if name == "RRULE" else "the rule is ignored"
                self._remarks.add("rules that can't be followed", f"“{title}”: {error}; {taken}", where=one.where)
                if name == "RRULE":
                    self._lost(event, str(error))

    def _following(
        self, rule: Rule, until: datetime | None, start: When, event: Component, title: str
    ) -> Iterator[datetime]:
        where = f"line {event.line}"
        endless = rule.count is None and until is None
        last = self._last if endless else start.day + _LONGEST
        ends = self._instant(until, event) if until is not None else None
        for count, naive in enumerate(local_times(rule, start.wall.replace(tzinfo=None), last, self._budget)):
            wall = naive.replace(tzinfo=start.wall.tzinfo)
            if (ends is not None and self._instant(wall, event) > ends) or naive.date() > last:
                break
            if rule.count is not None and count >= max(rule.count, 1):
                break
            if count >= _MOST_OCCURRENCES and naive.date() > self._last:
                message = f"“{title}” repeats more than {_MOST_OCCURRENCES} times; read until {naive.date()}"
                self._remarks.add("long series", message, where=where)
                break
            yield wall
        if endless:
            message = f"“{title}” repeats without end; read until {self._last}"
            self._remarks.add("endless series", message, where=where)

    def _until(self, rule: Rule, start: When) -> datetime | None:
        """The last moment that a rule allows, in the zone of the start if it names none."""
        if not rule.until:
            return None
        when = moment(Property(name="UNTIL", parameters={}, value=rule.until, line=0), self._zones)
        wall = when.wall + timedelta(days=1) - timedelta(seconds=1) if when.all_day else when.wall
        return wall if wall.tzinfo is not None else wall.replace(tzinfo=start.wall.tzinfo)


def horizon(events: Iterable[Component]) -> date:
    """The first of the month a year after the newest date of the events, without dates decades after all others."""
    newest: set[tuple[int, int]] = set()
    for event in events:
        for name in ("DTSTART", "DTSTAMP", "CREATED", "LAST-MODIFIED", "RECURRENCE-ID"):
            one = event.first(name)
            match = _YEAR_AND_MONTH.match(one.value.strip()) if one is not None else None
            if match is not None and 1 <= int(match[2]) <= 12 and 1970 <= int(match[1]) < 2199:
                newest.add((int(match[1]), int(match[2])))
    months = sorted(newest) or [(1970, 1)]
    while len(months) > 1 and months[-1][0] - months[-2][0] > _DECADES:
        months.pop()  # a typing error
    year, month = months[-1]
    return date(year + 1 + month // 12, month % 12 + 1, 1)
