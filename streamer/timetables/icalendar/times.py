"""Times and durations as iCalendar writes them (RFC 5545, sections 3.3.4 to 3.3.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from streamer.timetables.icalendar.lines import Property
from streamer.timetables.icalendar.zones import Zones
from streamer.timetables.items.lengths import iso_length

_STAMP = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_MOST_DATES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date-time, with a zone or floating, or a whole day; ``lasts`` is set if it was written as a period."""

    wall: datetime
    all_day: bool = False
    lasts: timedelta | None = None

    @property
    def day(self) -> date:
        return self.wall.date()


def readable_moments(one: Property, zones: Zones) -> tuple[list[When], list[str]]:
    """The values of a property with a list of dates that can be read, and what is wrong with the others.

    Raises ValueError for too many.
    """
    if one.value.count(",") > _MOST_DATES:
        raise ValueError(f"its {one.name} lists more than {_MOST_DATES} dates")
    found: list[When] = []
    faults: list[str] = []
    for text in one.value.split(","):
        try:
            found += [_period(text, one, zones)] if text.strip() else []
        except ValueError as error:
            faults.append(str(error))
    return found, faults


def moment(one: Property, zones: Zones) -> When:
    """The value of a date property with one value. Raises ValueError with a message."""
    return _when(one.value, one, zones)


def _period(text: str, one: Property, zones: Zones) -> When:
    """A moment, or a start with an end or a duration after the slash."""
    begins, stroke, ends = text.partition("/")
    start = _when(begins, one, zones)
    if not stroke:
        return start
    if ends.strip().upper().startswith(("P", "+P")):
        return replace(start, lasts=iso_length(ends))
    return replace(start, lasts=_when(ends, one, zones).wall - start.wall)


def _when(text: str, one: Property, zones: Zones) -> When:
    match = _STAMP.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError(f"its {one.name} “{text.strip()[:40]}” is not a date")
    year, month, day = (int(number) for number in match.groups()[:3])
    try:
        if match[4] is None:
            return When(wall=datetime(year, month, day), all_day=True)
        late = timedelta(days=1) if match[4] == "24" else timedelta(0)
        hour = 0 if late else int(match[4])
        wall = datetime(year, month, day, hour, int(match[5]), min(int(match[6] or 0), 59)) + late
    except (ValueError, OverflowError):
        raise ValueError(f"its {one.name} “{text.strip()[:40]}” is not a date") from None
    if match[7]:
        return When(wall=wall.replace(tzinfo=UTC if match[7] == "Z" else _offset(match[7], one)))
    tzid = one.parameters.get("TZID", "")
    zone = zones.of(tzid) if tzid else None
    if tzid and zone is None:
        raise ValueError(
            f"its {one.name} is in the time zone “{tzid[:60]}”, which is unknown and not defined in the file"
        )
    return When(wall=wall.replace(tzinfo=zone))


def _offset(text: str, one: Property) -> timezone:
    """An ISO 8601 offset. iCalendar has none, but some programs write it."""
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if offset >= timedelta(hours=24):
        raise ValueError(f"its {one.name} has an impossible offset")
    return timezone(-offset if text[0] == "-" else offset)
