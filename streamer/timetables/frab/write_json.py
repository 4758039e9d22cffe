"""A timetable as schedule.json, version 1, that :mod:`streamer.timetables.frab.schedule_json` reads back as
the same.

The schema's own keys say all that they can; what is left has the keys ``streamer_id`` and ``affiliation``.
"""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from streamer.core.timetable.cancellation import is_marked
from streamer.core.timetable.sessions import Session, SessionKind, Timetable
from streamer.timetables.items.text import as_escaped, as_paragraphs


def schedule_json_of(timetable: Timetable) -> str:
    """The whole document."""
    zone = ZoneInfo(timetable.timezone)
    names = {room.id: as_escaped(room.name) for room in timetable.rooms}
    days = []
    for index, (day, members) in enumerate(groupby(timetable.sessions, lambda s: s.start.astimezone(zone).date())):
        rooms: dict[str, list[dict[str, object]]] = {}
        for session in members:
            rooms.setdefault(names[session.room], []).append(_event(session, names[session.room], zone))
        days.append({"index": index + 1, "date": day.isoformat(), "rooms": rooms})
    conference = {
        "title": as_escaped(timetable.title),
        "acronym": "",
        "start": days[0]["date"] if days else None,
        "end": days[-1]["date"] if days else None,
        "daysCount": len(days),
        "time_zone_name": timetable.timezone,
        "rooms": [{"name": name} for name in names.values()],
        "days": days,
    }
    document = {"schedule": {"version": timetable.revision, "conference": conference}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _event(session: Session, room: str, zone: ZoneInfo) -> dict[str, object]:
    start = session.start.astimezone(zone)
    event: dict[str, object] = {
        "guid": session.foreign,
        "room": room,
        "title": as_escaped(session.title),
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "end": session.end.astimezone(zone).isoformat(),
        "duration": _duration(session.duration),
        "type": "break" if session.kind is SessionKind.BREAK else "session",
        "abstract": as_paragraphs(session.abstract),
        "persons": [{"public_name": as_escaped(s.name), "affiliation": s.affiliation} for s in session.speakers],
    }
    if session.foreign != session.id:
        event["streamer_id"] = session.id
    if session.cancelled or is_marked(session.title):
        event["cancelled"] = session.cancelled
    for key, allowed in (("do_not_record", session.record), ("do_not_stream", session.stream)):
        if allowed is not None:
            event[key] = not allowed
    return event


def _duration(duration: timedelta) -> str:
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" if seconds else f"{hours:02}:{minutes:02}"
