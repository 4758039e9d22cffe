"""The documents about the timetable's versions as schemas, as :mod:`streamer.web.api.schemas` writes them."""

from __future__ import annotations

from streamer.core.timetable.diff import ChangeKind
from streamer.core.trust.suspicion import Suspicion
from streamer.core.trust.versions import VersionState
from streamer.web.api.schemas import Schema, count, instant, listing, or_null, record, ref, text, words

_CHANGE = record(
    "One change of one session.",
    {"kind": words(ChangeKind), "session": text("Its lasting id"), "message": text("The change in words")},
)
_HELD = record(
    "Something that is not applied: a mass change, or what touches a session that runs or starts soon.",
    {
        "id": text("To approve or refuse it by; the same for the same change in a later version"),
        "kind": words(("mass", "ask")),
        "suspicion": or_null(words(Suspicion, "What makes a mass change suspicious")),
        "reason": text("Why it is held back"),
        "sessions": listing(text(), "The sessions that it is about"),
        "since": instant("Since when it is held back"),
        "until": or_null(instant("When it is applied by itself, if the feed still says so")),
        "changes": listing(ref("TimetableChange"), "At most 50 of them"),
    },
)
_VERSION = record(
    "A version of the timetable that was seen.",
    {
        "id": count("Counts from 1", 1),
        "at": instant("When it was first seen"),
        "state": words(VersionState, "What became of it"),
        "source": text("From where"),
        "digest": text("Of its content"),
        "sessions": count("How many it holds"),
        "changed": {"type": "object", "description": "How many changes of each kind it brought"},
        "changes": listing(ref("TimetableChange"), "At most 200 of them; in a list of versions they are left out"),
        "remarks": count("How many oddities were found in it"),
        "reason": text("Why it does not count; empty where it does"),
        "error": or_null(text("Why it could not be read")),
        "held": listing(ref("HeldChange"), "What of it was held back last"),
    },
    optional=("changes",),
)
_STATUS = record(
    "How things stand with the feed.",
    {
        "source": text("What it is called"),
        "current": {"oneOf": [ref("TimetableVersion"), {"type": "null"}], "description": "The newest that counts"},
        "latest": or_null(count("The newest that could be read", 1)),
        "pinned": or_null(count("The one that is followed whatever the feed says", 1)),
        "held": listing(ref("HeldChange"), "What waits"),
        "refused": listing(ref("HeldChange"), "What the crew refused, and the feed still says"),
        "confirmed": or_null(instant("When the sources were last known to say what we have; of several the oldest")),
        "error": or_null(text("Why it can't be renewed")),
        "failing_since": or_null(instant("Since when")),
        "decisions": listing(ref("TimetableDecision"), "The latest last"),
        "unknown_rooms": listing(ref("UnknownRoom"), "Rooms with sessions that no configuration names: not captured"),
    },
)
_PREVIEW = record(
    "What following a version would change.",
    {
        "version": count("Its number", 1),
        "sessions": count("How many the programme would hold"),
        "changed": {"type": "object", "description": "How many changes of each kind"},
        "changes": listing(ref("TimetableChange"), "At most 200 of them"),
        "held": listing(ref("HeldChange"), "What of it would wait, such as the end of a session that runs"),
    },
)
_UNKNOWN_ROOM = record(
    "A room of the timetable that no configuration names.",
    {
        "id": text("As the timetable has it"),
        "name": text("As people read it"),
        "count": count("How many sessions it has"),
        "sessions": listing(
            record(
                "One of them.", {"id": text(), "title": text(), "start": instant("When"), "end": instant("Until when")}
            ),
            "The first 50",
        ),
        "was": or_null(text("The configured room that it seems to be, or to have been")),
        "hint": text("What to write into config.toml"),
    },
)
_DECISION = record(
    "What somebody decided about the feed.",
    {"at": instant("When"), "by": text("Whose token"), "action": text(), "target": text()},
)

TIMETABLE_SCHEMAS: dict[str, Schema] = {
    "HeldChange": _HELD,
    "TimetableChange": _CHANGE,
    "TimetableDecision": _DECISION,
    "TimetablePreview": _PREVIEW,
    "TimetableStatus": _STATUS,
    "TimetableVersion": _VERSION,
    "UnknownRoom": _UNKNOWN_ROOM,
    "TimetableVersions": record("Newest first.", {"versions": listing(ref("TimetableVersion"))}),
}
