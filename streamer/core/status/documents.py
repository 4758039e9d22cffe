"""The documents that clients get, and the changes between two of them.

A document contains only what every client may see: no source, no key, no path, no log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.base.json import Document, iso, iso_unix
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.recording import Recording, gap_document
from streamer.core.recording.states import RecordingState
from streamer.core.status.states import (
    NOTHING,
    ChannelView,
    Observed,
    SessionState,
    current_session,
    following_session,
    room_state,
    session_state,
)


def room_document(id: RoomId, name: str, plan: Plan, policy: Policy, channel: ChannelView, now: datetime) -> Document:
    return {
        "id": id,
        "name": name,
        "state": str(room_state(id, plan, policy, channel, now)),
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
) -> Document:
    """A session without its ``revision``, which counts how often the rest of it changed."""
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
        "state": str(state),
        "on_air": state in (SessionState.LIVE, SessionState.HELD) and channel.live and channel.session == planned.id,
        "record": planned.record,
        "stream": planned.stream,
        "recording": str(recording_state(planned, recording)),
        "recording_start": iso(planned.bounds_start, zone) if planned.bounds_start else None,
        "recording_end": iso(planned.bounds_end, zone) if planned.bounds_end else None,
        "speakers": [{"name": s.name, "affiliation": s.affiliation} for s in session.speakers],
        "abstract": session.abstract,
    }


def recording_state(planned: PlannedSession, recording: Recording | None) -> RecordingState:
    if recording is not None:
        return recording.state
    return RecordingState.PENDING if planned.record else RecordingState.OFF


def recording_document(recording: Recording, zone: ZoneInfo, progress: float | None = None) -> Document:
    """``progress`` is how much of its video file is written, 0…1; None where none is being written."""
    return {
        "session": recording.session,
        "room": recording.room,
        "title": recording.title,
        "state": str(recording.state),
        "start": iso_unix(recording.start, zone),
        "end": iso_unix(recording.end, zone),
        "duration": round(recording.end - recording.start, 3),
        "coverage": round(recording.coverage, 5),
        "gaps": [gap_document(gap, zone) for gap in recording.gaps],
        "files": [
            {
                "name": f.name,
                "kind": f.kind,
                "bytes": f.bytes,
                "sha256": f.sha256,
                "url": f"/api/v1/recordings/{recording.session}/{f.name}",
            }
            for f in recording.files
        ],
        "reason": recording.reason,
        "progress": progress,
    }


def with_paths(recording: Recording, document: Document) -> Document:
    """A recording's document with each file's ``path`` below the data folder: for whoever owns that."""
    paths = {f.name: f.path for f in recording.files}
    files = [{**file, "path": paths[file["name"]]} for file in document["files"] if file["name"] in paths]
    return {**document, "files": files}


class SessionDocuments:
    """The documents of all sessions; one that did not change since the last time is the same object."""

    def __init__(self) -> None:
        self._made: dict[SessionId, tuple[tuple[object, ...], PlannedSession, Document]] = {}

    def of(
        self,
        plan: Plan,
        observed: Mapping[SessionId, Observed],
        channels: Mapping[RoomId, ChannelView],
        recordings: Mapping[SessionId, Recording],
        now: datetime,
        zone: ZoneInfo,
    ) -> dict[SessionId, Document]:
        documents = {}
        for s in plan.sessions:
            seen = observed.get(s.id, NOTHING)
            view, recording = channels.get(s.room, ChannelView()), recordings.get(s.id)
            shown = view.live and view.session == s.id
            looks = (session_state(s, seen, now)[0], shown, recording_state(s, recording), zone)
            known = self._made.get(s.id)
            if known is None or known[0] != looks or known[1] is not s:
                known = (looks, s, session_document(s, seen, view, recording, now, zone))
                self._made[s.id] = known
            documents[s.id] = known[2]
        for gone in self._made.keys() - documents.keys():
            del self._made[gone]
        return documents


_WINDOW = ("start", "end", "room")


def session_change(before: Document | None, after: Document) -> str | None:
    """The kind of change that announces ``after``; None where nothing changed. Compare without ``revision``."""
    if before is None:
        return "session.changed" if after["state"] == "scheduled" else f"session.{after['state']}"
    changed = {key for key in after if key != "revision" and before.get(key) != after[key]}
    if not changed:
        return None
    if "state" in changed and after["state"] != "scheduled":
        return f"session.{after['state']}"
    if changed & set(_WINDOW):
        return "session.moved"
    return "session.changed"
