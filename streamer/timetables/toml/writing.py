"""A timetable as TOML that :mod:`streamer.timetables.toml.reading` reads back as the same timetable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.timetable.cancellation import is_marked
from streamer.core.timetable.sessions import Session, SessionKind, Speaker, Timetable
from streamer.timetables.items.text import as_paragraphs

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def toml_of(timetable: Timetable) -> str:
    """The whole file."""
    zone = ZoneInfo(timetable.timezone)
    names = {room.id: room.name for room in timetable.rooms}
    sessions = (text for session in timetable.sessions for text in _session(session, names[session.room], zone))
    return "\n".join((*_conference(timetable), *sessions)) + "\n"


def _conference(timetable: Timetable) -> Iterator[str]:
    yield "[conference]"
    yield f"title = {_text(timetable.title)}"
    yield f"timezone = {_text(timetable.timezone)}"
    yield f"rooms = [{', '.join(_text(room.name) for room in timetable.rooms)}]"


def _session(session: Session, room: str, zone: ZoneInfo) -> Iterator[str]:
    yield "\n[[sessions]]"
    yield f"id = {_text(session.id)}"
    if session.foreign != session.id:
        yield f"foreign = {_text(session.foreign)}"
    yield f"room = {_text(room)}"
    yield f"title = {_text(session.title)}"
    yield f"start = {_instant(session.start, zone)}"
    yield f"end = {_instant(session.end, zone)}"
    if session.speakers:
        yield f"speakers = [{', '.join(map(_speaker, session.speakers))}]"
    if session.abstract:
        yield f"abstract = {_text(as_paragraphs(session.abstract))}"
    for name, value in (("record", session.record), ("stream", session.stream)):
        if value is not None:
            yield f"{name} = {'true' if value else 'false'}"
    if session.cancelled or is_marked(session.title):
        yield f"cancelled = {'true' if session.cancelled else 'false'}"
    if session.kind is not SessionKind.SESSION:
        yield f"kind = {_text(session.kind)}"


def _speaker(speaker: Speaker) -> str:
    affiliation = f", affiliation = {_text(speaker.affiliation)}" if speaker.affiliation else ""
    return f"{{ name = {_text(speaker.name)}{affiliation} }}"


def _instant(instant: datetime, zone: ZoneInfo) -> str:
    """With the offset of the venue; in UTC where that has seconds, which TOML can't write."""
    local = instant.astimezone(zone)
    offset = local.utcoffset()
    return (local if offset is not None and not offset.seconds % 60 else instant).isoformat()


def _text(text: str) -> str:
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    plain = character.isprintable() or ord(character) > 0x9F
    return _ESCAPES.get(character, character if plain else f"\\u{ord(character):04x}")
