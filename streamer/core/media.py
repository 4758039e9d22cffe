"""What the engine says to the media floor, and what it hears from it: values only, no FFmpeg here.

Media times are seconds (float) on the clock of one take or one livestream run; wall times are Unix seconds
(float, UTC) in these values and become datetimes at the edges.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NewType

from streamer.core.ids import JobId, RoomId, SessionId
from streamer.core.live_media import LiveFormat

RunId = NewType("RunId", str)
"""One start of one job: names its folder, its log and, for a capture, its take. Globally unique."""

SEGMENT_SECONDS = 2.0
"""Wanted length of a captured segment and exact length of a livestream's segment."""


class JobKind(StrEnum):
    CAPTURE = "capture"
    LIVESTREAM = "livestream"
    MONITOR = "monitor"
    PUSH = "push"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What probing found in a source. ``audio`` is None for a source without sound; ``gop`` in seconds if known."""

    video: str | None
    width: int
    height: int
    rate: Fraction
    audio: str | None
    gop: float | None = None
    bitrate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Copy (or, for a raw source, encode) ``source`` into segments and to the tap.

    ``tap`` is the loopback port to which the capture offers MPEG-TS for the livestream; None for a second capture that
    only stands by with segments, whose clock is far from the first one's. ``analyze_seconds`` must
    reach over a keyframe of the source, and delays the start by as much: after ``ExitCause.UNDECODED`` try double, up
    to 12, from where on a source is taken without sound that it announces and does not send. Without ``to_disk`` it
    feeds the tap alone, as when the disk is full.
    """

    source: str
    listen: bool = False
    input_options: tuple[tuple[str, str], ...] = ()
    room_name: str
    tap: int | None
    analyze_seconds: float = 2.5
    to_disk: bool = True
    bursts: bool = field(default=False, repr=False)
    """The source comes in pieces of some seconds, so that silence between them is no stall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivestreamSettings:
    """Read the capture's tap, encode the renditions and package them as CMAF chunks."""

    tap: int
    format: LiveFormat
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A byte range of a captured segment; ``end`` None means to its end. ``path`` is relative to the data folder."""

    path: str
    start: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What is taken of one segment, and from when to when that lasts on the source's clock.

    Where a clip begins inside its segment, the first of its pieces are the tables from the segment's head. ``fault``
    says why something between ``start`` and ``end`` is missing in it; without any piece, all of it is.
    """

    take: RunId
    number: int
    pieces: tuple[Piece, ...]
    start: float
    end: float
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Join pieces into one MP4 at ``target`` (relative to the data folder), without encoding; ``sound`` False leaves
    the sound out, where nobody can read it.

    Its index stands in front, in ``index`` bytes that are left free for it. 0: it is put there when all is written,
    which means to write all of it twice."""

    pieces: tuple[Piece, ...]
    target: str
    metadata: tuple[tuple[str, str], ...] = ()
    duration: float = 0.0
    sound: bool = True
    index: int = 0


Settings = CaptureSettings | LivestreamSettings | ExportSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One FFmpeg process that is wanted. Equal specs mean: what runs may go on."""

    id: JobId
    kind: JobKind
    room: RoomId
    settings: Settings
    session: SessionId | None = None

    @property
    def digest(self) -> str:
        """Identifies the spec across restarts of the service."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRecord:
    """A process that was started for a job: its identity is pid *and* start time, never the pid alone.

    ``start_ticks`` is field 22 of /proc/PID/stat. ``digest`` is the spec's with which it was started,
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
    """Why a process ended by itself, as far as its log says; for what reacts to it rather than reads it."""

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
    UNDECODED = "undecoded"  # nothing could be decoded in the time allowed: longer analysis may help
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExit:
    """The end of a process. ``status`` is the exit code, negative for a signal, None when nobody could learn it.

    ``error`` is one sentence a person can act on, with secrets redacted; empty for a clean end.
    ``permanent`` says that trying again with the same spec can't help.
    """

    run: RunId
    status: int | None
    at: float
    error: str = ""
    permanent: bool = False
    cause: ExitCause = ExitCause.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a process has done so far; both numbers only ever grow while it is healthy.

    ``media_seconds`` comes from FFmpeg's ``out_time``, ``output_bytes`` from the files it writes. ``untaken`` are the
    kinds of stream (``video``, ``audio``) that its source began to send later, and that only a new start would take.
    """

    media_seconds: float
    output_bytes: int
    speed: float | None = None
    untaken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One closed media file of a take; ``start`` and ``end`` on the source's clock, ``closed_at`` Unix seconds.

    ``path`` is relative to the data folder. ``wall`` is where ``start`` lies in wall time (Unix s), None while its
    neighbours may still say more about that. ``sha256`` (hex) and ``shape`` (codecs, picture and sound layout in words)
    are known once the file has been read and synced; empty before.
    """

    take: RunId
    number: int
    path: str
    start: float
    end: float
    closed_at: float
    bytes: int
    wall: float | None = None
    sha256: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What re-reading a finished file found. Times in seconds; ``sha256`` in hex.

    ``rate`` is frames a second where none is missing, ``gop`` the longest distance between keyframes, if there are any.
    ``av_offset`` says how much later than the picture the sound begins, ``av_offset_end`` how much later it ends.
    ``holes`` are where the picture pauses, from the file's start: (start, duration).
    """

    duration: float
    bytes: int
    sha256: str
    video_frames: int
    has_audio: bool
    av_offset: float
    av_offset_end: float = 0.0
    rate: float = 0.0
    gop: float | None = None
    holes: tuple[tuple[float, float], ...] = ()
