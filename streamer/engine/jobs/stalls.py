"""Detects processes that make no progress.

A process is stalled when its media time *or* its output stops growing. How long that may last depends on its job.
Times are monotonic, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import JobId, RunId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import CaptureSettings, JobKind, JobSpec

STALL_AFTER = {JobKind.CAPTURE: 4.0, JobKind.LIVESTREAM: 4.0, JobKind.EXPORT: 60.0}
BURST_AFTER = 20.0
"""The same for a source that comes in pieces: longer than two of the longest usual pieces."""
START_WITHIN = 25.0
REPLACED_AFTER = 1.5
"""Seconds without progress after which a picture that appeared later counts as a replacement."""


@dataclass(slots=True)
class _Movement:
    """When a process last made progress."""

    run: RunId
    progress: Progress | None
    media_at: float
    output_at: float


class StallDetector:
    """Compares a job's progress with its progress at the previous look."""

    def __init__(self) -> None:
        self._movements: dict[JobId, _Movement] = {}

    def note(self, job: Job, progress: Progress | None, now: float) -> bool:
        """Note the progress of a job's process; True if it grew since the last look."""
        assert job.run is not None
        known = self._movements.get(job.id)
        if known is None or known.run != job.run:
            known = self._movements[job.id] = _Movement(run=job.run, progress=None, media_at=now, output_at=now)
        if progress is None or not (progress.media_seconds > 0 or progress.output_bytes > 0):
            return False
        before, known.progress = known.progress, progress
        if before is None or progress.media_seconds > before.media_seconds:
            known.media_at = now
        if before is None or progress.output_bytes > before.output_bytes:
            known.output_at = now
        return before is None or progress != before

    def error(
        self, job: Job, spec: JobSpec | None, leading: Job | None, now: float, *, fed_by: JobSpec | None = None
    ) -> str:
        """Why a job counts as stalled; empty if it does not. ``leading`` is the capture that feeds a livestream, and
        ``fed_by`` its spec: what comes in pieces reaches the livestream in pieces."""
        known = self._movements.get(job.id)
        if known is None or known.run != job.run:
            return ""
        if known.progress is None:
            if now - known.media_at < START_WITHIN or _may_wait(job, spec, leading):
                return ""
            return f"no media within {START_WITHIN:g} s of its start"
        if "video" in known.progress.untaken and now - known.media_at > REPLACED_AFTER:
            return "its source sends another picture than the one that was there when it started"
        limit = BURST_AFTER if _bursts(spec) or _bursts(fed_by) else STALL_AFTER.get(job.kind, 10.0)
        if now - known.media_at > limit:
            return f"no progress for {limit:g} s"
        if now - known.output_at > limit and writes_to_disk(spec):
            return f"its output has not grown for {limit:g} s"
        return ""

    def grew_within(self, job: Job, seconds: float, now: float) -> bool:
        """Whether a job's process has written something in the last ``seconds``."""
        known = self._movements.get(job.id)
        return (
            known is not None
            and known.run == job.run
            and known.progress is not None
            and known.progress.output_bytes > 0
            and now - known.output_at <= seconds
        )

    def forget(self, id: JobId) -> None:
        """Forget a job that was removed."""
        self._movements.pop(id, None)


def writes_to_disk(spec: JobSpec | None) -> bool:
    """False for a capture that only feeds livestreams: it has no output that could grow."""
    return spec is None or not isinstance(spec.settings, CaptureSettings) or spec.settings.to_disk


def _bursts(spec: JobSpec | None) -> bool:
    return spec is not None and isinstance(spec.settings, CaptureSettings) and spec.settings.bursts


def _may_wait(job: Job, spec: JobSpec | None, leading: Job | None) -> bool:
    """A listener waits for its publisher, and a livestream for its capture, without a limit."""
    if spec is not None and isinstance(spec.settings, CaptureSettings):
        return spec.settings.listen
    if job.kind is JobKind.LIVESTREAM:
        return leading is None or leading.state is not JobState.RUNNING
    return False
