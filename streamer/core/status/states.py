"""The states of sessions and rooms, from the plan and the observed media."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.on_air import current
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.plan.policy import Policy

GRACE = timedelta(seconds=10)
"""How long after its start a session may lack media before this is a fault."""


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    HELD = "held"
    ENDED = "ended"
    CANCELLED = "cancelled"


class RoomState(StrEnum):
    IDLE = "idle"
    SLATE = "slate"
    LIVE = "live"
    MUTED = "muted"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The observed media of a session: when its first fetchable chunk and its first kept segment began."""

    first_chunk: datetime | None = None
    first_kept: datetime | None = None


NOTHING = Observed()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """What a room's channel shows at its edge. ``fault``: it should be live and is not.

    ``delay`` is how much later (s) its live media is shown than it was made, because the source delivers late;
    ``lateness`` is how late (s) the source delivered in the last minute.
    """

    session: SessionId | None = None
    live: bool = False
    fault: bool = False
    delay: float = 0.0
    lateness: float = 0.0


def session_state(session: PlannedSession, observed: Observed, now: datetime) -> tuple[SessionState, datetime]:
    """The state, and since when it holds (on the clock of the playlists' PROGRAM-DATE-TIME)."""
    if session.cancelled is not None:
        return SessionState.CANCELLED, session.cancelled
    match session.phase(now):
        case Phase.BEFORE:
            return SessionState.SCHEDULED, now
        case Phase.AFTER:
            return SessionState.ENDED, session.end
    if session.stream:
        since = observed.first_chunk
    elif session.record:
        since = observed.first_kept
    else:
        since = session.start
    if since is None:
        return SessionState.SCHEDULED, now
    if session.held_from is not None and now >= session.held_from:
        return SessionState.HELD, max(since, session.held_from)
    return SessionState.LIVE, max(since, session.start)


def room_state(room: RoomId, plan: Plan, policy: Policy, channel: ChannelView, now: datetime) -> RoomState:
    """The room's state for viewers."""
    if not policy.is_captured(room):
        return RoomState.IDLE
    if plan.muted(room, now) is not None:
        return RoomState.MUTED
    if channel.live:
        return RoomState.LIVE
    if channel.fault:
        return RoomState.FAULT
    lead, linger = policy.lead, policy.linger
    sessions = plan.of_room(room)
    if not sessions or now < sessions[0].start - lead or now >= max(s.end for s in sessions) + linger:
        return RoomState.IDLE
    return RoomState.SLATE


def current_session(room: RoomId, plan: Plan, now: datetime) -> SessionId | None:
    """A room's current session: of overlapping ones the later start."""
    found = current(plan.running(room, now))
    return found.id if found else None


def following_session(room: RoomId, plan: Plan, now: datetime) -> SessionId | None:
    found = plan.following(room, now)
    return found.id if found else None
