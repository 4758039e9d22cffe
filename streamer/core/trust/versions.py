"""The versions of the timetable that were seen, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, NotRequired

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.json import Document
from streamer.core.timetable.diff import ChangeKind
from streamer.core.trust.suspicion import Suspicion

Changed = Annotated[dict[str, int], Described("How many changes of each kind")]
"""Of a version against the one before."""


class VersionState(StrEnum):
    """The state of a timetable version."""

    CURRENT = "current"
    HELD = "held"
    PAST = "past"
    WITHDRAWN = "withdrawn"  # it never counted: the next one came first
    REFUSED = "refused"
    BROKEN = "broken"


class TimetableChangeDocument(TypedDict):
    """One change of one session."""

    kind: ChangeKind
    session: Annotated[str, Described("Its lasting id")]
    message: Annotated[str, Described("The change in words")]


class HeldChangeDocument(TypedDict):
    """A change that is not applied: of many sessions, or of one that runs or starts soon."""

    id: Annotated[str, Described("To approve or refuse it by; the same for the same change in a later version")]
    kind: Annotated[Literal["mass", "ask"], Described("mass: it is suspicious; ask: it touches a session that is near")]
    suspicion: Annotated[Suspicion | None, Described("What makes a mass change suspicious")]
    reason: Annotated[str, Described("Why it is held back")]
    sessions: Annotated[list[str], Described("The sessions that it is about")]
    since: Annotated[Instant, Described("Since when it is held back")]
    until: Annotated[Instant | None, Described("When it is applied by itself, if the feed still says so")]
    changes: Annotated[list[TimetableChangeDocument], Described("At most 50 of them")]


class VersionBody(TypedDict):
    """What is known of a version from its first sight on."""

    source: Annotated[str, Described("Where it comes from")]
    digest: Annotated[str, Described("Digest of its content")]
    sessions: Annotated[int, Described("How many it holds")]
    changed: Changed
    changes: NotRequired[
        Annotated[list[TimetableChangeDocument], Described("At most 200 of them; a list of versions leaves them out")]
    ]
    remarks: Annotated[int, Described("How many oddities were found in it")]
    reason: Annotated[str, Described("Why it does not count; empty where it does")]
    error: Annotated[str | None, Described("Why it could not be read")]
    held: Annotated[list[HeldChangeDocument], Described("What of it was held back last")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableVersion:
    """A timetable version, first seen ``at`` a time. ``body`` is the crew's document.

    ``timetable`` is the timetable itself, None if it was broken or is not loaded.
    """

    id: int
    at: float
    state: VersionState
    body: VersionBody
    timetable: Document | None = None
