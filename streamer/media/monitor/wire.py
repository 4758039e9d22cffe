"""What the service and the monitor's process say to each other: one JSON object a line.

The service says which rooms to watch, always all of them. The process answers with meters and reports.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from streamer.core.base.ids import RoomId, RunId
from streamer.core.jobs.lifecycle import JobState
from streamer.core.monitor.meter import Meter
from streamer.core.monitor.watching import Report, Watched


def written_rooms(rooms: Mapping[RoomId, Watched]) -> bytes:
    return _line({room: [one.take, one.has_sound] for room, one in rooms.items()})


def read_rooms(line: bytes) -> dict[RoomId, Watched]:
    asked = json.loads(line)
    return {RoomId(room): Watched(take=RunId(take), has_sound=sound) for room, (take, sound) in asked.items()}


def written(said: Meter | Report) -> bytes:
    return _line({"meter" if isinstance(said, Meter) else "report": asdict(said)})


def read(line: bytes) -> Meter | Report:
    """Raises ValueError, KeyError or TypeError for a line that is neither."""
    said = json.loads(line)
    if "meter" in said:
        meter = said["meter"]
        return Meter(**{**meter, "peaks": tuple(meter["peaks"])})
    report = said["report"]
    return Report(**{**report, "state": JobState(report["state"])})


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
