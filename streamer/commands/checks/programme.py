"""Whether the timetable can be read, its warnings, and whether it fits the configured rooms."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.commands.checks.finding import Finding, Status, of_error, warning
from streamer.commands.place import assembly
from streamer.commands.place.assembly import Mode
from streamer.commands.place.place import Place
from streamer.core.base.errors import TimetableError
from streamer.core.base.layout import FEEDS
from streamer.core.base.words import counted
from streamer.core.plan.plan import Conflict, Plan, plan
from streamer.core.plan.policy import Policy
from streamer.core.timetable.sessions import Parsed, Room, Timetable
from streamer.core.trust.unknown_rooms import alias_hint, unknown_rooms
from streamer.outside.feeds.setup import FeedSetup

_NAME = "timetable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The timetable in the configured rooms, and what follows from it without any decision."""

    timetable: Timetable
    policy: Policy
    plan: Plan


async def examine(place: Place, now: datetime) -> tuple[list[Finding], Day | None]:
    """None where no timetable can be read."""
    reading = await assembly.published(place.config)
    failed = [await _unreadable(place, setup, error) for setup, error in reading.errors]
    parsed = reading.parsed
    if parsed is None:
        return failed, None
    timetable = assembly.matching(place.config)(parsed.timetable)
    policy = assembly.policy(place.config, Mode(), {})
    day = Day(timetable=timetable, policy=policy, plan=plan(timetable, (), policy, now))
    return [_summary(day, parsed, now), *failed, *_oddities(day, parsed)], day


async def _unreadable(place: Place, setup: FeedSetup, error: TimetableError) -> Finding:
    """A feed that can't be reached is only a warning where the store keeps a good copy."""
    kept = await asyncio.to_thread(setup.kept, place.data / FEEDS)
    if not error.temporary or kept is None:
        return of_error(_NAME, error)
    found = of_error(_NAME, error, status=Status.WARNING)
    hint = f"{found.hint}; a start would use the last good copy, of {kept[1].astimezone():%Y-%m-%d %H:%M}"
    return warning(_NAME, found.message, hint.removeprefix("; "))


def _summary(day: Day, parsed: Parsed, now: datetime) -> Finding:
    zone = ZoneInfo(day.timetable.timezone)
    sessions = day.plan.sessions
    used = {s.room for s in sessions}
    what = f"{counted(len(sessions), 'session')} in {counted(len(used), 'room')}, read as {parsed.format}"
    what = f"{day.timetable.title}: {what}" if day.timetable.title else what
    off = sum(not s.takes_place for s in sessions)
    what += f", {off} of them cancelled" if off else ""
    if not sessions:
        return warning(_NAME, f"it has no session (read as {parsed.format})", "is this the right file or address?")
    running = [s for s in sessions if s.covers(now)]
    following = min((s for s in sessions if s.start > now and s.takes_place), key=lambda s: s.start, default=None)
    if running:
        return Finding(name=_NAME, message=f"{what}; {counted(len(running), 'session')} running now")
    if following is None:
        last = max(s.end for s in sessions).astimezone(zone)
        hint = "nothing would be captured; to rehearse the day anyway: streamer run --rehearse --compress 90"
        return warning(_NAME, f"{what}; all are over since {last:%A, %d %B %Y, %H:%M}", hint)
    start = following.start.astimezone(zone)
    next_one = f"the next is “{following.session.title}”, {start:%A, %d %B %Y, %H:%M}"
    if start.date() != now.astimezone(zone).date():
        return warning(_NAME, f"{what}; none is today, {next_one}", "until then the pages show a countdown")
    return Finding(name=_NAME, message=f"{what}; {next_one}")


def _oddities(day: Day, parsed: Parsed) -> Iterator[Finding]:
    for remark in parsed.remarks:
        yield warning(_NAME, f"{remark.where}: {remark.message}" if remark.where else remark.message)
    held = Counter(s.room for s in day.plan.sessions if s.takes_place)
    for one in unknown_rooms(day.timetable, [Room(id=room.id, name=room.name) for room in day.policy.rooms.values()]):
        what = (
            f"room “{one.room.name}” with {counted(len(one.sessions), 'session')} is not configured and never captured"
        )
        yield warning(_NAME, what, alias_hint(one.room, one.likely), one.room.id)
    for room in day.timetable.rooms:
        if room.id in day.policy.rooms and not held[room.id]:
            hint = "if the timetable uses another name for it, add that name to its aliases"
            yield warning(_NAME, f"no session takes place in room “{room.name}”", hint, room.id)
    for conflict in day.plan.conflicts():
        if _is_remarked(conflict, day, parsed):
            continue
        hint = "both are recorded; the livestream follows the one that starts later"
        yield warning(_NAME, conflict.message, hint)


def _is_remarked(conflict: Conflict, day: Day, parsed: Parsed) -> bool:
    """Whether the feed's reader reported it too; it compares the feed's room names, so it misses some."""
    both = (day.plan.session(id) for id in (conflict.session, conflict.other))
    titles = [f"“{one.session.title}”" for one in both if one is not None]
    return any(all(title in remark.message for title in titles) for remark in parsed.remarks)
