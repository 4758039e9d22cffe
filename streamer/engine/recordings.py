"""Each session's recording: from kept segments to finished, checked files.

A recording is made of what is kept, so it can be made again whenever the window or the kept segments change;
the files of the former version stay until the new one is verified. Files of a session whose consent is
withdrawn are erased at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streamer.core.desired import export_id
from streamer.core.errors import StreamerError
from streamer.core.ids import JobId, RoomId, SessionId
from streamer.core.jobs import Job, JobState
from streamer.core.keeping import coverage, missing
from streamer.core.layout import recording_folder
from streamer.core.media import ExportSettings, FileFacts, JobKind, JobSpec, Piece
from streamer.core.naming import file_stem, mp4_metadata
from streamer.core.plan import Phase, Plan, PlannedSession
from streamer.core.ports import Exporter
from streamer.core.records import Batch, Gap, Recording, RecordingFile, RecordingState
from streamer.core.wallclock import Timed
from streamer.engine.archive import Archive

log = logging.getLogger(__name__)

SETTLE_WITHIN = timedelta(seconds=20)
"""How long after a session's end to wait for the segment that covers it, when captures deliver none."""
AT_ONCE = 2
"""Exports that run side by side: capture has the right of way."""
GIVE_UP_AFTER = 5
"""Failed exports in a row after which a person has to look."""

_TERMINAL = frozenset({RecordingState.READY, RecordingState.PARTIAL, RecordingState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """An export that can run: what it is made of and where its result goes."""

    fingerprint: str
    spec: JobSpec
    stem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A verified export."""

    fingerprint: str
    files: tuple[RecordingFile, ...]


class Recordings:
    """The recordings of all sessions, advanced one step in each turn of the reconciler."""

    def __init__(
        self, archive: Archive, exporter: Exporter, recordings: Sequence[Recording], wake: Callable[[], None]
    ) -> None:
        self.all: dict[SessionId, Recording] = {r.session: r for r in recordings}
        self._archive = archive
        self._exporter = exporter
        self._wake = wake
        self._prepared: dict[SessionId, _Prepared] = {}
        self._made: dict[SessionId, _Made] = {}
        self._broken: dict[SessionId, tuple[str, str]] = {}
        self._tasks: dict[SessionId, asyncio.Task[None]] = {}
        self._doomed: list[str] = []
        self._judged: dict[SessionId, tuple[int, float, float]] = {}

    def desired(self) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, the longest waiting first."""
        waiting = [p for id, p in self._prepared.items() if id not in self._made]
        return {p.spec.id: p.spec for p in waiting[:AT_ONCE]}

    def step(
        self,
        plan: Plan,
        jobs: Mapping[JobId, Job],
        conference: str,
        room_names: Mapping[RoomId, str],
        zone: ZoneInfo,
        now: datetime,
        batch: Batch,
    ) -> None:
        for planned in plan.sessions:
            before = self.all.get(planned.id)
            if before is None and not planned.record:
                continue
            after = self._next(planned, before, plan, jobs, now)
            if after is not None and after != before:
                self.all[planned.id] = after
                batch.recordings.append(after)
            wanted = after is not None and after.state is RecordingState.FINALISING and self._settled(planned, now)
            if wanted and planned.id not in self._tasks:
                self._work(planned, jobs, conference, room_names.get(planned.room, planned.room), zone)

    # -- states ------------------------------------------------------------------------------------

    def _next(
        self,
        planned: PlannedSession,
        before: Recording | None,
        plan: Plan,
        jobs: Mapping[JobId, Job],
        now: datetime,
    ) -> Recording | None:
        if not planned.consent_record:
            return self._withdrawn(planned, before)
        start, end = planned.start.timestamp(), planned.end.timestamp()
        judged = (self._archive.change_count(planned.id), start, end)
        if before is not None and before.state in _TERMINAL and self._judged.get(planned.id) == judged:
            return replace(before, title=planned.session.title)
        kept = self._kept(planned) if before is not None or planned.phase(now) is not Phase.BEFORE else []
        current = before or Recording(
            session=planned.id,
            room=planned.room,
            title=planned.session.title,
            state=RecordingState.PENDING,
            start=start,
            end=end,
        )
        current = replace(current, start=start, end=end, room=planned.room, title=planned.session.title)
        match planned.phase(now):
            case Phase.BEFORE:
                return replace(current, state=RecordingState.PENDING) if before is not None else None
            case Phase.DURING:
                self._drop_work(planned.id)
                if not kept:
                    return replace(current, state=RecordingState.PENDING) if before is not None else None
                return replace(current, state=RecordingState.CAPTURING, reason="")
        after = self._ended(planned, current, before, kept, plan, jobs, now)
        if after.state in _TERMINAL:
            self._judged[planned.id] = judged
        return after

    def _kept(self, planned: PlannedSession) -> list[Timed]:
        """What is kept of the window itself, without padding."""
        start, end = planned.start.timestamp(), planned.end.timestamp()
        return [t for t in self._archive.kept(planned.id) if t.end > start and t.start < end]

    def _ended(
        self,
        planned: PlannedSession,
        current: Recording,
        before: Recording | None,
        kept: Sequence[Timed],
        plan: Plan,
        jobs: Mapping[JobId, Job],
        now: datetime,
    ) -> Recording:
        if not self._settled(planned, now):
            return replace(current, state=RecordingState.FINALISING)
        fingerprint = _fingerprint(current.start, current.end, kept)
        if before is not None and before.state in _TERMINAL and before.exported == fingerprint:
            return replace(current, exported=fingerprint)
        if not kept:
            self._drop_work(planned.id)
            if before is not None and (before.files or before.state is RecordingState.ERASED):
                return before
            return replace(
                current,
                state=RecordingState.FAILED,
                exported=fingerprint,
                reason="nothing was captured while the session ran: look at the room's source",
                gaps=(Gap(start=current.start, duration=current.end - current.start, cause="nothing was captured"),),
            )
        made = self._made.get(planned.id)
        if made is not None and made.fingerprint == fingerprint:
            return self._finished(current, made, kept, plan)
        broken = self._broken.get(planned.id)
        if broken is not None and broken[0] == fingerprint:
            return replace(current, state=RecordingState.FAILED, exported=fingerprint, reason=broken[1])
        job = jobs.get(export_id(planned.id))
        if job is not None and (job.state is JobState.FAILED or job.failures >= GIVE_UP_AFTER):
            self._drop_work(planned.id)
            return replace(
                current,
                state=RecordingState.FAILED,
                exported=fingerprint,
                reason=f"the export failed: {job.error or 'no reason was given'}; the captured segments are kept",
            )
        return replace(current, state=RecordingState.FINALISING)

    def _finished(self, current: Recording, made: _Made, kept: Sequence[Timed], plan: Plan) -> Recording:
        others = [s for s in plan.of_room(current.room) if not s.consent_record]
        withheld = [(s.start.timestamp(), s.end.timestamp()) for s in others]
        gaps = missing(current.start, current.end, kept, self._archive.causes, withheld)
        lost = sum(g.duration for g in gaps)
        self._doomed += [f.path for f in current.files if f.path not in {m.path for m in made.files}]
        self._drop_work(current.session)
        return replace(
            current,
            state=RecordingState.PARTIAL if gaps else RecordingState.READY,
            version=current.version + 1,
            exported=made.fingerprint,
            coverage=coverage(current.start, current.end, gaps),
            gaps=gaps,
            files=made.files,
            reason=f"{lost:.1f} s are missing: {gaps[0].cause}" if gaps else "",
        )

    def _withdrawn(self, planned: PlannedSession, before: Recording | None) -> Recording | None:
        self._drop_work(planned.id)
        if before is None or before.state in (RecordingState.ERASED, RecordingState.OFF):
            return before
        if before.state is RecordingState.PENDING and not before.files:
            return replace(before, state=RecordingState.OFF)
        self._doomed += [f.path for f in before.files]
        return replace(
            before,
            state=RecordingState.ERASED,
            files=(),
            gaps=(),
            coverage=0.0,
            exported="",
            reason="consent was withdrawn",
        )

    def _settled(self, planned: PlannedSession, now: datetime) -> bool:
        edge = self._archive.edge(planned.room)
        return (edge is not None and edge >= planned.end.timestamp()) or now >= planned.end + SETTLE_WITHIN

    # -- work ----------------------------------------------------------------------------------------

    def _work(
        self, planned: PlannedSession, jobs: Mapping[JobId, Job], conference: str, room: str, zone: ZoneInfo
    ) -> None:
        """Begin what a recording that is finalising needs next: preparing an export, or accepting its result."""
        start, end = planned.start.timestamp(), planned.end.timestamp()
        kept = self._kept(planned)
        edge = self._archive.edge(planned.room)
        if not kept or edge is None:
            return
        fingerprint = _fingerprint(start, end, kept)
        prepared = self._prepared.get(planned.id)
        if prepared is None or prepared.fingerprint != fingerprint:
            self._spawn(planned.id, self._prepare(planned, kept, fingerprint, conference, room, zone))
            return
        job = jobs.get(prepared.spec.id)
        if job is not None and job.state is JobState.EXITED and job.digest == prepared.spec.digest:
            self._spawn(planned.id, self._accept(planned.id, prepared))

    async def _prepare(
        self,
        planned: PlannedSession,
        kept: Sequence[Timed],
        fingerprint: str,
        conference: str,
        room: str,
        zone: ZoneInfo,
    ) -> None:
        start, end = planned.start.timestamp(), planned.end.timestamp()
        try:
            pieces = await self._pieces(kept, start, end)
        except StreamerError as error:
            self._broken[planned.id] = (fingerprint, f"its segments can't be joined: {error}")
            return
        settings = ExportSettings(
            pieces=tuple(pieces),
            target=f"{recording_folder(planned.id)}/{fingerprint}.partial.mp4",
            metadata=mp4_metadata(planned.session, planned.start, zone, conference, room),
            duration=end - start,
        )
        spec = JobSpec(
            id=export_id(planned.id), kind=JobKind.EXPORT, room=planned.room, settings=settings, session=planned.id
        )
        stem = file_stem(planned.session, planned.start, zone)
        former = self._prepared.get(planned.id)
        if former is not None and former.fingerprint != fingerprint:
            self._doom_partial(former)
        self._prepared[planned.id] = _Prepared(fingerprint=fingerprint, spec=spec, stem=stem)

    async def _pieces(self, kept: Sequence[Timed], start: float, end: float) -> list[Piece]:
        """Per take, the byte ranges from the keyframe at or before the start to the one at or after the end."""
        by_take: dict[str, list[Timed]] = {}
        for one in kept:
            by_take.setdefault(one.segment.take, []).append(one)
        pieces: list[Piece] = []
        for run in by_take.values():
            first, last = run[0], run[-1]
            low = first.segment.start + max(0.0, start - first.start)
            high = last.segment.start + min(last.end, end) - last.start
            between = [t.segment for t in run[1:-1]]
            pieces += await self._exporter.cut(first.segment, low, last.segment, high, between)
        return pieces

    async def _accept(self, session: SessionId, prepared: _Prepared) -> None:
        settings = prepared.spec.settings
        assert isinstance(settings, ExportSettings)
        folder = recording_folder(session)
        final = f"{folder}/{prepared.stem}.mp4"
        try:
            facts = await self._exporter.accept(settings.target, final)
        except StreamerError as error:
            self._broken[session] = (prepared.fingerprint, f"the export is not what it should be: {error}")
            return
        files = [_file("mp4", final, facts)]
        picture = f"{folder}/{prepared.stem}.jpg"
        try:
            thumbnail = await self._exporter.thumbnail(final, picture)
        except StreamerError as error:
            log.warning("session %s: no thumbnail: %s", session, error)
            thumbnail = None
        if thumbnail is not None:
            files.append(_file("thumbnail", picture, thumbnail))
        self._made[session] = _Made(fingerprint=prepared.fingerprint, files=tuple(files))

    def _spawn(self, session: SessionId, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"recording {session}")
        self._tasks[session] = task

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.pop(session, None)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                log.error("session %s: finishing its recording failed", session, exc_info=error)
            self._wake()

        task.add_done_callback(done)

    def _drop_work(self, session: SessionId) -> None:
        """Forget unfinished work; what it has written so far goes."""
        prepared, made = self._prepared.pop(session, None), self._made.pop(session, None)
        if prepared is not None and made is None:
            self._doom_partial(prepared)
        self._broken.pop(session, None)

    def _doom_partial(self, prepared: _Prepared) -> None:
        assert isinstance(prepared.spec.settings, ExportSettings)
        self._doomed.append(prepared.spec.settings.target)

    def erase_doomed(self) -> None:
        """Delete files that the store has already forgotten."""
        if self._doomed:
            self._exporter.erase(self._doomed)
            self._doomed = []

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fingerprint(start: float, end: float, kept: Sequence[Timed]) -> str:
    text = f"{start:.3f} {end:.3f} " + " ".join(f"{t.segment.take}/{t.segment.number}" for t in kept)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file(kind: str, path: str, facts: FileFacts) -> RecordingFile:
    name = path.rsplit("/", 1)[-1]
    return RecordingFile(name=name, kind=kind, path=path, bytes=facts.bytes, sha256=facts.sha256)
