"""The integrity report's shape: the JSON file of kind ``report`` beside a recording's other files."""

from __future__ import annotations

from typing import Annotated, NotRequired

from streamer.core.base.described import Described, Digest, Instant, Seconds, Share, TypedDict
from streamer.core.export.files import FileKind
from streamer.core.recording.documents import GapDocument
from streamer.core.recording.states import RecordingState

Frames = Annotated[int, Described("Pictures, counted", minimum=0)]
ExpectedFrames = Annotated[int, Described("Pictures that a source without a fault sends", minimum=0)]
Pixels = Annotated[int | None, Described("Pixels")]
FileOffset = Annotated[float, Described("Seconds from the file's start")]


class SpanDocument(TypedDict):
    """A stretch of time."""

    start: Annotated[Instant, Described("Where it begins")]
    end: Annotated[Instant, Described("Where it ends")]
    duration: Seconds


class StretchDocument(TypedDict):
    """A stretch of a file that is silent, black or frozen."""

    file: Annotated[str, Described("The file's name")]
    offset: FileOffset
    start: Annotated[Instant, Described("When that was")]
    duration: Seconds


class QualityDocument(TypedDict):
    """How the files sound and look, as measured."""

    loudness: Annotated[float | None, Described("Integrated loudness (EBU R 128), LUFS")]
    loudness_range: Annotated[float | None, Described("Loudness range (EBU Tech 3342), LU")]
    true_peak: Annotated[float | None, Described("True peak (ITU-R BS.1770), dBTP")]
    silent: list[StretchDocument]
    black: list[StretchDocument]
    frozen: list[StretchDocument]
    precision: Annotated[float | None, Described("Seconds to which black and frozen stretches are exact")]


class UsedTakeDocument(TypedDict):
    """An unbroken run of a capture that the recording was made from."""

    take: str
    slot: Annotated[int, Described("Which of the captures side by side", minimum=1)]
    start: Annotated[Instant, Described("Start of its first segment that is used")]
    end: Annotated[Instant, Described("End of its last segment that is used")]
    segments: Annotated[int, Described("How many of its segments are used", minimum=0)]
    ended: Annotated[str | None, Described("Why it ended; null while it runs")]
    video: Annotated[str | None, Described("Codec")]
    width: Pixels
    height: Pixels
    rate: Annotated[float | None, Described("Frames a second")]
    audio: Annotated[str | None, Described("Codec")]
    sent: Annotated[list[str], Described("The source's own tracks, before anything was encoded; empty if unknown")]


class FileRunDocument(TypedDict):
    """A stretch of a file without a gap."""

    offset: FileOffset
    start: Annotated[Instant, Described("When that was")]
    duration: Seconds


class ReportFileDocument(TypedDict):
    """A file of the recording. Only video files have the keys after ``sha256``."""

    name: str
    kind: FileKind
    bytes: Annotated[int, Described("Size in bytes", minimum=0)]
    sha256: Digest
    shape: NotRequired[Annotated[str | None, Described("Codecs, size of the picture, layout of the sound")]]
    duration: NotRequired[Seconds]
    frames: NotRequired[Frames]
    expected_frames: NotRequired[ExpectedFrames]
    av_offset: NotRequired[Annotated[float | None, Described("Seconds by which sound begins after the picture")]]
    timeline: NotRequired[Annotated[list[FileRunDocument], Described("Where the file's parts lie in time")]]


class ReportDocument(TypedDict):
    """The integrity report of a recording: the file of kind `report`."""

    session: str
    room: str
    title: str
    version: Annotated[int, Described("Counts the exports of this session", minimum=0)]
    state: RecordingState
    reason: Annotated[str, Described("What is missing and why, in a sentence; empty where nothing is")]
    window: Annotated[SpanDocument, Described("What was wanted")]
    covered: Annotated[
        SpanDocument | None,
        Described("What there is, cut at keyframes; its duration is that of the media, without gaps"),
    ]
    coverage: Annotated[Share, Described("Share of the window that there is media of, 0 to 1")]
    gaps: list[GapDocument]
    removed: Annotated[
        list[GapDocument],
        Described("What the crew took out on purpose, muted or cut; up to a segment more is missing at each end"),
    ]
    lacks: Annotated[list[str], Described("Tracks that the source sent and the files do not have, in words")]
    notes: Annotated[list[str], Described("What was encoded of the source's tracks, and what browsers can't play")]
    takes: list[UsedTakeDocument]
    files: list[ReportFileDocument]
    frames: Frames
    expected_frames: ExpectedFrames
    av_offset: Annotated[float | None, Described("The largest offset of sound to picture, seconds")]
    quality: Annotated[QualityDocument | None, Described("null until the files have been analysed")]
