"""A recording as clients see it: what is kept of a session, its gaps and its files."""

from __future__ import annotations

from typing import Annotated, NotRequired
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Digest, Instant, Seconds, Share, TypedDict
from streamer.core.base.json import iso_unix
from streamer.core.export.files import FileKind
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.states import RecordingState


class GapDocument(TypedDict):
    """A stretch of a session of which there is no media."""

    start: Annotated[Instant, Described("Where it begins")]
    duration: Annotated[Seconds, Described(minimum=0)]
    cause: Annotated[str, Described("Why there is none, in words")]


class FileDocument(TypedDict):
    """A finished file of a recording."""

    name: str
    kind: FileKind
    bytes: Annotated[int, Described("Size in bytes", minimum=0)]
    sha256: Digest
    url: Annotated[str, Described("Where to get it, below this server")]
    path: NotRequired[Annotated[str, Described("Relative to the data folder; only its owner is told")]]


class RecordingDocument(TypedDict):
    """What is kept of a session. The window is the effective one, cut at keyframes around it."""

    session: str
    room: str
    title: str
    state: RecordingState
    start: Annotated[Instant, Described("Start of the window")]
    end: Annotated[Instant, Described("End of the window")]
    duration: Annotated[Seconds, Described("Seconds from start to end")]
    coverage: Annotated[Share, Described("Share of the window that there is media of, 0 to 1")]
    gaps: list[GapDocument]
    files: list[FileDocument]
    reason: Annotated[str, Described("Why it is not whole; empty where it is")]
    progress: Annotated[float | None, Described("Share of its video file that is written, 0 to 1, while one is")]


class BoundsDocument(TypedDict):
    """Where a recording begins and ends, and how far that can be moved."""

    session: str
    start: Annotated[Instant, Described("Where it begins")]
    end: Annotated[Instant, Described("Where it ends")]
    session_start: Annotated[Instant, Described("The session's own start")]
    session_end: Annotated[Instant, Described("The session's own end")]
    earliest: Annotated[Instant | None, Described("The first start that is possible; null where there is no media")]
    latest: Annotated[Instant | None, Described("The last end that is possible; null where there is no media")]
    override: Annotated[str | None, Described("The newest decision about the bounds that counts; undo takes it back")]


def gap_document(gap: Gap, zone: ZoneInfo) -> GapDocument:
    return {"start": iso_unix(gap.start, zone), "duration": round(gap.duration, 3), "cause": gap.cause}


def recording_document(recording: Recording, zone: ZoneInfo, progress: float | None = None) -> RecordingDocument:
    """``progress`` is how much of its video file is written, 0…1; None where none is being written."""
    return {
        "session": recording.session,
        "room": recording.room,
        "title": recording.title,
        "state": recording.state,
        "start": iso_unix(recording.start, zone),
        "end": iso_unix(recording.end, zone),
        "duration": round(recording.end - recording.start, 3),
        "coverage": round(recording.coverage, 5),
        "gaps": [gap_document(gap, zone) for gap in recording.gaps],
        "files": [
            {
                "name": f.name,
                "kind": FileKind(f.kind),
                "bytes": f.bytes,
                "sha256": f.sha256,
                "url": f"/api/v1/recordings/{recording.session}/{f.name}",
            }
            for f in recording.files
        ],
        "reason": recording.reason,
        "progress": progress,
    }


def with_paths(recording: Recording, document: RecordingDocument) -> RecordingDocument:
    """A recording's document with each file's ``path``: for the owner of the data folder."""
    paths = {f.name: f.path for f in recording.files}
    files: list[FileDocument] = [
        {**file, "path": paths[file["name"]]} for file in document["files"] if file["name"] in paths
    ]
    return {**document, "files": files}
