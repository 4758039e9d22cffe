"""The time of an item in a frab timetable; the same in XML and JSON.

A modern item has a ``date`` with offset; an older one only a time of day, which belongs to a conference day that
ends some hours after midnight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from streamer.timetables.items.lengths import LONGEST, worded_length
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.zones import instant_of

_LENGTH = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2,4})", re.ASCII)
_CLOCK = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)
_MOST_DAYS = 9
_OVER_MIDNIGHT = timedelta(hours=12)


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
    """A day from the texts of its feed; unreadable ones count as missing."""
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
    """The start of an item. Raises ValueError if it cannot be determined.

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


def length(text: str, *, with_days: bool = False) -> tuple[timedelta, str]:
    """A duration, and a note where that was a choice: hours and minutes, ``1:30``, a bare number of minutes, or
    one with a unit, ``45 min``.

    Three numbers are days, hours and minutes where ``with_days`` says that the writer means them so, or where they
    would else have seconds, which no programme has; where they can't be, they are hours, minutes and seconds. Raises
    ValueError; zero is a duration.
    """
    match = _LENGTH.fullmatch(text)
    note = ""
    if match is not None and match[1]:
        first, second, third = (int(number) for number in match.groups())
        may_be_days = (not first or not match[1].startswith("0")) and first <= _MOST_DAYS and second < 24
        if may_be_days and (third or (with_days and first)):
            duration = timedelta(days=first, hours=second, minutes=third)
        else:
            duration = timedelta(hours=first, minutes=second, seconds=third)
            if may_be_days and first:
                note = f"its duration {text} is taken as hours, minutes and seconds, not as days, hours and minutes"
    elif match is not None:
        duration = timedelta(hours=int(match[2]), minutes=int(match[3]))
    elif (worded := worded_length(text)) is not None:
        duration = worded
    else:
        raise ValueError(f"its duration “{text[:40]}” is not hours:minutes")
    return duration, note


def ending(text: str, placed: Placed, zone: ZoneInfo | None) -> datetime:
    """The instant (UTC) of an end with its date, or of a time of day after the start. Raises ValueError."""
    start = placed.start
    stamp = _stamp(text)
    if stamp is not None and stamp.tzinfo is None and zone is None:
        raise ValueError(f"its end “{text[:40]}” has no offset")
    try:
        if stamp is None:
            clock = time.fromisoformat(text if _CLOCK.fullmatch(text) else "")
            local = start.astimezone(zone or timezone(placed.offset or timedelta(0)))
            end = datetime.combine(local.date(), clock, tzinfo=local.tzinfo)
            if end <= local and end + timedelta(days=1) - local <= _OVER_MIDNIGHT:
                end += timedelta(days=1)
            end = end.astimezone(UTC)
        else:
            end = instant_of(stamp, zone)[0]
    except (ValueError, OverflowError):
        raise ValueError(f"its end “{text[:40]}” is not a date with a time") from None
    if not start < end <= start + LONGEST:
        raise ValueError(f"its end “{text[:40]}” is {'not after its start' if end <= start else 'too late'}")
    return end


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
            if local and start != local.time():
                _doubt_offset(stamp, instant, zone, remarks)
            return
    remarks.add(
        "dates and starts that differ",
        f"“{title}” has date {stamp.isoformat()} and start {start_text[:40]}; the date is taken",
        where=where,
    )


def _doubt_offset(stamp: datetime, instant: datetime, zone: ZoneInfo | None, remarks: RemarkList) -> None:
    """Says once for the whole feed that its times of day may be the venue's, under an offset that is not."""
    here = f"{instant.astimezone(zone):%z}"
    remarks.add(
        "offsets",
        f"dates and starts are both written at {stamp:%z}, while {zone} has {here}; they are taken as they stand: "
        "if the starts are the venue's time of day, every item is off by the difference",
        where="time zone",
    )


def _local(instant: datetime, zone: ZoneInfo | None) -> datetime | None:
    return instant.astimezone(zone).replace(tzinfo=None) if zone else None
