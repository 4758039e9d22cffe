"""What takes place instead of an occurrence of a recurring event: events with a RECURRENCE-ID."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from streamer.timetables.icalendar.lines import Component

_INHERITED = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "CATEGORIES", "UID", "DURATION"})


class Exceptions:
    """The exceptions of a file by the UID of their series, and the instant or the day of the one they replace."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, datetime | date], Component] = {}

    def add(self, exception: Component, replaced: datetime | date) -> None:
        self._by_place[exception.text("UID"), replaced] = exception

    def take(self, uid: str, instant: datetime, day: date) -> Component | None:
        """What replaces an occurrence; it is taken out."""
        return self._by_place.pop((uid, instant), None) or self._by_place.pop((uid, day), None)

    def left(self) -> Iterator[Component]:
        """Those whose series is not in the file."""
        yield from self._by_place.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class FromHereOn:
    """An exception that holds for all that follow (RANGE=THISANDFUTURE), and by how much it shifts them."""

    event: Component
    shift: timedelta
    duration: timedelta | None


def is_for_all_that_follow(exception: Component) -> bool:
    place = exception.first("RECURRENCE-ID")
    return place is not None and place.parameters.get("RANGE", "").upper() == "THISANDFUTURE"


def is_cancelled(event: Component) -> bool:
    return event.text("STATUS").upper() == "CANCELLED"


def whole(exception: Component, series: Component) -> Component:
    """An exception with what it does not say and the series does."""
    said = {one.name for one in exception.properties}
    inherited = [one for one in series.properties if one.name in _INHERITED - said]
    return Component(name="VEVENT", line=exception.line, properties=[*exception.properties, *inherited], children=[])
