"""The venue's time zone, and the conversion of local time to instants.

A time of day that the clocks skip or repeat is accepted, with a remark.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from streamer.core.base.errors import TimetableError
from streamer.timetables.items.remarks import RemarkList

_FIRST_YEAR, _LAST_YEAR = 1971, 2199
ZONE_EXAMPLE = "use an IANA name such as Europe/Copenhagen"


def find_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name; None if it does not exist."""
    if not name.isascii() or not name.isprintable():
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # a bad key, a folder of the database, no such zone
        return None


def zone_hint(wrong: str) -> str:
    """A hint for a zone that does not exist."""
    near = _of_city(wrong)
    return f"did you mean {near.key}?" if near is not None else ZONE_EXAMPLE


def venue_zone(named: str, given: str | None, remarks: RemarkList) -> ZoneInfo | None:
    """The zone that the feed names, else the given one; None without both.

    Raises TimetableError if the given one does not exist.
    """
    fallback = find_zone(given) if given else None
    if given and fallback is None:
        raise TimetableError(f"unknown time zone “{given}”", hint=zone_hint(given))
    if not named:
        return fallback
    zone = find_zone(named)
    if zone is None and (zone := _of_city(named)) is not None:
        remarks.add("zones", f"the time zone “{named}” is taken as {zone.key}", where="time zone")
    if zone is None:
        remarks.add("zones", f"unknown time zone “{named}”; {ZONE_EXAMPLE}", where="time zone")
        return fallback
    if fallback is not None and fallback.key != zone.key:
        remarks.add("zones", f"the timetable's own zone {zone.key} is used, not {fallback.key}", where="time zone")
    return zone


@lru_cache(maxsize=8)
def _of_city(name: str) -> ZoneInfo | None:
    """The zone of a city, such as Berlin, the names of Ruby on Rails. None if no zone or several have it."""
    end = f"/{'_'.join(name.split()).casefold()}"
    found = [key for key in available_timezones() if key.casefold().endswith(end)]
    return find_zone(found[0]) if len(found) == 1 else None


def zone_name(zone: ZoneInfo | None, offsets: Iterable[timedelta], remarks: RemarkList) -> str:
    """The name of the venue's zone; if it is unknown, of a zone that shows the times as in the feed."""
    if zone is not None:
        return zone.key
    seen = set(offsets)
    only = seen.pop() if len(seen) == 1 else timedelta(0)
    hours, rest = divmod(only, timedelta(hours=1))
    name = f"Etc/GMT{-hours:+d}" if hours and not rest and find_zone(f"Etc/GMT{-hours:+d}") else "UTC"
    remarks.add("zones", f"the timetable names no time zone; times are shown in {name}", where="time zone")
    return name


def instant_of(wall: datetime, zone: ZoneInfo | None) -> tuple[datetime, str]:
    """The instant (UTC) of a date-time with offset, or of a local one in ``zone``, and a note if it was ambiguous.

    Raises ValueError for implausible years, and TimetableError for a local time without a zone.
    """
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:
        raise ValueError(f"the year {wall.year} is outside of {_FIRST_YEAR}–{_LAST_YEAR}")
    if wall.tzinfo is not None:
        return wall.astimezone(UTC), ""
    if zone is None:
        raise TimetableError(
            "its times are local and no time zone is named", hint="give the venue's zone, such as Europe/Copenhagen"
        )
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall.replace(tzinfo=zone, fold=1).astimezone(UTC) == instant:
        return instant, ""
    really = instant.astimezone(zone).replace(tzinfo=None)
    if really != wall:
        return instant, (
            f"{wall:%H:%M} on {wall:%Y-%m-%d} does not exist in {zone.key}, where the clocks go forward; "
            f"taken as {really:%H:%M}"
        )
    return (
        instant,
        f"{wall:%H:%M} on {wall:%Y-%m-%d} happens twice in {zone.key}, where the clocks go back; taken as the first",
    )
