"""The text of a room's slate: the next session and its time, in the venue's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId
from streamer.core.channel.chunks import SlateText
from streamer.core.plan.on_air import current
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession


def slate_text(room: RoomId, name: str, conference: str, plan: Plan, zone: ZoneInfo, now: datetime) -> SlateText:
    """The text for ``now``; it changes only when a session or a mute starts or ends, a day begins, or the plan
    changes."""
    running = current(plan.running(room, now))
    if running is not None:
        if plan.muted(room, now) is not None:
            return _text(conference, name, running.session.title, "The stream is paused.")
        if plan.on_air(room, now) is None:
            return _text(
                conference, name, running.session.title, "This session is not streamed." + _next(room, plan, zone, now)
            )
        return _text(conference, name, running.session.title, "The picture will start in a moment.")
    following = plan.following(room, now)
    if following is not None:
        return _text(conference, name, following.session.title, _when(following, zone, now))
    if plan.of_room(room):
        return _text(conference, name, "That was the programme of this room", "Thank you for watching.")
    return _text(conference, name, "Nothing is planned in this room", "")


def _next(room: RoomId, plan: Plan, zone: ZoneInfo, now: datetime) -> str:
    following = plan.following(room, now)
    return f" Next: {following.session.title}, {_clock(following, zone, now)}." if following else ""


def _when(session: PlannedSession, zone: ZoneInfo, now: datetime) -> str:
    return f"Starts {_clock(session, zone, now)}"


def _clock(session: PlannedSession, zone: ZoneInfo, now: datetime) -> str:
    start, today = session.start.astimezone(zone), now.astimezone(zone).date()
    if start.date() == today:
        return f"at {start:%H:%M}"
    return f"on {start.day} {start:%B %Y} at {start:%H:%M}"


def _text(conference: str, room: str, headline: str, detail: str) -> SlateText:
    return SlateText(conference=conference, room=room, headline=headline, detail=detail)
