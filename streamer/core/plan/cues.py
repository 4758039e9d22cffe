"""The instants at which the plan changes, each with a name for its bell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.ids import SessionId
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """An instant at which the plan changes; ``action`` names the change."""

    at: datetime
    session: SessionId
    action: str


def cues(plan: Plan, policy: Policy) -> list[Cue]:
    """Every start and stop of every session's jobs after the plan's instant, in order."""
    found: list[Cue] = []
    for session in plan.sessions:
        found += [cue for cue in _cues(session, policy) if cue.at > plan.at]
    return sorted(found, key=lambda c: (c.at, c.session, c.action))


def _cues(session: PlannedSession, policy: Policy) -> list[Cue]:
    if not session.takes_place:
        return []
    moments = [(session.start, "session.start"), (session.end, "session.end")]
    if session.held_from is not None:
        moments.append((session.held_from, "session.held"))
    if policy.is_captured(session.room) and not session.captured:
        moments += [(session.start - policy.lead, "slate.start"), (session.end + policy.linger, "slate.stop")]
    if session.captured:
        moments += [(session.start - policy.lead, "capture.start"), (session.end + policy.linger, "capture.stop")]
    if session.stream:
        moments += [(session.start - policy.warm_up, "livestream.start"), (session.end, "livestream.stop")]
    if session.record:
        moments += [
            (session.start - policy.pre_roll, "recording.start"),
            (session.end + policy.post_roll, "recording.stop"),
        ]
    return [Cue(at=at, session=session.id, action=action) for at, action in moments]


def next_cue(plan: Plan, policy: Policy) -> Cue | None:
    """The first instant after the plan's at which it changes."""
    return next(iter(cues(plan, policy)), None)
