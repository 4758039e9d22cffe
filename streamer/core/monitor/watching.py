"""What the monitor is asked for and what it says of its own processes."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A take that is to be watched while it grows. Without ``has_sound`` only its picture is."""

    take: RunId
    has_sound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The state of the process that watches a room, since ``at`` (Unix s). ``error`` says why it ended."""

    room: RoomId
    state: JobState
    at: float
    pid: int | None = None
    error: str = ""
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """The newest picture of a room as JPEG, and when it was written (Unix s)."""

    jpeg: bytes
    at: float


def monitor_id(room: RoomId) -> JobId:
    return JobId(f"monitor:{room}")


def job_of(report: Report) -> Job:
    """The monitor of a room as one of the crew's jobs. It needs no digest, because it is never adopted."""
    return Job(
        id=monitor_id(report.room),
        kind=JobKind.MONITOR,
        room=report.room,
        digest="",
        state=report.state,
        since=report.at,
        pid=report.pid,
        restarts=report.restarts,
        error=report.error,
    )
