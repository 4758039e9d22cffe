"""The work on one recording, as a value: finished products, the current step, and the next one.

Each product belongs to a fingerprint of the window and its segments. A product of another fingerprint replaces the
former one, whose files are then deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from streamer.core.base.ids import JobId
from streamer.core.export.files import RecordingFile
from streamer.core.jobs.lifecycle import ACTIVE, Job, JobState
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import ExportSettings, JobSpec
from streamer.core.status.disk import Pressure
from streamer.engine.machine.worker import Done, Piece, Priority
from streamer.engine.recordings.products import Early, Findings, Playable, Prepared, Product, Report, Result

GIVE_UP_AFTER = 5
"""The number of consecutive failed exports after which the crew has to act."""
PROGRESS_STEPS = 20
"""The number of progress steps; each is announced to all clients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepKind:
    """``failing`` is the message for its failure."""

    name: str
    failing: str
    priority: Priority = Priority.FINISHING


SHOWING = StepKind(name="early playlist", failing="it can't be watched before it is finished")
PREPARING = StepKind(name="preparation", failing="its segments can't be joined")
ACCEPTING = StepKind(name="acceptance", failing="the export failed its verification")
REPORTING = StepKind(name="report", failing="its report can't be written")
ANALYSING = StepKind(name="analysis", failing="its recording could not be analysed", priority=Priority.ANALYSING)
ADDING = StepKind(name="findings", failing="its recording could not be analysed", priority=Priority.ANALYSING)
CONVERTING = StepKind(
    name="playable version",
    failing="it has no version that browsers play",
    priority=Priority.CONVERTING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A piece of work and its fingerprint."""

    piece: Piece[Product]
    fingerprint: str
    kind: StepKind

    @property
    def paths(self) -> frozenset[str]:
        """The files that it has written."""
        outcome = self.piece.outcome
        return outcome.value.paths if isinstance(outcome, Done) else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the export of a fingerprint can't succeed without the crew's help."""

    fingerprint: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work on one recording.

    ``step`` makes its files, ``analysis`` analyses or converts finished ones; ``dropped`` steps are being cancelled,
    and their files are deleted. ``cramped`` means that the next step found no room on the disk, ``opaque`` is the
    fingerprint whose files could not be analysed.
    """

    early: Early | None = None
    prepared: Prepared | None = None
    result: Result | None = None
    report: Report | None = None
    findings: Findings | None = None
    analysed: Report | None = None
    playable: Playable | None = None
    step: Step | None = None
    analysis: Step | None = None
    dropped: tuple[Step, ...] = ()
    trouble: Trouble | None = None
    cramped: bool = False
    opaque: str = ""

    @property
    def paths(self) -> frozenset[str]:
        """The finished files."""
        products = (self.early, self.prepared, self.result, self.report, self.analysed, self.playable)
        return frozenset(path for product in products if product is not None for path in product.paths)

    @property
    def specs(self) -> tuple[JobSpec, ...]:
        return self.prepared.specs if self.prepared is not None else ()

    @property
    def is_busy(self) -> bool:
        """Whether a step is under way, so that no other may begin."""
        return self.step is not None or bool(self.dropped)

    @property
    def watchable(self) -> RecordingFile | None:
        """The playlist for watching a recording before its files are finished."""
        known = self.prepared or self.early
        return known.playlist if known is not None else None

    def with_product(self, product: Product) -> Work:
        """Add a product; a preparation replaces everything except the early playlist."""
        match product:
            case Early():
                return replace(self, early=product)
            case Prepared():
                return replace(self, prepared=product, result=None, report=None, trouble=None)
            case Result():
                return replace(self, result=product)
            case Report(analysed=True):
                return replace(self, analysed=product, findings=None)
            case Report():
                return replace(self, report=product)
            case Playable():
                return replace(self, playable=product)
            case Findings():
                return replace(self, findings=product)

    def waits(self, jobs: Mapping[JobId, Job], pressure: Pressure) -> bool:
        """Whether it waits for disk space; a running export continues."""
        if self.cramped:
            return not pressure.records
        return pressure.saves and not any(_is_begun(spec, jobs) for spec in self.specs)

    def trouble_of(self, fingerprint: str, jobs: Mapping[JobId, Job]) -> str:
        """Why an export can't succeed without the crew's help; empty while it may still succeed."""
        if self.trouble is not None and self.trouble.fingerprint == fingerprint:
            return self.trouble.message
        for spec in self.specs:
            job = jobs.get(spec.id)
            if job is None or job.digest != spec.digest or _has_other_way(spec):
                continue
            if job.state is JobState.FAILED or job.failures >= GIVE_UP_AFTER:
                return f"the export failed: {job.error or 'no reason was given'}; the captured segments are kept"
        return ""

    def progress(self, look: Callable[[JobId], Progress | None]) -> float | None:
        """The written share of the files, 0…1; None if none is being written."""
        if self.prepared is None or self.result is not None:
            return None
        whole = sum(part.duration for part in self.prepared.parts)
        written = 0.0
        for spec, part in zip(self.prepared.specs, self.prepared.parts, strict=True):
            seen = look(spec.id)
            written += min(part.duration, seen.media_seconds) if seen is not None else 0.0
        return min(1.0, int(PROGRESS_STEPS * written / whole) / PROGRESS_STEPS) if whole > 0 else 0.0


class Next(StrEnum):
    """The next step for a recording whose session has ended."""

    PREPARE = "prepare"
    OTHER_WAY = "other way"
    ACCEPT = "accept"
    NOTHING = "nothing"


def next_of(work: Work, fingerprint: str, jobs: Mapping[JobId, Job]) -> Next:
    """The next step towards the files of ``fingerprint``, given the state of its jobs."""
    prepared = work.prepared
    if prepared is None or prepared.fingerprint != fingerprint:
        return Next.PREPARE
    if any(_has_failed(spec, jobs) and _has_other_way(spec) for spec in prepared.specs):
        return Next.OTHER_WAY
    if work.result is None and all(_is_done(spec, jobs) for spec in prepared.specs):
        return Next.ACCEPT
    return Next.NOTHING


def the_other_way(prepared: Prepared) -> Prepared:
    """The same export without reserved room for the index, which is moved to the front after writing."""
    return replace(prepared, specs=tuple(_without_index(spec) for spec in prepared.specs))


def is_active(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    """Whether a process works for this spec."""
    job = jobs.get(spec.id)
    return job is not None and job.state in ACTIVE and job.digest == spec.digest


def _is_done(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    """Whether it ended by itself and cleanly; a job that was given up after failures has exited, too."""
    job = jobs.get(spec.id)
    return job is not None and job.state is JobState.EXITED and not job.error and job.digest == spec.digest


def _is_begun(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    return _is_done(spec, jobs) or is_active(spec, jobs)


def _has_failed(spec: JobSpec, jobs: Mapping[JobId, Job]) -> bool:
    job = jobs.get(spec.id)
    return job is not None and job.digest == spec.digest and (job.failures > 0 or job.state is JobState.FAILED)


def _has_other_way(spec: JobSpec) -> bool:
    """Whether an export reserves the estimated room for its index."""
    return isinstance(spec.settings, ExportSettings) and spec.settings.index > 0


def _without_index(spec: JobSpec) -> JobSpec:
    assert isinstance(spec.settings, ExportSettings)
    return replace(spec, settings=replace(spec.settings, index=0))
