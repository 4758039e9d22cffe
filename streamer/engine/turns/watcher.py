"""Polls twice a second what has no callback: files that processes write, the clocks, and alarms.

A look is cheap and only records what was seen; the next turn acts on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.jobs.lifecycle import JobState
from streamer.engine.turns.causes import Cause
from streamer.engine.turns.reconciler import Reconciler


class Watcher:
    """Remembers the last look, so that each change wakes the reconciler once."""

    def __init__(self) -> None:
        self._alarms: Mapping[str, Alarm] = {}
        self._exported: Mapping[SessionId, float] = {}
        self._monitors: Mapping[RoomId, JobState] = {}

    def look(self, engine: Reconciler, now: datetime) -> Iterator[Cause]:
        """The present causes of a turn."""
        engine.archive.look()
        if engine.clock_watch.look():
            engine.reset_bells()
            yield Cause.CLOCK
        if engine.supervisor.look() or engine.lacks_a_track():
            yield Cause.PROGRESS
        exported = engine.recordings.progress(engine.supervisor.progress)
        if exported != self._exported:
            self._exported = exported
            yield Cause.PROGRESS
        states = engine.monitors.job_states()
        if states != self._monitors:
            self._monitors = states
            yield Cause.PROGRESS
        if engine.feed_review.is_due(now):
            yield Cause.FEED
        if engine.bell_watch.look(now):
            engine.bells.recheck()
        alarms = engine.overview.alarms(engine.programme.plan(now), now)
        if alarms != self._alarms:
            self._alarms = alarms
            yield Cause.ALARM
