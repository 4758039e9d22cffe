"""A timetable as a complete JSON document, and back: the form in which the store keeps versions.

It is not a feed's format: nothing is guessed or left out. Raises KeyError or ValueError for another document.
"""

from __future__ import annotations

from datetime import datetime

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.base.json import Document
from streamer.core.timetable.sessions import Doubt, Room, Session, SessionKind, Speaker, Timetable


def timetable_document(timetable: Timetable) -> Document:
    return {
        "title": timetable.title,
        "timezone": timetable.timezone,
        "rooms": [{"id": room.id, "name": room.name} for room in timetable.rooms],
        "sessions": [_session_document(session) for session in timetable.sessions],
    }


def timetable_of(document: Document) -> Timetable:
    return Timetable(
        title=document["title"],
        timezone=document["timezone"],
        rooms=tuple(Room(id=RoomId(room["id"]), name=room["name"]) for room in document["rooms"]),
        sessions=tuple(_session(one) for one in document["sessions"]),
    )


def _session_document(session: Session) -> Document:
    """Without default values: most of ten thousand sessions have no consent and no affiliation."""
    document: Document = {
        "id": session.id,
        "room": session.room,
        "title": session.title,
        "start": session.start.isoformat(),
        "end": session.end.isoformat(),
        "speakers": [[speaker.name, speaker.affiliation] for speaker in session.speakers],
        "abstract": session.abstract,
        "record": session.record,
        "stream": session.stream,
        "foreign": session.foreign,
        "kind": None if session.kind is SessionKind.SESSION else str(session.kind),
        "record_from": session.record_from.isoformat() if session.record_from else None,
        "cancelled": session.cancelled or None,
        "doubt": _doubt_document(session.doubt) if session.doubt else None,
    }
    return {key: value for key, value in document.items() if value not in (None, "", [])}


def _session(document: Document) -> Session:
    given = document.get("record_from")
    return Session(
        id=SessionId(document["id"]),
        room=RoomId(document.get("room", "")),
        title=document.get("title", ""),
        start=datetime.fromisoformat(document["start"]),
        end=datetime.fromisoformat(document["end"]),
        speakers=tuple(
            Speaker(name=name, affiliation=affiliation) for name, affiliation in document.get("speakers", ())
        ),
        abstract=document.get("abstract", ""),
        record=document.get("record"),
        stream=document.get("stream"),
        kind=SessionKind(document.get("kind", SessionKind.SESSION)),
        foreign=document.get("foreign", ""),
        record_from=datetime.fromisoformat(given) if given else None,
        cancelled=document.get("cancelled", False),
        doubt=_doubt(document["doubt"]) if "doubt" in document else None,
    )


def _doubt_document(doubt: Doubt) -> Document:
    return {
        "about": doubt.about,
        "reason": doubt.reason,
        "where": doubt.where,
        "kept": doubt.kept,
        "claims": doubt.claims.isoformat() if doubt.claims else None,
    }


def _doubt(document: Document) -> Doubt:
    claims = document["claims"]
    return Doubt(
        about=document["about"],
        reason=document["reason"],
        where=document["where"],
        kept=document["kept"],
        claims=datetime.fromisoformat(claims) if claims else None,
    )
