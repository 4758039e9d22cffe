"""Durations and sizes as text: ``90m``, ``1h30m``, ``7d``, ``5GB``.

Configuration, timetables and the command line share these forms; other forms are refused.
"""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(
    r"(?:(?P<days>\d+(?:\.\d+)?)d)?\s*"
    r"(?:(?P<hours>\d+(?:\.\d+)?)h)?\s*"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)m)?\s*"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)s)?",
    re.ASCII,
)
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]*)", re.ASCII)
_SIZE_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_LONGEST = timedelta(days=3660)
_LONGEST_TEXT = 60


def parse_duration(text: str) -> timedelta:
    """A duration from days, hours, minutes and seconds, in that order: ``10m``, ``60s``, ``1h30m``, ``7d``.

    Raises ValueError, with a sentence for a person, for anything else, a bare number included, and for more
    than ten years.
    """
    stripped = text.strip()
    match = _DURATION.fullmatch(stripped) if len(stripped) <= _LONGEST_TEXT else None
    if not match or not any(match.groups()):
        raise ValueError(f"{_quoted(text)} is not a duration; write it like 90s, 10m, 1h30m or 7d")
    try:
        duration = timedelta(**{unit: float(number) for unit, number in match.groupdict().items() if number})
    except OverflowError:
        duration = timedelta.max
    if duration > _LONGEST:
        raise ValueError(f"{_quoted(text)} is longer than ten years")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest form that :func:`parse_duration` reads back, to the microsecond: ``1h30m``, ``0s``."""
    if duration < timedelta(0):
        raise ValueError("a duration is not negative")
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((duration.days, "d"), (hours, "h"), (minutes, "m")) if number]
    if duration.microseconds:
        parts.append(f"{seconds}.{duration.microseconds:06d}".rstrip("0") + "s")
    elif seconds or not parts:
        parts.append(f"{seconds}s")
    return "".join(parts)


def parse_size(text: str) -> int:
    """Bytes from ``5GB``, ``512 MiB`` or ``1000``: decimal units count in thousands, the ``i`` forms in 1024.

    Raises ValueError, with a sentence for a person, for anything else and for 1,000,000 TB or more.
    """
    stripped = text.strip()
    match = _SIZE.fullmatch(stripped) if len(stripped) <= _LONGEST_TEXT else None
    unit = _SIZE_UNITS.get(match["unit"].lower()) if match else None
    if match is None or unit is None:
        raise ValueError(f"{_quoted(text)} is not a size; write it like 500MB, 5GB or 2TiB")
    size = float(match["number"]) * unit
    if size >= 10**18:
        raise ValueError(f"{_quoted(text)} is more than any disk holds")
    return int(match["number"]) * unit if "." not in match["number"] else round(size)


def format_size(size: int) -> str:
    """Bytes for a person, in decimal units with at most one digit after the point: ``5 GB``, ``1.2 MB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.95:
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}"
        amount /= 1000
    return f"{amount:.1f}".removesuffix(".0") + " TB"


def _quoted(text: str) -> str:
    shown = text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
    return f"“{shown}”"
