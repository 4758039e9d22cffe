"""A feed's state as a JSON document, and back: the running timetable, the memory of ids, what is held back.

``house`` identifies the configuration (rooms, source, zone) under which it was written. Raises KeyError, TypeError or
ValueError for another document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.base.json import Document
from streamer.core.timetable.document import timetable_document, timetable_of
from streamer.core.timetable.identity import Known, Memory
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.held import Standing
from streamer.core.trust.suspicion import Suspect, Suspicion


class TimetableDecisionDocument(TypedDict):
    """What a person decided about the feed."""

    at: Instant
    by: Annotated[str, Described("Name of the token")]
    action: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """``running`` is the timetable in use, ``goal`` the one to follow: the newest, or the ``pinned`` one (a version's
    number). ``failing_since`` is since when the source is out of reach or broken."""

    house: str
    running: Timetable
    goal: Timetable
    latest: Timetable
    memory: Memory = field(default_factory=Memory)
    standing: Standing = field(default_factory=Standing)
    pinned: int | None = None
    failing_since: datetime | None = None
    decisions: tuple[TimetableDecisionDocument, ...] = field(default=())


def state_document(state: FeedState) -> Document:
    known = [[k.local, k.given, k.room, k.start.isoformat(), k.title, k.present] for k in state.memory.known]
    standing = state.standing
    return {
        "house": state.house,
        "running": timetable_document(state.running),
        "goal": None if state.goal == state.latest else timetable_document(state.goal),
        "latest": None if state.latest == state.running else timetable_document(state.latest),
        "memory": {"known": known, "ids_are_good": state.memory.ids_are_good},
        "standing": {
            "masses": [[_suspect_document(s), since.isoformat()] for s, since in standing.masses],
            "since": [[id, since.isoformat()] for id, since in standing.since],
            "approved": sorted(standing.approved),
            "refused": sorted(standing.refused),
        },
        "pinned": state.pinned,
        "failing_since": state.failing_since.isoformat() if state.failing_since else None,
        "decisions": list(state.decisions),
    }


def state_of(document: Document) -> FeedState:
    running = timetable_of(document["running"])
    latest = timetable_of(document["latest"]) if document["latest"] else running
    known = tuple(
        Known(
            local=SessionId(local),
            given=SessionId(given),
            room=RoomId(room),
            start=datetime.fromisoformat(start),
            title=title,
            present=present,
        )
        for local, given, room, start, title, present in document["memory"]["known"]
    )
    standing = document["standing"]
    failing = document["failing_since"]
    return FeedState(
        house=document["house"],
        running=running,
        goal=timetable_of(document["goal"]) if document["goal"] else latest,
        latest=latest,
        memory=Memory(known=known, ids_are_good=document["memory"]["ids_are_good"]),
        standing=Standing(
            masses=tuple((_suspect(one), datetime.fromisoformat(since)) for one, since in standing["masses"]),
            since=tuple((id, datetime.fromisoformat(since)) for id, since in standing["since"]),
            approved=frozenset(standing["approved"]),
            refused=frozenset(standing["refused"]),
        ),
        pinned=document["pinned"],
        failing_since=datetime.fromisoformat(failing) if failing else None,
        decisions=tuple(document["decisions"]),
    )


def _suspect_document(one: Suspect) -> Document:
    return {
        "kind": str(one.kind),
        "sentence": one.sentence,
        "sessions": list(one.sessions),
        "marks": sorted(one.marks),
    }


def _suspect(document: Document) -> Suspect:
    return Suspect(
        kind=Suspicion(document["kind"]),
        sentence=document["sentence"],
        sessions=tuple(SessionId(id) for id in document["sessions"]),
        marks=frozenset(document["marks"]),
    )
