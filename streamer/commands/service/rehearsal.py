"""A rehearsal's frame: the whole day moved to now and compressed, in a data folder of its own.

The frame is written down, so that a rehearsal that was killed goes on where it would be; one that ended starts over.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from streamer.core.base.layout import KEEPER_SOCKET, SERVICE_LOCK
from streamer.core.timetable.sessions import SessionKind, Timetable, shift_and_compress
from streamer.media.processes.launcher import KeeperLauncher

log = structlog.stdlib.get_logger(__name__)

_FILE = "rehearsal.json"
BEGINS_IN = timedelta(seconds=20)
"""From the start of the service to the first session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """``origin`` of the timetable lies at ``target``; distances from it are divided by ``factor``."""

    origin: datetime
    target: datetime
    factor: float

    def shape(self, timetable: Timetable) -> Timetable:
        return shift_and_compress(timetable, self.origin, self.target, self.factor)


def begin(data: Path, timetable: Timetable, source: str, factor: float, now: datetime) -> Frame:
    """The frame of the rehearsal to run: that of one that was killed, while its day lasts, or a new one."""
    former = _read(data, source, factor)
    if former is not None and goes_on(data, timetable, source, factor, now):
        log.info("the interrupted rehearsal goes on")
        return former
    origin = min((s.start for s in timetable.sessions if s.kind is SessionKind.SESSION), default=now)
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
    """Whether a rehearsal was interrupted here whose day is not over."""
    former = _read(data, source, factor)
    return former is not None and bool(timetable.sessions) and now < former.shape(timetable).sessions[-1].end


async def clear(data: Path, launcher: KeeperLauncher) -> None:
    """Empty the folder of a rehearsal that ended, after its last processes. The lock, which we hold, stays."""
    if (data / KEEPER_SOCKET).exists():
        await launcher.open()
        await launcher.close(end_media=True)
    await asyncio.to_thread(_empty, data)


def _empty(data: Path) -> None:
    for path in data.iterdir() if data.exists() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != SERVICE_LOCK:
            path.unlink()


def end(data: Path) -> None:
    """The rehearsal ended in the ordinary way: the next one starts over."""
    (data / _FILE).unlink(missing_ok=True)
