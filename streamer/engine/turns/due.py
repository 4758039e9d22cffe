"""Computes when time alone requires a turn without a bell: retries, evaporation, settling, padding."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.bounds import padding_goes
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.engine.recordings.recordings import SETTLE_WITHIN

TOGETHER = 2.5
"""Seconds that evaporation may be late: in a captured room the turn of the next segment comes earlier."""


def until_due(
    plan: Plan, policy: Policy, recordings: Iterable[Recording], evaporates: float | None, now: datetime
) -> float:
    """Seconds from ``now`` until time alone requires a turn, if the last one was made for ``plan.at``.

    ``evaporates`` is when (Unix s) the next unkept segment is due for deletion. Infinite if no turn is required.
    """
    instants = [*_settling(plan, recordings), *(padding_goes(s, policy) for s in plan.sessions if s.record)]
    waits = [(at - now).total_seconds() for at in instants if at > plan.at]
    if evaporates is not None:
        waits.append(evaporates + TOGETHER - now.timestamp())
    return max(0.0, min(waits, default=math.inf))


def _settling(plan: Plan, recordings: Iterable[Recording]) -> list[datetime]:
    """When recordings stop waiting for the segment that covers their end."""
    finalising = [r.session for r in recordings if r.state is RecordingState.FINALISING]
    planned = [session for id in finalising if (session := plan.session(id)) is not None]
    return [max(one.end, one.out_point) + SETTLE_WITHIN for one in planned]
