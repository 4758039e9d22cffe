"""The work behind recordings: what is under way, what has come of it, and what is to be deleted.

Each piece of work belongs to a fingerprint of what it is made of. When that changes, or consent goes, the work is
dropped and what it has written so far is doomed: also what an acceptance in flight puts in its place afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import JobId, SessionId
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.lifecycle import ACTIVE, Job, JobState
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import ExportSettings, JobSpec
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.files import RecordingFile
from streamer.core.recording.report_document import ReportDocument
from streamer.engine.recordings.workshop import ExportContext, Prepared, Result, Workshop

log = structlog.stdlib.get_logger(__name__)

AT_ONCE = 2
"""Exports that run side by side: capture has the right of way."""
GIVE_UP_AFTER = 5
"""Failed exports in a row after which a person has to look."""
STEPS = 20
"""Progress is told in so many steps: each is announced to everybody who looks on."""


class Exports:
    """All exports that are under way."""

    def __init__(self, workshop: Workshop, wake: Callable[[], None]) -> None:
        self._workshop = workshop
        self._wake = wake
        self._prepared: dict[SessionId, Prepared] = {}
        self._early: dict[SessionId, RecordingFile] = {}
        self._made: dict[SessionId, tuple[str, Result]] = {}
        self._reports: dict[SessionId, tuple[str, RecordingFile]] = {}
        self._broken: dict[SessionId, tuple[str, str]] = {}
        self._tasks: dict[SessionId, asyncio.Task[None]] = {}
        self._doomed: list[str] = []
        self._cramped: set[SessionId] = set()
        """Whose next step found no room on the disk."""
        self.saving = False
        """Disk space is short: nothing new is begun."""
        self.full = False
        """There is next to none: what found no room is not tried again."""
        self._abandoned: list[JobSpec] = []

    # -- what is known -------------------------------------------------------------------------------

    def desired(self, jobs: Mapping[JobId, Job]) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, the longest waiting first."""
        waiting = [p for id, p in self._prepared.items() if id not in self._made and not self.waits(id, jobs)]
        return {spec.id: spec for p in waiting[:AT_ONCE] for spec in p.specs}

    def waits(self, session: SessionId, jobs: Mapping[JobId, Job]) -> bool:
        """Whether an export waits for disk space; one that runs goes on."""
        if session in self._cramped:
            return self.full
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

    def report(self, session: SessionId, fingerprint: str, document: ReportDocument) -> RecordingFile | None:
        """The written report of what was made; None while it is being written."""
        known = self._reports.get(session)
        if known is not None and known[0] == fingerprint:
            return known[1]
        result = self.made(session, fingerprint)
        if result is not None and session not in self._tasks and not self._waits_for_room(session):
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
            if job is None or job.digest != spec.digest or _has_other_way(spec):
                continue
            if job.state is JobState.FAILED or job.failures >= GIVE_UP_AFTER:
                return f"the export failed: {job.error or 'no reason was given'}; the captured segments are kept"
        return ""

    # -- what is done --------------------------------------------------------------------------------

    def begin(self, planned: PlannedSession, kept: Sequence[Timed], around: ExportContext) -> None:
        """As a session ends, before its last segment is there: let it be watched as far as it goes."""
        if kept and planned.id not in self._tasks and self.watchable(planned.id) is None:
            self._spawn(planned.id, "", self._show(planned, kept, around))

    def advance(
        self,
        planned: PlannedSession,
        kept: Sequence[Timed],
        fingerprint: str,
        jobs: Mapping[JobId, Job],
        around: ExportContext,
    ) -> None:
        """Begin what comes next for a session: preparing its export, or accepting the result."""
        if planned.id in self._tasks or not kept or self._waits_for_room(planned.id):
            return
        prepared = self._prepared.get(planned.id)
        if prepared is None or prepared.fingerprint != fingerprint:
            self._spawn(planned.id, fingerprint, self._prepare(planned, kept, fingerprint, around))
        elif any(_has_failed(spec, jobs) and _has_other_way(spec) for spec in prepared.specs):
            self._prepared[planned.id] = replace(prepared, specs=tuple(map(_the_other_way, prepared.specs)))
        elif self.made(planned.id, fingerprint) is None and all(_is_done(spec, jobs) for spec in prepared.specs):
            self._spawn(planned.id, fingerprint, self._accept(planned.id, prepared))

    async def _show(self, planned: PlannedSession, kept: Sequence[Timed], around: ExportContext) -> None:
        try:
            self._early[planned.id] = await self._workshop.early(planned, kept, around)
        except StreamerError as error:
            log.warning("the recording can't be watched before it is finished", error=error)

    async def _prepare(
        self, planned: PlannedSession, kept: Sequence[Timed], fingerprint: str, around: ExportContext
    ) -> None:
        try:
            prepared = await self._workshop.prepare(planned, kept, fingerprint, around)
        except StreamerError as error:
            self._fail(planned.id, fingerprint, "its segments can't be joined", error)
            return
        self._drop_prepared(planned.id)
        self._prepared[planned.id] = prepared

    async def _accept(self, session: SessionId, prepared: Prepared) -> None:
        try:
            result = await self._workshop.accept(session, prepared, picture=not self.saving)
        except StreamerError as error:
            self._fail(session, prepared.fingerprint, "the export is not what it should be", error)
            return
        if self._prepared.get(session) is prepared:
            self._made[session] = (prepared.fingerprint, result)
        else:
            self._doomed += [f.path for f in result.files]

    async def _report(self, session: SessionId, fingerprint: str, result: Result, document: ReportDocument) -> None:
        try:
            self._reports[session] = (fingerprint, await self._workshop.report(result, document))
        except StreamerError as error:
            self._fail(session, fingerprint, "its report can't be written", error)

    def _fail(self, session: SessionId, fingerprint: str, what: str, error: StreamerError) -> None:
        """For good, but where there was no room: that comes again."""
        if not error.temporary:
            self._broken[session] = (fingerprint, f"{what}: {error}")
        elif session not in self._cramped:
            log.error("a step of the recording is tried again", step=what, error=error)
            self._cramped.add(session)

    def _waits_for_room(self, session: SessionId) -> bool:
        if not self.full:
            self._cramped.discard(session)
        return session in self._cramped

    def _spawn(self, session: SessionId, fingerprint: str, work: Coroutine[Any, Any, None]) -> None:
        with bound_contextvars(session=session):
            task = asyncio.create_task(work, name=f"recording {session}")
        self._tasks[session] = task

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.pop(session, None)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                log.error("finishing the recording failed", session=session, exc_info=error)
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
        self._cramped.discard(session)

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


def _is_done(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    """It ended by itself and well; one that was given up in the midst of failures has exited, too."""
    job = jobs.get(spec.id)
    return job is not None and job.state is JobState.EXITED and not job.error and job.digest == spec.digest


def _has_failed(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    job = jobs.get(spec.id)
    return job is not None and job.digest == spec.digest and (job.failures > 0 or job.state is JobState.FAILED)


def _has_other_way(spec: JobSpec) -> bool:
    """Whether an export counts on the room that its index was expected to need."""
    return isinstance(spec.settings, ExportSettings) and spec.settings.index > 0


def _the_other_way(spec: JobSpec) -> JobSpec:
    assert isinstance(spec.settings, ExportSettings)
    return replace(spec, settings=replace(spec.settings, index=0))


def _is_begun(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    return _is_done(spec, jobs) or _is_active(spec, jobs)


def _is_active(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    job = jobs.get(spec.id)
    return job is not None and job.state in ACTIVE and job.digest == spec.digest
