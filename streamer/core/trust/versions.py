"""The versions of the timetable that were seen, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.json import Document


class VersionState(StrEnum):
    """The state of a timetable version."""

    CURRENT = "current"
    HELD = "held"
    PAST = "past"
    WITHDRAWN = "withdrawn"  # it never counted: the next one came first
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableVersion:
    """A timetable version, first seen ``at`` a time. ``body`` is the crew's document.

    ``timetable`` is the timetable itself, None if it was broken or is not loaded.
    """

    id: int
    at: float
    state: VersionState
    body: Document
    timetable: Document | None = None
