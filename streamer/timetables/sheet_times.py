"""Dates, times and lengths as people type them into tables.

03/04/2025 is two days. Which of them is meant is never guessed: another cell of the table decides, the header, or a
person. Times are of the 24-hour clock unless they say am or pm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from streamer.core.errors import TimetableError
from streamer.timetables.ics_times import length as iso_length
from streamer.timetables.options import DateOrder
from streamer.timetables.sheet_cells import Value, shown

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari jan",
    "february februar février fevrier febrero febbraio fevereiro februari feb fév febr",
    "march märz marz mars marzo março maart mar mär mrz mrt",
    "april avril abril aprile apr avr abr",
    "may mai mayo maggio maio maj mei",
    "june juni juin junio giugno junho jun",
    "july juli juillet julio luglio julho jul juil",
    "august août aout agosto augustus augusti aug ago aoû",
    "september septembre septiembre settembre setembro sep sept set",
    "october oktober octobre octubre ottobre outubro oct okt ott out",
    "november novembre noviembre novembro nov",
    "december dezember décembre decembre diciembre dicembre dezembro dec dez déc dic",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[./-]?(\d{1,2})[./-]?(\d{1,2})(?!\d)", re.ASCII)
_DAY_NAME = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|:e|º)?\s*(?:de\s+|of\s+)?([^\W\d_]{3,10})\.?,?\s*(?:de\s+)?(\d{4})", re.I
)
_NAME_DAY = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.I)
_WITHOUT_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º)?\s*(?:de\s+|of\s+)?([^\W\d_]{3,10})"
    r"|(?<!\d\s)([^\W\d_]{3,10})\.?\s+(\d{1,2})(?![\d:]|\.?\s?[^\W\d_]{3})",
    re.I,
)
_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2})(?:(?:[:.]|\s?h\s?)(\d{2}))?(?:[:.](\d{2}))?(?:[.,]\d+)?\s*(h(?!\w)|uhr|[ap]\.?\s?m\.?(?!\w))?",
    re.I,
)
_PLAIN_TIME = re.compile(r"([01]?\d|2[0-3])|([01]\d|2[0-3])([0-5]\d)", re.ASCII)
_LENGTH = re.compile(
    r"(?:(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:h|hrs?|hours?|stunden?|std|heures?|horas?|timer?|timmar|uur|ore)\.?)?\s*(?:(\d{1,4})\s*"
    r"(?:m|min|mins|minutes?|minuten?|minutos|minutter|minuter|minuti|['\u2032])?\.?)?",
    re.I,
)  # fmt: skip
_CLOCK_LENGTH = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_LONGEST_TEXT = 120
_TO = re.compile(r"\s*(?:[-–—−→]|\bto\b|\bbis\b|\btil\b|\btill\b|\bà\b)\s*", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a cell says of a moment; either may be missing. ``whole`` is a date-time with its own offset."""

    day: date | None = None
    at: time | None = None
    whole: datetime | None = None


class Dates:
    """Reads the dates of one table in one order; ``year`` is the one of dates that name none, where it is known."""

    def __init__(self, order: DateOrder | None, year: int | None = None) -> None:
        self._order = order
        self._year = year

    def read(self, value: Value) -> Stamp:
        """The day and the time in a cell. Raises ValueError for what is neither, TimetableError with a question."""
        if isinstance(value, datetime):
            return Stamp(day=value.date(), at=value.time())
        if isinstance(value, date):
            return Stamp(day=value)
        if isinstance(value, time):
            return Stamp(at=value)
        if isinstance(value, timedelta):
            return Stamp(at=(datetime.min + value % timedelta(days=1)).time())
        text = " ".join(shown(value).split())
        if len(text) > _LONGEST_TEXT:
            raise ValueError(f"“{text[:40]}…” is neither a date nor a time")
        whole = _iso(text)
        if whole is not None:
            return Stamp(day=whole.date(), at=whole.time(), whole=whole if whole.tzinfo else None)
        day, rest = self._day(text)
        at = _time(rest)
        if text and day is None and at is None:
            raise ValueError(f"“{text[:40]}” is neither a date nor a time")
        return Stamp(day=day, at=at)

    def _day(self, text: str) -> tuple[date | None, str]:
        """The date in a text, and what is left without it."""
        if match := _NUMBERS.search(text):
            day = _in_order(match, self._order)
        elif match := _YEAR_FIRST.search(text):
            day = _day_of(int(match[1]), int(match[2]), int(match[3]), match[0])
        elif (match := _DAY_NAME.search(text)) and (month := _MONTH.get(match[2].casefold())):
            day = _day_of(int(match[3]), month, int(match[1]), match[0])
        elif (match := _NAME_DAY.search(text)) and (month := _MONTH.get(match[1].casefold())):
            day = _day_of(int(match[3]), month, int(match[2]), match[0])
        elif match := next((m for m in _WITHOUT_YEAR.finditer(text) if _month_in(m)), None):
            if self._year is None:
                raise ValueError(f"“{match[0].strip()}” names no year")
            day = _day_of(self._year, _month_in(match), int(match[1] or match[4]), match[0])
        else:
            return None, text
        return day, f"{text[: match.start()]} {text[match.end() :]}"


def decide_order(values: Iterable[tuple[Value, str]], said: DateOrder | None) -> DateOrder | None:
    """The order of a table's dates: what a person said, or what some cell can only mean.

    None where no date of three numbers is in it. Raises TimetableError where two cells contradict each other.
    """
    if said is not None:
        return said
    proofs: dict[DateOrder, tuple[str, str]] = {}
    for value, where in values:
        text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""
        match = _NUMBERS.search(text) if _iso(text) is None else None
        if match is not None and len(match[4]) == 4:
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                proofs.setdefault(DateOrder.DMY, (match[0], where))
            elif second > 12 >= first:
                proofs.setdefault(DateOrder.MDY, (match[0], where))
    if len(proofs) > 1:
        (one, here), (other, there) = proofs.values()
        raise TimetableError(
            f"its dates have no common order: {one} in {here}, {other} in {there}",
            where=there,
            hint="write all dates like 2025-09-08",
        )
    return next(iter(proofs), None)


def split_range(text: str) -> tuple[str, str]:
    """``09:00–09:45`` in its two times; the second is empty where there is none."""
    parts = _TO.split(text.strip()) if len(text) <= _LONGEST_TEXT else []
    if len(parts) == 2 and all(_TIME.fullmatch(part.strip()) for part in parts if part.strip()):
        return parts[0].strip(), parts[1].strip()
    return text, ""


def length_of(value: Value) -> timedelta | None:
    """A duration: minutes, or hours and minutes; None for an empty cell. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, float) and not isinstance(value, bool):
        if not 0 <= value <= 20_000:
            raise ValueError(f"its length {value:g} is no number of minutes")
        return timedelta(minutes=value)
    text = shown(value).casefold()
    if not text:
        return None
    if len(text) > _LONGEST_TEXT:
        raise ValueError("its length is neither minutes nor hours and minutes")
    if text.startswith("p"):
        return iso_length(text)
    if clock := _CLOCK_LENGTH.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    match = _LENGTH.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"its length “{text[:40]}” is neither minutes nor hours and minutes")
    return timedelta(hours=float((match[1] or "0").replace(",", ".")), minutes=int(match[2] or 0))


def _in_order(match: re.Match[str], order: DateOrder | None) -> date:
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    short = len(match[4]) == 2
    if order is DateOrder.YMD:
        if not short:
            raise ValueError(f"“{match[0]}” has its year at the end; the order said is ymd")
        return _day_of(2000 + first, second, third, match[0])
    year = 2000 + third if short else third
    if order is None:
        if first > 12 >= second and not short:
            order = DateOrder.DMY
        elif second > 12 >= first and not short:
            order = DateOrder.MDY
        elif first != second or short:
            raise _question(match[0], year, first, second)
    day, month = (second, first) if order is DateOrder.MDY else (first, second)
    return _day_of(year, month, day, match[0])


def _question(text: str, year: int, first: int, second: int) -> TimetableError:
    readings = []
    for order, month, day in ((DateOrder.DMY, second, first), (DateOrder.MDY, first, second)):
        try:
            readings.append(f"{date(year, month, day):%-d %B %Y} ({order})")
        except ValueError:
            continue
    asked = " or ".join(readings) or "no day at all"
    return TimetableError(
        f"is {text} {asked}? its order is not guessed",
        hint='say it: --date-order dmy or mdy, in config.toml timetable_options = { date_order = "dmy" }',
    )


def _month_in(match: re.Match[str]) -> int:
    """The month that a match of a date without a year names; 0 where its word is none."""
    return _MONTH.get((match[2] or match[3]).casefold(), 0)


def _day_of(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text[:40]}” is no day of the calendar") from None


def _time(text: str) -> time | None:
    """The first time of day in a text; None where there is none. Raises ValueError for one that no clock shows."""
    stripped = text.strip(" ,;T")
    if plain := _PLAIN_TIME.fullmatch(stripped):
        return time(int(plain[1] or plain[2]), int(plain[3] or 0))
    for match in _TIME.finditer(stripped):
        hour, minute, second, mark = int(match[1]), match[2], match[3], (match[4] or "").casefold()
        if minute is None and not mark:
            continue
        if mark[:1] in ("a", "p"):
            if not 1 <= hour <= 12:
                raise ValueError(f"“{text.strip()[:40]}” is no time of day")
            hour = hour % 12 + (12 if mark[0] == "p" else 0)
        try:
            return time(hour, int(minute or 0), int(second or 0))
        except ValueError:
            raise ValueError(f"“{text.strip()[:40]}” is no time of day") from None
    return None


def _iso(text: str) -> datetime | None:
    if len(text) < 14 or not text[:4].isdigit():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
