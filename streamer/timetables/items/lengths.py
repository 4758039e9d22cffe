"""Reads durations as people and programs write them: ``1:30``, ``45 min``, ``1h30``, ``PT45M``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

LONG = timedelta(hours=24)
"""What lasts longer is mostly a mistake: a shorter duration counts instead, or the crew is asked."""
LONGEST = timedelta(days=366)
"""What lasts longer is no item of a programme."""
LONGEST_TEXT = 120
"""Longer texts are not searched, because a regular expression can take hours for them."""

_ISO = re.compile(
    r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?", re.ASCII
)
_CLOCKED = re.compile(r"(\d{1,3}):([0-5]\d)\s*(?:h|hrs?|hours?|std|stunden|min|minutes)\.?", re.I)
_WHOLE = re.compile(r"(\d{1,4})[.,]0+")
_WORDED = re.compile(
    r"(?:(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:h|hrs?|hours?|stunden?|std|heures?|horas?|timer?|timmar|uur|ore)\.?)?\s*(?:(\d{1,4})\s*"
    r"(?:m|min|mins|minutes?|minuten?|minutos|minutter|minuter|minuti|['\u2032])?\.?)?",
    re.I,
)  # fmt: skip


def iso_length(text: str) -> timedelta:
    """A DURATION of RFC 5545, which is one of ISO 8601. Raises ValueError."""
    match = _ISO.fullmatch(text.strip().upper())
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"its duration “{text[:40]}” can't be read")
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in match.groups()[1:])
    duration = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -duration if match[1] == "-" else duration


def worded_length(text: str) -> timedelta | None:
    """A duration with a unit, or of ISO 8601; a bare number is minutes. None for anything else."""
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        return None
    if text[0] in "Pp":
        try:
            return iso_length(text)
        except ValueError:
            return None
    if (match := _CLOCKED.fullmatch(text)) is not None:
        return timedelta(hours=int(match[1]), minutes=int(match[2]))
    match = _WORDED.fullmatch(text if (whole := _WHOLE.fullmatch(text)) is None else whole[1])
    if match is None or not any(match.groups()):
        return None
    return timedelta(hours=float((match[1] or "0").replace(",", ".")), minutes=int(match[2] or 0))


def minutes_of(value: object) -> tuple[timedelta | None, str]:
    """A duration in minutes as JSON has it, and what is wrong with it; nothing of both where there is none."""
    if value is None or value == "":
        return None, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 < value <= LONGEST / timedelta(minutes=1):
            return timedelta(minutes=value), ""
        return None, f"its duration of {str(value)[:40]} minutes is not possible"
    duration = worded_length(value) if isinstance(value, str) else None
    return duration, "" if duration is not None else f"its duration “{str(value)[:40]}” is not a number of minutes"


def after(start: datetime, lasts: timedelta) -> datetime | None:
    """The end; None for one that no calendar has."""
    try:
        return start + lasts
    except OverflowError:
        return None
