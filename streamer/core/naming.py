"""Names and metadata of finished files, safe on every file system and understood by every player."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.ids import slug
from streamer.core.timetable import Session


def file_stem(session: Session, start: datetime, zone: ZoneInfo) -> str:
    """date_room_session_title, ASCII, at most 120 characters, no two sessions alike."""
    date = f"{start.astimezone(zone):%Y-%m-%d}"
    return "_".join(p for p in (date, slug(session.room, 24), slug(session.id, 32), slug(session.title, 40)) if p)


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
