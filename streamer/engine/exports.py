"""The work behind a recording: preparing an export, watching its job, accepting its result.

Each piece of work belongs to a fingerprint of what it is made of. When that changes, or consent goes, the work is
dropped and what it has written so far is doomed: also what an acceptance in flight puts in its place afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from streamer.core.desired import export_id
from streamer.core.errors import StreamerError
from streamer.core.ids import JobId, RoomId, SessionId
from streamer.core.jobs import ACTIVE, Job, JobState
from streamer.core.layout import recording_folder
from streamer.core.media import ExportSettings, FileFacts, JobKind, JobSpec, Piece, RunId
from streamer.core.naming import file_stem, mp4_metadata
from streamer.core.plan import PlannedSession
from streamer.core.ports import Exporter
from streamer.core.records import RecordingFile, Take
from streamer.core.wallclock import Timed
from streamer.engine.programme import Programme
from streamer.engine.splicing import spliced

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Exports that run side by side: capture has the right of way."""
GIVE_UP_AFTER = 5
"""Failed exports in a row after which a person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a finished file says beside its session: the conference, and the rooms' names."""

    conference: str
    rooms: Mapping[RoomId, str]
    zone: ZoneInfo

    @classmethod
    def of(cls, programme: Programme) -> Surroundings:
        names = {room.id: room.name for room in programme.rooms}
        return cls(conference=programme.timetable.title, rooms=names, zone=programme.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """An export that can run: what it is made of, and the stem of what becomes of it."""

    fingerprint: str
    spec: JobSpec
    target: str
    stem: str


class Exports:
    """All exports that are under way."""

    def __init__(
        self, exporter: Exporter, wake: Callable[[], None], take: Callable[[RunId], Take | None] = lambda _: None
    ) -> None:
        self._exporter = exporter
        self._take = take
        self._wake = wake
        self._prepared: dict[SessionId, _Prepared] = {}
        self._made: dict[SessionId, tuple[str, tuple[RecordingFile, ...]]] = {}
        self._broken: dict[SessionId, tuple[str, str]] = {}
        self._tasks: dict[SessionId, asyncio.Task[None]] = {}
        self._doomed: list[str] = []
        self.saving = False
        """Disk space is short: nothing new is begun."""

    # -- what is known -------------------------------------------------------------------------------

    def desired(self, jobs: Mapping[JobId, Job]) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, the longest waiting first."""
        waiting = [p for id, p in self._prepared.items() if id not in self._made and not self.waits(id, jobs)]
        return {p.spec.id: p.spec for p in waiting[:AT_ONCE]}

    def waits(self, session: SessionId, jobs: Mapping[JobId, Job]) -> bool:
        """Whether an export waits for disk space; one that runs goes on."""
        job = jobs.get(export_id(session))
        return self.saving and not (job is not None and (job.state in ACTIVE or _has_written(job)))

    def made(self, session: SessionId, fingerprint: str) -> tuple[RecordingFile, ...] | None:
        """The verified files of an export, once there are any."""
        known = self._made.get(session)
        return known[1] if known is not None and known[0] == fingerprint else None

    def trouble(self, session: SessionId, fingerprint: str, jobs: Mapping[JobId, Job]) -> str:
        """Why an export will not come about without somebody's help; empty while there is hope."""
        broken = self._broken.get(session)
        if broken is not None and broken[0] == fingerprint:
            return broken[1]
        job = jobs.get(export_id(session))
        if job is not None and (job.state is JobState.FAILED or job.failures >= GIVE_UP_AFTER):
            return f"the export failed: {job.error or 'no reason was given'}; the captured segments are kept"
        return ""

    # -- what is done --------------------------------------------------------------------------------

    def advance(
        self,
        planned: PlannedSession,
        kept: Sequence[Timed],
        fingerprint: str,
        jobs: Mapping[JobId, Job],
        around: Surroundings,
    ) -> None:
        """Begin what comes next for a session: preparing its export, or accepting the result."""
        if planned.id in self._tasks or not kept:
            return
        prepared = self._prepared.get(planned.id)
        if prepared is None or prepared.fingerprint != fingerprint:
            self._spawn(planned.id, fingerprint, self._prepare(planned, kept, fingerprint, around))
            return
        job = jobs.get(prepared.spec.id)
        if job is not None and _has_written(job) and job.digest == prepared.spec.digest:
            self._spawn(planned.id, fingerprint, self._accept(planned.id, prepared))

    async def _prepare(
        self, planned: PlannedSession, kept: Sequence[Timed], fingerprint: str, around: Surroundings
    ) -> None:
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        try:
            pieces = await self._pieces(kept, start, end)
        except StreamerError as error:
            self._broken[planned.id] = (fingerprint, f"its segments can't be joined: {error}")
            return
        room = around.rooms.get(planned.room, planned.room)
        target = f"{recording_folder(planned.id)}/{fingerprint}.partial.mp4"
        settings = ExportSettings(
            pieces=tuple(pieces),
            target=target,
            metadata=mp4_metadata(planned.session, planned.start, around.zone, around.conference, room),
            duration=end - start,
        )
        spec = JobSpec(
            id=export_id(planned.id), kind=JobKind.EXPORT, room=planned.room, settings=settings, session=planned.id
        )
        self._doom_partial(planned.id)
        stem = file_stem(planned.session, planned.start, around.zone)
        self._prepared[planned.id] = _Prepared(fingerprint=fingerprint, spec=spec, target=target, stem=stem)

    async def _pieces(self, kept: Sequence[Timed], start: float, end: float) -> list[Piece]:
        """Per take, the byte ranges from the keyframe at or before the start to the one at or after the end."""
        pieces: list[Piece] = []
        for passage in await spliced(self._exporter, kept, self._slots(kept), start, end):
            first, last = passage.segments[0], passage.segments[-1]
            low = first.segment.start + max(0.0, start - first.start)
            high = last.segment.start + min(last.end, end) - last.start
            low, high = passage.within(low, high)
            between = [t.segment for t in passage.segments[1:-1]]
            clips = await self._exporter.cut(first.segment, low, last.segment, high, between)
            pieces += [piece for clip in clips for piece in clip.pieces]
        return pieces

    def _slots(self, kept: Sequence[Timed]) -> dict[RunId, int]:
        takes = {t.segment.take: self._take(t.segment.take) for t in kept}
        return {id: take.slot for id, take in takes.items() if take is not None}

    async def _accept(self, session: SessionId, prepared: _Prepared) -> None:
        folder = recording_folder(session)
        final, picture = f"{folder}/{prepared.stem}.mp4", f"{folder}/{prepared.stem}.jpg"
        try:
            facts = await self._exporter.accept(prepared.target, final)
        except StreamerError as error:
            self._broken[session] = (prepared.fingerprint, f"the export is not what it should be: {error}")
            return
        files = [_file("mp4", final, facts)]
        try:
            thumbnail = None if self.saving else await self._exporter.thumbnail(final, picture)
        except StreamerError as error:
            log.warning("session %s: no thumbnail: %s", session, error)
            thumbnail = None
        if thumbnail is not None:
            files.append(_file("thumbnail", picture, thumbnail))
        if self._prepared.get(session) is prepared:
            self._made[session] = (prepared.fingerprint, tuple(files))
        else:
            self._doomed += [f.path for f in files]

    def _spawn(self, session: SessionId, fingerprint: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"recording {session}")
        self._tasks[session] = task

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.pop(session, None)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                log.error("session %s: finishing its recording failed", session, exc_info=error)
                self._broken[session] = (
                    fingerprint,
                    "an unexpected error, see the log; the captured segments are kept",
                )
            self._wake()

        task.add_done_callback(done)

    # -- what is dropped -----------------------------------------------------------------------------

    def drop(self, session: SessionId) -> None:
        """Forget a session's work; what is unfinished of it is doomed."""
        if session not in self._made:
            self._doom_partial(session)
        self._prepared.pop(session, None)
        self._made.pop(session, None)
        self._broken.pop(session, None)

    def _doom_partial(self, session: SessionId) -> None:
        prepared = self._prepared.get(session)
        if prepared is not None:
            self._doomed.append(prepared.target)

    def take_doomed(self, in_use: set[str]) -> list[str]:
        """The files to delete now; one that a recording refers to (again) is spared."""
        doomed, self._doomed = [p for p in self._doomed if p not in in_use], []
        return doomed

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _has_written(job: Job) -> bool:
    """It ended by itself and well; one that was given up in the midst of failures has exited, too."""
    return job.state is JobState.EXITED and not job.error


def _file(kind: str, path: str, facts: FileFacts) -> RecordingFile:
    name = path.rsplit("/", 1)[-1]
    return RecordingFile(name=name, kind=kind, path=path, bytes=facts.bytes, sha256=facts.sha256)
