"""Process records: what was started, its progress, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.jobs.specs import JobKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """A process that was started for a job: its identity is pid *and* start time, never the pid alone.

    ``start_ticks`` is field 22 of /proc/PID/stat. ``digest`` is the digest of the spec with which it was started,
    ``started`` Unix seconds.
    """

    run: RunId
    job: JobId
    kind: JobKind
    room: RoomId
    digest: str
    pid: int
    start_ticks: int
    started: float
    session: SessionId | None = None


class ExitCause(StrEnum):
    """Why a process ended by itself, according to its log; for code that reacts to it."""

    NONE = ""
    COMMAND = "command"
    CREDENTIALS = "credentials"
    DEVICE = "device"
    DISK = "disk"
    ENDED = "ended"
    GARBAGE = "garbage"
    KILLED = "killed"
    MISSING = "missing"
    NETWORK = "network"
    PERMISSION = "permission"
    PORT = "port"
    REFUSED = "refused"
    SILENT = "silent"
    UNDECODED = "undecoded"  # the source could not be decoded in the allowed time: longer analysis may help
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExit:
    """The end of a process. ``status`` is the exit code, negative for a signal, None if unknown.

    ``error`` is one sentence that a person can act on, with secrets redacted; empty for a clean end.
    ``permanent`` means that a retry with the same spec can't succeed.
    """

    run: RunId
    status: int | None
    at: float
    error: str = ""
    permanent: bool = False
    cause: ExitCause = ExitCause.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a process; both numbers only grow while it is healthy.

    ``media_seconds`` comes from FFmpeg's ``out_time``, ``output_bytes`` from the files it writes. ``untaken`` are the
    kinds of stream (``video``, ``audio``) that its source began to send later, and that only a restart would capture;
    ``refusal`` says why the last publisher was refused, empty if none was.
    """

    media_seconds: float
    output_bytes: int
    speed: float | None = None
    untaken: frozenset[str] = frozenset()
    refusal: str = ""
