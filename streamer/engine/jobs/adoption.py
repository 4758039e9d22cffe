"""Adopts FFmpeg processes that a former run of the service left running.

The launcher lists the processes that still run. Each becomes a starting job with the digest of the spec it was started
with: if the same spec is still wanted it continues, otherwise it is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamer.core.base.ids import JobId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.processes import ProcessRecord


def adopted_jobs(survivors: Iterable[ProcessRecord], now: float) -> dict[JobId, Job]:
    """The jobs of the surviving processes. ``now`` is monotonic, in seconds."""
    return {record.job: adopted_job(record, now) for record in survivors}


def adopted_job(record: ProcessRecord, now: float) -> Job:
    """The job of one process. It counts as running from its first observed progress."""
    return Job(
        id=record.job,
        kind=record.kind,
        room=record.room,
        session=record.session,
        digest=record.digest,
        state=JobState.STARTING,
        since=record.started,
        run=record.run,
        pid=record.pid,
        started_at=now,
    )
