"""What a monitoring system may want to know, as numbers with names; the text format is web's business."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from streamer.engine.reconciler import Reconciler


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """``kind`` is ``gauge`` or ``counter``; each sample has its labels and its value."""

    name: str
    help: str
    kind: str
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)


def metrics(engine: Reconciler) -> list[Metric]:
    """The engine's figures at this moment."""
    jobs = engine.supervisor.jobs.values()
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
            samples=[({}, engine.archive.segment_bytes())],
        ),
        Metric(
            name="streamer_turns_total",
            help="Turns of the reconciler since the start.",
            kind="counter",
            samples=[({}, engine.turns)],
        ),
    ]
