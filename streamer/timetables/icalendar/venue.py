"""Properties of whole calendars: their zone, the zone of floating times, and cancellation."""

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
    """The zone that the file names, else the common zone of all its events."""
    named = next(filter(None, (calendar.text(name) for calendar in calendars for name in _ZONES)), "")
    zone = named_zone(named)
    if not isinstance(zone, ZoneInfo) or zone.key in _UNIVERSAL:
        starts = (event.first("DTSTART") for event in events)
        tzids = {start.parameters.get("TZID", "") for start in starts if start is not None}
        used = {z.key for z in map(zones.of, filter(None, tzids)) if isinstance(z, ZoneInfo)}
        if len(used) == 1:
            named = used.pop()
        elif isinstance(zone, ZoneInfo) and given:
            named = ""  # times in UTC do not show the venue's zone
    else:
        named = zone.key
    return venue_zone(named, given, remarks)


def own_zones(calendars: Iterable[Component], venue: ZoneInfo | None) -> dict[int, tzinfo]:
    """By line of each event, the zone of its calendar, if it differs from the venue's."""
    zones: dict[int, tzinfo] = {}
    for calendar in calendars:
        zone = named_zone(next(filter(None, (calendar.text(name) for name in _ZONES)), ""))
        if isinstance(zone, ZoneInfo) and zone.key not in _UNIVERSAL and zone != venue:
            zones.update((event.line, zone) for event in calendar.named("VEVENT"))
    return zones


def events_of(calendar: Component) -> Iterator[Component]:
    """Its events; in a cancelling calendar (METHOD:CANCEL) all are cancelled."""
    cancel = calendar.text("METHOD").upper() == "CANCEL"
    for event in calendar.named("VEVENT"):
        if cancel:
            event.properties.insert(0, Property(name="STATUS", parameters={}, value="CANCELLED", line=event.line))
        yield event
