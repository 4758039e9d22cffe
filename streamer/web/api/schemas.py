"""The documents of the contract as schemas (JSON Schema 2020-12, as OpenAPI 3.1 uses it), units included.

Objects name every key that is always there as required; more keys may come, so none forbids them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamer.core.decisions.registry import BY_ACTION
from streamer.core.jobs.lifecycle import JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.recording.states import RecordingState
from streamer.core.records.tokens import Role
from streamer.core.status.states import RoomState, SessionState

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def words(values: Iterable[str], description: str = "") -> Schema:
    return text(description, enum=[str(v) for v in values])


def instant(description: str) -> Schema:
    return text(f"{description} (ISO 8601 with offset)", format="date-time")


def number(description: str, **more: Any) -> Schema:
    return {"type": "number", "description": description, **more}


def count(description: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "description": description}


def truth(description: str) -> Schema:
    return {"type": "boolean", "description": description}


def listing(of: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": of, **({"description": description} if description else {})}


def or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def record(description: str, properties: dict[str, Schema], optional: Iterable[str] = ()) -> Schema:
    left_out = set(optional)
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in left_out],
    }


ROOM = record(
    "A room as a viewer finds it.",
    {
        "id": text(),
        "name": text(),
        "state": words(RoomState),
        "session": or_null(text("The session it is in")),
        "next": or_null(text("The session that follows")),
        "stream": or_null(text("URL of the channel's multivariant playlist; null where nothing is captured")),
    },
)
SPEAKER = record("Who speaks.", {"name": text(), "affiliation": text()})
SESSION = record(
    "An item of the programme, as it will be or was, after the crew's decisions.",
    {
        "id": text(),
        "room": text("Its room's id"),
        "title": text(),
        "start": instant("When it starts"),
        "end": instant("When it ends"),
        "scheduled_start": instant("The start as published"),
        "scheduled_end": instant("The end as published"),
        "state": words(SessionState),
        "on_air": truth("Whether viewers see it now"),
        "record": or_null(truth("Whether it is recorded")),
        "stream": or_null(truth("Whether it is streamed")),
        "recording": words(RecordingState),
        "recording_start": or_null(instant("Where its recording begins; null where nobody set that")),
        "recording_end": or_null(instant("Where its recording ends; null where nobody set that")),
        "speakers": listing(ref("Speaker")),
        "abstract": text(),
        "revision": count("Grows with every change of this session"),
    },
    optional=("recording_start", "recording_end", "speakers", "abstract"),
)
CONFERENCE = record(
    "The whole happening.",
    {
        "title": text(),
        "timezone": text("IANA name of the venue's zone"),
        "privacy_notice": or_null(text("A text, or the URL of one")),
    },
    optional=("privacy_notice",),
)
SNAPSHOT = record(
    "Everything a viewer knows at an instant; `change` events of Socket.IO continue it.",
    {
        "epoch": text("Changes when revisions begin anew"),
        "revision": count("The last change that is contained"),
        "now": instant("The service's clock"),
        "conference": ref("Conference"),
        "rehearsal": truth("Whether this is a rehearsal"),
        "rooms": listing(ref("Room")),
        "sessions": listing(ref("Session")),
    },
)
JOB = record(
    "One FFmpeg process with a purpose.",
    {
        "id": text(),
        "room": or_null(text()),
        "kind": words(JobKind),
        "state": words(JobState),
        "pid": or_null(count("Process id")),
        "since": instant("Since when it is in this state"),
        "restarts": count("Restarts after failures"),
        "error": or_null(text("Its last error, in words")),
    },
)
CUE = record(
    "An instant at which the plan changes.", {"at": instant("When"), "session": or_null(text()), "action": text()}
)
ALARM = record(
    "Something the crew must look at.",
    {
        "id": text(),
        "severity": text(),
        "message": text(),
        "hint": text("What to do"),
        "room": or_null(text()),
        "session": or_null(text()),
        "since": instant("Since when"),
    },
)
OVERRIDE = record(
    "A decision of the crew.",
    {
        "id": text(),
        "action": words(BY_ACTION),
        "session": or_null(text("The session that it names")),
        "room": or_null(text("The room that it names, or where its session took place then")),
        "at": instant("When it was taken"),
        "by": text("Whose token took it"),
        "description": text(),
        "undone": or_null(instant("When it was dropped")),
    },
)
CREW_SNAPSHOT = {
    "description": "A snapshot as the crew sees it; sent on the namespace /crew.",
    "allOf": [
        ref("Snapshot"),
        record(
            "What only the crew is told.",
            {
                "jobs": listing(ref("Job")),
                "cues": listing(ref("Cue")),
                "alarms": listing(ref("Alarm")),
                "overrides": listing(ref("Override")),
                "feed": ref("TimetableStatus"),
            },
            optional=("feed",),
        ),
    ],
}
CHANGE = record(
    "The payload of a `change` event. Changed documents come whole; `timetable` brings all rooms and sessions.",
    {
        "epoch": text(),
        "revision": count("One more than the change before, in this namespace", 1),
        "at": instant("When it became true, on the clock of the playlists' PROGRAM-DATE-TIME"),
        "kind": text("Such as session.live, session.ended, session.moved, session.changed, room.state, timetable"),
        "room": ref("Room"),
        "session": ref("Session"),
        "rooms": listing(ref("Room")),
        "sessions": listing(ref("Session")),
    },
    optional=("room", "session", "rooms", "sessions"),
)
GAP = record(
    "A stretch of a session of which there is no media.",
    {
        "start": instant("Where it begins"),
        "duration": number("Seconds", minimum=0),
        "cause": text(),
    },
)
FILE = record(
    "A finished file.",
    {
        "name": text(),
        "kind": words(("mp4", "vod", "thumbnail", "report")),
        "bytes": count("Size in bytes"),
        "sha256": text("Digest of the whole file, in hex", pattern="^[0-9a-f]{64}$"),
        "url": text("Where to get it, below this server"),
    },
)
RECORDING = record(
    "What is kept of a session. The window is the effective one, cut at keyframes around it.",
    {
        "session": text(),
        "room": text(),
        "title": text(),
        "state": words(RecordingState),
        "start": instant("Start of the window"),
        "end": instant("End of the window"),
        "duration": number("Seconds"),
        "coverage": number("Share of the window that there is media of", minimum=0, maximum=1),
        "gaps": listing(ref("Gap")),
        "files": listing(ref("File")),
        "reason": text("Why it is not whole; empty where it is"),
        "progress": or_null(number("Share of its video file that is written; null where none is being written")),
    },
    optional=("reason", "progress"),
)
RECORDINGS = record("All recordings, in order of start.", {"recordings": listing(ref("Recording"))})
CLASH = record(
    "Two sessions that want one room at the same time.", {"session": text(), "with": text(), "message": text()}
)
DECIDED = record(
    "What a decision did, or would do.",
    {
        "override": {"oneOf": [ref("Override"), {"type": "null"}], "description": "null in a preview"},
        "revision": count("The crew's revision that contains it"),
        "sessions": listing(ref("Session"), "The sessions it moves"),
        "conflicts": listing(ref("Conflict")),
    },
)
HEALTH = record("Whether the service is well.", {"status": words(("ok", "degraded", "starting"))})
ME = record("Whom the token belongs to.", {"name": text(), "role": words(Role)})
PROBLEM = record(
    "What is wrong (RFC 9457), where, and what to do about it.",
    {
        "type": text(format="uri-reference"),
        "title": text("The status in words"),
        "status": count("The HTTP status", 400),
        "detail": text("What is wrong"),
        "where": text("The key, file or thing it is about"),
        "hint": text("What to do, or what is possible instead"),
        "id": text("Of an unexpected error: the log says more under it"),
    },
    optional=("where", "hint", "id"),
)

SCHEMAS: dict[str, Schema] = {
    "Alarm": ALARM,
    "Change": CHANGE,
    "Conference": CONFERENCE,
    "Conflict": CLASH,
    "CrewSnapshot": CREW_SNAPSHOT,
    "Cue": CUE,
    "Decided": DECIDED,
    "File": FILE,
    "Gap": GAP,
    "Health": HEALTH,
    "Job": JOB,
    "Me": ME,
    "Override": OVERRIDE,
    "Problem": PROBLEM,
    "Recording": RECORDING,
    "Recordings": RECORDINGS,
    "Room": ROOM,
    "Session": SESSION,
    "Snapshot": SNAPSHOT,
    "Speaker": SPEAKER,
}
