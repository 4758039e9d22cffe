"""The crew's documents about the timetable's versions, and alarms for what is held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.durations import format_duration
from streamer.core.base.json import Document, iso, iso_unix
from streamer.core.timetable.diff import Change
from streamer.core.trust.versions import TimetableVersion
from streamer.core.trust.weighing import Held, Verdict

CHANGES_SHOWN = 200
"""Changes that are shown of a version; the rest is a number."""
HELD_SHOWN = 50
"""Changes that are shown of one held item."""


def version_body(
    source: str, digest: str, sessions: int, changes: Sequence[Change], zone: ZoneInfo, remarks: int
) -> Document:
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


def broken_body(source: str, error: str) -> Document:
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


def changes_shown(changes: Sequence[Change], zone: ZoneInfo, most: int) -> list[Document]:
    return [{"kind": str(c.kind), "session": c.session, "message": c.sentence(zone)} for c in changes[:most]]


def version_document(version: TimetableVersion, zone: ZoneInfo) -> Document:
    """A version, its changes included."""
    return {"id": version.id, "at": iso_unix(version.at, zone), "state": str(version.state), **version.body}


def version_line(version: TimetableVersion, zone: ZoneInfo) -> Document:
    """The same for a list: without the single changes."""
    return {k: v for k, v in version_document(version, zone).items() if k != "changes"}


def preview_document(version: int, verdict: Verdict, zone: ZoneInfo) -> Document:
    """The changes of following a version now, and what would be held back."""
    return {
        "version": version,
        "sessions": len(verdict.timetable.sessions),
        "changed": dict(Counter(str(c.kind) for c in verdict.applied)),
        "changes": changes_shown(verdict.applied, zone, CHANGES_SHOWN),
        "held": [held_document(h, zone) for h in verdict.held],
    }


def held_document(held: Held, zone: ZoneInfo) -> Document:
    return {
        "id": held.id,
        "kind": "mass" if held.is_mass else "ask",
        "suspicion": str(held.suspicion) if held.suspicion else None,
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
