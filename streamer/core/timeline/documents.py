"""A timeline as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.json import iso
from streamer.core.timeline.moments import Moment, MomentKind


class MomentDocument(TypedDict):
    """Something that happened."""

    at: Instant
    kind: MomentKind
    room: Annotated[str | None, Described("The room that it happened in")]
    session: Annotated[str | None, Described("The session that it is about")]
    text: Annotated[str, Described("What happened, in words")]
    by: Annotated[str, Described("Who did it; empty if nobody did")]


class TimelineDocument(TypedDict):
    """What happened, in order of time."""

    title: Annotated[str, Described("The session's or the conference's")]
    start: Annotated[Instant, Described("Where it begins")]
    end: Annotated[Instant, Described("Where it ends")]
    moments: list[MomentDocument]


def timeline_document(
    title: str, start: datetime, end: datetime, found: Sequence[Moment], zone: ZoneInfo
) -> TimelineDocument:
    return {
        "title": title,
        "start": iso(start, zone),
        "end": iso(end, zone),
        "moments": [
            {
                "at": iso(one.at, zone),
                "kind": one.kind,
                "room": one.room,
                "session": one.session,
                "text": one.text,
                "by": one.by,
            }
            for one in found
        ],
    }


def markdown(timeline: TimelineDocument, rooms: Mapping[str, str]) -> str:
    """A timeline for people, a day under each heading. ``rooms`` are the rooms' names by their ids."""
    lines = [f"# {_plain(timeline['title'])}", ""]
    if not timeline["moments"]:
        lines.append("Nothing happened.")
    for day, found in groupby(timeline["moments"], key=lambda one: datetime.fromisoformat(one["at"]).date()):
        lines += [f"## {day:%A} {day.day} {day:%B %Y}", ""]
        lines += [_line(one, rooms) for one in found]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _line(moment: MomentDocument, rooms: Mapping[str, str]) -> str:
    at = datetime.fromisoformat(moment["at"])
    room = moment["room"]
    where = f"**{_plain(rooms.get(room, room))}:** " if room else ""
    by = f" ({_plain(moment['by'])})" if moment["by"] else ""
    return f"- {at:%H:%M:%S} {where}{_plain(moment['text'])}{by}"


def _plain(text: str) -> str:
    """Text in which Markdown sees no mark-up, on one line."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in text)
    return " ".join(escaped.split())
