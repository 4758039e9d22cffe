"""Alarms about the disk, hours ahead where that is possible.

Every change of a message is sent to the crew, so its values are coarse: times to ten minutes, amounts to two digits,
delays in doublings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.durations import format_size
from streamer.core.base.words import counted
from streamer.core.status.disk import Pressure, Syncing
from streamer.core.status.forecast import Forecast

NEAR = timedelta(hours=2)
"""A disk that is full within this time is an error, later a warning."""
SLOW = 1.0
"""Seconds that a sync of the captured media may take; there is one each second."""
_STEP = timedelta(minutes=10)
_SAVING = "the ring is short, exports and thumbnails wait; recordings stay"


def disk_alarms(
    pressure: Pressure, seen: Forecast | None, syncing: Syncing | None, reserve: int, zone: ZoneInfo, now: datetime
) -> dict[str, Alarm]:
    """The alarms about the disk, by id."""
    found = [*_space(pressure, reserve), *_ahead(pressure, seen, zone, now), *_speed(syncing)]
    return {alarm.id: alarm for alarm in found}


def _space(pressure: Pressure, reserve: int) -> Iterator[Alarm]:
    if pressure is Pressure.FULL:
        yield Alarm(
            id="disk full",
            severity="error",
            message="the disk is full: nothing is being recorded; viewers keep the live picture if possible",
            hint="free some space: recording then continues without a restart",
        )
    elif pressure is Pressure.SAVING:
        yield Alarm(
            id="disk reserve",
            severity="warning",
            message=f"less than the reserve of {format_size(reserve)} is free: {_SAVING}",
            hint="free some space: everything then resumes",
        )


def _ahead(pressure: Pressure, seen: Forecast | None, zone: ZoneInfo, now: datetime) -> Iterator[Alarm]:
    if seen is None or pressure is Pressure.FULL or (seen.full_at is None and seen.reserve_at is None):
        return
    lacking = format_size(_two_digits(seen.lacking))
    guessed = f" (the rate of {', '.join(seen.assumed)} is a guess)" if seen.assumed else ""
    if seen.full_at is not None:
        missed = len(seen.missed)
        lost = f"; {counted(missed, 'session')} would not be recorded whole" if missed else ""
        message = f"at the present rate the disk is full {_around(seen.full_at, zone, now)}{lost}{guessed}"
        severity = "error" if seen.full_at - now <= NEAR else "warning"
    elif pressure is Pressure.EASY and seen.reserve_at is not None:
        message = f"at the present rate free space falls to the reserve {_around(seen.reserve_at, zone, now)}{guessed}"
        severity = "warning"
    else:
        return
    hint = f"free {lacking} more for the rest of the timetable and the reserve, or lower the source's bitrate"
    yield Alarm(id="disk forecast", severity=severity, message=message, hint=hint)


def _speed(syncing: Syncing | None) -> Iterator[Alarm]:
    if syncing is None:
        return
    if syncing.error:
        yield Alarm(
            id="disk error",
            severity="error",
            message=f"what was captured can't be made safe: {syncing.error}",
            hint="the disk may be failing: check the system's log, and move the data folder to another disk",
        )
    if syncing.worst >= SLOW:
        seconds = 2 ** math.floor(math.log2(syncing.worst))
        yield Alarm(
            id="disk slow",
            severity="error" if seconds >= 4 else "warning",
            message=f"the disk is slow: it took more than {seconds:g} s to make safe what was captured",
            hint="end other writers to this disk, such as copies and backups, before captures have to wait for it",
        )


def _around(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Rounded down to ten minutes, with the day if it is another."""
    local = instant.astimezone(zone)
    local -= timedelta(minutes=local.minute % (_STEP // timedelta(minutes=1)))
    day = "" if local.date() == now.astimezone(zone).date() else f"on {local:%A} "
    return f"{day}at about {local:%H:%M}"


def _two_digits(size: int) -> int:
    if size < 100:
        return size
    unit: int = 10 ** (len(str(size)) - 2)
    return math.ceil(size / unit) * unit
