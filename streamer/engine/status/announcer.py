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
from zoneinfo import ZoneInfo

from streamer.core.base.json import Document, iso
from streamer.core.records.batch import Batch, Stored
from streamer.core.records.journal import Audience, JournalEntry, StoredDocument
from streamer.core.status.documents import session_change

TOGETHER = 20
"""From this number of sessions changed at once, one change of the timetable is announced."""
REMEMBERED = 2_000
"""The number of entries in memory from which an audience can catch up."""

_CREW_KINDS = {"job": "job.state", "alarm": "alarm", "recording": "recording.state", "health": "health", "feed": "feed"}


@dataclass(slots=True, kw_only=True)
class Scene:
    """The documents of an instant. ``since`` says when a session's new state began."""

    rooms: dict[str, Document]
    sessions: dict[str, Document]
    since: Mapping[str, datetime] = field(default_factory=dict)
    crew: Mapping[str, dict[str, Document]] = field(default_factory=dict)
    decisions: list[Document] = field(default_factory=list)


class Announcer:
    """Holds the last announced documents and both audiences' revisions."""

    def __init__(self, stored: Stored) -> None:
        self.epoch = stored.epoch
        self.revisions = {a: stored.revisions.get(a, 0) for a in Audience}
        self.recent: dict[Audience, deque[JournalEntry]] = {a: deque(maxlen=REMEMBERED) for a in Audience}
        self._known: dict[str, dict[str, Document]] = {}
        self._composed: dict[str, Document] = {}
        for document in stored.documents:
            if document.body is not None:
                self._known.setdefault(document.kind, {})[document.id] = document.body

    def documents(self, kind: str) -> dict[str, Document]:
        """The documents of a kind as they were last announced, by id."""
        return self._known.get(kind, {})

    def compose(self, scene: Scene, now: datetime, zone: ZoneInfo, batch: Batch) -> list[JournalEntry]:
        """Add the changes in ``scene`` to the journal; publish the entries once the batch is committed."""
        before = len(batch.journal)
        self._sessions_and_rooms(scene, now, zone, batch)
        for decision in scene.decisions:
            self._append(Audience.CREW, "override", now, now, zone, batch, override=decision)
        for kind, documents in scene.crew.items():
            self._crew(kind, documents, now, zone, batch)
        return batch.journal[before:]

    def _sessions_and_rooms(self, scene: Scene, now: datetime, zone: ZoneInfo, batch: Batch) -> None:
        known_sessions = self._known.setdefault("session", {})
        known_rooms = self._known.setdefault("room", {})
        changes: list[tuple[str, str]] = []
        for id, document in scene.sessions.items():
            if self._composed.get(id) is document and id in known_sessions:
                continue
            self._composed[id] = document
            kind = session_change(known_sessions.get(id), document)
            document["revision"] = known_sessions.get(id, {}).get("revision", 0) + (1 if kind else 0)
            if kind:
                changes.append((id, kind))
        removed = [id for id in known_sessions if id not in scene.sessions]
        rooms = [id for id, document in scene.rooms.items() if known_rooms.get(id) != document]
        gone_rooms = [id for id in known_rooms if id not in scene.rooms]
        for id, _ in changes:
            self._remember("session", id, scene.sessions[id], batch)
        for id in rooms:
            self._remember("room", id, scene.rooms[id], batch)
        farewells = [dict(known_sessions[id]) for id in removed]
        for id in removed:
            self._composed.pop(id, None)
            self._remember("session", id, None, batch)
        for id in gone_rooms:
            self._remember("room", id, None, batch)
        if len(changes) + len(removed) > TOGETHER or gone_rooms:
            body = {"rooms": list(scene.rooms.values()), "sessions": list(scene.sessions.values())}
            self._tell_all("timetable", now, now, zone, batch, **body)
            return
        told: set[str] = set()
        for id, kind in changes:
            session = scene.sessions[id]
            room = scene.rooms.get(session["room"])
            told.add(session["room"])
            at = scene.since.get(id, now) if kind in ("session.live", "session.ended") else now
            self._tell_all(kind, at, now, zone, batch, room=room, session=session)
        for farewell in farewells:
            farewell |= {"state": "cancelled", "on_air": False, "removed": True, "revision": farewell["revision"] + 1}
            self._tell_all("session.changed", now, now, zone, batch, session=farewell)
        for id in rooms:
            if id not in told:
                self._tell_all("room.state", now, now, zone, batch, room=scene.rooms[id])

    def _crew(self, kind: str, documents: dict[str, Document], now: datetime, zone: ZoneInfo, batch: Batch) -> None:
        known = self._known.setdefault(kind, {})
        for id, document in documents.items():
            if _without_time(known.get(id)) != _without_time(document):
                self._remember(kind, id, document, batch)
                self._append(Audience.CREW, _CREW_KINDS[kind], now, now, zone, batch, **{kind: document})
        for id in [k for k in known if k not in documents]:
            last = dict(known[id])
            self._remember(kind, id, None, batch)
            if kind == "alarm":
                self._append(Audience.CREW, "alarm", now, now, zone, batch, alarm={**last, "cleared": True})
            elif kind == "job" and last.get("state") != "exited":
                ended = {**last, "state": "exited", "pid": None}
                self._append(Audience.CREW, "job.state", now, now, zone, batch, job=ended)

    def _tell_all(self, kind: str, at: datetime, now: datetime, zone: ZoneInfo, batch: Batch, **body: object) -> None:
        for audience in Audience:
            self._append(audience, kind, at, now, zone, batch, **body)

    def _append(
        self, audience: Audience, kind: str, at: datetime, now: datetime, zone: ZoneInfo, batch: Batch, **body: object
    ) -> None:
        self.revisions[audience] += 1
        head = {"epoch": self.epoch, "revision": self.revisions[audience], "at": iso(at, zone), "kind": kind}
        # A copy: what was announced does not change when the document does.
        whole = json.loads(json.dumps({**head, **{k: v for k, v in body.items() if v is not None}}))
        entry = JournalEntry(
            audience=audience, revision=self.revisions[audience], at=now.timestamp(), kind=kind, body=whole
        )
        self.recent[audience].append(entry)
        batch.journal.append(entry)

    def _remember(self, kind: str, id: str, document: Document | None, batch: Batch) -> None:
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


def _without_time(document: Document | None) -> Document | None:
    """The document without fields that only track time, which do not count as a change."""
    return {k: v for k, v in document.items() if k not in ("since", "confirmed")} if document is not None else None
