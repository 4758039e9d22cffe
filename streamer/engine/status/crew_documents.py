"""Jobs and alarms as the crew sees them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.json import Document, iso, iso_unix
from streamer.core.jobs.lifecycle import Job
from streamer.engine.programme.programme import Programme


def job_document(job: Job, programme: Programme) -> Document:
    """A job as the crew sees it."""
    return {
        "id": job.id,
        "room": job.room,
        "kind": str(job.kind),
        "session": job.session,
        "state": str(job.state),
        "pid": job.pid,
        "since": iso_unix(job.since, programme.zone),
        "restarts": job.restarts,
        "error": job.error or None,
    }


def alarm_document(alarm: Alarm, known: Document, now: datetime, zone: ZoneInfo) -> Document:
    """An alarm with its start; ``known`` is its last announced document."""
    return {
        "id": alarm.id,
        "severity": alarm.severity,
        "message": alarm.message,
        "hint": alarm.hint,
        "room": alarm.room,
        "session": alarm.session,
        "since": known.get("since") or iso(now, zone),
    }
