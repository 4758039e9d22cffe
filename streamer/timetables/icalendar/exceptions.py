"""Replacements of occurrences of a recurring event: events with a RECURRENCE-ID."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from streamer.timetables.icalendar.lengths import Length
from streamer.timetables.icalendar.lines import Component
from streamer.timetables.items.cancelling import cancelled

_INHERITED = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "UID", "DURATION"})


class Exceptions:
    """The exceptions of a file by the UID of their series, and the instant or day of the replaced occurrence."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, datetime | date], Component] = {}

    def add(self, exception: Component, replaced: datetime | date) -> None:
        self._by_place[exception.text("UID"), replaced] = exception

    def take(self, uid: str, instant: datetime, day: date) -> Component | None:
        """Remove and return the replacement of an occurrence."""
        return self._by_place.pop((uid, instant), None) or self._by_place.pop((uid, day), None)

    def left(self) -> Iterator[Component]:
        """The exceptions whose series is not in the file."""
        yield from self._by_place.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class FromHereOn:
    """An exception for all later occurrences (RANGE=THISANDFUTURE), and the shift of these."""

    event: Component
    shift: timedelta
    length: Length


def is_for_all_that_follow(exception: Component) -> bool:
    place = exception.first("RECURRENCE-ID")
    return place is not None and place.parameters.get("RANGE", "").upper() == "THISANDFUTURE"


def is_cancelled(event: Component) -> bool | None:
    """True if its status says so; None if its title decides."""
    return cancelled((), [event.text("STATUS")])


def whole(exception: Component, series: Component) -> Component:
    """An exception with its missing properties from the series."""
    said = {one.name for one in exception.properties}
    inherited = [one for one in series.properties if one.name in _INHERITED - said]
    return Component(name="VEVENT", line=exception.line, properties=[*exception.properties, *inherited], children=[])
