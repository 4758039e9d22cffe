"""The crew's documents about the timetable's versions, and alarms for what is held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.durations import format_duration
from streamer.core.base.json import iso, iso_unix
from streamer.core.timetable.diff import Change
from streamer.core.trust.held import Held
from streamer.core.trust.last_good import doubt_alarms
from streamer.core.trust.state import TimetableDecisionDocument
from streamer.core.trust.unknown_rooms import UnknownRoomDocument
from streamer.core.trust.versions import (
    Changed,
    HeldChangeDocument,
    TimetableChangeDocument,
    TimetableVersion,
    VersionBody,
    VersionState,
)
from streamer.core.trust.weighing import Verdict

CHANGES_SHOWN = 200
"""Changes that are shown of a version; the rest is a number."""
HELD_SHOWN = 50
"""Changes that are shown of one held item."""


class TimetableVersionDocument(VersionBody):
    """A version of the timetable that was seen."""

    id: Annotated[int, Described("Counts from 1", minimum=1)]
    at: Annotated[Instant, Described("When it was first seen")]
    state: Annotated[VersionState, Described("What became of it")]


class FeedReviewDocument(TypedDict):
    """The versions of the timetable: which one counts, and what waits for the crew."""

    source: Annotated[str, Described("What the feed is called")]
    current: Annotated[TimetableVersionDocument | None, Described("The newest version that counts")]
    latest: Annotated[int | None, Described("The newest version that could be read")]
    pinned: Annotated[int | None, Described("The version that is followed, independent of the feed")]
    held: Annotated[list[HeldChangeDocument], Described("What waits for an answer")]
    refused: Annotated[list[HeldChangeDocument], Described("What the crew refused, and the feed still says")]
    confirmed: Annotated[
        Instant | None, Described("When the sources were last known to say what we have; of several the oldest")
    ]
    error: Annotated[str | None, Described("Why the timetable can't be renewed")]
    failing_since: Annotated[Instant | None, Described("Since when it can't be renewed")]
    decisions: Annotated[list[TimetableDecisionDocument], Described("In order of time")]


class TimetableStatusDocument(FeedReviewDocument):
    """The state of the feed: versions, and rooms that are not configured."""

    unknown_rooms: Annotated[
        list[UnknownRoomDocument], Described("Rooms with sessions that are not in the configuration: not captured")
    ]


class TimetablePreviewDocument(TypedDict):
    """What following a version would change."""

    version: Annotated[int, Described("Its number", minimum=1)]
    sessions: Annotated[int, Described("How many the programme would hold")]
    changed: Changed
    changes: Annotated[list[TimetableChangeDocument], Described("At most 200 of them")]
    held: Annotated[
        list[HeldChangeDocument], Described("What of it would wait, such as the end of a session that runs")
    ]


def version_body(
    source: str, digest: str, sessions: int, changes: Sequence[Change], zone: ZoneInfo, remarks: int
) -> VersionBody:
    """A version when first seen; ``changes`` from the timetable that ran then."""
    return {
        "source": source,
        "digest": digest,
        "sessions": sessions,
        "changed": dict(Counter(str(c.kind) for c in changes)),
        "changes": changes_shown(changes, zone, CHANGES_SHOWN),
        "remarks": remarks,
        "reason": "",
        "error": None,
        "held": [],
    }


def broken_body(source: str, error: str) -> VersionBody:
    return {
        "source": source,
        "digest": "",
        "sessions": 0,
        "changed": {},
        "changes": [],
        "remarks": 0,
        "reason": "",
        "error": error,
        "held": [],
    }


def changes_shown(changes: Sequence[Change], zone: ZoneInfo, most: int) -> list[TimetableChangeDocument]:
    return [{"kind": c.kind, "session": c.session, "message": c.sentence(zone)} for c in changes[:most]]


def version_document(version: TimetableVersion, zone: ZoneInfo) -> TimetableVersionDocument:
    """A version, its changes included."""
    return {"id": version.id, "at": iso_unix(version.at, zone), "state": version.state, **version.body}


def version_line(version: TimetableVersion, zone: ZoneInfo) -> TimetableVersionDocument:
    """The same for a list: without the single changes."""
    document = version_document(version, zone)
    document.pop("changes", None)
    return document


def preview_document(version: int, verdict: Verdict, zone: ZoneInfo) -> TimetablePreviewDocument:
    """The changes of following a version now, and what would be held back."""
    return {
        "version": version,
        "sessions": len(verdict.timetable.sessions),
        "changed": dict(Counter(str(c.kind) for c in verdict.applied)),
        "changes": changes_shown(verdict.applied, zone, CHANGES_SHOWN),
        "held": [held_document(h, zone) for h in verdict.held],
    }


def held_document(held: Held, zone: ZoneInfo) -> HeldChangeDocument:
    return {
        "id": held.id,
        "kind": "mass" if held.is_mass else "ask",
        "suspicion": held.suspicion or None,
        "reason": held.reason,
        "sessions": list(held.sessions),
        "since": iso(held.since, zone),
        "until": iso(held.until, zone) if held.until else None,
        "changes": changes_shown(held.changes, zone, HELD_SHOWN),
    }


def review_alarms(
    verdict: Verdict, error: str, failing_since: datetime | None, zone: ZoneInfo, now: datetime
) -> dict[str, Alarm]:
    """The alarms about the timetable: held back, to be answered, or not renewed."""
    found = [_held_alarm(h, zone) for h in verdict.held]
    found += doubt_alarms(verdict.timetable, now).values()
    if error:
        age = f", {_age(now - failing_since)} old" if failing_since else ""
        found.append(
            Alarm(
                id="timetable",
                severity="warning",
                message=f"the timetable could not be renewed: {error}",
                hint=f"the last good version stays in use{age}; look at the feed",
            )
        )
    return {a.id: a for a in found}


def _held_alarm(held: Held, zone: ZoneInfo) -> Alarm:
    if held.is_mass:
        until = f"it counts from {held.until.astimezone(zone):%H:%M} on if it still says so" if held.until else ""
        return Alarm(
            id=f"timetable held {held.id}",
            severity="warning",
            message=f"a new version of the timetable is held back: {held.reason}",
            hint=f"approve or refuse it; {until}",
        )
    return Alarm(
        id=f"timetable asks {held.id}",
        severity="warning",
        message=f"a change of the timetable is held back: {held.reason}",
        hint=f"approve or refuse it; until then {'all' if len(held.sessions) > 1 else 'the session'} stays as it is",
        session=held.sessions[0],
    )


def _age(age: timedelta) -> str:
    """Coarse, so that an alarm does not change each minute."""
    step = timedelta(minutes=5) if age < timedelta(hours=1) else timedelta(minutes=30)
    return f"at least {format_duration(age // step * step)}" if age >= step else "less than 5m"


def counted(held: Iterable[Held]) -> int:
    """How many sessions are concerned."""
    return len({id for h in held for id in h.sessions})
