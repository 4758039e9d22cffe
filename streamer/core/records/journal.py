"""The journal: every announced change, numbered for each audience without gaps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.json import Document


class Audience(StrEnum):
    """Who reads a journal. Each counts its own revisions."""

    VIEWER = "viewer"
    CREW = "crew"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One announced change. ``body`` is the whole event as it is sent, epoch and revision included."""

    audience: Audience
    revision: int
    at: float
    kind: str
    body: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """The last announced form of a room's or session's document; ``body`` None removes it."""

    kind: str
    id: str
    body: Document | None
