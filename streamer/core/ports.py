"""The doors between the engine and the floors that touch the world.

media, store and outside implement these; the engine knows nothing else of them. Implementations raise
subclasses of :class:`streamer.core.errors.StreamerError` only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from streamer.core.disk import DiskSpace, Syncing
from streamer.core.errors import TimetableError
from streamer.core.feed_health import FeedHealth
from streamer.core.ids import RoomId, SessionId
from streamer.core.live_media import Chunk, LiveFormat, Loop, SlateText
from streamer.core.media import (
    Clip,
    FileFacts,
    JobSpec,
    ProcessExit,
    ProcessRecord,
    Progress,
    RunId,
    Segment,
    SourceFacts,
)
from streamer.core.overrides import Override
from streamer.core.quality import Quality
from streamer.core.records import Audience, Batch, Document, FoundTake, JournalEntry, RecordingFile, Stored, Token
from streamer.core.timetable import Parsed


class Clock(Protocol):
    """Wall time for the timetable, monotonic time for backoff and staleness."""

    def now(self) -> datetime:
        """The present instant, time-zone-aware (UTC)."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""


class Launcher(Protocol):
    """Starts and stops detached processes; they outlive the service."""

    async def open(self) -> list[ProcessRecord]:
        """Connect; return the processes of a former run that are still running."""

    async def start(self, spec: JobSpec, run: RunId, ends_by: float) -> ProcessRecord:
        """Start a process for ``spec``. It ends by itself at ``ends_by`` (Unix s) if no service is there then."""

    async def stop(self, run: RunId) -> None:
        """Ask it to end (SIGTERM, again after 1.5 s, SIGKILL after 5 s). The end arrives through ``exits``."""

    async def lease(self, ends_by: dict[RunId, float]) -> None:
        """Set when processes end by themselves where no service returns (Unix s)."""

    def exits(self) -> AsyncIterator[ProcessExit]:
        """The ends of processes, in order, each once."""

    def progress(self, run: RunId) -> Progress | None:
        """What a process has done; None before it reported anything."""

    def log_tail(self, run: RunId, lines: int = 40) -> list[str]:
        """The last lines of its log, secrets redacted."""

    async def syncing(self) -> Syncing | None:
        """How the disk keeps up with what captures write; None where nobody can say."""

    async def close(self, *, end_media: bool) -> None:
        """Disconnect; with ``end_media`` end every process first (within 10 s)."""


class Disk(Protocol):
    """The file system that the data folder is on."""

    async def space(self) -> DiskSpace:
        """What it has. Raises StoreError where it does not say."""

    async def hold(self, size: int) -> None:
        """Hold so many bytes against a full disk, as far as there is room; nothing where they are held already."""

    async def give_up(self) -> bool:
        """Free what is held; False where nothing was."""


class TakeReader(Protocol):
    """Reads what captures write."""

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        """The segments of a take with a number above ``after`` that are closed, in order."""

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        """After a take's process ended: closed segments not yet seen, and the one that was open (probed)."""

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        """Make closed segments of one take safe on the disk, and read them: in order, with checksum and shape.

        One whose file is gone is left out; one of which nothing can be read has zero bytes.
        """

    async def facts(self, segment_path: str) -> SourceFacts:
        """What a segment holds."""

    def shape(self, segment_path: str) -> str:
        """What a segment holds, as :mod:`streamer.core.shapes` compares it; empty where it can't be read.

        A segment in which the source changes has the shape from before.
        """

    async def turn(self, segment_path: str, known: str) -> float | None:
        """When (source clock, s) a segment ceases to fit the shape ``known``: the first keyframe from which on it has
        another; None where there is none."""

    async def keyframes(self, segment_path: str) -> list[tuple[float, int]]:
        """(time on the source's clock in s, byte offset) of each video keyframe of a segment, in order."""

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files, given relative to the data folder; one that is gone already is no error."""

    def forget(self, take: RunId) -> None:
        """Delete the folder of a take that has no segments any more."""


class Salvage(Protocol):
    """Looks at what lies in the data folder after an end that nobody was prepared for."""

    async def takes(self) -> list[FoundTake] | None:
        """The folders of takes, in order of their names; None where there is not even a place for them."""

    async def faults(
        self, segments: Sequence[Segment], read: Collection[tuple[RunId, int]]
    ) -> dict[tuple[RunId, int], str]:
        """What is wrong with the files of segments, by size; those of ``read`` are read and held against their
        checksum. Segments whose files are as they should be are not in it."""

    async def remainder(self, segment: Segment) -> Segment | None:
        """What can still be used of a damaged segment, made safe; None where nothing can."""

    async def broken(self, files: Iterable[RecordingFile]) -> set[str]:
        """The paths of finished files that are gone or not as long as they were."""

    async def sweep(self, kept: Collection[str], closed: Collection[SessionId], busy: Collection[SessionId]) -> int:
        """Delete unfinished files of recordings, but for sessions that are ``busy``, and of sessions whose recording
        is ``closed`` all files but those ``kept``. How many."""


class ChunkReader(Protocol):
    """Follows one livestream run's growing CMAF files. Made by :class:`LiveFolders`."""

    def poll(self) -> list[Chunk]:
        """The chunks that are new or have grown since the last call, per track in order."""

    def init(self, track: str) -> str | None:
        """Absolute path of a track's initialisation segment; None before it is whole."""

    def forget(self, below: int) -> None:
        """Delete chunk files with numbers below ``below``."""


class LiveFolders(Protocol):
    def reader(self, run: RunId, format: LiveFormat, begin: int = 0) -> ChunkReader:
        """A reader for a run's chunks, from the first that still exists and has no number below ``begin``."""

    def delete(self, run: RunId) -> None:
        """Delete a run's folder."""

    def sweep(self, kept: Iterable[RunId]) -> None:
        """Delete the folders of all runs but these, which are running or of which something is published."""


class Ledgers(Protocol):
    """Keeps each room's ledger (:mod:`streamer.core.ledger`), one line a JSON value, over a death of the service."""

    def read(self, room: RoomId) -> list[Document]:
        """The lines in order, but for one that was being written when the service died.

        Empty where there are none that can be relied on: none at all, damaged ones, or those of an earlier boot, after
        which the last may be missing.
        """

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Replace a ledger. Raises StoreError, and then leaves none: an old one would give numbers a second time."""

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Add lines. Raises StoreError, and then leaves none."""

    def delete(self, room: RoomId) -> None:
        """Have no ledger of this room."""

    def is_there(self, path: str) -> bool:
        """Whether a chunk, maybe one that still grows, or an initialisation segment can be read."""


class SlatePainter(Protocol):
    async def render(self, text: SlateText, format: LiveFormat) -> Loop:
        """Draw and encode a holding picture; the same input gives the same cached result."""


class Exporter(Protocol):
    """Checks what an export job has written and puts it in its place."""

    async def accept(self, partial: str, final: str) -> FileFacts:
        """Re-read ``partial``, sync it and rename it atomically to ``final`` (relative to the data folder)."""

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Clip]:
        """Clips from the keyframe at or before ``start`` to the one at or after ``end`` (source clock, s), one for
        each segment that has any part in it. A segment that is damaged says so and is no error."""

    async def digests(self, segment: Segment) -> list[tuple[float, str, str]]:
        """(time on the source's clock in s, digest of its bytes, digest of the sound that is stored behind it) of each
        keyframe of a segment, in order; none where it is damaged."""

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        """A JPEG from the middle of a video file; None when there is no picture."""

    async def analyse(self, file: str) -> Quality:
        """Listen to and watch a finished video file, with the least priority."""

    async def frame(self, segment: Segment, at: float) -> bytes:
        """A JPEG, at most 640 pixels wide, of what was seen at ``at`` (source clock, s) in a captured segment.

        Raises MediaError where there is no picture within half a second."""

    async def write(self, content: bytes, target: str) -> FileFacts:
        """Put a small file at ``target``: synced, then renamed atomically."""

    async def read(self, file: str) -> bytes:
        """A small file. Raises StoreError where it can't be read."""

    def erase(self, files: Iterable[str]) -> None:
        """Delete files for good, relative to the data folder, and the folders that are empty then."""


class Bells(Protocol):
    """Wakes the reconciler at cues; never acts itself."""

    def set(self, cues: Sequence[tuple[datetime, str]]) -> None:
        """Replace all bells: instants and names."""

    def listing(self) -> list[tuple[datetime, str]]:
        """The bells that are set, in order."""

    def start(self, ring: Callable[[], None]) -> None: ...

    def stop(self) -> None: ...


class Store(Protocol):
    """What survives a restart. One writer; a batch is one transaction."""

    async def open(self) -> Stored:
        """Open, migrate, and read what a former run left."""

    async def commit(self, batch: Batch) -> None:
        """Write a batch durably, whole or not at all."""

    async def journal_since(self, audience: Audience, revision: int, limit: int) -> list[JournalEntry] | None:
        """The entries after ``revision`` in order.

        None where they are more than ``limit`` or no longer all there, and where ``revision`` lies ahead of all.
        """

    async def overrides(self, limit: int = 200) -> list[Override]:
        """The latest decisions, oldest first, dropped ones included."""

    async def answer(self, key: str) -> Document | None:
        """The first answer that was given under an idempotency key."""

    async def timetable(self, version: int) -> Document | None:
        """A version of the timetable, whole; None where it was broken, or has been forgotten."""

    async def tokens(self) -> list[Token]:
        """All tokens, revoked ones included."""

    async def add_token(self, token: Token) -> None:
        """Add a token. Raises Conflict where a live one has the name."""

    async def revoke_token(self, name: str, at: float) -> bool:
        """Revoke a token; False where no live one has the name."""

    async def close(self) -> None: ...


class Feed(Protocol):
    """Where the timetable comes from."""

    async def load(self) -> Parsed:
        """The first version: fetched, or the last good copy. Raises TimetableError where there is neither."""

    def updates(self) -> AsyncIterator[Parsed | TimetableError]:
        """Each new version; an error once for each distinct broken one. The last good one stands."""

    def health(self) -> tuple[FeedHealth, ...]:
        """How fresh each of the places is that it comes from."""
