"""Makes recordings: holds the work on each, its running steps, and the files to delete.

When the window or the segments of a recording change, or consent is withdrawn, its work is dropped. The files written
so far are deleted, and so are files that a cancelled step has written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from streamer.core.base.errors import DiskFull, StreamerError
from streamer.core.base.ids import JobId, RunId, SessionId
from streamer.core.export.files import FileKind, RecordingFile
from streamer.core.footage.takes import Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.lifecycle import Job
from streamer.core.jobs.specs import ExportSettings, JobSpec
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.recording import Recording
from streamer.core.recording.report_document import ReportDocument
from streamer.core.status.disk import Pressure
from streamer.engine.machine.worker import Done, Failed, Priority, Unexpected, Worker
from streamer.engine.recordings.cutting import ShapeChange
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.recordings.products import Product, Result
from streamer.engine.recordings.steps import ExportContext, Steps
from streamer.engine.recordings.work import (
    ACCEPTING,
    ADDING,
    ANALYSING,
    CONVERTING,
    PREPARING,
    REPORTING,
    SHOWING,
    Next,
    Step,
    StepKind,
    Trouble,
    Work,
    is_active,
    next_of,
    the_other_way,
)

log = structlog.stdlib.get_logger(__name__)

EXPORTS_AT_ONCE = 2
"""The number of recordings whose files are written in parallel: captures have priority."""

ENDS_WITHIN = 5.0
"""Seconds in which cancelled steps are expected to end: one may be syncing a file."""

NO_WORK = Work()


class Production:
    """The work on every recording whose files are being made or analysed."""

    def __init__(
        self, exporter: Exporter, change: ShapeChange, take: Callable[[RunId], Take | None], worker: Worker
    ) -> None:
        self._steps = Steps(exporter, change, take)
        self._worker = worker
        self._works: dict[SessionId, Work] = {}
        self._doomed: set[str] = set()
        self._unwanted: list[JobSpec] = []
        """Exports that were dropped; their processes may still write."""

    def of(self, session: SessionId) -> Work:
        """The work on a session's recording."""
        return self._works.get(session, NO_WORK)

    def desired(self, jobs: Mapping[JobId, Job], pressure: Pressure) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, in the order in which their work began."""
        works = [m for m in self._works.values() if m.prepared is not None and m.result is None]
        waiting = [m for m in works if not m.waits(jobs, pressure)]
        return {spec.id: spec for work in waiting[:EXPORTS_AT_ONCE] for spec in work.specs}

    # -- steps -------------------------------------------------------------------------------------------

    def show(self, planned: PlannedSession, kept: Sequence[Timed], around: ExportContext) -> None:
        """Make a playlist of the available segments when a session ends, before its last segment arrives."""
        work = self.of(planned.id)
        if kept and not work.is_busy and work.watchable is None:
            self._begin(planned.id, partial(self._steps.early, planned, kept, around), "", SHOWING)

    def advance(
        self,
        planned: PlannedSession,
        kept: Sequence[Timed],
        fingerprint: str,
        jobs: Mapping[JobId, Job],
        around: ExportContext,
        pressure: Pressure,
    ) -> None:
        """Begin the next step for a session: preparing its export, or accepting the result."""
        id, steps = planned.id, self._steps
        self._stop_analysis(id)
        work = self.of(id)
        if work.is_busy or work.cramped or not kept:
            return
        prepared = work.prepared
        match next_of(work, fingerprint, jobs):
            case Next.PREPARE:
                self._begin(id, partial(steps.prepare, planned, kept, fingerprint, around), fingerprint, PREPARING)
            case Next.OTHER_WAY if prepared is not None:
                self._works[id] = replace(work, prepared=the_other_way(prepared))
            case Next.ACCEPT if prepared is not None:
                accept = partial(steps.accept, id, prepared, picture=not pressure.saves)
                self._begin(id, accept, fingerprint, ACCEPTING)

    def report(self, session: SessionId, result: Result, document: ReportDocument) -> RecordingFile | None:
        """The written report of a result; None while it is being written."""
        work = self.of(session)
        if work.report is None and not work.is_busy and not work.cramped:
            self._begin(session, partial(self._steps.report, result, document), result.fingerprint, REPORTING)
        return work.report.file if work.report is not None else None

    def analysed(self, recording: Recording, pressure: Pressure) -> RecordingFile | None:
        """The report with a recording's analysis; begins the analysis and returns None until it is finished."""
        session, fingerprint, work = recording.session, recording.exported, self.of(recording.session)
        if work.analysed is not None and work.analysed.fingerprint == fingerprint:
            self.drop(session)
            return work.analysed.file
        videos = [f for f in recording.files if f.kind == "mp4"]
        report = next((f for f in recording.files if f.kind == "report"), None)
        if report is None or not videos or work.opaque == fingerprint or not pressure.records:
            return None
        if work.analysis is None and not work.dropped:
            findings, steps = work.findings, self._steps
            if findings is None or findings.fingerprint != fingerprint:
                self._begin(session, partial(steps.analyse, fingerprint, videos), fingerprint, ANALYSING)
            else:
                self._begin(session, partial(steps.add_findings, findings, report), fingerprint, ADDING)
        return None

    def playable(self, recording: Recording, pressure: Pressure) -> tuple[RecordingFile, ...] | None:
        """The versions of a recording's files that browsers play; begins to make them, and returns None until they
        are made."""
        session, fingerprint, work = recording.session, recording.exported, self.of(recording.session)
        if work.playable is not None and work.playable.fingerprint == fingerprint:
            files = work.playable.files
            self.drop(session)
            return files
        if work.opaque == fingerprint:
            return ()
        if work.analysis is not None or work.dropped or pressure.saves:
            return None
        videos = [f for f in recording.files if f.kind == FileKind.MP4]
        self._begin(session, partial(self._steps.convert, fingerprint, videos), fingerprint, CONVERTING)
        return None

    def _begin(
        self, session: SessionId, step: Callable[[], Awaitable[Product]], fingerprint: str, kind: StepKind
    ) -> None:
        piece = self._worker.submit(
            step,
            name=f"recording {session}: {kind.name}",
            priority=kind.priority,
            subject=session,
        )
        begun = Step(piece=piece, fingerprint=fingerprint, kind=kind)
        work = self.of(session)
        analysing = kind.priority >= Priority.ANALYSING
        self._works[session] = replace(work, analysis=begun) if analysing else replace(work, step=begun)

    # -- outcomes ----------------------------------------------------------------------------------------

    def collect(self, pressure: Pressure) -> None:
        """Collect the outcomes of finished steps. Work that found the disk full is retried once there is room."""
        for id, work in list(self._works.items()):
            now = replace(self._without_ended(work), cramped=work.cramped and not pressure.records)
            if now.step is not None and now.step.piece.ended:
                now = self._with_outcome(id, replace(now, step=None), now.step)
            if now.analysis is not None and now.analysis.piece.ended:
                now = self._with_outcome(id, replace(now, analysis=None), now.analysis)
            self._put(id, now)

    def _with_outcome(self, session: SessionId, work: Work, step: Step) -> Work:
        match step.piece.outcome:
            case Done(product):
                return work.with_product(product)
            case Failed(error):
                return self._with_failure(session, work, step, error)
            case None:
                return work

    def _with_failure(self, session: SessionId, work: Work, step: Step, error: StreamerError) -> Work:
        """A failure is final, except for a full disk: that step is tried again."""
        what = step.kind.failing
        if step.kind is SHOWING:
            log.warning("a step for a recording failed", session=session, step=what, error=error)
            return work
        if step.kind.priority >= Priority.ANALYSING:
            if isinstance(error, DiskFull):
                log.info("the disk has no space for this step: it will be tried again", session=session, step=what)
                return work
            log.warning("a step for a recording failed", session=session, step=what, error=error)
            return replace(work, opaque=step.fingerprint)
        if not error.temporary:
            unexpected = isinstance(error, Unexpected)
            message = f"{error}; the captured segments are kept" if unexpected else f"{what}: {error}"
            return replace(work, trouble=Trouble(fingerprint=step.fingerprint, message=message))
        if not work.cramped:
            log.error("a step for a recording failed and is tried again", session=session, step=what, error=error)
        return replace(work, cramped=True)

    # -- dropping work ---------------------------------------------------------------------------------

    def drop(self, session: SessionId) -> None:
        """Drop a session's work. Its files are deleted, except those that a recording refers to."""
        work = self._works.get(session)
        if work is not None:
            self._worker.cancel(session)
            steps = (*work.dropped, work.step, work.analysis)
            left = tuple(step for step in steps if step is not None and not step.piece.is_cancelled)
            self._put(session, Work(dropped=left))

    async def end_dropped(self, withdrawn: Collection[SessionId]) -> None:
        """Mark what dropped steps wrote for deletion, and wait for those of withdrawn sessions to end.

        A disk that hangs delays the caller by ``ENDS_WITHIN`` at most; such a step deletes its file when it ends.
        """
        dropped = {id: work for id, work in self._works.items() if work.dropped}
        at_once = [step.piece for id, work in dropped.items() if id in withdrawn for step in work.dropped]
        await self._worker.wait(at_once, ENDS_WITHIN)
        for id, work in dropped.items():
            self._put(id, self._without_ended(work))

    def _without_ended(self, work: Work) -> Work:
        """Without the dropped steps that have ended; what they wrote is marked for deletion."""
        for step in work.dropped:
            if step.piece.ended:
                self.doom(step.paths)
        return replace(work, dropped=tuple(step for step in work.dropped if not step.piece.ended))

    def _stop_analysis(self, session: SessionId) -> None:
        """Stop the analysis, because its files are about to be replaced."""
        work = self.of(session)
        dropped = work.dropped
        if work.analysis is not None:
            self._worker.drop(work.analysis.piece)
            dropped = dropped if work.analysis.piece.is_cancelled else (*dropped, work.analysis)
        self._put(session, replace(work, analysis=None, analysed=None, findings=None, playable=None, dropped=dropped))

    def _put(self, session: SessionId, work: Work) -> None:
        """Replace the work on a recording; mark files that the new value lacks for deletion."""
        before = self.of(session)
        self.doom(before.paths - work.paths)
        targets = {_target(spec) for spec in work.specs}
        self._unwanted += [spec for spec in before.specs if _target(spec) not in targets]
        if work == NO_WORK:
            self._works.pop(session, None)
        else:
            self._works[session] = work

    def doom(self, paths: Iterable[str]) -> None:
        """Mark files for deletion that a recording no longer refers to."""
        self._doomed |= set(paths)

    def take_doomed(self, in_use: Collection[str], jobs: Mapping[JobId, Job]) -> list[str]:
        """The files to delete now, without those that a recording or the work on one refers to (again).

        Output of an unwanted process is deleted at once, and again when the process has ended.
        """
        works = self._works.values()
        wanted = {_target(spec) for work in works for spec in work.specs}
        unwanted = [spec for spec in self._unwanted if _target(spec) not in wanted]
        doomed = self._doomed - set(in_use) - {path for work in works for path in work.paths}
        self._doomed = set()
        self._unwanted = [spec for spec in unwanted if is_active(spec, jobs)]
        return [*sorted(doomed), *(_target(spec) for spec in unwanted)]


def _target(spec: JobSpec) -> str:
    assert isinstance(spec.settings, ExportSettings)
    return spec.settings.target
