"""Turns changes into journal entries: compares each document with its last announced form.

Every journal entry is committed in the same transaction as the change it announces, before it is published; each
audience has its own revisions, without gaps, across restarts.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, overload
from zoneinfo import ZoneInfo

from streamer.core.base.json import Document, iso
from streamer.core.decisions.notices import NoticeDocument
from streamer.core.decisions.override import OverrideDocument
from streamer.core.jobs.lifecycle import JobState
from streamer.core.recording.documents import RecordingDocument
from streamer.core.records.batch import Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.status.documents import RoomDocument, SessionChangeKind, SessionDocument, session_change
from streamer.core.status.states import SessionState
from streamer.core.trust.documents import TimetableStatusDocument
from streamer.engine.status.changes import (
    AlarmChange,
    ChangeHead,
    CrewChange,
    FeedChange,
    JobChange,
    NoticeChange,
    OverrideChange,
    ProgrammeChange,
    RecordingChange,
    RoomChange,
    SessionChange,
)
from streamer.engine.status.crew_documents import AlarmDocument, JobDocument

D = TypeVar("D", bound=Mapping[str, object])

TOGETHER = 20
"""From this number of sessions changed at once, one change of the timetable is announced."""
REMEMBERED = 2_000
"""The number of entries in memory from which an audience can catch up."""


@dataclass(slots=True, kw_only=True)
class CrewScene:
    """The documents that only the crew is told, each kind by its ids."""

    recordings: Mapping[str, RecordingDocument] = field(default_factory=dict)
    jobs: Mapping[str, JobDocument] = field(default_factory=dict)
    alarms: Mapping[str, AlarmDocument] = field(default_factory=dict)
    feeds: Mapping[str, TimetableStatusDocument] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Scene:
    """The documents of an instant. ``since`` says when a session's new state began."""

    rooms: dict[str, RoomDocument]
    sessions: dict[str, SessionDocument]
    since: Mapping[str, datetime] = field(default_factory=dict)
    crew: CrewScene = field(default_factory=CrewScene)
    decisions: list[OverrideDocument] = field(default_factory=list)
    notices: list[NoticeDocument] = field(default_factory=list)


class Announcer:
    """Holds the last announced documents and both audiences' revisions."""

    def __init__(self, stored: Stored) -> None:
        self.epoch = stored.epoch
        self.revisions = {a: stored.revisions.get(a, 0) for a in Audience}
        self.recent: dict[Audience, deque[JournalEntry]] = {a: deque(maxlen=REMEMBERED) for a in Audience}
        self._known: dict[str, dict[str, Document]] = {}
        self._composed: dict[str, SessionDocument] = {}
        for document in stored.documents:
            if document.body is not None:
                self._known.setdefault(document.kind, {})[document.id] = document.body

    @overload
    def documents(self, kind: Literal["room"]) -> dict[str, RoomDocument]: ...
    @overload
    def documents(self, kind: Literal["session"]) -> dict[str, SessionDocument]: ...
    @overload
    def documents(self, kind: Literal["recording"]) -> dict[str, RecordingDocument]: ...
    @overload
    def documents(self, kind: Literal["job"]) -> dict[str, JobDocument]: ...
    @overload
    def documents(self, kind: Literal["alarm"]) -> dict[str, AlarmDocument]: ...
    @overload
    def documents(self, kind: Literal["feed"]) -> dict[str, TimetableStatusDocument]: ...
    def documents(self, kind: str) -> Any:
        """The documents of a kind as they were last announced, by id."""
        return self._known.setdefault(kind, {})

    def compose(self, scene: Scene, now: datetime, zone: ZoneInfo, batch: Batch) -> list[JournalEntry]:
        """Add the changes in ``scene`` to the journal; publish the entries once the batch is committed."""
        before = len(batch.journal)
        self._sessions_and_rooms(scene, now, zone, batch)
        for decision in scene.decisions:
            head = self._head(Audience.CREW, now, zone)
            self._append(Audience.CREW, OverrideChange(**head, kind="override", override=decision), now, batch)
        for notice in scene.notices:
            for audience in Audience:
                head = self._head(audience, now, zone)
                self._append(audience, NoticeChange(**head, kind="notice", notice=notice), now, batch)
        self._crew(scene.crew, now, zone, batch)
        return batch.journal[before:]

    def _sessions_and_rooms(self, scene: Scene, now: datetime, zone: ZoneInfo, batch: Batch) -> None:
        known_sessions, known_rooms = self.documents("session"), self.documents("room")
        changes: list[tuple[str, SessionChangeKind]] = []
        for id, document in scene.sessions.items():
            known = known_sessions.get(id)
            if self._composed.get(id) is document and known is not None:
                continue
            self._composed[id] = document
            kind = session_change(known, document)
            document["revision"] = (known["revision"] if known is not None else 0) + (1 if kind else 0)
            if kind:
                changes.append((id, kind))
        removed = [id for id in known_sessions if id not in scene.sessions]
        rooms = [id for id, document in scene.rooms.items() if known_rooms.get(id) != document]
        gone_rooms = [id for id in known_rooms if id not in scene.rooms]
        for id, _ in changes:
            self._remember("session", id, scene.sessions[id], batch)
        for id in rooms:
            self._remember("room", id, scene.rooms[id], batch)
        farewells = [known_sessions[id].copy() for id in removed]
        for id in removed:
            self._composed.pop(id, None)
            self._remember("session", id, None, batch)
        for id in gone_rooms:
            self._remember("room", id, None, batch)
        if len(changes) + len(removed) > TOGETHER or gone_rooms:
            for audience in Audience:
                head = self._head(audience, now, zone)
                everything = ProgrammeChange(
                    **head, kind="timetable", rooms=[*scene.rooms.values()], sessions=[*scene.sessions.values()]
                )
                self._append(audience, everything, now, batch)
            return
        told: set[str] = set()
        for id, kind in changes:
            session = scene.sessions[id]
            told.add(session["room"])
            at = scene.since.get(id, now) if kind in ("session.live", "session.ended") else now
            self._tell_session(kind, session, scene.rooms.get(session["room"]), at, now, zone, batch)
        for farewell in farewells:
            farewell["state"], farewell["on_air"], farewell["removed"] = SessionState.CANCELLED, False, True
            farewell["revision"] += 1
            self._tell_session("session.changed", farewell, None, now, now, zone, batch)
        for id in rooms:
            if id not in told:
                for audience in Audience:
                    head = self._head(audience, now, zone)
                    self._append(audience, RoomChange(**head, kind="room.state", room=scene.rooms[id]), now, batch)

    def _tell_session(
        self,
        kind: SessionChangeKind,
        session: SessionDocument,
        room: RoomDocument | None,
        at: datetime,
        now: datetime,
        zone: ZoneInfo,
        batch: Batch,
    ) -> None:
        for audience in Audience:
            head = self._head(audience, at, zone)
            change = SessionChange(
                epoch=head["epoch"], revision=head["revision"], at=head["at"], kind=kind, session=session
            )
            if room is not None:
                change["room"] = room
            self._append(audience, change, now, batch)

    def _crew(self, scene: CrewScene, now: datetime, zone: ZoneInfo, batch: Batch) -> None:
        def head() -> ChangeHead:
            return self._head(Audience.CREW, now, zone)

        def tell(change: CrewChange) -> None:
            self._append(Audience.CREW, change, now, batch)

        for recording in self._news("recording", scene.recordings, batch):
            tell(RecordingChange(**head(), kind="recording.state", recording=recording))
        for job in self._news("job", scene.jobs, batch):
            tell(JobChange(**head(), kind="job.state", job=job))
        for alarm in self._news("alarm", scene.alarms, batch):
            tell(AlarmChange(**head(), kind="alarm", alarm=alarm))
        for feed in self._news("feed", scene.feeds, batch):
            tell(FeedChange(**head(), kind="feed", feed=feed))
        self._gone("recording", scene.recordings, self.documents("recording"), batch)
        for ended in self._gone("job", scene.jobs, self.documents("job"), batch):
            if ended["state"] != JobState.EXITED:
                tell(JobChange(**head(), kind="job.state", job={**ended, "state": JobState.EXITED, "pid": None}))
        for over in self._gone("alarm", scene.alarms, self.documents("alarm"), batch):
            tell(AlarmChange(**head(), kind="alarm", alarm={**over, "cleared": True}))

    def _news(self, kind: str, documents: Mapping[str, D], batch: Batch) -> list[D]:
        """What is not as it was last announced; it is remembered as announced."""
        known = self._known.setdefault(kind, {})
        fresh = {id: one for id, one in documents.items() if _without_time(known.get(id)) != _without_time(one)}
        for id, document in fresh.items():
            self._remember(kind, id, document, batch)
        return list(fresh.values())

    def _gone(self, kind: str, documents: Mapping[str, D], known: dict[str, D], batch: Batch) -> list[D]:
        """What was announced and is no longer there; it is remembered no longer."""
        gone = {id: document for id, document in known.items() if id not in documents}
        for id in gone:
            self._remember(kind, id, None, batch)
        return list(gone.values())

    def _head(self, audience: Audience, at: datetime, zone: ZoneInfo) -> ChangeHead:
        """The head of an audience's next change."""
        self.revisions[audience] += 1
        return {"epoch": self.epoch, "revision": self.revisions[audience], "at": iso(at, zone)}

    def _append(self, audience: Audience, change: CrewChange, now: datetime, batch: Batch) -> None:
        # A copy: what was announced does not change when the document does.
        whole = json.loads(json.dumps(change))
        entry = JournalEntry(
            audience=audience, revision=change["revision"], at=now.timestamp(), kind=change["kind"], body=whole
        )
        self.recent[audience].append(entry)
        batch.journal.append(entry)

    def _remember(self, kind: str, id: str, document: Mapping[str, object] | None, batch: Batch) -> None:
        known = self._known.setdefault(kind, {})
        if document is None:
            known.pop(id, None)
        else:
            known[id] = json.loads(json.dumps(document))
        batch.documents.append(StoredDocument(kind=kind, id=id, body=known.get(id)))

    def since(self, audience: Audience, revision: int) -> list[JournalEntry] | None:
        """The entries after ``revision`` if memory still has all of them."""
        if revision > self.revisions[audience] or revision < 0:
            return None
        if revision == self.revisions[audience]:
            return []
        recent = self.recent[audience]
        if not recent or recent[0].revision > revision + 1:
            return None
        return [e for e in recent if e.revision > revision]


def _without_time(document: Mapping[str, object] | None) -> dict[str, object] | None:
    """The document without fields that only track time, which do not count as a change."""
    return {k: v for k, v in document.items() if k not in ("since", "confirmed")} if document is not None else None
