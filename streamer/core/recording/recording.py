"""A recording: a session's kept segments and the files made from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.export.files import RecordingFile
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.states import RecordingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of a session without media. ``cause`` is text for people."""

    start: float
    duration: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The recording of a session.

    ``start`` and ``end`` are the effective window for which the files were cut; ``version`` counts exports;
    ``exported`` is the fingerprint of the present files. ``analysed`` says that its report includes the analysis:
    loudness, silence, black and frozen pictures. ``story`` lists its latest states of this run for error messages; it
    is not stored.
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
    """Identifies the window (Unix s) and the segments that files are made from."""
    text = f"{start:.3f} {end:.3f} " + " ".join(f"{t.segment.take}/{t.segment.number}" for t in kept)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_session(planned: PlannedSession, before: Recording | None) -> Recording:
    """The recording of a session as planned now; a new one if ``before`` is None."""
    start, end, title = planned.in_point.timestamp(), planned.out_point.timestamp(), planned.session.title
    if before is not None:
        return replace(before, start=start, end=end, room=planned.room, title=title)
    state = RecordingState.PENDING
    return Recording(session=planned.id, room=planned.room, title=title, state=state, start=start, end=end)
