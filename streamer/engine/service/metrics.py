"""The engine's metrics, as named numbers; the web floor formats them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from streamer.engine.machine.disk import DiskWatch
from streamer.engine.turns.reconciler import Reconciler


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """``kind`` is ``gauge`` or ``counter``; each sample has its labels and its value."""

    name: str
    help: str
    kind: str
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)


def metrics(engine: Reconciler, repairs: int, now: datetime) -> list[Metric]:
    """The engine's present metrics. ``repairs`` is the number of safety turns that found work."""
    jobs = [*engine.supervisor.jobs.values(), *engine.monitors.jobs().values()]
    states = Counter((str(j.kind), str(j.state)) for j in jobs)
    recordings = Counter(str(r.state) for r in engine.recordings.all.values())
    rooms = Counter(str(d["state"]) for d in engine.announcer.documents("room").values())
    alarms = Counter(str(d["severity"]) for d in engine.announcer.documents("alarm").values())
    return [
        Metric(
            name="streamer_jobs",
            help="FFmpeg jobs by kind and state.",
            kind="gauge",
            samples=[({"kind": kind, "state": state}, count) for (kind, state), count in sorted(states.items())],
        ),
        Metric(
            name="streamer_job_restarts",
            help="Restarts of each present job after a failure.",
            kind="gauge",
            samples=[({"job": str(j.id)}, j.restarts) for j in jobs],
        ),
        Metric(
            name="streamer_rooms",
            help="Rooms by the state that viewers see.",
            kind="gauge",
            samples=[({"state": state}, count) for state, count in sorted(rooms.items())],
        ),
        Metric(
            name="streamer_recordings",
            help="Recordings by state.",
            kind="gauge",
            samples=[({"state": state}, count) for state, count in sorted(recordings.items())],
        ),
        Metric(
            name="streamer_alarms",
            help="Standing alarms by severity.",
            kind="gauge",
            samples=[({"severity": severity}, count) for severity, count in sorted(alarms.items())],
        ),
        Metric(
            name="streamer_segment_bytes",
            help="Bytes of captured segments on disk.",
            kind="gauge",
            samples=[({}, engine.archive.footage.size())],
        ),
        *_disk(engine.disk, now),
        Metric(
            name="streamer_feed_age_seconds",
            help="Time since each timetable was last confirmed as the published one; the main one has no name.",
            kind="gauge",
            samples=[({"feed": name}, age) for name, age in engine.feed_watch.ages(now)],
        ),
        Metric(
            name="streamer_turns_total",
            help="Turns of the reconciler since the start.",
            kind="counter",
            samples=[({}, engine.turns)],
        ),
        Metric(
            name="streamer_safety_turn_repairs_total",
            help="Safety turns that found work which nothing had announced; 0 while all is well.",
            kind="counter",
            samples=[({}, repairs)],
        ),
    ]


def _disk(watch: DiskWatch, now: datetime) -> list[Metric]:
    """The disk metrics; without samples if unmeasured."""
    space, seen, syncing = watch.space, watch.forecast, watch.syncing
    falls = {"reserve": seen.reserve_at, "nothing": seen.full_at} if seen is not None else {}
    left = {to: (at - now).total_seconds() if at is not None else math.inf for to, at in falls.items()}
    return [
        Metric(
            name="streamer_disk_free_bytes",
            help="Free space of the data folder's file system.",
            kind="gauge",
            samples=[({}, space.free)] if space is not None else [],
        ),
        Metric(
            name="streamer_disk_forecast_seconds",
            help="Forecast time until free space falls to the reserve, or to zero.",
            kind="gauge",
            samples=[({"to": to}, max(0.0, seconds)) for to, seconds in left.items()],
        ),
        Metric(
            name="streamer_disk_sync_seconds",
            help="Time to sync captured data to the disk.",
            kind="gauge",
            samples=[({"of": "latest"}, syncing.latest), ({"of": "last_minute"}, syncing.worst)] if syncing else [],
        ),
    ]
