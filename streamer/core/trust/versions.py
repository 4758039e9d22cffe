"""The versions of the timetable that were seen, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.json import Document


class VersionState(StrEnum):
    """What became of a version of the timetable."""

    CURRENT = "current"
    HELD = "held"
    PAST = "past"
    WITHDRAWN = "withdrawn"  # it never counted: the next one came first
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableVersion:
    """A version of the timetable as it was seen first ``at`` a time. ``body`` is what the crew sees of it.

    ``timetable`` is the whole of it, None where it was broken or is not at hand.
    """

    id: int
    at: float
    state: VersionState
    body: Document
    timetable: Document | None = None
