"""The documents that clients get, and the changes between two of them.

A document contains only what every client may see: no source, no key, no path, no log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NotRequired
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.base.json import iso
from streamer.core.decisions.notices import NoticeDocument
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.status.states import (
    NOTHING,
    ChannelView,
    Observed,
    RoomState,
    SessionState,
    current_session,
    following_session,
    room_state,
    session_state,
)


class RoomDocument(TypedDict):
    """A room as a viewer finds it."""

    id: str
    name: str
    state: RoomState
    session: Annotated[str | None, Described("The session that takes place in it now")]
    next: Annotated[str | None, Described("The session that follows")]
    stream: Annotated[str | None, Described("URL of the channel's multivariant playlist; null for a room without one")]


class SpeakerDocument(TypedDict):
    """A speaker of a session."""

    name: str
    affiliation: str


class SessionDocument(TypedDict):
    """An item of the programme, as it will be or was, after the crew's decisions."""

    id: str
    room: Annotated[str, Described("Its room's id")]
    title: str
    start: Annotated[Instant, Described("When it starts, or started")]
    end: Annotated[Instant, Described("When it ends, or ended")]
    scheduled_start: Annotated[Instant, Described("The start as published")]
    scheduled_end: Annotated[Instant, Described("The end as published")]
    held_since: Annotated[Instant | None, Described("When it was to end, if its end is open")]
    state: SessionState
    on_air: Annotated[bool, Described("Whether viewers see it now")]
    record: Annotated[bool | None, Described("Whether it is recorded")]
    stream: Annotated[bool | None, Described("Whether it is streamed")]
    recording: RecordingState
    recording_start: Annotated[Instant | None, Described("Where its recording begins, if a decision says so")]
    recording_end: Annotated[Instant | None, Described("Where its recording ends, if a decision says so")]
    speakers: list[SpeakerDocument]
    abstract: str
    revision: Annotated[int, Described("Grows with every change of this session", minimum=0)]
    removed: NotRequired[Annotated[bool, Described("true in the last change of a session that left the timetable")]]


class ConferenceDocument(TypedDict):
    """The whole conference."""

    title: str
    timezone: Annotated[str, Described("IANA name of the venue's time zone")]
    privacy_notice: Annotated[str | None, Described("A text, or the URL of one")]


class SnapshotDocument(TypedDict):
    """Everything that a viewer knows at an instant. The `change` events of Socket.IO continue it."""

    epoch: Annotated[str, Described("Another epoch means that revisions begin anew")]
    revision: Annotated[int, Described("The last change that is contained", minimum=0)]
    now: Annotated[Instant, Described("The service's clock")]
    conference: ConferenceDocument
    rehearsal: Annotated[bool, Described("Whether this is a rehearsal")]
    rooms: list[RoomDocument]
    sessions: list[SessionDocument]
    notices: Annotated[list[NoticeDocument], Described("Those of the last 15 minutes that were not withdrawn")]


def room_document(
    id: RoomId, name: str, plan: Plan, policy: Policy, channel: ChannelView, now: datetime
) -> RoomDocument:
    return {
        "id": id,
        "name": name,
        "state": room_state(id, plan, policy, channel, now),
        "session": current_session(id, plan, now),
        "next": following_session(id, plan, now),
        "stream": f"/live/{id}/index.m3u8" if policy.is_captured(id) else None,
    }


def session_document(
    planned: PlannedSession,
    observed: Observed,
    channel: ChannelView,
    recording: Recording | None,
    now: datetime,
    zone: ZoneInfo,
) -> SessionDocument:
    """A session; its ``revision`` is 0 until the announcer, which knows the former document, has counted."""
    session = planned.session
    state, _ = session_state(planned, observed, now)
    return {
        "id": session.id,
        "room": planned.room,
        "title": session.title,
        "start": iso(planned.start, zone),
        "end": iso(planned.end, zone),
        "scheduled_start": iso(session.start, zone),
        "scheduled_end": iso(session.end, zone),
        "held_since": iso(planned.held_from, zone) if planned.held_from is not None else None,
        "state": state,
        "on_air": state in (SessionState.LIVE, SessionState.HELD) and channel.live and channel.session == planned.id,
        "record": planned.record,
        "stream": planned.stream,
        "recording": recording_state(planned, recording),
        "recording_start": iso(planned.bounds_start, zone) if planned.bounds_start else None,
        "recording_end": iso(planned.bounds_end, zone) if planned.bounds_end else None,
        "speakers": [{"name": s.name, "affiliation": s.affiliation} for s in session.speakers],
        "abstract": session.abstract,
        "revision": 0,
    }


def recording_state(planned: PlannedSession, recording: Recording | None) -> RecordingState:
    if recording is not None:
        return recording.state
    return RecordingState.PENDING if planned.record else RecordingState.OFF


class SessionDocuments:
    """The documents of all sessions; one that did not change since the last time is the same object."""

    def __init__(self) -> None:
        self._made: dict[SessionId, tuple[tuple[object, ...], PlannedSession, SessionDocument]] = {}

    def of(
        self,
        plan: Plan,
        observed: Mapping[SessionId, Observed],
        channels: Mapping[RoomId, ChannelView],
        recordings: Mapping[SessionId, Recording],
        now: datetime,
        zone: ZoneInfo,
    ) -> dict[SessionId, SessionDocument]:
        made = {}
        for s in plan.sessions:
            seen = observed.get(s.id, NOTHING)
            view, recording = channels.get(s.room, ChannelView()), recordings.get(s.id)
            shown = view.live and view.session == s.id
            looks = (session_state(s, seen, now)[0], shown, recording_state(s, recording), zone)
            known = self._made.get(s.id)
            if known is None or known[0] != looks or known[1] is not s:
                known = (looks, s, session_document(s, seen, view, recording, now, zone))
            made[s.id] = known
        self._made = made
        return {id: document for id, (_, _, document) in made.items()}


_WINDOW = ("start", "end", "room")
SessionChangeKind = Literal[
    "session.live", "session.ended", "session.held", "session.moved", "session.cancelled", "session.changed"
]
_NEW_STATE: Mapping[SessionState, SessionChangeKind] = {
    SessionState.SCHEDULED: "session.changed",
    SessionState.LIVE: "session.live",
    SessionState.HELD: "session.held",
    SessionState.ENDED: "session.ended",
    SessionState.CANCELLED: "session.cancelled",
}


def session_change(before: SessionDocument | None, after: SessionDocument) -> SessionChangeKind | None:
    """The kind of change that announces ``after``; None where nothing changed. Compare without ``revision``."""
    if before is None:
        return _NEW_STATE[after["state"]]
    changed = {key for key, value in after.items() if key != "revision" and before.get(key) != value}
    if not changed:
        return None
    if "state" in changed and after["state"] != "scheduled":
        return _NEW_STATE[after["state"]]
    if changed & set(_WINDOW):
        return "session.moved"
    return "session.changed"
