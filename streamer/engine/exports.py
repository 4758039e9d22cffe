"""The work behind a recording: cutting it, a playlist to watch it by at once, its files, and accepting the result.

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
from streamer.core.documents import as_json
from streamer.core.errors import StreamerError
from streamer.core.ids import JobId, RoomId, SessionId
from streamer.core.jobs import ACTIVE, Job, JobState
from streamer.core.layout import recording_folder
from streamer.core.media import ExportSettings, FileFacts, JobKind, JobSpec, Progress, RunId
from streamer.core.naming import file_stem, mp4_metadata
from streamer.core.plan import PlannedSession
from streamer.core.ports import Exporter
from streamer.core.records import Document, Gap, RecordingFile, Take
from streamer.core.report import Made
from streamer.core.sequence import Part
from streamer.core.shapes import is_foreign
from streamer.core.vod import vod_playlist
from streamer.core.wallclock import Timed
from streamer.engine.cutting import Turn, cut
from streamer.engine.programme import Programme

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Exports that run side by side: capture has the right of way."""
GIVE_UP_AFTER = 5
"""Failed exports in a row after which a person has to look."""
STEPS = 20
"""Progress is told in so many steps: each is announced to everybody who looks on."""


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
    """An export that can run: a job for each part, and the folder and stem of what becomes of them."""

    fingerprint: str
    parts: tuple[Part, ...]
    faults: tuple[Gap, ...]
    specs: tuple[JobSpec, ...]
    targets: tuple[str, ...]
    folder: str
    stem: str
    playlist: RecordingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an export has become: its video files as they were verified, and the other files beside them.

    ``faults`` is what could not be read any more.
    """

    made: tuple[Made, ...]
    faults: tuple[Gap, ...]
    beside: tuple[RecordingFile, ...]
    folder: str
    stem: str

    @property
    def files(self) -> tuple[RecordingFile, ...]:
        return (*(m.file for m in self.made), *self.beside)


class Exports:
    """All exports that are under way."""

    def __init__(
        self,
        exporter: Exporter,
        turn: Turn,
        wake: Callable[[], None],
        take: Callable[[RunId], Take | None] = lambda _: None,
    ) -> None:
        self._exporter = exporter
        self._turn = turn
        self._take = take
        self._wake = wake
        self._prepared: dict[SessionId, _Prepared] = {}
        self._early: dict[SessionId, RecordingFile] = {}
        self._made: dict[SessionId, tuple[str, Result]] = {}
        self._reports: dict[SessionId, tuple[str, RecordingFile]] = {}
        self._broken: dict[SessionId, tuple[str, str]] = {}
        self._tasks: dict[SessionId, asyncio.Task[None]] = {}
        self._doomed: list[str] = []
        self.saving = False
        """Disk space is short: nothing new is begun."""
        self._abandoned: list[JobSpec] = []

    # -- what is known -------------------------------------------------------------------------------

    def desired(self, jobs: Mapping[JobId, Job]) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, the longest waiting first."""
        waiting = [p for id, p in self._prepared.items() if id not in self._made and not self.waits(id, jobs)]
        return {spec.id: spec for p in waiting[:AT_ONCE] for spec in p.specs}

    def waits(self, session: SessionId, jobs: Mapping[JobId, Job]) -> bool:
        """Whether an export waits for disk space; one that runs goes on."""
        prepared = self._prepared.get(session)
        begun = prepared is not None and any(_is_begun(spec, jobs) for spec in prepared.specs)
        return self.saving and not begun

    def watchable(self, session: SessionId) -> RecordingFile | None:
        """The playlist by which a recording can be watched before its files are there."""
        prepared = self._prepared.get(session)
        return prepared.playlist if prepared is not None else self._early.get(session)

    def made(self, session: SessionId, fingerprint: str) -> Result | None:
        """What has become of an export, verified, once there is anything."""
        known = self._made.get(session)
        return known[1] if known is not None and known[0] == fingerprint else None

    def report(self, session: SessionId, fingerprint: str, document: Document) -> RecordingFile | None:
        """The written report of what was made; None while it is being written."""
        known = self._reports.get(session)
        if known is not None and known[0] == fingerprint:
            return known[1]
        result = self.made(session, fingerprint)
        if result is not None and session not in self._tasks:
            self._spawn(session, fingerprint, self._report(session, fingerprint, result, document))
        return None

    def progress(self, session: SessionId, look: Callable[[JobId], Progress | None]) -> float | None:
        """How much of a recording's files is written, 0…1; None where none is being written."""
        prepared = self._prepared.get(session)
        if prepared is None or session in self._made:
            return None
        whole = sum(part.duration for part in prepared.parts)
        written = 0.0
        for spec, part in zip(prepared.specs, prepared.parts, strict=True):
            seen = look(spec.id)
            written += min(part.duration, seen.media_seconds) if seen is not None else 0.0
        return min(1.0, int(STEPS * written / whole) / STEPS) if whole > 0 else 0.0

    def trouble(self, session: SessionId, fingerprint: str, jobs: Mapping[JobId, Job]) -> str:
        """Why an export will not come about without somebody's help; empty while there is hope."""
        broken = self._broken.get(session)
        if broken is not None and broken[0] == fingerprint:
            return broken[1]
        prepared = self._prepared.get(session)
        for spec in prepared.specs if prepared is not None else ():
            job = jobs.get(spec.id)
            if job is not None and (job.state is JobState.FAILED or job.failures >= GIVE_UP_AFTER):
                return f"the export failed: {job.error or 'no reason was given'}; the captured segments are kept"
        return ""

    # -- what is done --------------------------------------------------------------------------------

    def begin(self, planned: PlannedSession, kept: Sequence[Timed], around: Surroundings) -> None:
        """As a session ends, before its last segment is there: let it be watched as far as it goes."""
        if kept and planned.id not in self._tasks and self.watchable(planned.id) is None:
            self._spawn(planned.id, "", self._show(planned, kept, around))

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
        elif self.made(planned.id, fingerprint) is None and all(_is_done(spec, jobs) for spec in prepared.specs):
            self._spawn(planned.id, fingerprint, self._accept(planned.id, prepared))

    async def _show(self, planned: PlannedSession, kept: Sequence[Timed], around: Surroundings) -> None:
        start = planned.in_point.timestamp()
        try:
            parts, _ = await cut(self._exporter, self._turn, self._slots(kept), kept, start, max(t.end for t in kept))
            stem = file_stem(planned.session, planned.start, around.zone)
            folder = f"{recording_folder(planned.id)}/early"
            self._early[planned.id] = await self._playlist(parts, folder, stem, complete=False)
        except StreamerError as error:
            log.warning("session %s: it can't be watched before it is finished: %s", planned.id, error)

    async def _prepare(
        self, planned: PlannedSession, kept: Sequence[Timed], fingerprint: str, around: Surroundings
    ) -> None:
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        stem = file_stem(planned.session, planned.start, around.zone)
        folder = f"{recording_folder(planned.id)}/{fingerprint}"
        try:
            parts, faults = await cut(self._exporter, self._turn, self._slots(kept), kept, start, end)
            playlist = await self._playlist(parts, folder, stem, complete=True)
        except StreamerError as error:
            self._broken[planned.id] = (fingerprint, f"its segments can't be joined: {error}")
            return
        if not parts:
            self._broken[planned.id] = (fingerprint, "none of its segments can be read; they are kept")
            return
        room = around.rooms.get(planned.room, planned.room)
        metadata = mp4_metadata(planned.session, planned.start, around.zone, around.conference, room)
        names = [f"{stem}.mp4"] if len(parts) == 1 else [f"{stem}_part{n + 1}.mp4" for n in range(len(parts))]
        targets = tuple(f"{folder}/{name}" for name in names)
        specs = tuple(
            _spec(planned, number, part, target, metadata)
            for number, (part, target) in enumerate(zip(parts, targets, strict=True), 1)
        )
        self._drop_prepared(planned.id)
        self._prepared[planned.id] = _Prepared(
            fingerprint=fingerprint,
            parts=tuple(parts),
            faults=tuple(faults),
            specs=specs,
            targets=targets,
            folder=folder,
            stem=stem,
            playlist=playlist,
        )

    async def _playlist(self, parts: Sequence[Part], folder: str, stem: str, *, complete: bool) -> RecordingFile:
        path = f"{folder}/{stem}.m3u8"
        return _file("vod", path, await self._exporter.write(vod_playlist(parts, complete=complete).encode(), path))

    def _slots(self, kept: Sequence[Timed]) -> dict[RunId, int]:
        takes = {t.segment.take: self._take(t.segment.take) for t in kept}
        return {id: take.slot for id, take in takes.items() if take is not None}

    async def _accept(self, session: SessionId, prepared: _Prepared) -> None:
        made = []
        try:
            for spec, part, target in zip(prepared.specs, prepared.parts, prepared.targets, strict=True):
                assert isinstance(spec.settings, ExportSettings)
                facts = await self._exporter.accept(spec.settings.target, target)
                made.append(Made(file=_file("mp4", target, facts), facts=facts, part=part))
        except StreamerError as error:
            self._broken[session] = (prepared.fingerprint, f"the export is not what it should be: {error}")
            self._doomed += [m.file.path for m in made]
            return
        beside = [prepared.playlist]
        picture = f"{prepared.folder}/{prepared.stem}.jpg"
        try:
            thumbnail = None if self.saving else await self._exporter.thumbnail(made[0].file.path, picture)
        except StreamerError as error:
            log.warning("session %s: no thumbnail: %s", session, error)
            thumbnail = None
        if thumbnail is not None:
            beside.append(_file("thumbnail", picture, thumbnail))
        result = Result(
            made=tuple(made),
            faults=prepared.faults,
            beside=tuple(beside),
            folder=prepared.folder,
            stem=prepared.stem,
        )
        if self._prepared.get(session) is prepared:
            self._made[session] = (prepared.fingerprint, result)
        else:
            self._doomed += [f.path for f in result.files]

    async def _report(self, session: SessionId, fingerprint: str, result: Result, document: Document) -> None:
        path = f"{result.folder}/{result.stem}.json"
        try:
            facts = await self._exporter.write(as_json(document), path)
        except StreamerError as error:
            self._broken[session] = (fingerprint, f"its report can't be written: {error}")
            return
        self._reports[session] = (fingerprint, _file("report", path, facts))

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
        """Forget a session's work. What it has made is doomed, but for what a recording refers to."""
        early = self._early.pop(session, None)
        self._doomed += [early.path] if early is not None else []
        _, result = self._made.pop(session, ("", None))
        self._doomed += [f.path for f in result.files] if result is not None else []
        _, report = self._reports.pop(session, ("", None))
        self._doomed += [report.path] if report is not None else []
        self._drop_prepared(session)
        self._broken.pop(session, None)

    def _drop_prepared(self, session: SessionId) -> None:
        prepared = self._prepared.pop(session, None)
        if prepared is not None:
            self._doomed.append(prepared.playlist.path)
            self._abandoned += prepared.specs

    def take_doomed(self, in_use: set[str], jobs: Mapping[JobId, Job]) -> list[str]:
        """The files to delete now; one that a recording refers to (again), or that can be watched, is spared.

        What a job writes that nobody wants any more is deleted at once, and again when it has ended.
        """
        spared = in_use | {f.path for f in self._early.values()} | {p.playlist.path for p in self._prepared.values()}
        doomed, self._doomed = [p for p in self._doomed if p not in spared], []
        doomed += [s.settings.target for s in self._abandoned if isinstance(s.settings, ExportSettings)]
        self._abandoned = [s for s in self._abandoned if _is_active(s, jobs)]
        return doomed

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _spec(
    planned: PlannedSession, number: int, part: Part, target: str, metadata: tuple[tuple[str, str], ...]
) -> JobSpec:
    first = export_id(planned.id)
    settings = ExportSettings(
        pieces=tuple(piece for placed in part.clips for piece in placed.clip.pieces),
        target=f"{target.rpartition('/')[0]}/{number}.partial.mp4",
        metadata=metadata,
        duration=part.duration,
        sound=not is_foreign(part.shape),
    )
    return JobSpec(
        id=first if number == 1 else JobId(f"{first}:{number}"),
        kind=JobKind.EXPORT,
        room=planned.room,
        settings=settings,
        session=planned.id,
    )


def _is_done(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    """It ended by itself and well; one that was given up in the midst of failures has exited, too."""
    job = jobs.get(spec.id)
    return job is not None and job.state is JobState.EXITED and not job.error and job.digest == spec.digest


def _is_begun(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    return _is_done(spec, jobs) or _is_active(spec, jobs)


def _is_active(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    job = jobs.get(spec.id)
    return job is not None and job.state in ACTIVE and job.digest == spec.digest


def _file(kind: str, path: str, facts: FileFacts) -> RecordingFile:
    name = path.rsplit("/", 1)[-1]
    return RecordingFile(name=name, kind=kind, path=path, bytes=facts.bytes, sha256=facts.sha256)
