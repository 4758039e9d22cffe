"""How long an event lasts, by its DTEND or its DURATION (RFC 5545, section 3.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from streamer.timetables.icalendar.lines import Component
from streamer.timetables.icalendar.times import When, moment
from streamer.timetables.icalendar.zones import Zones
from streamer.timetables.items.lengths import iso_length

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The duration of an event; None if it has none that can be used, and then the ``fault`` says why.

    ``is_local``: it is a difference of local times, as of an end that was written as a time.
    """

    lasts: timedelta | None
    fault: str = ""
    is_local: bool = False


def length_of(
    event: Component, start: When, zones: Zones, instant: Callable[[datetime, Component], datetime]
) -> Length:
    """The length in local time if start and end have one zone. Where one property can't be used, the other counts."""
    faults: list[str] = []
    ends, said = event.first("DTEND"), event.first("DURATION")
    if ends is not None and ends.value.strip():
        try:
            end = moment(ends, zones)
            lasts = _between(start, end, lambda wall: instant(wall, event))
            if end.all_day != start.all_day:
                faults.append(f"its DTEND “{ends.value.strip()[:40]}” is not of the kind of its DTSTART")
            elif lasts < timedelta(0) or (not lasts and not start.all_day):
                faults.append("it ends before it starts" if lasts else "it ends when it starts")
            else:
                return Length(lasts=lasts or _DAY, is_local=True)
        except (ValueError, OverflowError) as error:
            faults.append("its end is out of range" if isinstance(error, OverflowError) else str(error))
    if said is not None:
        try:
            lasts = iso_length(said.value)
            if lasts > timedelta(0):
                return Length(lasts=lasts, fault=" and ".join(faults), is_local=start.all_day)
            faults.append(f"its duration “{said.value.strip()[:40]}” is not possible")
        except ValueError as error:
            faults.append(str(error))
    return Length(lasts=_DAY if start.all_day else None, fault=" and ".join(faults), is_local=start.all_day)


def _between(start: When, end: When, instant: Callable[[datetime], datetime]) -> timedelta:
    if start.wall.tzinfo is end.wall.tzinfo:
        return end.wall.replace(tzinfo=None) - start.wall.replace(tzinfo=None)
    return instant(end.wall) - instant(start.wall)
