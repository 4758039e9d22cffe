"""What a service is made of: its parts, whose implementations the command line chooses, and the house they serve in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streamer.core.policy import Policy
from streamer.core.ports import (
    Bells,
    Clock,
    Disk,
    Exporter,
    Feed,
    Launcher,
    Ledgers,
    LiveFolders,
    Salvage,
    SlatePainter,
    Store,
    TakeReader,
)
from streamer.core.protection import Distrust
from streamer.core.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One implementation of each port."""

    clock: Clock
    store: Store
    launcher: Launcher
    takes: TakeReader
    disk: Disk
    salvage: Salvage
    folders: LiveFolders
    ledgers: Ledgers
    painter: SlatePainter
    exporter: Exporter
    bells: Bells
    feed: Feed
    shift: Callable[[bytes, int], bytes]
    """Adds ticks to every ``tfdt`` of a CMAF segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the configuration says about this conference."""

    data: Path
    policy: Policy
    shape: Callable[[Timetable], Timetable]
    """Makes of a feed's timetable the one to run: rooms matched, and in a rehearsal shifted."""
    privacy_notice: str | None = None
    rehearsal: bool = False
    distrust: Distrust = field(default_factory=Distrust)
    source: str = "the feed"
    """What the timetable's source is called before the crew."""
    fingerprint: str = ""
    """Of all that decides what ``shape`` makes of a feed: what was known under another one is no comparison."""
