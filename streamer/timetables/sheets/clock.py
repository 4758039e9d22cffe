"""Times of day and lengths as people type them into tables: 9.30, 9h30, 2–2:45 pm, 09:30 UTC, 45 min.

A text is understood completely or refused: a second time in it, or an unknown zone, is an error. Times are of the
24-hour clock unless they say am or pm; in a range, one am or pm applies to both ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, time, timedelta, timezone
from functools import lru_cache

from streamer.timetables.items.lengths import LONGEST_TEXT, iso_length, worded_length
from streamer.timetables.sheets.cells import Value, shown

_TIME = re.compile(
    r"(?<![\d.:,])(\d{1,2})(?:(?:[:.]|\s?h\s?)(\d{2})(?!\d))?(?:[:.](\d{2})(?!\d)(?:[.,]\d+)?)?"
    r"\s*(h(?!\w)|uhr|[ap]\.?\s?m\b\.?|[ap]\b\.?)?(?![\d]|[.,]\d)",
    re.I,
)
_PLAIN_TIME = re.compile(r"([01]?\d|2[0-3])|([01]\d|2[0-3])([0-5]\d)", re.ASCII)
_ANOTHER = re.compile(r"(?<![\d.:+\-−])\d{1,2}(?:[:h]\d\d|[.]\d\d(?![.\d])|\s?[ap]\.?m\b)", re.I)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_BEFORE = re.compile(r"(?:kl\.?|um|from|at|von|ab|de|da|från|fra|van|od)\s+(?=\d)", re.I)
_WORDS_BEFORE = re.compile(r"(?:[A-Za-zÀ-ÿ]+[.,]?\s+)+(?=\d)")
_WORD_AFTER = re.compile(r"(?<![^\W\d_])\s*(?:uur|kl\.?|hrs?\.?|o['’]clock)$", re.I)
_NOON = re.compile(r"(?:12\s*)?\bnoon\b", re.I)
_MIDNIGHT = re.compile(
    r"(?:12\s*)?\b(?:midnight|mitternacht|minuit|medianoche|mezzanotte|midnat|midnatt|middernacht)\b", re.I
)
_HALVES = {
    "上午": "a", "午前": "a", "오전": "a", "下午": "p", "午後": "p", "오후": "p",
}  # fmt: skip
_TO = re.compile(r"\s*(?:[-–—−→~〜]|\b(?:to|until|bis|till?|à|au|tot|do|hasta|às|až)\b)\s*|(?<=\d)\s+a\s+(?=\d)", re.I)
_OFFSET = re.compile(
    r"(?<![^\W\d_])(?:UTC|GMT)\s*(?:([+\-−])\s?(\d{1,2})(?::?(\d\d))?)?(?!\w)|(?<=[\dmM\s])(\+)(\d\d):?(\d\d)(?![\d:])"
    r"|(?<=:\d\d\s)([-−])(\d\d)(\d\d)(?!\d)"
    r"|(?<=\d)\s?Z(?!\w)"
)
_ABBREVIATION = re.compile(
    r"\b(CE?S?T|CEST|MEZ|MESZ|BST|WET|WEST|EET|EEST|MSK|[EMP][SD]?T|CDT|AK[SD]T|HST|A[SD]T|N[SD]T|IST|IDT|JST|KST|HKT|SGT"
    r"|WIB|PHT|AE[SD]T|AC[SD]T|AWST|NZ[SD]T|SAST|BRT)\b"
)
_BARE = re.compile(r"\d{1,4}(?:[.,]\d{1,6})?", re.ASCII)
_CLOCK_LENGTH = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_FEWEST_MINUTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day, ``days`` after its row's day (24:00); ``zone`` is an offset, or the letters of a zone."""

    at: time
    days: int = 0
    zone: timezone | str = ""


@lru_cache(maxsize=2048)
def read_clock(text: str) -> Clock | None:
    """The time of day in a text; None without one. Raises ValueError for an impossible time, or two times."""
    stripped = _NOON.sub("12:00", text).strip(" ,;").lstrip("T")
    if plain := _PLAIN_TIME.fullmatch(_BEFORE.sub("", stripped, count=1)):
        return Clock(at=time(int(plain[1] or plain[2]), int(plain[3] or 0)))
    for match in _TIME.finditer(stripped):
        mark = (match[4] or "").strip().casefold()
        if match[2] is None and not mark:
            continue
        before, after = stripped[: match.start()], stripped[match.end() :]
        if _ANOTHER.search(_BRACKETED.sub(" ", f"{before} {after}")):
            raise ValueError(f"“{text.strip()[:40]}” has two times")
        half = mark[:1] if mark[:1] in ("a", "p") else next((_HALVES[word] for word in _HALVES if word in before), "")
        hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
        try:
            at = _of_the_day(hour, minute, second, half)
        except ValueError:
            raise ValueError(f"“{text.strip()[:40]}” is not a time of day") from None
        return Clock(at=at, days=int(hour == 24), zone=zone_in(f"{match[0]}{after}") or zone_in(before))
    return None


def zone_in(text: str) -> timezone | str:
    """The offset from UTC in a text, else the letters of a zone in it; empty without both."""
    if found := _OFFSET.search(text):
        sign, hours, minutes = (found[group] or found[group + 3] or found[group + 6] for group in (1, 2, 3))
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset >= timedelta(hours=24):
            raise ValueError(f"“{text.strip()[:40]}” has no valid offset from UTC")
        return timezone(-offset if sign in ("-", "−") else offset) if offset else UTC
    abbreviation = _ABBREVIATION.search(text)
    return abbreviation[0] if abbreviation else ""


def split_range(text: str) -> tuple[str, str]:
    """Splits ``09:00–09:45`` into its two times; the second may be empty."""
    if len(text) > LONGEST_TEXT:
        return text, ""
    plain = _BRACKETED.sub(lambda found: found[0][1:-1] if zone_in(found[0]) else "", text).strip()
    zone = next(filter(None, (one.search(plain) for one in (_OFFSET, _ABBREVIATION))), None)
    tail = plain[zone.start() :] if zone is not None and zone.end() == len(plain) else ""
    plain = _WORD_AFTER.sub("", plain.removesuffix(tail).strip(" ,;"))
    before = _WORDS_BEFORE.match(plain)
    plain = plain[before.end() :] if before is not None and not zone_in(before[0]) else plain
    parts = [part.strip() for part in _TO.split(plain)]
    compact = all(len(part) == 4 and _PLAIN_TIME.fullmatch(part) for part in parts)
    if len(parts) != 2 or not (compact or all(_TIME.fullmatch(_NOON.sub("12:00", p)) for p in parts if p)):
        return text, ""
    begin, until = twelve_hours(parts[0], parts[1])
    return f"{begin} {tail}".strip(), f"{until} {tail}".strip() if until else ""


def twelve_hours(begin: str, until: str) -> tuple[str, str]:
    """Completes a start and end of which only one says am or pm: the end is the next such hour after the start."""
    first, last = (_TIME.fullmatch(_NOON.sub("12:00", text.strip())) for text in (begin, until))
    if first is None or last is None or not (1 <= int(first[1]) <= 12 and 1 <= int(last[1]) <= 12):
        return begin, until
    of_first, of_last = ((one[4] or "").strip()[:1].casefold() for one in (first, last))
    hours = [(int(one[1]) % 12) * 60 + int(one[2] or 0) for one in (first, last)]
    if of_last in ("a", "p") and not of_first:
        same = hours[0] < hours[1]
        return f"{begin} {of_last if same else 'ap'.replace(of_last, '')}m", until
    if of_first in ("a", "p") and not of_last:
        same = hours[0] < hours[1]
        return begin, f"{until} {of_first if same else 'ap'.replace(of_first, '')}m"
    return begin, until


def until_midnight(text: str) -> str:
    """An end in which midnight means the end of the day; as a start it would be ambiguous and is refused."""
    return _MIDNIGHT.sub("24:00", text)


def length_of(value: Value, *, unit: str = "") -> timedelta | None:
    """A duration: minutes, or hours and minutes; None for an empty cell.

    ``unit`` is that of bare numbers: h, min, or not given. Raises ValueError, also for a number that may be hours.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if (share := share_of_a_day(value)) is not None:
        return share
    text = shown(value).casefold()
    if not text:
        return None
    if len(text) > LONGEST_TEXT:
        raise ValueError("its length is neither minutes nor hours and minutes")
    if _BARE.fullmatch(text):
        number = float(text.replace(",", "."))
        if unit == "h":
            return timedelta(hours=number)
        if number < _FEWEST_MINUTES and not unit:
            raise ValueError(f"its length “{text}” may be minutes or hours; write “{text} h” or “{text} min”")
        return timedelta(minutes=number)
    if text.startswith("p"):
        return iso_length(text)
    if clock := _CLOCK_LENGTH.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    duration = worded_length(text)
    if duration is None:
        raise ValueError(f"its length “{text[:40]}” is neither minutes nor hours and minutes")
    return duration


def share_of_a_day(value: Value) -> timedelta | None:
    """A duration that a spreadsheet stores as a fraction of a day; None for a value that may be a plain number."""
    if not isinstance(value, float) or not 0 < value < 1 or not round(value * 100, 6) % 1:
        return None
    return timedelta(seconds=round(value * 86_400))


def _of_the_day(hour: int, minute: int, second: int, half: str) -> time:
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    elif hour == 24 and not minute and not second:
        hour = 0
    return time(hour, minute, second)
