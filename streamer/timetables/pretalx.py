"""pretalx's REST API: slots, submissions, rooms and speakers, whole or by reference, of old versions and new.

The fetcher requests one page after the other (:func:`next_page`) and joins them (:func:`join_pages`): pages of one
list, or of several, because references are looked up in all of them. Objects are recognised by their content, anywhere
in the document, because sites publish modified forms of the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables.items.cancelling import cancelled
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.json_tree import Object, name_of, object_of, read_json, text_of, written
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import allowed, line, paragraphs
from streamer.timetables.items.zones import venue_zone

FORMAT = "pretalx"

_DEEPEST = 40
_NOT_TAKEN = frozenset({"draft", "submitted", "rejected", "withdrawn", "deleted"})
_TAKEN = frozenset({"", "confirmed", "accepted"})
_EVENT = re.compile(r"/api/events/([^/?#]+)/")


@dataclass(slots=True)
class _Found:
    """What a document holds, by the ids that others refer to; ``slots`` with the code of whose they are."""

    slots: list[tuple[Object, str, str]] = field(default_factory=list)
    submissions: dict[str, Object] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    speakers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    event: Object = field(default_factory=dict)
    slug: str = ""


def next_page(data: bytes) -> str | None:
    """The address of the page after this one; None after the last. Raises TimetableError where it is not JSON."""
    address = object_of(read_json(data)).get("next")
    return address if isinstance(address, str) and address else None


def join_pages(pages: Sequence[bytes]) -> bytes:
    """Several answers as one document that :func:`parse` reads."""
    return b"[" + b",\n".join(page.removeprefix(b"\xef\xbb\xbf").strip() for page in pages) + b"]"


def recognises(document: object) -> bool:
    """Whether a JSON document is, or holds, what pretalx's API answers."""
    found = _Found()
    _collect(document, found, "", "", 0)
    top = object_of(document)
    page = isinstance(top.get("results"), list) and "count" in top and "_type" not in top
    return bool(found.slots or found.submissions) or page or isinstance(top.get("slots"), list)


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read one answer or several joined; ``timezone`` names the zone that is shown. Raises TimetableError."""
    document = read_json(data)
    detail = object_of(document).get("detail")
    if isinstance(detail, str):
        raise TimetableError(
            f"the server answers with an error: {line(detail, 120)}", hint="does the address need a token?"
        )
    found = _Found()
    _collect(document, found, "", "", 0)
    if not found.slots and not found.submissions and not _is_empty_page(document):
        raise TimetableError(
            "JSON of another kind: it has neither slots nor submissions",
            hint="ask for …/slots/?expand=room,submission,submission.speakers",
        )
    remarks = RemarkList()
    gathering = Gathering(venue_zone(text_of(found.event.get("timezone")), timezone, remarks), remarks)
    for slot, owner, where in _current(found.slots, remarks):
        title = _title(slot, found.submissions.get(owner, {}))
        try:
            _add(slot, owner, found, gathering, title, where)
        except ValueError as error:
            submission = found.submissions.get(owner, {})
            record = _record(submission, gathering, title, where)
            state = cancelled((), [text_of(submission.get("state"))])
            gathering.leave_out(title, str(error), where, id=owner, record=record, cancelled=state)
    scheduled = {owner for slot, owner, _ in found.slots if slot.get("start")}
    if waiting := len(found.submissions.keys() - scheduled):
        remarks.add("unscheduled items", f"{waiting} submissions have no slot yet; left out")
    title = text_of(found.event.get("name")) or found.slug
    return gathering.parsed(title=title, room_names=found.rooms.values(), format=FORMAT, default_room=options.room)


def _add(slot: Object, owner: str, found: _Found, gathering: Gathering, title: str, where: str) -> None:
    if not slot.get("start"):
        return
    submission = found.submissions.get(owner, {})
    if owner and not submission:
        reason = "its submission is only named, not there; ask for expand=submission"
        raise ValueError(reason)
    state = text_of(submission.get("state"))
    if state.casefold() in _NOT_TAKEN or slot.get("is_visible") is False:
        why = f"it is {line(state, 40)}" if state.casefold() in _NOT_TAKEN else "it is not published yet"
        gathering.remarks.add("items that do not take place", f"“{title}” is left out: {why}", where=where)
        return
    is_cancelled = cancelled((), [state])
    if state.casefold() not in _TAKEN and not is_cancelled:
        message = f"the state “{line(state, 40)}” of “{title}” is not known; it counts as confirmed"
        gathering.remarks.add("states", message, where=where)
    start = gathering.instant(_time(slot.get("start"), "start"), title=title, where=where)
    speakers = speakers_of(_speakers(submission, found, gathering.remarks))
    kind = SessionKind.BREAK
    if submission:
        kind = gathering.kind(
            type=_named(submission.get("submission_type"), found),
            track=_named(submission.get("track"), found),
            title=title,
            speakers=speakers,
            where=where,
        )
    end, fault = _end(slot, submission, start, gathering, title, where)
    gathering.add(
        Draft(
            foreign=line(owner),
            room=line(_room(slot, found, gathering.remarks)),
            title=title,
            start=start,
            end=end,
            fault=fault,
            cancelled=is_cancelled,
            speakers=speakers,
            abstract=paragraphs(text_of(submission.get("abstract")) or text_of(submission.get("description"))),
            record=_record(submission, gathering, title, where),
            kind=kind,
            where=where,
        )
    )


def _collect(value: object, found: _Found, owner: str, where: str, depth: int) -> None:
    """Sorts what lies anywhere in a document; ``owner`` is the code of the submission that it lies in."""
    if depth > _DEEPEST:
        raise TimetableError(f"values are nested more than {_DEEPEST} deep", where=where)
    if isinstance(value, list):
        for number, member in enumerate(value):
            _collect(member, found, owner, f"{where}[{number}]", depth + 1)
        return
    if not isinstance(value, dict):
        return
    code = text_of(value.get("code"))
    if code and "title" in value and value.keys() & {"state", "slot", "slots", "submission_type", "speakers"}:
        known = found.submissions.get(code)
        found.submissions[code] = value if known is None else _merged(known, value)
        owner = code
        if "start" in value and value.keys() & {"room", "room_id"}:  # a talk of the widget's is its own slot
            found.slots.append((value, code, where))
    elif code and "name" in value:
        found.speakers[code] = text_of(value["name"])
    elif "start" in value and value.keys() & {"room", "room_id"} and value.keys() & {"end", "duration", "submission"}:
        submission = value.get("submission", owner)
        found.slots.append((value, text_of(object_of(submission).get("code")) or text_of(submission), where))
    elif "timezone" in value and value.keys() & {"slug", "talks"}:
        found.event = value
    elif "id" in value and "name" in value:
        key = text_of(value["id"])
        rooms = value.keys() & {"capacity", "position", "speaker_info", "availabilities", "guid", "uuid"}
        track = value.keys() & {"default_duration", "color", "deadline"}
        if track:
            found.names[key] = text_of(value["name"])
        elif rooms or "rooms[" in where:
            found.rooms[key] = text_of(value["name"])
    following = text_of(value.get("next")) or text_of(value.get("previous"))
    if not found.slug and (match := _EVENT.search(following)):
        found.slug = match[1]
    for name, member in value.items():
        if isinstance(member, dict | list):
            _collect(member, found, owner, f"{where}.{name}" if where else name, depth + 1)


def _merged(known: Object, value: Object) -> Object:
    """What two places say of one submission: nothing unsays something, and an opt-out stays one."""
    whole = known | {name: one for name, one in value.items() if one not in (None, "", [])}
    opt_outs = (known.get("do_not_record"), value.get("do_not_record"))
    return whole | {"do_not_record": True} if True in opt_outs else whole


def _current(slots: list[tuple[Object, str, str]], remarks: RemarkList) -> Iterator[tuple[Object, str, str]]:
    """Each slot once, and of several versions of the schedule the newest."""
    versions = {version for slot, _, _ in slots if isinstance(version := _version(slot), int)}
    if len(versions) > 1:
        remarks.add("versions", f"{len(versions)} versions of the schedule are in it; the newest is taken")
    seen = set()
    for slot, owner, where in slots:
        identity = (owner, text_of(slot.get("start")), str(slot.get("room_id") or _room_key(slot.get("room"))))
        if identity not in seen and (len(versions) < 2 or _version(slot) == max(versions)):
            seen.add(identity)
            yield slot, owner, where


def _version(slot: Object) -> object:
    schedule = slot.get("schedule")
    return object_of(schedule).get("id") if isinstance(schedule, dict) else schedule


def _title(slot: Object, submission: Object) -> str:
    said = (text_of(value) for value in (submission.get("title"), slot.get("title"), slot.get("description")))
    return line(next(filter(None, said), "")) or "(untitled)"


def _record(submission: Object, gathering: Gathering, title: str, where: str) -> bool | None:
    opt_out = submission.get("do_not_record")
    return allowed(opt_out, "recording", title=title, where=where, remarks=gathering.remarks)


def _end(
    slot: Object, submission: Object, start: datetime, gathering: Gathering, title: str, where: str
) -> tuple[datetime | None, str]:
    """The end by itself or by a duration, and what is wrong if neither can be used."""
    duration = slot.get("duration") or submission.get("duration")
    return gathering.end(slot.get("end"), duration, start, lambda end: _time(end, "end"), title=title, where=where)


def _time(value: object, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text_of(value))
    except ValueError:
        raise ValueError(f"its {name} “{written(value)[:40]}” is not a date with a time") from None


def _room_key(room: object) -> str:
    return text_of(object_of(room).get("id")) or name_of(room)


def _room(slot: Object, found: _Found, remarks: RemarkList) -> str:
    """The room's name: as the slot has it, or by its number from what else is in the document."""
    room = slot.get("room")
    number = text_of(slot.get("room_id")) or (text_of(room) if isinstance(room, int) else "")
    name = "" if isinstance(room, int) else name_of(room)
    if name or not number:
        return name
    if number not in found.rooms:
        remarks.add(
            "rooms that are only numbers", f"room {number} is only a number; ask for expand=room, or add …/rooms/"
        )
    return found.rooms.get(number, f"Room {number}")


def _named(value: object, found: _Found) -> str:
    return found.names.get(text_of(value), "") if isinstance(value, int) else name_of(value)


def _speakers(submission: Object, found: _Found, remarks: RemarkList) -> Iterator[tuple[str, str]]:
    speakers = submission.get("speakers")
    for speaker in speakers if isinstance(speakers, list) else ():
        code = text_of(speaker)
        if not isinstance(speaker, dict) and code not in found.speakers:
            remarks.add("speakers that are only codes", "speakers are only codes; ask for expand=submission.speakers")
        yield (name_of(speaker) if isinstance(speaker, dict) else found.speakers.get(code, "")), ""


def _is_empty_page(document: object) -> bool:
    pages = document if isinstance(document, list) else [document]
    return bool(pages) and all(object_of(page).get("results") == [] for page in pages)
