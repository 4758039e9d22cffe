"""Status documents, always as last announced."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from streamer.core.base.described import Described, TypedDict
from streamer.core.base.json import iso
from streamer.core.decisions.notices import notice_documents, recent_notices
from streamer.core.decisions.override import override_document
from streamer.core.recording.states import RecordingState
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.status.documents import SnapshotDocument
from streamer.engine.status.announcer import Announcer
from streamer.engine.status.crew_documents import CrewSnapshotDocument
from streamer.engine.turns.reconciler import Reconciler
from streamer.engine.turns.store import Store

CATCH_UP = 1_000
"""The most missed entries that are sent to a client; for more, a snapshot is shorter."""
SHOWN_DECISIONS = 200

_LAST = frozenset({RecordingState.READY, RecordingState.PARTIAL, RecordingState.FAILED, RecordingState.ERASED})


class HealthDocument(TypedDict):
    """Whether the service is well."""

    status: Annotated[
        Literal["ok", "degraded", "starting", "stopping"], Described("degraded: it runs, and the crew should check it")
    ]
    problems: NotRequired[Annotated[int, Described("Alarms that are errors, and the trouble of the last turn")]]
    turns: NotRequired[Annotated[int, Described("Turns of the reconciler since the start")]]


def snapshot(
    engine: Reconciler, audience: Audience, now: datetime, privacy_notice: str | None, *, rehearsal: bool
) -> SnapshotDocument:
    """The API's snapshot document for an audience."""
    announcer, programme = engine.announcer, engine.programme
    rooms, sessions = announcer.documents("room"), announcer.documents("session")
    document: SnapshotDocument = {
        "epoch": announcer.epoch,
        "revision": announcer.revisions[audience],
        "now": iso(now, programme.zone),
        "conference": {
            "title": programme.timetable.title,
            "timezone": programme.timetable.timezone,
            "privacy_notice": privacy_notice,
        },
        "rehearsal": rehearsal,
        "rooms": [rooms[r.id] for r in programme.rooms if r.id in rooms],
        "sessions": [sessions[s.id] for s in programme.plan(now).sessions if s.id in sessions],
        "notices": notice_documents(recent_notices(programme.overrides, now), programme.zone),
    }
    return _for_crew(document, engine, now) if audience is Audience.CREW else document


def _for_crew(document: SnapshotDocument, engine: Reconciler, now: datetime) -> CrewSnapshotDocument:
    announcer, programme = engine.announcer, engine.programme
    return {
        **document,
        "jobs": list(announcer.documents("job").values()),
        "cues": [
            {"at": iso(c.at, programme.zone), "session": c.session, "action": c.action} for c in engine.bells.listing()
        ],
        "alarms": list(announcer.documents("alarm").values()),
        "overrides": [override_document(o, programme.zone) for o in programme.overrides[-SHOWN_DECISIONS:]],
        "recordings": list(announcer.documents("recording").values()),
        "feeds": engine.feed_watch.feeds(now),
        "unknown_rooms": engine.feed_watch.unknown_rooms(),
        "feed": {**engine.overview.feed_document(), "confirmed": engine.feed_review.confirmed()},
        "remarks": [{"message": r.message, "where": r.where} for r in programme.remarks],
    }


async def catch_up(
    announcer: Announcer, store: Store, audience: Audience, epoch: str, revision: int
) -> list[JournalEntry] | None:
    """The entries after ``revision``, in order; None if a snapshot is needed instead."""
    if epoch != announcer.epoch or revision > announcer.revisions[audience]:
        return None
    found = announcer.since(audience, revision)
    if found is None:
        found = await store.journal_since(audience, revision, CATCH_UP)
    return found if found is not None and len(found) <= CATCH_UP else None


def health(engine: Reconciler, trouble: str) -> HealthDocument:
    """``ok``, or ``degraded``: it runs, but the crew should check it. ``trouble`` is the error of the last turn."""
    alarms = engine.announcer.documents("alarm").values()
    errors = sum(a["severity"] == "error" for a in alarms) + bool(trouble)
    return {"status": "degraded" if errors else "ok", "problems": errors, "turns": engine.turns}


def finished(engine: Reconciler, now: datetime) -> bool:
    """Whether every session has ended and every recording is in its last state."""
    recordings = engine.recordings.all
    return all(
        now >= s.end and (not s.record or (s.id in recordings and recordings[s.id].state in _LAST))
        for s in engine.programme.plan(now).sessions
        if s.takes_place
    )
