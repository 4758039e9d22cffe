"""Dates as people type them into tables, alone or with a time.

03/04/2025 may be two days. The order is not guessed: another cell of the table, the header or a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from streamer.core.base.errors import TimetableError
from streamer.timetables.items.lengths import LONGEST_TEXT
from streamer.timetables.items.options import DateOrder
from streamer.timetables.sheets.cells import Value, shown
from streamer.timetables.sheets.clock import (
    read_clock,
    share_of_a_day,
    split_range,
    twelve_hours,
    until_midnight,
)

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari jan janv stycznia tammikuuta ledna",
    "february februar février fevrier febrero febbraio fevereiro februari feb fév févr fev lutego helmikuuta února",
    "march märz marz mars marzo março maart mar mär mrz mrt marts marca maaliskuuta března",
    "april avril abril aprile apr avr abr kwietnia huhtikuuta dubna",
    "may mai mayo maggio maio maj mei maja toukokuuta května",
    "june juni juin junio giugno junho jun czerwca kesäkuuta června",
    "july juli juillet julio luglio julho jul juil lipca heinäkuuta července",
    "august août aout agosto augustus augusti aug ago aoû sierpnia elokuuta srpna",
    "september septembre septiembre settembre setembro sep sept set września syyskuuta září",
    "october oktober octobre octubre ottobre outubro oct okt ott out października lokakuuta října",
    "november novembre noviembre novembro nov listopada marraskuuta listopadu",
    "december dezember desember décembre decembre diciembre dicembre dezembro dec dez déc dic grudnia joulukuuta",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NUMBERS = re.compile(
    r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})(?:\2\s?|\s(?=\d{4}))(\d{4}|\d{2})(?![\d:]|h|\.\d)", re.ASCII
)
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20|21)\d{2})[./-]?(\d{1,2})[./-]?(\d{1,2})(?!\d)", re.ASCII)
_DAY_NAME = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|:e|º)?\s*(?:de\s+|of\s+)?([^\W\d_]{3,12})\.?,?\s*(?:de\s+)?(\d{4})", re.I
)
_DAY_NAME_DASHED = re.compile(r"(?<!\d)(\d{1,2})-([^\W\d_]{3,12})\.?-(\d{4}|\d{2})(?!\d)")
_NAME_DAY = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.I)
_WITHOUT_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º)?\s*(?:de\s+|of\s+)?([^\W\d_]{3,12})"
    r"|(?<!\d\s)([^\W\d_]{3,12})\.?\s+(\d{1,2})(?![\d:]|\.?\s?[^\W\d_]{3})",
    re.I,
)
_CHARACTERS = re.compile(r"(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일]")
_RANGE_LIKE_AN_OFFSET = re.compile(r"\s\d\d:\d\d-\d\d:\d\d$")
_COMPACT_RANGE = re.compile(r"\s*\d{4}\s?[-–]\s?\d{4}\s*", re.ASCII)
_TO_MIDNIGHT = re.compile(r"\d.{0,12}[^\W\d_]{6,}\s*$")
_BOTH_DATED = re.compile(r"\s+(?:[-–—−→~]|to|until|bis|till?|à|tot|do|hasta)\s+", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A cell's day and time; either may be missing. ``whole`` is a date-time with its own offset.

    The time is ``days`` after the cell's day (24:00); ``zone`` is its offset, or the letters of a zone.
    """

    day: date | None = None
    at: time | None = None
    whole: datetime | None = None
    days: int = 0
    zone: timezone | str = ""


class Dates:
    """Reads the dates of one table in one order; ``year``, if known, is that of dates without a year."""

    def __init__(self, order: DateOrder | None, year: int | None = None) -> None:
        self._order = order
        self._year = year

    def read(self, value: Value) -> Stamp:
        """The day and the time in a cell. Raises ValueError for other text, TimetableError for an ambiguous date."""
        if isinstance(value, datetime):
            return Stamp(day=value.date(), at=value.time())
        if isinstance(value, date):
            return Stamp(day=value)
        if isinstance(value, time):
            return Stamp(at=value)
        if isinstance(value, timedelta):
            return Stamp(at=(datetime.min + value % timedelta(days=1)).time())
        if (share := share_of_a_day(value)) is not None:
            return Stamp(at=(datetime.min + share).time())
        text = " ".join(shown(value).split())
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"“{text[:40]}…” is neither a date nor a time")
        whole = _iso(text)
        if whole is not None:
            return Stamp(day=whole.date(), at=whole.time(), whole=whole if whole.tzinfo else None)
        day, rest = self._day(text)
        if text and day is None and isinstance(value, float) and read_clock(text) is None:
            raise ValueError(f"“{text[:40]}” is neither a date nor a time: give its column a date or time format")
        return _stamp(day, rest)

    def read_span(self, value: Value, until: Value) -> tuple[Stamp, Stamp | None]:
        """Start and end, from two cells or one with both. Raises like :meth:`read`."""
        if isinstance(value, str) and len(value) <= LONGEST_TEXT and not shown(until):
            halves = _BOTH_DATED.split(value.strip())
            if len(halves) == 2 and all(map(self.has_a_day, halves)):
                return self.read(halves[0]), self.read(halves[1])
            plain = _iso(value.strip()) is not None or _COMPACT_RANGE.fullmatch(value)
            day, rest = (None, value) if plain else self._day(" ".join(value.split()))
            value, until = split_range(until_midnight(rest) if _TO_MIDNIGHT.search(rest) else rest)
            return _stamp(day, value) if day else self.read(value), self.read(until) if until else None
        if isinstance(value, str) and isinstance(until, str):
            value, until = twelve_hours(value, until_midnight(until))
        return self.read(value), self.read(until) if shown(until) else None

    def has_a_day(self, text: str) -> bool:
        """Whether a text has a date, even an ambiguous one."""
        try:
            return len(text) <= LONGEST_TEXT and self._day(text)[0] is not None
        except ValueError:
            return False
        except TimetableError:
            return True  # an ambiguous date

    def _day(self, text: str) -> tuple[date | None, str]:
        """The date in a text, and the rest of the text."""
        text = _CHARACTERS.sub(r"\1-\2-\3 ", unicodedata.normalize("NFC", text))
        if match := _NUMBERS.search(text):
            day = _in_order(match, self._order)
        elif match := _YEAR_FIRST.search(text):
            day = _day_of(int(match[1]), int(match[2]), int(match[3]), match[0])
        elif (match := _DAY_NAME_DASHED.search(text)) and (month := MONTHS.get(match[2].casefold())):
            day = _day_of(int(match[3]) + (2000 if len(match[3]) == 2 else 0), month, int(match[1]), match[0])
        elif (match := _DAY_NAME.search(text)) and (month := MONTHS.get(match[2].casefold())):
            day = _day_of(int(match[3]), month, int(match[1]), match[0])
        elif (match := _NAME_DAY.search(text)) and (month := MONTHS.get(match[1].casefold())):
            day = _day_of(int(match[3]), month, int(match[2]), match[0])
        elif match := next((m for m in _WITHOUT_YEAR.finditer(text) if _month_in(m)), None):
            if self._year is None:
                raise ValueError(f"“{match[0].strip()}” has no year; give the year with --date")
            day = _day_of(self._year, _month_in(match), int(match[1] or match[4]), match[0])
        else:
            return None, text
        return day, f"{text[: match.start()]} {text[match.end() :]}"


def decide_order(
    values: Iterable[tuple[Value, str]], said: DateOrder | None, *, settle: bool = True
) -> DateOrder | None:
    """The order of a table's dates: the given one, or that of an unambiguous cell.

    None without a date of three numbers. If two cells contradict each other, raises TimetableError where it must be
    settled, and else is None.
    """
    if said is not None:
        return said
    proofs: dict[DateOrder, tuple[str, str]] = {}
    for value, where in values:
        text = value.strip() if isinstance(value, str) and len(value) <= LONGEST_TEXT else ""
        match = _NUMBERS.search(text) if _iso(text) is None else None
        if match is not None and len(match[4]) == 4:
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                proofs.setdefault(DateOrder.DMY, (match[0], where))
            elif second > 12 >= first:
                proofs.setdefault(DateOrder.MDY, (match[0], where))
    if len(proofs) > 1 and not settle:
        return None
    if len(proofs) > 1:
        (one, here), (other, there) = proofs.values()
        raise TimetableError(
            f"its dates have no common order: {one} in {here}, {other} in {there}",
            where=there,
            hint="write all dates like 2025-09-08",
        )
    return next(iter(proofs), None)


def _stamp(day: date | None, rest: str) -> Stamp:
    clock = read_clock(rest)
    if rest and day is None and clock is None:
        raise ValueError(f"“{rest[:40]}” is neither a date nor a time")
    return Stamp(day=day, at=clock.at, days=clock.days, zone=clock.zone) if clock is not None else Stamp(day=day)


def _in_order(match: re.Match[str], order: DateOrder | None) -> date:
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    short = len(match[4]) == 2
    if order is DateOrder.YMD:
        if not short:
            raise ValueError(f"“{match[0]}” has its year at the end; the given order is ymd")
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
    asked = " or ".join(readings) or "an impossible date"
    return TimetableError(
        f"is {text} {asked}? its order is not guessed",
        hint='give --date-order dmy or mdy, or in config.toml timetable_options = { date_order = "dmy" }',
    )


def _month_in(match: re.Match[str]) -> int:
    """The month in a match of a date without a year; 0 if its word is not a month."""
    return MONTHS.get((match[2] or match[3]).casefold(), 0)


def _day_of(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a day of the calendar") from None


def _iso(text: str) -> datetime | None:
    if len(text) < 14 or not text[:4].isdigit() or _RANGE_LIKE_AN_OFFSET.search(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
