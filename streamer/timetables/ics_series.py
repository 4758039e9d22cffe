"""The occurrences of a recurring event, numbered as its rule counts them.

A series that ends is followed to its end; one without end up to a year after the newest date in the file, so that the
same bytes always give the same sessions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from streamer.timetables.ics_lines import Component, Property
from streamer.timetables.ics_rules import Budget, Rule, local_times, read_rule
from streamer.timetables.ics_times import When, moment, moments
from streamer.timetables.ics_zones import Zones
from streamer.timetables.remarks import RemarkList

_MOST_OCCURRENCES = 2_000
_LONGEST = timedelta(days=20 * 366)
_YEAR_AND_MONTH = re.compile(r"(\d{4})-?(\d\d)", re.ASCII)


class Series:
    """Follows the rules of a file; ``last`` is the day up to which endless ones are followed."""

    def __init__(
        self,
        zones: Zones,
        instant: Callable[[datetime, Component], datetime],
        budget: Budget,
        *,
        last: date,
        remarks: RemarkList,
    ) -> None:
        self._zones = zones
        self._instant = instant
        self._budget = budget
        self._last = last
        self._remarks = remarks

    def occurrences(self, event: Component, start: When, title: str) -> Iterator[tuple[int | None, datetime]]:
        """Local starts and what the rule counts them as, None for a date added by hand; exceptions are still in.

        Raises ValueError for a date that can't be read, OutOfBudget.
        """
        seen: set[datetime] = set()
        for one in event.all("RRULE"):
            try:
                rule = read_rule(one.value)
                until = self._until(rule, start)
            except ValueError as error:
                self._remarks.add("rules that can't be followed", f"“{title}”: {error}; taken once", where=one.where)
                continue
            for wall in self._following(rule, until, start, event, title):
                if wall not in seen:
                    seen.add(wall)
                    yield len(seen), wall
        if not seen:
            seen.add(start.wall)
            yield 1, start.wall
        for one in event.all("RDATE"):
            for when in moments(one, self._zones):
                if when.wall not in seen:
                    seen.add(when.wall)
                    yield None, when.wall

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
            if count >= _MOST_OCCURRENCES:
                message = f"“{title}” repeats more than {_MOST_OCCURRENCES} times; the rest is left out"
                self._remarks.add("long series", message, where=where)
                break
            yield wall
        if endless:
            message = f"“{title}” repeats without end; followed until {self._last}"
            self._remarks.add("endless series", message, where=where)

    def _until(self, rule: Rule, start: When) -> datetime | None:
        """The last moment that a rule allows, in the zone of the start where it names none."""
        if not rule.until:
            return None
        when = moment(Property(name="UNTIL", parameters={}, value=rule.until, line=0), self._zones)
        wall = when.wall + timedelta(days=1) - timedelta(seconds=1) if when.all_day else when.wall
        return wall if wall.tzinfo is not None else wall.replace(tzinfo=start.wall.tzinfo)


def horizon(events: Iterable[Component]) -> date:
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
