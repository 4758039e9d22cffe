"""A rehearsal's frame: the whole day moved to now and compressed, in a data folder of its own.

The frame is stored, so that a killed rehearsal continues at the right time. A rehearsal that ended starts over.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from streamer.core.base.layout import FEEDS, KEEPER_SOCKET, SERVICE_LOCK
from streamer.core.timetable.sessions import Timetable, shift_and_compress
from streamer.media.processes.launcher import KeeperLauncher

log = structlog.stdlib.get_logger(__name__)

_FILE = "rehearsal.json"
BEGINS_IN = timedelta(seconds=20)
"""Time from the start of the service to the first session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Moves ``origin`` of the timetable to ``target`` and divides distances from it by ``factor``."""

    origin: datetime
    target: datetime
    factor: float

    def shape(self, timetable: Timetable) -> Timetable:
        return shift_and_compress(timetable, self.origin, self.target, self.factor)


def begin(data: Path, timetable: Timetable, source: str, factor: float, now: datetime) -> Frame:
    """The frame of a killed rehearsal while its day lasts, else a new one."""
    former = _read(data, source, factor)
    if former is not None and goes_on(data, timetable, source, factor, now):
        log.info("the interrupted rehearsal continues")
        return former
    origin = min((s.start for s in timetable.sessions if s.is_planned), default=now)
    frame = Frame(origin=origin, target=now + BEGINS_IN, factor=factor)
    document = {
        "source": source,
        "factor": factor,
        "origin": frame.origin.isoformat(),
        "target": frame.target.isoformat(),
    }
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / _FILE).write_text(json.dumps(document))
    return frame


def _read(data: Path, source: str, factor: float) -> Frame | None:
    try:
        document = json.loads((data / _FILE).read_bytes())
        frame = Frame(
            origin=datetime.fromisoformat(document["origin"]),
            target=datetime.fromisoformat(document["target"]),
            factor=float(document["factor"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return frame if document.get("source") == source and frame.factor == factor else None


def goes_on(data: Path, timetable: Timetable, source: str, factor: float, now: datetime) -> bool:
    """Whether an interrupted rehearsal's day is not over."""
    former = _read(data, source, factor)
    return former is not None and bool(timetable.sessions) and now < former.shape(timetable).sessions[-1].end


async def clear(data: Path, launcher: KeeperLauncher) -> None:
    """Empty the folder of a rehearsal that ended, after its last processes. Keeps the lock, which we hold, and the
    copies of the timetable, which was just read."""
    if (data / KEEPER_SOCKET).exists():
        await launcher.open()
        await launcher.close(end_media=True)
    await asyncio.to_thread(_empty, data)


def _empty(data: Path) -> None:
    for path in data.iterdir() if data.exists() else ():
        if path.name == FEEDS:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != SERVICE_LOCK:
            path.unlink()


def end(data: Path) -> None:
    """Mark the rehearsal as ended: the next one starts over."""
    (data / _FILE).unlink(missing_ok=True)
