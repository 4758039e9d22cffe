"""Job specs, which the engine passes to the media floor: values only, no FFmpeg here.

Media times are seconds (float) on the clock of one take or one livestream run; wall times are Unix seconds
(float, UTC) in these values and become datetimes at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.jobs.coding import COPIED, Coding
from streamer.core.jobs.identity import digest
from streamer.core.jobs.live_format import LiveFormat

SEGMENT_SECONDS = 2.0
"""Wanted length of a captured segment and exact length of a livestream's segment."""
ANALYZE_SECONDS = 2.5
"""How long a source is analysed at first: enough for an ordinary one, and short for one whose announced sound does not
come. FFmpeg writes nothing before its analysis ends, but loses no data."""
LONGEST_ANALYSIS = 12.0
"""The same for a source that could not be decoded in that time: its keyframes may be far apart."""


class JobKind(StrEnum):
    CAPTURE = "capture"
    LIVESTREAM = "livestream"
    MONITOR = "monitor"
    PUSH = "push"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Copy (or, for a raw source, encode) ``source`` into segments and to the tap.

    ``tap`` is the loopback port to which the capture offers MPEG-TS for the livestream; None for a second, redundant
    capture, which only writes segments and whose clock is far from the first one's. ``analyze_seconds`` must
    include a keyframe of the source, and delays the start by as much at most: after ``ExitCause.UNDECODED`` try
    ``LONGEST_ANALYSIS``, with which announced sound that the source does not send is ignored. Without ``to_disk`` it
    only feeds the tap, for example when the disk is full.
    """

    source: str
    listen: bool = False
    input_options: tuple[tuple[str, str], ...] = ()
    room_name: str
    tap: int | None
    analyze_seconds: float = ANALYZE_SECONDS
    to_disk: bool = True
    bursts: bool = False
    """The source comes in pieces of some seconds, so silence between them is not a stall."""
    coding: Coding = COPIED
    """What is done with each track. At first everything is copied; another coding follows from FFmpeg's account."""


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
    """Join pieces into one MP4 at ``target`` (relative to the data folder), without encoding.

    ``sound`` says that the pieces have sound. Then every sound that comes is joined, too; one that is only announced
    is left out, because FFmpeg would refuse it.

    Its index is at the front, in ``index`` reserved bytes. 0: it is moved there after writing, which writes the whole
    file twice."""

    pieces: tuple[Piece, ...]
    target: str
    metadata: tuple[tuple[str, str], ...] = ()
    duration: float = 0.0
    sound: bool = True
    index: int = 0


Settings = CaptureSettings | LivestreamSettings | ExportSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One wanted FFmpeg process. A running process with an equal spec continues."""

    id: JobId
    kind: JobKind
    room: RoomId
    settings: Settings
    session: SessionId | None = None
    digest: str = field(init=False, compare=False, repr=False)
    """Identifies the spec across restarts and upgrades of the service: :mod:`streamer.core.jobs.identity`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest(self))
