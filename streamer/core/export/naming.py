"""Names and metadata of finished files, valid on every file system and in every player."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId, SessionId, slug
from streamer.core.timetable.sessions import Session

_ID_LIMIT = 36
"""Long enough for a UUID."""


def file_stem(session: Session, room: RoomId, start: datetime, zone: ZoneInfo) -> str:
    """date_room_session_title, ASCII, at most 120 characters, unique for each session."""
    date = f"{start.astimezone(zone):%Y-%m-%d}"
    return "_".join(p for p in (date, slug(room, 24), _distinct(session.id), slug(session.title, 40)) if p)


def _distinct(id: SessionId) -> str:
    """The id if it is a valid slug, else its slug and a hash of the whole id."""
    plain = slug(id, _ID_LIMIT)
    if plain == id:
        return plain
    digest = hashlib.sha256(id.encode()).hexdigest()[:8]
    stem = plain[: _ID_LIMIT - 1 - len(digest)].rstrip("-")
    return f"{stem}-{digest}" if stem else digest


def mp4_metadata(
    session: Session, start: datetime, zone: ZoneInfo, conference: str, room: str
) -> tuple[tuple[str, str], ...]:
    """Title, speakers, conference and date as FFmpeg's MP4 muxer knows them; empty values are left out."""
    speakers = ", ".join(f"{s.name} ({s.affiliation})" if s.affiliation else s.name for s in session.speakers)
    pairs = (
        ("title", session.title),
        ("artist", speakers),
        ("album", conference),
        ("date", f"{start.astimezone(zone):%Y-%m-%d}"),
        ("location", room),
        ("comment", session.abstract),
    )
    return tuple((key, " ".join(value.split())) for key, value in pairs if value.strip())
