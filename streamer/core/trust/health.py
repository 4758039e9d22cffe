"""How fresh each feed is, and the alarm about its age.

A feed that always answers "not modified" looks healthy; only the time since its last change shows the problem.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.durations import format_duration
from streamer.core.base.json import iso

_STEPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 20, 30, 45, 60, 90))
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """``name`` is empty for the main programme; ``origin`` is its address, without secrets.

    ``confirmed`` is when its server or file last had our content, ``changed`` since when we have it; None if none
    was ever good. ``error`` is why it can't be used now, since ``failing``.
    """

    name: str
    origin: str
    confirmed: datetime | None = None
    changed: datetime | None = None
    sessions: int = 0
    error: str = ""
    failing: datetime | None = None

    def age(self, now: datetime) -> timedelta | None:
        """How long ago our content was last confirmed as the published one."""
        return max(now - self.confirmed, timedelta(0)) if self.confirmed is not None else None


def feed_alarms(feeds: Iterable[FeedHealth], now: datetime) -> dict[str, Alarm]:
    """One for each feed that can't be used, by id, with the age of its last good version."""
    found = {}
    for feed in feeds:
        if not feed.error:
            continue
        age = feed.age(now)
        called = f"the timetable “{feed.name}”" if feed.name else "the timetable"
        hint = "the last good version stays in use; look at the feed"
        if age is None:
            message = f"{called} can't be read, and there is no earlier version of it"
            hint = "none of its sessions is known; look at the feed"
        elif age < _STEPS[0]:
            message = f"{called} could not be renewed"
        else:
            message = f"{called} could not be renewed for more than {format_duration(_step(age))}"
        id = f"timetable {feed.name}".strip()
        found[id] = Alarm(id=id, severity="warning", message=f"{message}: {feed.error}", hint=hint)
    return found


class FeedDocument(TypedDict):
    """A source of the timetable, as the crew sees it."""

    name: str
    origin: Annotated[str, Described("Where its content comes from, without secrets")]
    confirmed: Annotated[Instant | None, Described("When it was last known to say what we have")]
    changed: Annotated[Instant | None, Described("When its content last changed")]
    age: Annotated[float | None, Described("Seconds since it was confirmed")]
    sessions: Annotated[int, Described("How many it holds")]
    error: Annotated[str | None, Described("Why it can't be used")]
    failing_since: Annotated[Instant | None, Described("Since when it can't be used")]


def feed_document(feed: FeedHealth, now: datetime, zone: ZoneInfo) -> FeedDocument:
    age = feed.age(now)
    return {
        "name": feed.name,
        "origin": feed.origin,
        "confirmed": iso(feed.confirmed, zone) if feed.confirmed else None,
        "changed": iso(feed.changed, zone) if feed.changed else None,
        "age": age.total_seconds() if age is not None else None,
        "sessions": feed.sessions,
        "error": feed.error or None,
        "failing_since": iso(feed.failing, zone) if feed.failing else None,
    }


def _step(age: timedelta) -> timedelta:
    """An age in growing steps, so that an alarm does not change every minute."""
    if age >= 2 * _HOUR:
        return age // _HOUR * _HOUR
    return max(step for step in _STEPS if step <= age)
