"""Sessionize's JSON: the views All, Sessions and GridSmart of ``/api/v2/…/view/``.

Times are local unless the organiser chose UTC, so the venue's zone must be known. Service sessions are breaks;
Sessionize has no fields for consent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables.items.cancelling import cancelled
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.json_tree import Object, object_of, objects_in, read_json, text_of, written
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line, paragraphs
from streamer.timetables.items.zones import venue_zone

FORMAT = "sessionize"

_NOT_TAKEN = frozenset({"declined", "rejected", "withdrawn", "waitlisted"})


def recognises(document: object) -> bool:
    """Whether a JSON document is a view of Sessionize; one that is empty has nothing but its lists."""
    return any("startsAt" in session for _, session, _ in _sessions(document)) or (
        isinstance(document, dict) and document.get("sessions") == [] and "rooms" in document
    )


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a view; ``timezone`` is the zone of its times. Raises TimetableError."""
    document = read_json(data)
    if not recognises(document):
        raise TimetableError(
            "JSON of another kind: it has no sessions with a startsAt", hint="publish the view All or GridSmart"
        )
    remarks = RemarkList()
    gathering = Gathering(venue_zone("", timezone, remarks), remarks)
    top = object_of(document)
    rooms = {text_of(room.get("id")): text_of(room.get("name")) for room in _rooms(document)}
    people = {text_of(person.get("id")): _person(person) for person in objects_in(top.get("speakers"))}
    waiting = 0
    seen = set()
    for room, session, where in _sessions(document):
        title = line(text_of(session.get("title"))) or "(untitled)"
        room = text_of(session.get("room")) or room or rooms.get(text_of(session.get("roomId")), "")
        identity = (text_of(session.get("id")), text_of(session.get("startsAt")), room)
        if not session.get("startsAt") or identity in seen:
            waiting += not session.get("startsAt")
            continue
        seen.add(identity)
        try:
            _add(session, room, people, gathering, title, where)
        except ValueError as error:
            gathering.leave_out(title, str(error), where, id=identity[0], cancelled=_is_cancelled(session))
    if waiting:
        remarks.add("unscheduled items", f"{waiting} sessions have no time yet; left out")
    return gathering.parsed(title="", room_names=rooms.values(), format=FORMAT, default_room=options.room)


def _add(session: Object, room: str, people: dict[str, str], gathering: Gathering, title: str, where: str) -> None:
    if text_of(session.get("status")).casefold() in _NOT_TAKEN:
        why = line(text_of(session.get("status")), 40)
        gathering.remarks.add("items that do not take place", f"“{title}” is left out: it is {why}", where=where)
        return
    start = gathering.instant(_time(session.get("startsAt")), title=title, where=where)
    end, fault = gathering.end(session.get("endsAt"), None, start, _time, title=title, where=where)
    speakers = speakers_of((name, "") for name in _speakers(session.get("speakers"), people))
    if session.get("isServiceSession") is True:
        kind = SessionKind.BREAK
    else:
        kind = gathering.kind(type="", track="", title=title, speakers=speakers, where=where)
    gathering.add(
        Draft(
            foreign=line(text_of(session.get("id"))),
            room=line(room),
            title=title,
            start=start,
            end=end,
            fault=fault,
            cancelled=_is_cancelled(session),
            speakers=speakers,
            abstract=paragraphs(text_of(session.get("description"))),
            kind=kind,
            where=where,
        )
    )


def _is_cancelled(session: Object) -> bool | None:
    return cancelled((), [text_of(session.get("status"))])


def _sessions(document: object) -> Iterator[tuple[str, Object, str]]:
    """Every session with the name of the room that it is listed under and the place where it stands."""
    if isinstance(document, dict):
        yield from _listed(document, "", "")
    elif isinstance(document, list):
        for number, group in enumerate(document):
            if isinstance(group, dict):
                yield from _listed(group, "", f"[{number}]")
                for index, room in enumerate(objects_in(group.get("rooms"))):
                    yield from _listed(room, text_of(room.get("name")), f"[{number}].rooms[{index}]")


def _listed(holder: Object, room: str, where: str) -> Iterator[tuple[str, Object, str]]:
    sessions = holder.get("sessions")
    for number, session in enumerate(sessions if isinstance(sessions, list) else ()):
        if isinstance(session, dict):
            yield room, session, f"{where}.sessions[{number}]".lstrip(".")


def _rooms(document: object) -> list[Object]:
    if isinstance(document, dict):
        rooms = list(objects_in(document.get("rooms")))
        return sorted(rooms, key=lambda room: sort if isinstance(sort := room.get("sort"), int) else 0)
    return [room for group in objects_in(document) for room in objects_in(group.get("rooms"))]


def _person(person: Object) -> str:
    both = f"{text_of(person.get('firstName'))} {text_of(person.get('lastName'))}"
    return text_of(person.get("fullName")) or text_of(person.get("name")) or both


def _speakers(speakers: object, people: dict[str, str]) -> Iterator[str]:
    for speaker in speakers if isinstance(speakers, list) else ():
        yield _person(speaker) if isinstance(speaker, dict) else people.get(text_of(speaker), "")


def _time(value: object) -> datetime:
    try:
        return datetime.fromisoformat(text_of(value))
    except ValueError:
        raise ValueError(f"its time “{written(value)[:40]}” is not a date with a time") from None
