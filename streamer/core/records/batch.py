"""The values that survive a restart: the store writes and reads only these.

Wall times are Unix seconds (float, UTC) unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streamer.core.base.ids import RunId
from streamer.core.base.json import Document
from streamer.core.decisions.override import Override
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.recording.recording import Recording
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.trust.versions import TimetableVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer under an idempotency key. ``asked`` is a digest of the request, empty if unknown."""

    key: str
    asked: str
    body: Document


@dataclass(slots=True, kw_only=True)
class Batch:
    """All changes of one turn, written in one transaction."""

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
    answers: list[Answer] = field(default_factory=list)
    documents: list[StoredDocument] = field(default_factory=list)
    versions: list[TimetableVersion] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def keep(self, keep: Keep) -> None:
        """Add a keep; the last call for a keep counts, even if a batch combines several failed turns."""
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
    """The store's content when it was opened."""

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
