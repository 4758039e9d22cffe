"""What survives a restart, as values: the store writes and reads these and nothing else.

Wall times are Unix seconds (float, UTC) unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from streamer.core.ids import RoomId, SessionId
from streamer.core.media import ProcessExit, ProcessRecord, RunId, Segment, SourceFacts
from streamer.core.overrides import Override

Document = dict[str, Any]
"""A JSON object as clients see it."""


class Audience(StrEnum):
    """Who reads a journal. Each counts its own revisions."""

    VIEWER = "viewer"
    CREW = "crew"


class RecordingState(StrEnum):
    OFF = "off"
    PENDING = "pending"
    CAPTURING = "capturing"
    FINALISING = "finalising"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"
    ERASED = "erased"


class Role(StrEnum):
    CREW = "crew"
    ORGANISER = "organiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One unbroken run of a capture process. ``ended`` is None while it runs, ``cause`` says afterwards why it did.

    ``slot`` counts the captures that read the same source side by side; the first also feeds the tap.
    """

    id: RunId
    room: RoomId
    started: float
    ended: float | None = None
    cause: str = ""
    facts: SourceFacts | None = None
    slot: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A session refers to a segment: it is not deleted while this stands."""

    session: SessionId
    take: RunId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a session of which there is no media. ``cause`` is for people."""

    start: float
    duration: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A stretch of a take (wall time, Unix s) that had been captured and can't be read any more; ``reason`` says of
    which file."""

    take: RunId
    number: int
    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTake:
    """A take as its folder shows it: the segments' numbers in order, and what is on record of its process.

    ``room`` is None where nobody wrote down whose it is, ``rebooted`` says that its process ran before the machine
    was started last.
    """

    id: RunId
    numbers: tuple[int, ...]
    room: RoomId | None = None
    started: float = 0.0
    rebooted: bool = False
    slot: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    """A finished file of a recording; ``path`` relative to the data folder, ``kind`` mp4|vod|thumbnail|report."""

    name: str
    kind: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is kept of a session.

    ``start`` and ``end`` are the effective window that the files were cut for; ``version`` counts exports;
    ``exported`` is the fingerprint of what the present files were made of. ``analysed`` says that its report holds
    what listening and watching found: loudness, silence, black and frozen pictures.
    """

    session: SessionId
    room: RoomId
    title: str
    state: RecordingState
    start: float
    end: float
    version: int = 0
    exported: str = ""
    coverage: float = 0.0
    gaps: tuple[Gap, ...] = ()
    files: tuple[RecordingFile, ...] = ()
    reason: str = ""
    analysed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One announced change. ``body`` is the whole event as it is sent, epoch and revision included."""

    audience: Audience
    revision: int
    at: float
    kind: str
    body: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """The last announced form of a room's or session's document; ``body`` None removes it."""

    kind: str
    id: str
    body: Document | None


class VersionState(StrEnum):
    """What became of a version of the timetable."""

    CURRENT = "current"
    HELD = "held"
    PAST = "past"
    WITHDRAWN = "withdrawn"  # it never counted: the next one came first
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableVersion:
    """A version of the timetable as it was seen first ``at`` a time. ``body`` is what the crew sees of it.

    ``timetable`` is the whole of it, None where it was broken or is not at hand.
    """

    id: int
    at: float
    state: VersionState
    body: Document
    timetable: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token. Only ``digest``, the SHA-256 of the secret in hex, is ever stored."""

    name: str
    role: Role
    digest: str
    created: float
    revoked: float | None = None
    once: bool = False


@dataclass(slots=True, kw_only=True)
class Batch:
    """Everything one turn changes; written in one transaction, or not at all."""

    processes: list[ProcessRecord] = field(default_factory=list)
    exits: list[ProcessExit] = field(default_factory=list)
    takes: list[Take] = field(default_factory=list)
    deleted_takes: list[RunId] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    deleted_segments: list[tuple[RunId, int]] = field(default_factory=list)
    keeps: list[Keep] = field(default_factory=list)
    dropped_keeps: list[Keep] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    answers: list[tuple[str, Document]] = field(default_factory=list)
    documents: list[StoredDocument] = field(default_factory=list)
    versions: list[TimetableVersion] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def keep(self, keep: Keep) -> None:
        """Set a keep; the last word counts, also where turns that could not be written are in one batch."""
        if keep in self.dropped_keeps:
            self.dropped_keeps.remove(keep)
        self.keeps.append(keep)

    def drop(self, keep: Keep) -> None:
        """Drop a keep."""
        if keep in self.keeps:
            self.keeps.remove(keep)
        self.dropped_keeps.append(keep)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store knew when it was opened."""

    epoch: str
    node: str
    processes: tuple[ProcessRecord, ...] = ()
    takes: tuple[Take, ...] = ()
    segments: tuple[Segment, ...] = ()
    keeps: tuple[Keep, ...] = ()
    recordings: tuple[Recording, ...] = ()
    overrides: tuple[Override, ...] = ()
    documents: tuple[StoredDocument, ...] = ()
    versions: tuple[TimetableVersion, ...] = ()
    revisions: dict[Audience, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
