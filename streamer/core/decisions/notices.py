"""Notices as attendees get them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, NotRequired
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.json import iso
from streamer.core.decisions.notice import Notice
from streamer.core.decisions.override import Override

RECENT = timedelta(minutes=15)


class NoticeDocument(TypedDict):
    """A message of the crew to attendees."""

    id: str
    room: Annotated[str | None, Described("The room whose viewers it is for; null for everybody")]
    text: str
    at: Annotated[Instant, Described("When it was sent")]
    withdrawn: NotRequired[Annotated[bool, Described("true where it was withdrawn: remove it")]]


def notice_documents(overrides: Iterable[Override], zone: ZoneInfo) -> list[NoticeDocument]:
    """The notices among decisions, in order."""
    return [_document(one, one.decision, zone) for one in overrides if isinstance(one.decision, Notice)]


def _document(override: Override, notice: Notice, zone: ZoneInfo) -> NoticeDocument:
    document: NoticeDocument = {
        "id": override.id,
        "room": notice.room,
        "text": notice.text.strip(),
        "at": iso(override.at, zone),
    }
    return document if override.undone is None else {**document, "withdrawn": True}


def recent_notices(overrides: Iterable[Override], now: datetime) -> list[Override]:
    """The notices of the last 15 minutes that were not withdrawn."""
    known = (one for one in overrides if isinstance(one.decision, Notice))
    return [one for one in known if one.undone is None and now - one.at < RECENT]
