"""Checks, independently of the scheduler, that every bell that was set rings in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from streamer.core.base.alarm import Alarm
from streamer.core.plan.cues import Cue
from streamer.core.status.bell_alarms import RINGS_WITHIN, MissedBell, bell_alarms

REMEMBERED = 20

log = structlog.stdlib.get_logger(__name__)


class BellWatch:
    """The pending bells, and those that failed to ring."""

    def __init__(self) -> None:
        self._expected: dict[Cue, datetime] = {}
        """When each bell is due: at its time, or at once if it was set later."""
        self._missed: list[MissedBell] = []

    def expect(self, cues: Iterable[Cue], now: datetime) -> None:
        """Replace the set of pending bells."""
        self._expected = {cue: self._expected.get(cue) or max(cue.at, now) for cue in cues}

    def rang(self, cue: Cue, now: datetime) -> None:
        """Note that a bell rang. A bell that rings in time clears earlier misses."""
        due = self._expected.pop(cue, None)
        if due is None:
            return
        late = now - due
        if late <= RINGS_WITHIN:
            self._missed.clear()
        else:
            self._miss(cue, f"rang {late.total_seconds():.0f} s late", now)

    def failed(self, cue: Cue, reason: str, now: datetime) -> None:
        """Note that the scheduler could not ring a bell."""
        self._expected.pop(cue, None)
        self._miss(cue, reason, now)

    def look(self, now: datetime) -> bool:
        """Find overdue bells; True if there are any."""
        overdue = [cue for cue, due in self._expected.items() if now - due > RINGS_WITHIN]
        for cue in overdue:
            del self._expected[cue]
            self._miss(cue, "did not ring", now)
        return bool(overdue)

    def is_ringing(self, now: datetime) -> bool:
        """Whether a bell is due and about to ring."""
        return any(due <= now for due in self._expected.values())

    def alarms(self, zone: ZoneInfo, now: datetime) -> dict[str, Alarm]:
        """The alarms about missed bells."""
        return bell_alarms(self._missed, zone, now)

    def _miss(self, cue: Cue, reason: str, now: datetime) -> None:
        log.error("a bell failed", action=cue.action, session=cue.session, at=cue.at.isoformat(), reason=reason)
        self._missed = [*self._missed, MissedBell(cue=cue, reason=reason, seen=now)][-REMEMBERED:]
