"""When an item of a frab timetable takes place; the same in its XML and its JSON.

A modern item has a ``date`` with offset; an older one only a time of day, which belongs to a conference day that
ends some hours after midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from streamer.timetables.remarks import RemarkList
from streamer.timetables.zones import instant_of

_LENGTH = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?", re.ASCII)
_MINUTES = re.compile(r"\d{1,5}", re.ASCII)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A conference day: its date, the window it says it has, and the time of day at which the next one begins."""

    date: date | None
    begins: datetime | None = None
    ends: datetime | None = None
    change: time = time(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A start: the instant (UTC), and the offset from UTC that the feed wrote, if it wrote one."""

    start: datetime
    offset: timedelta | None


def read_day(*, date_text: str, begins: str, ends: str, change: str) -> Day:
    """A day from the texts of its feed; what can't be read counts as not said."""
    first, last = _aware(begins), _aware(ends)
    day = _date(date_text[:10]) or (first.date() if first else None)
    try:
        turn = time.fromisoformat(change)
    except ValueError:
        turn = time(0)
    return Day(date=day, begins=first, ends=last, change=turn.replace(tzinfo=None))


def place(
    date_text: str, start_text: str, day: Day, zone: ZoneInfo | None, *, title: str, where: str, remarks: RemarkList
) -> Placed:
    """Where on the time line an item starts. Raises ValueError where that can't be told.

    ``date`` decides where there is one; a ``start`` that contradicts it is remarked on.
    """
    stamp = _stamp(date_text) or _stamp(start_text)
    if stamp is None:
        own = _date(date_text)
        if date_text and own is None:
            message = f"the date “{date_text[:40]}” of “{title}” can't be read; that of its day is taken"
            remarks.add("dates that can't be read", message, where=where)
        on = day if own in (None, day.date) else Day(date=own, change=day.change)
        wall = _on_day(_time_of_day(start_text), on, zone)
        instant, note = instant_of(wall, zone)
        offset = None
    else:
        instant, note = instant_of(stamp, zone)
        offset = stamp.utcoffset()
        _compare(start_text, stamp, instant, zone, title=title, where=where, remarks=remarks)
    if note:
        remarks.add("clock changes", f"“{title}”: {note}", where=where)
    return Placed(start=instant, offset=offset)


def length(text: str) -> timedelta:
    """A duration of hours and minutes, ``1:30`` or ``01:30:00``, or a bare number of minutes.

    Raises ValueError; zero is a duration.
    """
    match = _LENGTH.fullmatch(text)
    if match is not None:
        hours, minutes, seconds = (int(number or 0) for number in match.groups())
        duration = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    elif _MINUTES.fullmatch(text):
        duration = timedelta(minutes=int(text))
    else:
        raise ValueError(f"its duration “{text[:40]}” is not hours:minutes")
    if duration > _LONGEST:
        raise ValueError(f"its duration {text[:40]} is longer than {_LONGEST.days} days")
    return duration


def _stamp(text: str) -> datetime | None:
    """A date with a time; None for anything else."""
    if len(text) <= 10:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _aware(text: str) -> datetime | None:
    stamp = _stamp(text)
    return stamp if stamp is not None and stamp.tzinfo is not None else None


def _time_of_day(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f"its start “{text[:40]}” is not a time of day" if text else "it has no start") from None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _on_day(start: time, day: Day, zone: ZoneInfo | None) -> datetime:
    """The wall time of a start on a conference day, which may be after midnight."""
    if day.date is None:
        raise ValueError("it has no date")
    wall = datetime.combine(day.date, start)
    next_day = wall + timedelta(days=1)
    if day.begins is not None and day.ends is not None:
        for candidate in (wall, next_day):
            if day.begins <= instant_of(candidate, zone)[0] < day.ends:
                return candidate
    return next_day if start < day.change else wall


def _compare(
    start_text: str,
    stamp: datetime,
    instant: datetime,
    zone: ZoneInfo | None,
    *,
    title: str,
    where: str,
    remarks: RemarkList,
) -> None:
    other = _stamp(start_text)
    if other is not None:
        if other.replace(tzinfo=None) in (stamp.replace(tzinfo=None), _local(instant, zone)):
            return
    else:
        try:
            start = _time_of_day(start_text)
        except ValueError:
            return
        local = _local(instant, zone)
        if start in (stamp.time(), local.time() if local else None):
            return
    remarks.add(
        "dates and starts that differ",
        f"“{title}” has date {stamp.isoformat()} and start {start_text[:40]}; the date is taken",
        where=where,
    )


def _local(instant: datetime, zone: ZoneInfo | None) -> datetime | None:
    return instant.astimezone(zone).replace(tzinfo=None) if zone else None
