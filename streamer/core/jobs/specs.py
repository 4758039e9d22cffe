"""What the engine says to the media floor, and what it hears from it: values only, no FFmpeg here.

Media times are seconds (float) on the clock of one take or one livestream run; wall times are Unix seconds
(float, UTC) in these values and become datetimes at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.jobs.identity import digest
from streamer.core.jobs.live_format import LiveFormat

SEGMENT_SECONDS = 2.0
"""Wanted length of a captured segment and exact length of a livestream's segment."""


class JobKind(StrEnum):
    CAPTURE = "capture"
    LIVESTREAM = "livestream"
    MONITOR = "monitor"
    PUSH = "push"
    EXPORT = "export"


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
    bursts: bool = False
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
        """Identifies the spec across restarts and upgrades of the service: :mod:`streamer.core.jobs.identity`."""
        return digest(self)
