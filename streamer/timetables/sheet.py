"""The rows of a table become sessions; what a table does not say is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed, SessionKind
from streamer.timetables.drafts import Draft
from streamer.timetables.gathering import Gathering, speakers_of
from streamer.timetables.options import DateOrder, Options
from streamer.timetables.remarks import RemarkList
from streamer.timetables.sheet_cells import Row, Sheet, Value, shown
from streamer.timetables.sheet_columns import describe, find_columns, order_in_header
from streamer.timetables.sheet_times import Dates, Stamp, decide_order, length_of, split_range
from streamer.timetables.text import line, paragraphs
from streamer.timetables.zones import venue_zone

_BETWEEN_NAMES = re.compile(r"\s*(?:[;\n|/]|,(?!\s*(?:PhD|Dr|Jr|Sr)\b)|\s&\s|\sand\s|\sund\s|\set\s|\sog\s|\soch\s)\s*")
_BLANKS = re.compile(r"[^\S\n]+")
_LONGEST_NAMES = 5_000
_WORDS_FOR_YES = "yes y true 1 x ✓ ✔ ok ja j oui o sí si s sim tak kyllä allowed"
_WORDS_FOR_NO = "no n false 0 nein non nej nee nei não nie ei ✗ ✘ forbidden"
_YES, _NO = frozenset(_WORDS_FOR_YES.split()), frozenset(_WORDS_FOR_NO.split())
_NOTHING = frozenset({"", "-", "–", "—", "?", "n/a", "tbd", "tba"})
_LONGEST_OVER_MIDNIGHT = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A sheet that has a header: its columns, the rows below, and what holds for all of them."""

    columns: Mapping[str, int]
    rows: Sequence[Row]
    name: str
    day: date | None


def read_sheets(
    sheets: Sequence[Sheet], *, timezone: str | None, options: Options, format: str, remarks: RemarkList
) -> Parsed:
    """The timetable in one or several tables. Raises TimetableError, also with what has to be answered first."""
    tables = [table for sheet in sheets if (table := _table(sheet, options, remarks, several=len(sheets) > 1))]
    if not tables:
        headers = describe(sheets[0].rows) if sheets else "none"
        raise TimetableError(
            f"no columns for a start and a title are recognised; the headers are {headers}",
            hint='name them: --columns "start=…,title=…", in config.toml timetable_options = { columns = { … } }',
        )
    order = decide_order(_dated_cells(tables), options.date_order or _order_in_headers(sheets))
    year = options.date.year if options.date else None
    reader = _Reader(Dates(order, year), options, Gathering(venue_zone("", timezone, remarks), remarks))
    for table in tables:
        room = table.name if len(tables) > 1 and table.day is None and "room" not in table.columns else ""
        reader.read(table, room)
    return reader.gathering.parsed(title="", room_names=(), format=format, default_room=options.room)


def _table(sheet: Sheet, options: Options, remarks: RemarkList, *, several: bool) -> _Table | None:
    found = find_columns(sheet.rows, dict(options.columns))
    if found is None or "start" not in found[1] or "title" not in found[1]:
        if several and any(shown(cell) for row in sheet.rows for cell in row.cells):
            remarks.add("sheets left out", f"the sheet “{sheet.name}” has no columns for start and title; left out")
        return None
    header, columns = found
    try:
        day = Dates(None).read(sheet.name).day
    except (ValueError, TimetableError):
        day = None
    return _Table(columns=columns, rows=sheet.rows[header + 1 :], name=sheet.name, day=day)


def _dated_cells(tables: Iterable[_Table]) -> Iterator[tuple[Value, str]]:
    for table in tables:
        for name in ("date", "start", "end"):
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

    def read(self, table: _Table, room: str) -> None:
        day = self._options.date or table.day
        carried = 0
        for row in table.rows:
            heading = self._heading(row)
            if heading is not None:
                day = heading
                continue
            title = line(shown(row.cell(table.columns["title"])))
            if not title and not shown(row.cell(table.columns["start"])):
                continue
            try:
                own = self._day(table, row)
                carried += own is None and "date" in table.columns and day is not None
                day = own or day
                self._add(table, row, title or "(untitled)", day, room)
            except ValueError as error:
                self.gathering.leave_out(title, str(error), row.where)
            except TimetableError as error:
                raise TimetableError(error.message, where=error.where or row.where, hint=error.hint) from error
        if carried:
            rows = "1 row says" if carried == 1 else f"{carried} rows say"
            self.gathering.remarks.add("dates carried on", f"{rows} no date; the one above is taken")

    def _heading(self, row: Row) -> date | None:
        """The day of a row that holds nothing but a date, and heads what follows."""
        cells = [cell for cell in row.cells if shown(cell)]
        if len(cells) != 1:
            return None
        try:
            stamp = self._dates.read(cells[0])
        except ValueError:
            return None
        return stamp.day if stamp.at is None or isinstance(cells[0], datetime) else None

    def _day(self, table: _Table, row: Row) -> date | None:
        cell = row.cell(table.columns.get("date"))
        if not shown(cell):
            return None
        stamp = self._dates.read(cell)
        if stamp.day is None:
            raise ValueError(f"its date “{shown(cell)[:40]}” is no date with a year")
        return stamp.day

    def _add(self, table: _Table, row: Row, title: str, day: date | None, room: str) -> None:
        cells = {name: row.cell(index) for name, index in table.columns.items()}
        speakers = speakers_of(_speakers(cells))
        start, end = self._window(cells, day, title, row.where)
        self.gathering.add(
            Draft(
                foreign=line(shown(cells.get("id"))),
                room=line(shown(cells.get("room"))) or line(room),
                title=title,
                start=start,
                end=end,
                speakers=speakers,
                abstract=paragraphs(shown(cells.get("abstract"))),
                record=self._consent(cells, "record", "recording", title, row.where),
                stream=self._consent(cells, "stream", "streaming", title, row.where),
                kind=self._kind(cells, title, bool(speakers), row.where),
                where=row.where,
            )
        )

    def _window(
        self, cells: Mapping[str, Value], day: date | None, title: str, where: str
    ) -> tuple[datetime, datetime | None]:
        value, until = cells.get("start"), cells.get("end")
        if isinstance(value, str):
            value, later = split_range(value)
            until = until if shown(until) else later
        if not shown(value):
            raise ValueError("it has no start")
        begins = self._dates.read(value)
        start = self._wall(begins, day)
        if shown(until):
            ends = self._dates.read(until)
            end = self._wall(ends, start.date())
            if ends.day is None and ends.whole is None and end <= start:
                end += timedelta(days=1)
                if end - start > _LONGEST_OVER_MIDNIGHT:
                    raise ValueError("it ends before it starts")
            return self._instant(start, title, where), self._instant(end, title, where)
        length = length_of(cells.get("duration"))
        instant = self._instant(start, title, where)
        return instant, instant + length if length is not None else None

    def _wall(self, stamp: Stamp, day: date | None) -> datetime:
        if stamp.whole is not None:
            return stamp.whole
        if stamp.at is None:
            raise ValueError("it says a day and no time")
        on = stamp.day or day
        if on is None:
            raise TimetableError(
                "its times have no date: which day is it?",
                hint='say it: --date 2025-09-08, in config.toml timetable_options = { date = "2025-09-08" }',
            )
        return datetime.combine(on, stamp.at)

    def _instant(self, wall: datetime, title: str, where: str) -> datetime:
        return self.gathering.instant(wall, title=title, where=where)

    def _kind(self, cells: Mapping[str, Value], title: str, has_speakers: bool, where: str) -> SessionKind:
        mark = shown(cells.get("break")).casefold()
        if mark not in _NO and mark not in _NOTHING:
            why = f"“{title}” is taken as a break: the column for breaks says “{line(mark, 20)}”"
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
        """What the columns for consent and for opting out say together; what can't be understood forbids."""
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


def _speakers(cells: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    said = _BLANKS.sub(" ", shown(cells.get("speakers"))[:_LONGEST_NAMES])
    names = [name for name in _BETWEEN_NAMES.split(said) if name.strip()]
    affiliation = shown(cells.get("affiliation"))
    yield from ((name, affiliation if len(names) == 1 else "") for name in names)
