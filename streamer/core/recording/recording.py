"""A recording: what is kept of a session and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.recording.files import RecordingFile
from streamer.core.recording.states import RecordingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a session of which there is no media. ``cause`` is for people."""

    start: float
    duration: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is kept of a session.

    ``start`` and ``end`` are the effective window that the files were cut for; ``version`` counts exports;
    ``exported`` is the fingerprint of what the present files were made of. ``analysed`` says that its report holds
    what listening and watching found: loudness, silence, black and frozen pictures.
    """

    session: SessionId
    room: RoomId
    title: str
    state: RecordingState
    start: float
    end: float
    version: int = 0
    exported: str = ""
    coverage: float = 0.0
    gaps: tuple[Gap, ...] = ()
    files: tuple[RecordingFile, ...] = ()
    reason: str = ""
    analysed: bool = False
