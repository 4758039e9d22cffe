"""Whether the disk holds what the rest of the timetable will bring."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from streamer.commands.checks.finding import Finding, warning, wrong
from streamer.commands.checks.programme import Day
from streamer.commands.place import Place
from streamer.core.durations import format_size
from streamer.core.media import SourceFacts
from streamer.core.plan import PlannedSession
from streamer.core.policy import Policy

ASSUMED_BITRATE = 6_000_000
"""Bit/s of a source of which nothing could be seen."""

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bytes: what stays for good (segments, and the files made of them), and what comes and goes."""

    lasting: float = 0.0
    passing: float = 0.0

    def __add__(self, other: Need) -> Need:
        return Need(lasting=self.lasting + other.lasting, passing=self.passing + other.passing)

    @property
    def whole(self) -> int:
        return round(self.lasting + self.passing)


def examine(place: Place, day: Day | None, facts: Mapping[str, SourceFacts], now: datetime) -> Finding:
    folder = next(one for one in (place.data, *place.data.parents) if one.is_dir())
    free, reserve = shutil.disk_usage(folder).free, place.config.storage.reserve
    if free < reserve:
        message = f"{format_size(free)} are free, less than the reserve of {format_size(reserve)}"
        return wrong("disk", message, "free some space, or lower [storage] reserve")
    if day is None:
        return warning("disk", f"{format_size(free)} are free; what is needed can't be told without the timetable")
    left = [s for s in day.plan.sessions if s.end > now]
    needed = sum((_need(room, left or day.plan.sessions, day.policy, facts) for room in day.policy.rooms), Need())
    what = "the rest of the timetable needs" if left else "all of the timetable would need"
    guessed = [room for room in _busy(left or day.plan.sessions) if room not in facts]
    basis = f" (taking {ASSUMED_BITRATE / 1e6:g} Mbit/s for {', '.join(guessed)})" if guessed else ""
    message = f"{what} {format_size(needed.whole)}{basis}; {format_size(free)} are free on {_mount(folder)}"
    if needed.whole > free - reserve and left:
        lack = format_size(needed.whole - (free - reserve))
        hint = f"free {lack}, of which {format_size(reserve)} stay in reserve, or name a larger disk as [storage] data"
        return wrong("disk", message, hint)
    return Finding(name="disk", message=message)


def _busy(sessions: Iterable[PlannedSession]) -> list[str]:
    return list(dict.fromkeys(str(s.room) for s in sessions if s.captured))


def _need(room: str, sessions: Iterable[PlannedSession], policy: Policy, facts: Mapping[str, SourceFacts]) -> Need:
    """Kept segments with their padding, an export of each window beside them, and what evaporates again."""
    captured = [s for s in sessions if s.room == room and s.captured]
    if not captured:
        return Need()
    known = facts.get(room)
    rate = ((known.bitrate if known is not None else None) or ASSUMED_BITRATE) / 8
    recorded = [s for s in captured if s.record]
    kept = total(merged((s.start - policy.pre_roll, s.end + policy.post_roll) for s in recorded))
    exported = sum((s.end - s.start for s in recorded), timedelta())
    running = total(merged((s.start - policy.lead, s.end + policy.linger) for s in captured))
    return Need(
        lasting=rate * (kept + exported).total_seconds(),
        passing=rate * min(policy.ring, running).total_seconds(),
    )


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same instants, without overlaps, in order."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def total(stretches: Iterable[Stretch]) -> timedelta:
    return sum((end - start for start, end in stretches), timedelta())


def _mount(folder: Path) -> Path:
    """The root of the file system that a folder is on."""
    place = folder.resolve()
    device = place.stat().st_dev
    while place != place.parent and place.parent.stat().st_dev == device:
        place = place.parent
    return place
