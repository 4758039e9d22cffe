"""Converts the rows of a table into sessions. Ambiguities raise errors and are not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from streamer.core.base.errors import TimetableError
from streamer.core.base.words import counted
from streamer.core.timetable.cancellation import says_cancelled
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables.items.cancelling import cancelled
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.options import DateOrder, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line, paragraphs
from streamer.timetables.items.zones import venue_zone
from streamer.timetables.sheets.cells import Row, Sheet, Value, shown
from streamer.timetables.sheets.columns import describe, find_columns, order_in_header
from streamer.timetables.sheets.dates import Dates, decide_order
from streamer.timetables.sheets.days import Days, day_without_date
from streamer.timetables.sheets.windows import Headers, Windows, only_zone, zone_named

_BETWEEN_NAMES = re.compile(r"\s*(?:[;\n|/]|,(?!\s*(?:PhD|Dr|Jr|Sr)\b)|\s&\s|\sand\s|\sund\s|\set\s|\sog\s|\soch\s)\s*")
_BLANKS = re.compile(r"[^\S\n]+")
_LONGEST_NAMES = 5_000
_WORDS_FOR_YES = "yes y true 1 x ✓ ✔ ok ja j oui o sí si s sim tak kyllä allowed"
_WORDS_FOR_NO = "no n false 0 nein non nej nee nei não nie ei ✗ ✘ forbidden"
_YES, _NO = frozenset(_WORDS_FOR_YES.split()), frozenset(_WORDS_FOR_NO.split())
_NOTHING = frozenset({"", "-", "–", "—", "?", "n/a", "tbd", "tba", "tbc"})
_HAS_A_TIME = re.compile(r"\d[:h]\d\d|\d\s?[ap]\.?m\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A sheet with a header: its columns, the rows below, and their common settings."""

    columns: Mapping[str, int]
    headers: Mapping[str, str]
    above: Sequence[Row]
    rows: Sequence[Row]
    name: str


def read_sheets(
    sheets: Sequence[Sheet], *, timezone: str | None, options: Options, format: str, remarks: RemarkList
) -> Parsed:
    """The timetable in one or several tables. Raises TimetableError, also for an ambiguity."""
    tables = [table for sheet in sheets if (table := _table(sheet, options, remarks, several=len(sheets) > 1))]
    if not tables:
        headers = describe(sheets[0].rows) if sheets else "none"
        raise TimetableError(
            f"no columns for a start and a title are recognised; the headers are {headers}",
            hint='name them: --columns "start=…,title=…", or in config.toml timetable_options = { columns = { … } }',
        )
    said = options.date_order or _order_in_headers(sheets)
    order = decide_order(_dated_cells(tables, "date", "start"), said)
    if order is None:
        order = decide_order(_dated_cells(tables, "end", "end_date"), None, settle=False)
    dates = Dates(order, options.date.year if options.date else None)
    zone = venue_zone(only_zone(_zones(tables)), timezone, remarks)
    reader = _Reader(dates, options, Gathering(zone, remarks))
    for table in tables:
        reader.read(table, several=len(tables) > 1)
    reader.windows.ask_for_the_half()
    return reader.gathering.parsed(title="", room_names=(), format=format, default_room=options.room)


def _table(sheet: Sheet, options: Options, remarks: RemarkList, *, several: bool) -> _Table | None:
    found = find_columns(sheet.rows, dict(options.columns))
    header, columns = found or (0, {})
    rows = sheet.rows[header + 1 :]
    for missing, instead in (("start", "date"), ("end", "end_date")):  # a column of dates may hold the times too
        if missing not in columns and any(_has_a_time(row.cell(columns.get(instead))) for row in rows):
            columns[missing] = columns.pop(instead)
    if "start" not in columns or "title" not in columns:
        if several and any(shown(cell) for row in sheet.rows for cell in row.cells):
            remarks.add("sheets left out", f"the sheet “{sheet.name}” has no columns for start and title; left out")
        return None
    texts = {name: shown(sheet.rows[header].cell(index)) if header >= 0 else "" for name, index in columns.items()}
    return _Table(columns=columns, headers=texts, above=sheet.rows[: max(header, 0)], rows=rows, name=sheet.name)


def _has_a_time(cell: Value) -> bool:
    return _HAS_A_TIME.search(cell[:120]) is not None if isinstance(cell, str) else isinstance(cell, datetime)


def _zones(tables: Iterable[_Table]) -> set[tzinfo | str]:
    """The zones that columns and headers name."""
    zones: set[tzinfo | str] = set()
    for table in tables:
        cells = (shown(row.cell(table.columns.get("timezone"))) for row in table.rows)
        zones.update(zone for zone in map(_zone_or_none, set(cells)) if zone != "")
        zones.update(zone for zone in Headers.of(table.headers).zones.values() if zone != "")
    return zones


def _zone_or_none(cell: str) -> tzinfo | str:
    try:
        return zone_named(cell)
    except ValueError:
        return ""


def _dated_cells(tables: Iterable[_Table], *names: str) -> Iterator[tuple[Value, str]]:
    for table in tables:
        for name in names:
            if name in table.columns:
                yield from ((row.cell(table.columns[name]), row.where) for row in table.rows)


def _order_in_headers(sheets: Iterable[Sheet]) -> DateOrder | None:
    cells = (shown(cell) for sheet in sheets for row in sheet.rows[:30] for cell in row.cells)
    order = next(filter(None, (order_in_header(cell) for cell in cells if len(cell) < 60)), None)
    return DateOrder(order) if order else None


class _Reader:
    def __init__(self, dates: Dates, options: Options, gathering: Gathering) -> None:
        self._dates = dates
        self._options = options
        self.gathering = gathering
        self.windows = Windows(dates, gathering)

    def read(self, table: _Table, *, several: bool) -> None:
        days = Days(self._dates, self._options.date, dated="date" in table.columns)
        for row in table.above:
            days.head_all(row)
        room = ""
        if table.name and not days.head_with(table.name) and several and "room" not in table.columns:
            room = table.name
        headers = Headers.of(table.headers, [shown(cell) for row in table.above for cell in row.cells])
        carried = 0
        for row in table.rows:
            title = line(shown(row.cell(table.columns["title"])))
            start = row.cell(table.columns["start"])
            try:
                if days.head(row) or _repeats_the_header(table, row) or not (title or shown(start)):
                    continue
                own = self._day(table, row, days, title)
                carried += own is None and "date" in table.columns and days.day is not None
                days.take(own)
                if "date" not in table.columns and not isinstance(start, datetime):
                    days.head_with(start)
                self._add(table, headers, row, title or "(untitled)", days, room)
            except ValueError as error:
                self._leave_out(table, row, title, str(error))
                if self.gathering.is_hopeless:
                    break
            except TimetableError as error:
                raise TimetableError(error.message, where=error.where or row.where, hint=error.hint) from error
        if carried:
            rows = counted(carried, "row says", "rows say")
            self.gathering.remarks.add("dates carried on", f"{rows} no date; the date above is used")

    def _leave_out(self, table: _Table, row: Row, title: str, reason: str) -> None:
        cells = {name: row.cell(index) for name, index in table.columns.items()}
        self.gathering.leave_out(
            title,
            reason,
            row.where,
            id=shown(cells.get("id")),
            record=self._consent(cells, "record", "recording", title, row.where),
            stream=self._consent(cells, "stream", "streaming", title, row.where),
            cancelled=_is_cancelled(cells, table.headers),
        )

    def _day(self, table: _Table, row: Row, days: Days, title: str) -> date | None:
        cell = row.cell(table.columns.get("date"))
        if not shown(cell):
            return None
        if isinstance(cell, str) and day_without_date(cell) is not None:
            raise ValueError(f"its date “{cell.strip()}” has no clear day; write dates such as 2025-09-08")
        stamp = self._dates.read(cell)
        if stamp.day is None:
            raise ValueError(f"its date “{shown(cell)[:40]}” is not a date with a year")
        if isinstance(cell, str) and (said := days.contradiction(cell, stamp.day)):
            self.gathering.remarks.add("weekdays", f"“{title}”: {said}; check its date", where=row.where)
        return stamp.day

    def _add(self, table: _Table, headers: Headers, row: Row, title: str, days: Days, room: str) -> None:
        cells = {name: row.cell(index) for name, index in table.columns.items()}
        speakers = speakers_of(_speakers(cells))
        all_day = shown(cells.get("all_day")).casefold() in _YES
        if all_day:
            window = self.windows.whole_days(cells, days, title, row.where)
            message = f"“{title}” lasts all day; it is listed and never captured"
            self.gathering.remarks.add("all-day items", message, where=row.where)
        else:
            window = self.windows.of(cells, days, headers, title, row.where)
        self.gathering.add(
            Draft(
                foreign=line(shown(cells.get("id"))),
                room=_named(cells.get("room")) or line(room),
                title=title,
                start=window.start,
                end=window.end,
                fault=line(window.fault),
                speakers=speakers,
                abstract=paragraphs(shown(cells.get("abstract"))),
                record=self._consent(cells, "record", "recording", title, row.where),
                stream=self._consent(cells, "stream", "streaming", title, row.where),
                cancelled=_is_cancelled(cells, table.headers),
                kind=SessionKind.BREAK if all_day else self._kind(cells, title, bool(speakers), row.where),
                where=row.where,
            )
        )

    def _kind(self, cells: Mapping[str, Value], title: str, has_speakers: bool, where: str) -> SessionKind:
        mark = shown(cells.get("break")).casefold()
        if mark not in _NO and mark not in _NOTHING:
            why = f"“{title}” counts as a break: the column for breaks says “{line(mark, 20)}”"
            self.gathering.remarks.add("breaks", why, where=where)
            return SessionKind.BREAK
        return self.gathering.kind(
            type=shown(cells.get("type")),
            track=shown(cells.get("track")),
            title=title,
            speakers=speakers_of([("somebody", "")] if has_speakers else []),
            where=where,
        )

    def _consent(self, cells: Mapping[str, Value], name: str, what: str, title: str, where: str) -> bool | None:
        """The result of the columns for consent and opting out; an unclear answer forbids."""
        answers = []
        for column, sense in ((name, True), (f"no_{name}", False)):
            word = shown(cells.get(column)).casefold()
            if word in _NOTHING:
                continue
            if word not in _YES and word not in _NO:
                message = f"“{line(word, 40)}” for {what} “{title}” is neither yes nor no; it counts as no {what}"
                self.gathering.remarks.add("answers that can't be understood", message, where=where)
                return False
            answers.append((word in _YES) == sense)
        return all(answers) if answers else None


def _named(cell: Value) -> str:
    """A room; empty if the cell says that it is not decided yet."""
    name = line(shown(cell))
    return "" if name.casefold() in _NOTHING else name


def _is_cancelled(cells: Mapping[str, Value], headers: Mapping[str, str]) -> bool | None:
    """By a column for the status, or by a yes under a header such as “Cancelled”."""
    status = shown(cells.get("status"))
    is_flag = says_cancelled(headers.get("status", ""))
    return cancelled([status.casefold() in _YES] if is_flag and status.casefold() in _YES else (), [status])


def _repeats_the_header(table: _Table, row: Row) -> bool:
    """Whether a row repeats the header, as for each day of a combined table."""
    said = [(text, table.columns[name]) for name, text in table.headers.items() if text]
    return len(said) > 1 and all(shown(row.cell(index)) == text for text, index in said)


def _speakers(cells: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    said = _BLANKS.sub(" ", shown(cells.get("speakers"))[:_LONGEST_NAMES])
    names = [name for name in _BETWEEN_NAMES.split(said) if name.strip()]
    affiliation = shown(cells.get("affiliation"))
    yield from ((name, affiliation if len(names) == 1 else "") for name in names)
