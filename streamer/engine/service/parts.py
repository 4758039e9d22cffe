"""The parts of a service, whose implementations the command line chooses, and the conference's setup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streamer.core.plan.policy import Policy
from streamer.core.records.sign_ins import SignInLimits
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.settings import Distrust
from streamer.engine.channels.ports import Ledgers, LiveFolders, SlatePainter
from streamer.engine.feed.first_version import Feed
from streamer.engine.footage.intake import WAITS, Waits
from streamer.engine.footage.recovery import Salvage
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.jobs.supervisor import Launcher
from streamer.engine.machine.clock import Clock
from streamer.engine.machine.disk import Disk
from streamer.engine.monitor.ports import Monitor, Timelines
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.turns.reconciler import Bells
from streamer.engine.turns.store import Store


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
    monitor: Monitor
    timelines: Timelines
    shift: Callable[[bytes, int], bytes]
    """Adds ticks to every ``tfdt`` of a CMAF segment."""
    waits: Waits = WAITS
    """How long a turn waits for ``takes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceSetup:
    """The configuration of this conference."""

    data: Path
    policy: Policy
    shape: Callable[[Timetable], Timetable]
    """Turns a feed's timetable into the one to run: rooms matched, and shifted in a rehearsal."""
    privacy_notice: str | None = None
    rehearsal: bool = False
    distrust: Distrust = field(default_factory=Distrust)
    sign_in_limits: SignInLimits = field(default_factory=SignInLimits)
    source: str = "the feed"
    """The timetable source's display name."""
    fingerprint: str = ""
    """A fingerprint of everything that ``shape`` depends on; a state with another fingerprint is not compared."""
