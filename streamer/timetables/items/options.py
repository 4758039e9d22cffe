"""Options with which a person completes a timetable.

A table of times has no zone, no date order and its own headers; none of these is guessed. The command line and
config.toml have the same options.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class DateOrder(StrEnum):
    """The order of a date of three numbers."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


COLUMNS = (
    "id", "title", "room", "date", "start", "end", "end_date", "duration", "timezone", "all_day", "speakers",
    "affiliation", "abstract", "type", "track", "record", "stream", "no_record", "no_stream", "break", "status",
)  # fmt: skip
"""The possible contents of a table's columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``columns`` pairs a column's content (:data:`COLUMNS`) with its header, letter, or number from 1.

    ``date`` is the day for times without a date, ``room`` the room for items without a room.
    """

    format: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    date_order: DateOrder | None = None
    date: datetime.date | None = None
    room: str = ""


NOTHING_SAID = Options()


def read_options(given: Mapping[str, object], formats: Iterable[str]) -> Options:
    """Options from texts. Raises ValueError with a message; a hint follows a semicolon."""
    known = ("format", "columns", "date_order", "date", "room")
    for key in given:
        if key not in known:
            raise ValueError(f"unknown option {key}; {_near(key, known)}")
    format, columns, room = given.get("format"), given.get("columns") or {}, given.get("room") or ""
    names = list(formats)
    if format is not None and format not in names:
        raise ValueError(f"unknown format “{format}”; {_near(str(format), names)}")
    if not isinstance(columns, Mapping):
        raise ValueError('columns must be a table; write them like { start = "Beginn", room = "Raum" }')
    for name, header in columns.items():
        if name not in COLUMNS:
            raise ValueError(f"a table has no column {name}; {_near(str(name), COLUMNS)}")
        if not isinstance(header, str) or not header.strip():
            raise ValueError(f"the column {name} must be a text in quotes; write its header, its letter or its number")
    if not isinstance(room, str):
        raise ValueError("the room must be a text in quotes")
    return Options(
        format=str(format) if format is not None else None,
        columns=tuple((str(name), str(header)) for name, header in columns.items()),
        date_order=_date_order(given.get("date_order")),
        date=_date(given.get("date")),
        room=room.strip(),
    )


def read_columns(text: str) -> dict[str, str]:
    """The columns in ``start=Beginn,room=Raum``. Raises ValueError."""
    columns = {}
    for part in filter(str.strip, text.split(",")):
        name, equals, header = part.partition("=")
        if not equals:
            raise ValueError(f"“{part.strip()}” is not a column; write columns like start=Beginn,room=Raum")
        columns[name.strip()] = header.strip()
    return columns


def _date_order(value: object) -> DateOrder | None:
    if value is None:
        return None
    try:
        return DateOrder(str(value).lower())
    except ValueError:
        raise ValueError(f"“{value}” is not an order of dates; write dmy, mdy or ymd") from None


def _date(value: object) -> datetime.date | None:
    if value is None or isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"“{value}” is not a date; write it like 2025-09-08") from None


def _near(wrong: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(wrong.lower(), names, n=1)
    return f"did you mean {close[0]}?" if close else f"possible values are {', '.join(names)}"
