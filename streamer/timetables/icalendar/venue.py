"""What calendars say as a whole: where they take place, in which zone their floating times are, what they take back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from zoneinfo import ZoneInfo

from streamer.timetables.icalendar.lines import Component, Property
from streamer.timetables.icalendar.zones import Zones, named_zone
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.zones import venue_zone

_UNIVERSAL = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Zulu"})
_ZONES = ("X-WR-TIMEZONE", "TIMEZONE-ID", "X-LIC-LOCATION", "VTIMEZONE", "TZID")


def venue_of(
    calendars: Iterable[Component], events: Iterable[Component], zones: Zones, given: str | None, remarks: RemarkList
) -> ZoneInfo | None:
    """The zone the file names, else the one that all its events are in."""
    named = next(filter(None, (calendar.text(name) for calendar in calendars for name in _ZONES)), "")
    zone = named_zone(named)
    if not isinstance(zone, ZoneInfo) or zone.key in _UNIVERSAL:
        starts = (event.first("DTSTART") for event in events)
        tzids = {start.parameters.get("TZID", "") for start in starts if start is not None}
        used = {z.key for z in map(zones.of, filter(None, tzids)) if isinstance(z, ZoneInfo)}
        if len(used) == 1:
            named = used.pop()
        elif isinstance(zone, ZoneInfo) and given:
            named = ""  # times written in UTC say nothing of the venue
    else:
        named = zone.key
    return venue_zone(named, given, remarks)


def own_zones(calendars: Iterable[Component], venue: ZoneInfo | None) -> dict[int, tzinfo]:
    """By the lines of events the zone of their calendar, where it names another one than the venue's."""
    zones: dict[int, tzinfo] = {}
    for calendar in calendars:
        zone = named_zone(next(filter(None, (calendar.text(name) for name in _ZONES)), ""))
        if isinstance(zone, ZoneInfo) and zone.key not in _UNIVERSAL and zone != venue:
            zones.update((event.line, zone) for event in calendar.named("VEVENT"))
    return zones


def events_of(calendar: Component) -> Iterator[Component]:
    """Its events; those of a calendar that takes them back (METHOD:CANCEL) are cancelled."""
    cancel = calendar.text("METHOD").upper() == "CANCEL"
    for event in calendar.named("VEVENT"):
        if cancel:
            event.properties.insert(0, Property(name="STATUS", parameters={}, value="CANCELLED", line=event.line))
        yield event
