"""Makes recordings: holds the work on each, its running steps, and the files to delete.

When the window or the segments of a recording change, or consent is withdrawn, its work is dropped. The files written
so far are deleted, and so are files that a running step writes afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from streamer.core.base.errors import DiskFull, StreamerError
from streamer.core.base.ids import JobId, RunId, SessionId
from streamer.core.footage.takes import Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.lifecycle import Job
from streamer.core.jobs.specs import ExportSettings, JobSpec
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.files import FileKind, RecordingFile
from streamer.core.recording.recording import Recording
from streamer.core.recording.report_document import ReportDocument
from streamer.core.status.disk import Pressure
from streamer.engine.machine.worker import Done, Failed, Priority, Unexpected, Worker
from streamer.engine.recordings.cutting import ShapeChange
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.recordings.making import (
    ACCEPTING,
    ADDING,
    ANALYSING,
    CONVERTING,
    PREPARING,
    REPORTING,
    SHOWING,
    Making,
    Next,
    Step,
    StepKind,
    Trouble,
    is_active,
    next_of,
    the_other_way,
)
from streamer.engine.recordings.products import Product, Result
from streamer.engine.recordings.steps import ExportContext, Steps

log = structlog.stdlib.get_logger(__name__)

EXPORTS_AT_ONCE = 2
"""The number of recordings whose files are written in parallel: captures have priority."""

NOTHING_MADE = Making()


class Workshop:
    """The work on every recording whose files are being made or analysed."""

    def __init__(
        self, exporter: Exporter, change: ShapeChange, take: Callable[[RunId], Take | None], worker: Worker
    ) -> None:
        self._steps = Steps(exporter, change, take)
        self._worker = worker
        self._makings: dict[SessionId, Making] = {}
        self._doomed: set[str] = set()
        self._unwanted: list[JobSpec] = []
        """Exports that were dropped; their processes may still write."""

    def of(self, session: SessionId) -> Making:
        """The work on a session's recording."""
        return self._makings.get(session, NOTHING_MADE)

    def desired(self, jobs: Mapping[JobId, Job], pressure: Pressure) -> dict[JobId, JobSpec]:
        """The exports that should run now: few at a time, in the order in which their work began."""
        makings = [m for m in self._makings.values() if m.prepared is not None and m.result is None]
        waiting = [m for m in makings if not m.waits(jobs, pressure)]
        return {spec.id: spec for making in waiting[:EXPORTS_AT_ONCE] for spec in making.specs}

    # -- steps -------------------------------------------------------------------------------------------

    def show(self, planned: PlannedSession, kept: Sequence[Timed], around: ExportContext) -> None:
        """Make a playlist of the available segments when a session ends, before its last segment arrives."""
        making = self.of(planned.id)
        if kept and not making.is_busy and making.watchable is None:
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
        making = self.of(id)
        if making.is_busy or making.cramped or not kept:
            return
        prepared = making.prepared
        match next_of(making, fingerprint, jobs):
            case Next.PREPARE:
                self._begin(id, partial(steps.prepare, planned, kept, fingerprint, around), fingerprint, PREPARING)
            case Next.OTHER_WAY if prepared is not None:
                self._makings[id] = replace(making, prepared=the_other_way(prepared))
            case Next.ACCEPT if prepared is not None:
                accept = partial(steps.accept, id, prepared, picture=not pressure.saves)
                self._begin(id, accept, fingerprint, ACCEPTING)

    def report(self, session: SessionId, result: Result, document: ReportDocument) -> RecordingFile | None:
        """The written report of a result; None while it is being written."""
        making = self.of(session)
        if making.report is None and not making.is_busy and not making.cramped:
            self._begin(session, partial(self._steps.report, result, document), result.fingerprint, REPORTING)
        return making.report.file if making.report is not None else None

    def analysed(self, recording: Recording, pressure: Pressure) -> RecordingFile | None:
        """The report with a recording's analysis; begins the analysis and returns None until it is finished."""
        session, fingerprint, making = recording.session, recording.exported, self.of(recording.session)
        if making.analysed is not None and making.analysed.fingerprint == fingerprint:
            self.drop(session)
            return making.analysed.file
        videos = [f for f in recording.files if f.kind == "mp4"]
        report = next((f for f in recording.files if f.kind == "report"), None)
        if report is None or not videos or making.opaque == fingerprint or not pressure.records:
            return None
        if making.analysis is None and not making.dropped:
            findings, steps = making.findings, self._steps
            if findings is None or findings.fingerprint != fingerprint:
                self._begin(session, partial(steps.analyse, fingerprint, videos), fingerprint, ANALYSING)
            else:
                self._begin(session, partial(steps.add_findings, findings, report), fingerprint, ADDING)
        return None

    def playable(self, recording: Recording, pressure: Pressure) -> tuple[RecordingFile, ...] | None:
        """The versions of a recording's files that browsers play; begins to make them, and returns None until they
        are made."""
        session, fingerprint, making = recording.session, recording.exported, self.of(recording.session)
        if making.playable is not None and making.playable.fingerprint == fingerprint:
            files = making.playable.files
            self.drop(session)
            return files
        if making.opaque == fingerprint:
            return ()
        if making.analysis is not None or making.dropped or pressure.saves:
            return None
        videos = [f for f in recording.files if f.kind == FileKind.MP4]
        self._begin(session, partial(self._steps.convert, fingerprint, videos), fingerprint, CONVERTING)
        return None

    def _begin(
        self, session: SessionId, work: Callable[[], Awaitable[Product]], fingerprint: str, kind: StepKind
    ) -> None:
        piece = self._worker.submit(
            work,
            name=f"recording {session}: {kind.name}",
            priority=kind.priority,
            subject=session,
            lasting=kind.writes,
        )
        step = Step(piece=piece, fingerprint=fingerprint, kind=kind)
        making = self.of(session)
        analysing = kind.priority >= Priority.ANALYSING
        self._makings[session] = replace(making, analysis=step) if analysing else replace(making, step=step)

    # -- outcomes ----------------------------------------------------------------------------------------

    def collect(self, pressure: Pressure) -> None:
        """Collect the outcomes of finished steps. Work that found the disk full is retried once there is room."""
        for id, making in list(self._makings.items()):
            now = replace(making, cramped=making.cramped and not pressure.records)
            for step in making.dropped:
                if step.piece.ended:
                    now = replace(now, dropped=tuple(one for one in now.dropped if one is not step))
                    self.doom(step.paths)
            if now.step is not None and now.step.piece.ended:
                now = self._with_outcome(id, replace(now, step=None), now.step)
            if now.analysis is not None and now.analysis.piece.ended:
                now = self._with_outcome(id, replace(now, analysis=None), now.analysis)
            self._put(id, now)

    def _with_outcome(self, session: SessionId, making: Making, step: Step) -> Making:
        match step.piece.outcome:
            case Done(product):
                return making.with_product(product)
            case Failed(error):
                return self._with_failure(session, making, step, error)
            case None:
                return making

    def _with_failure(self, session: SessionId, making: Making, step: Step, error: StreamerError) -> Making:
        """A failure is final, except for a full disk: that step is tried again."""
        what = step.kind.failing
        if step.kind is SHOWING:
            log.warning("a step for a recording failed", session=session, step=what, error=error)
            return making
        if step.kind.priority >= Priority.ANALYSING:
            if isinstance(error, DiskFull):
                log.info("the disk has no space for this step: it will be tried again", session=session, step=what)
                return making
            log.warning("a step for a recording failed", session=session, step=what, error=error)
            return replace(making, opaque=step.fingerprint)
        if not error.temporary:
            unexpected = isinstance(error, Unexpected)
            message = f"{error}; the captured segments are kept" if unexpected else f"{what}: {error}"
            return replace(making, trouble=Trouble(fingerprint=step.fingerprint, message=message))
        if not making.cramped:
            log.error("a step for a recording failed and is tried again", session=session, step=what, error=error)
        return replace(making, cramped=True)

    # -- dropping work ---------------------------------------------------------------------------------

    def drop(self, session: SessionId) -> None:
        """Drop a session's work. Its files are deleted, except those that a recording refers to."""
        making = self._makings.get(session)
        if making is not None:
            self._worker.cancel(session)
            steps = (*making.dropped, making.step, making.analysis)
            left = tuple(step for step in steps if step is not None and not step.piece.is_cancelled)
            self._put(session, Making(dropped=left))

    def _stop_analysis(self, session: SessionId) -> None:
        """Stop the analysis, because its files are about to be replaced."""
        making = self.of(session)
        dropped = making.dropped
        if making.analysis is not None:
            self._worker.drop(making.analysis.piece)
            dropped = dropped if making.analysis.piece.is_cancelled else (*dropped, making.analysis)
        self._put(session, replace(making, analysis=None, analysed=None, findings=None, playable=None, dropped=dropped))

    def _put(self, session: SessionId, making: Making) -> None:
        """Replace the work on a recording; mark files that the new value lacks for deletion."""
        before = self.of(session)
        self.doom(before.paths - making.paths)
        targets = {_target(spec) for spec in making.specs}
        self._unwanted += [spec for spec in before.specs if _target(spec) not in targets]
        if making == NOTHING_MADE:
            self._makings.pop(session, None)
        else:
            self._makings[session] = making

    def doom(self, paths: Iterable[str]) -> None:
        """Mark files for deletion that a recording no longer refers to."""
        self._doomed |= set(paths)

    def take_doomed(self, in_use: Collection[str], jobs: Mapping[JobId, Job]) -> list[str]:
        """The files to delete now, without those that a recording or the work on one refers to (again).

        Output of an unwanted process is deleted at once, and again when the process has ended.
        """
        makings = self._makings.values()
        wanted = {_target(spec) for making in makings for spec in making.specs}
        unwanted = [spec for spec in self._unwanted if _target(spec) not in wanted]
        doomed = self._doomed - set(in_use) - {path for making in makings for path in making.paths}
        self._doomed = set()
        self._unwanted = [spec for spec in unwanted if is_active(spec, jobs)]
        return [*sorted(doomed), *(_target(spec) for spec in unwanted)]


def _target(spec: JobSpec) -> str:
    assert isinstance(spec.settings, ExportSettings)
    return spec.settings.target
