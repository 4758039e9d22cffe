"""The day of each row: its own, or that of the row, the heading or the sheet above.

A day heading without a date, “Saturday” or “Day 2”, ends the day before it: a person must give the date of the rows
below.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from streamer.core.base.errors import TimetableError
from streamer.timetables.sheets.cells import Row, Value, shown
from streamer.timetables.sheets.dates import MONTHS, Dates

_WEEKDAYS = (
    "monday mon montag mo lundi lun lunes lunedì mandag man måndag mån maandag ma poniedziałek maanantai pondělí",
    "tuesday tue tues dienstag di mardi mar martes martedì tirsdag tir tisdag tis dinsdag terça wtorek tiistai úterý",
    "wednesday wed mittwoch mi mercredi mer miércoles mercoledì onsdag ons woensdag wo quarta środa keskiviikko středa",
    "thursday thu thur thurs donnerstag do jeudi jeu jueves giovedì torsdag tor donderdag czwartek torstai čtvrtek",
    "friday fri freitag fr vendredi ven viernes venerdì fredag fre vrijdag vr sexta piątek perjantai pátek",
    "saturday sat samstag sonnabend sa samedi sam sábado sabato lørdag lør lördag lör zaterdag za sobota lauantai",
    "sunday sun sonntag so dimanche dim domingo domenica søndag søn söndag sön zondag zo niedziela sunnuntai neděle",
)
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_DAYS = frozenset(("day", "tag", "jour", "día", "dia", "giorno", "dag", "dzień", "päivä", "den"))
_ARTICLES = frozenset(("d", "den", "le", "the", "el", "am", "on"))
_BEFORE_A_DIGIT = re.compile(r"[^\d]*")
_WORD = re.compile(r"[^\W\d_]+|\d+")


class Days:
    """The current day while reading down a table that begins on ``day``; ``dated`` tables have a date column."""

    def __init__(self, dates: Dates, day: date | None, *, dated: bool) -> None:
        self._dates = dates
        self._dated = dated
        self._number = 1
        self.day = day
        self.unclear = ""

    def head(self, row: Row) -> bool:
        """Whether a row is only a day, and thus a heading.

        A text with a date inside, “Workshops (as of 1 March)”, is ambiguous: the rows below need a date.
        """
        cells = [cell for cell in row.cells if shown(cell)]
        if len(cells) != 1:
            return False
        if not isinstance(cells[0], str) or _begins_as_a_day(cells[0]):
            return self.head_with(cells[0])
        if self._dates.has_a_day(cells[0]):
            self.day, self.unclear = None, cells[0].strip()
            return True
        return False

    def head_all(self, row: Row) -> None:
        """Takes the day from a row above the header that is only a day: titles may have dates of many kinds."""
        cells = [cell for cell in row.cells if shown(cell)]
        words = _WORD.findall(shown(cells[0]).casefold()) if len(cells) == 1 else []
        others = [word for word in words if not (word.isdigit() or word in _WEEKDAY or word in _DAYS or word in MONTHS)]
        if words and not others:
            self.head_with(cells[0])

    def head_with(self, cell: Value) -> bool:
        """Whether a text or a date is a day without a time, which then becomes the current day."""
        try:
            stamp = self._dates.read(cell)
        except ValueError:
            stamp = None
        if stamp is not None and stamp.day is not None and (stamp.at is None or isinstance(cell, datetime)):
            self.day, self.unclear = stamp.day, ""
            return True
        if isinstance(cell, str) and (said := day_without_date(cell)) is not None:
            weekday, number = said
            same = (
                self.day is not None and self.day.weekday() == weekday
                if weekday is not None
                else number == self._number
            )
            self._number = number if number is not None else self._number
            if not same and not self._dated:
                self.day, self.unclear = None, cell.strip()
            return True
        return False

    def contradiction(self, text: str, day: date) -> str:
        """A message about a date's wrong weekday; empty if the weekday is right or missing."""
        said = _weekdays_in(text)
        return f"“{text.strip()[:40]}” is a {day:%A}" if said and day.weekday() not in said else ""

    def hold_against(self, text: str) -> None:
        """Raises TimetableError if a row names another weekday than its heading."""
        said = _weekdays_in(text)
        if said and self.day is not None and self.day.weekday() not in said:
            self.unclear = text.strip()
            raise self.question()

    def take(self, own: date | None) -> date | None:
        """The day of a row."""
        if own is not None:
            self.day, self.unclear = own, ""
        return self.day

    def question(self) -> TimetableError:
        if self.unclear:
            return TimetableError(
                f"its times have no date, and “{self.unclear[:40]}” names no clear day",
                hint="write the date there, such as 2025-09-08",
            )
        return TimetableError(
            "its times have no date",
            hint='give --date 2025-09-08, or in config.toml timetable_options = { date = "2025-09-08" }',
        )


def _begins_as_a_day(text: str) -> bool:
    words = _WORD.findall(_BEFORE_A_DIGIT.match(text.casefold())[0])  # type: ignore[index]  # it matches nothing, too
    return all(word in _WEEKDAY or word in _DAYS or word in MONTHS or word in _ARTICLES for word in words)


def _weekdays_in(text: str) -> set[int]:
    """The weekdays that a text names in unambiguous words."""
    words = _WORD.findall(text[:60].casefold())
    return {_WEEKDAY[word] for word in words if len(word) > 2 and word in _WEEKDAY and word not in MONTHS}


def day_without_date(text: str) -> tuple[int | None, int | None] | None:
    """The weekday from Monday, and the number of the day, of a text with nothing else; None for any other text."""
    words = _WORD.findall(text.casefold()) if len(text) <= 40 else []
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 3]
    weekdays = [_WEEKDAY[word] for word in words if word in _WEEKDAY]
    counted = any(word in _DAYS for word in words) and len(numbers) == 1
    known = len(weekdays) + len(numbers) + sum(word in _DAYS for word in words)
    if known != len(words) or not (counted or (len(weekdays) == 1 and not numbers)):
        return None
    return weekdays[0] if weekdays else None, numbers[0] if numbers else None
