"""The alarm of bells that did not ring in time: what should start or stop then waited for the safety turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.plan.cues import Cue

RINGS_WITHIN = timedelta(seconds=3)
"""A bell that has not rung so long after its time is missed."""
SHOWN_FOR = timedelta(minutes=10)
"""How long a missed bell is shown, unless a later one rings in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedBell:
    """A bell that did not ring in time. ``seen`` is when that was noticed."""

    cue: Cue
    reason: str
    seen: datetime


def bell_alarms(missed: Sequence[MissedBell], zone: ZoneInfo, now: datetime) -> dict[str, Alarm]:
    """One alarm for all missed bells of late; it tells of the last one."""
    late = [one for one in missed if now - one.seen < SHOWN_FOR]
    if not late:
        return {}
    last = late[-1]
    others = f"; {len(late) - 1} more before it" if len(late) > 1 else ""
    alarm = Alarm(
        id="bell",
        severity="error",
        message=f"the bell {last.cue.action} of {last.cue.at.astimezone(zone):%H:%M:%S} {last.reason}{others}",
        hint="the service catches up within 10 s; check that its sessions run, and if it happens again report the log",
        session=last.cue.session,
    )
    return {alarm.id: alarm}
