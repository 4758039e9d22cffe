"""A recording: what is kept of a session and what was made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.planned import PlannedSession
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
    what listening and watching found: loudness, silence, black and frozen pictures. ``story`` are its latest states of
    this run, for an error to tell; it is not stored.
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
    story: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def has_video(self) -> bool:
        return any(f.kind == "mp4" for f in self.files)


def fingerprint(start: float, end: float, kept: Iterable[Timed]) -> str:
    """What tells whether files were made of this window (Unix s) and of these segments."""
    text = f"{start:.3f} {end:.3f} " + " ".join(f"{t.segment.take}/{t.segment.number}" for t in kept)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_session(planned: PlannedSession, before: Recording | None) -> Recording:
    """The recording of a session as it is planned now; a new one where there was none."""
    start, end, title = planned.in_point.timestamp(), planned.out_point.timestamp(), planned.session.title
    if before is not None:
        return replace(before, start=start, end=end, room=planned.room, title=title)
    state = RecordingState.PENDING
    return Recording(session=planned.id, room=planned.room, title=title, state=state, start=start, end=end)
