"""Protects sessions from changes of the timetable: those that run, start soon, or took place and were captured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.bounds import padding_goes
from streamer.core.timetable.diff import Change, ChangeKind
from streamer.core.timetable.sessions import Session
from streamer.core.trust.settings import Distrust

AGAIN = "it is over and was captured, and would be ahead again"


def stays_until(
    before: Session, after: Session | None, planned: PlannedSession | None, policy: Policy, now: datetime
) -> datetime | None:
    """How long a past, captured session stays in the programme unchanged although the feed dropped or moved it: until
    then its recording is finished and can be cut again. None for others, and for one that would be ahead again."""
    if planned is None or not planned.captured or now < planned.end:
        return None
    if after is None or leaves(after) or (after.end <= now and _is_elsewhere(before, after)):
        return padding_goes(planned, policy)
    return None


def leaves(after: Session | None) -> bool:
    """Whether a version has the session no longer, or as a break, or as cancelled: it would not be captured."""
    return after is None or not after.is_planned


def _absence(after: Session | None) -> str:
    if after is None:
        return "is gone from the timetable"
    return "is cancelled" if after.cancelled else "is a break now"


def _is_elsewhere(before: Session, after: Session) -> bool:
    """Whether both its room and its times changed."""
    return before.room != after.room or after.end <= before.start or before.end <= after.start


def protects(changes: Sequence[Change], planned: PlannedSession | None, rules: Distrust, now: datetime) -> str:
    """Why a change is not applied at once; empty if it is."""
    before, after = changes[0].before, changes[0].after
    if before is None or planned is None:
        return ""
    running = planned.covers(now)
    soon = not running and now < planned.start <= now + rules.soon
    if after is None or (leaves(after) and before.is_planned):
        asks = running or (soon and ChangeKind.REMOVED in rules.ask_soon)
        return f"it {'is running' if running else 'starts soon'}, and {_absence(after)}" if asks else ""
    if (before.room, before.start, before.end) == (after.room, after.start, after.end):
        return ""
    if planned.end <= now:
        again = _is_elsewhere(before, after) and after.end > now and planned.captured
        return AGAIN if again else ""
    if after.end <= now:
        return "it would be over at once"
    asked = rules.ask_running if running else rules.ask_soon if soon else frozenset[ChangeKind]()
    when = "it is running" if running else "it starts soon"
    if before.room != after.room and ChangeKind.REROOMED in asked:
        return f"{when}, and would be in another room"
    if ChangeKind.RETIMED not in asked:
        return ""
    if running and after.start > now:
        return "it is running, and would only start later"
    return "" if running else f"{when}, and would be at another time"
