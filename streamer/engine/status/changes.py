"""The `change` events of Socket.IO, one type for each subject: changed documents come whole."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.decisions.notices import NoticeDocument
from streamer.core.decisions.override import OverrideDocument
from streamer.core.recording.documents import RecordingDocument
from streamer.core.status.documents import RoomDocument, SessionChangeKind, SessionDocument
from streamer.core.trust.documents import TimetableStatusDocument
from streamer.engine.status.crew_documents import AlarmDocument, JobDocument


class ChangeHead(TypedDict):
    """What every change begins with."""

    epoch: Annotated[str, Described("Another epoch means that revisions begin anew")]
    revision: Annotated[int, Described("One more than the change before, in this namespace", minimum=1)]
    at: Annotated[Instant, Described("When it became true, on the clock of the playlists' PROGRAM-DATE-TIME")]


class SessionChange(ChangeHead):
    """A session changed, and perhaps its room with it."""

    kind: SessionChangeKind
    session: SessionDocument
    room: NotRequired[RoomDocument]


class RoomChange(ChangeHead):
    """A room changed, and no session of it."""

    kind: Literal["room.state"]
    room: RoomDocument


class ProgrammeChange(ChangeHead):
    """So much changed that all rooms and sessions come at once."""

    kind: Literal["timetable"]
    rooms: list[RoomDocument]
    sessions: list[SessionDocument]


class RecordingChange(ChangeHead):
    """A recording changed. For the crew."""

    kind: Literal["recording.state"]
    recording: RecordingDocument


class JobChange(ChangeHead):
    """A job changed. For the crew."""

    kind: Literal["job.state"]
    job: JobDocument


class AlarmChange(ChangeHead):
    """An alarm was raised, changed or cleared. For the crew."""

    kind: Literal["alarm"]
    alarm: AlarmDocument


class FeedChange(ChangeHead):
    """The state of the timetable's feed changed. For the crew."""

    kind: Literal["feed"]
    feed: TimetableStatusDocument


class OverrideChange(ChangeHead):
    """A decision was taken or undone. For the crew."""

    kind: Literal["override"]
    override: OverrideDocument


class NoticeChange(ChangeHead):
    """The crew sent a message to attendees, or withdrew it."""

    kind: Literal["notice"]
    notice: NoticeDocument


ViewerChange = SessionChange | RoomChange | ProgrammeChange | NoticeChange
CrewChange = ViewerChange | RecordingChange | JobChange | AlarmChange | FeedChange | OverrideChange
