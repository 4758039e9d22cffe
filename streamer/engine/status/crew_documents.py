"""Jobs and alarms as the crew sees them, and the crew's snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NotRequired
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.json import iso, iso_unix
from streamer.core.decisions.override import OverrideDocument
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.recording.documents import RecordingDocument
from streamer.core.status.alarm_book import Acknowledgement
from streamer.core.status.documents import SnapshotDocument
from streamer.core.trust.documents import TimetableStatusDocument
from streamer.core.trust.health import FeedDocument
from streamer.core.trust.unknown_rooms import UnknownRoomDocument
from streamer.engine.programme.programme import Programme


class JobDocument(TypedDict):
    """One FFmpeg process with a purpose."""

    id: str
    room: str | None
    kind: JobKind
    session: Annotated[str | None, Described("The session that it works for; null where it serves a room")]
    state: JobState
    pid: Annotated[int | None, Described("Process id")]
    since: Annotated[Instant, Described("Since when it is in this state")]
    restarts: Annotated[int, Described("Restarts after failures", minimum=0)]
    error: Annotated[str | None, Described("Its last error, in words")]


class CueDocument(TypedDict):
    """An instant at which the plan changes."""

    at: Instant
    session: str | None
    action: Annotated[str, Described("What starts or stops, such as capture.start")]


class AcknowledgementDocument(TypedDict):
    """Who has taken an alarm on."""

    by: str
    at: Instant


class AlarmDocument(TypedDict):
    """Something the crew must look at."""

    id: str
    severity: Annotated[str, Described(enum=["error", "warning"])]
    kind: Annotated[str, Described("What it is about, such as “no picture”")]
    message: Annotated[str, Described("What is wrong")]
    hint: Annotated[str, Described("What to do")]
    room: str | None
    session: str | None
    since: Annotated[Instant, Described("Since when")]
    acknowledged: Annotated[AcknowledgementDocument | None, Described("null until somebody has taken it on")]
    cleared: NotRequired[Annotated[bool, Described("true in the last change of an alarm that is over")]]


class RemarkDocument(TypedDict):
    """An oddity of the timetable."""

    message: str
    where: str


class CrewSnapshotDocument(SnapshotDocument):
    """A snapshot as the crew sees it; sent on the namespace /crew."""

    jobs: list[JobDocument]
    cues: list[CueDocument]
    alarms: list[AlarmDocument]
    overrides: Annotated[list[OverrideDocument], Described("The newest 200, in order of time")]
    recordings: list[RecordingDocument]
    feeds: Annotated[list[FeedDocument], Described("The sources of the timetable")]
    unknown_rooms: list[UnknownRoomDocument]
    feed: TimetableStatusDocument
    remarks: list[RemarkDocument]


def job_document(job: Job, programme: Programme) -> JobDocument:
    return {
        "id": job.id,
        "room": job.room,
        "kind": job.kind,
        "session": job.session,
        "state": job.state,
        "pid": job.pid,
        "since": iso_unix(job.since, programme.zone),
        "restarts": job.restarts,
        "error": job.error or None,
    }


def alarm_document(
    alarm: Alarm, known: AlarmDocument | None, taken: Acknowledgement | None, now: datetime, zone: ZoneInfo
) -> AlarmDocument:
    """An alarm with its start; ``known`` is its last announced document, ``taken`` who has acknowledged it."""
    return {
        "id": alarm.id,
        "severity": alarm.severity,
        "kind": alarm.kind,
        "message": alarm.message,
        "hint": alarm.hint,
        "room": alarm.room,
        "session": alarm.session,
        "since": known["since"] if known is not None else iso(now, zone),
        "acknowledged": {"by": taken.by, "at": iso(taken.at, zone)} if taken is not None else None,
    }
