"""Adopts FFmpeg processes that a former run of the service left running.

The launcher says which processes still run. Each becomes a job that is starting, with the digest of the spec it was
started with: where the same spec is still wanted it runs on, where another or none is wanted it is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamer.core.base.ids import JobId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.processes import ProcessRecord


def adopted_jobs(survivors: Iterable[ProcessRecord], now: float) -> dict[JobId, Job]:
    """The jobs of the processes that still run. ``now`` is monotonic, in seconds."""
    return {record.job: adopted_job(record, now) for record in survivors}


def adopted_job(record: ProcessRecord, now: float) -> Job:
    """The job of one process. It counts as running with the first progress that is seen of the process."""
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
