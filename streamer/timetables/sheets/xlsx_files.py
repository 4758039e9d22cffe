"""XLSX (ECMA-376): the sheets of a workbook, with cells as the spreadsheet shows them.

A workbook is a ZIP archive of XML. Both are read within limits; links and code are ignored. Formulas have the values
that the spreadsheet saved.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from streamer.core.base.durations import format_size
from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.xml_tree import Element, read_xml
from streamer.timetables.sheets.cells import Row, Sheet, Value
from streamer.timetables.sheets.columns import column_of
from streamer.timetables.sheets.rows import read_sheets

FORMAT = "xlsx"

_LARGEST = 60_000_000
_MOST_SHEETS = 50
_MOST_COLUMNS = 500
_MOST_MERGED = 20_000
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_DATES = frozenset({14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58})
_TIMES = frozenset({18, 19, 20, 21, 22, 32, 33, 34, 35, 45, 46, 47, 55, 56})
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.I)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
)
"""The errors of zipfile for a damaged or encrypted archive, or an unknown compression."""


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a workbook. Raises TimetableError."""
    remarks = RemarkList()
    sheets = list(_Workbook(data, remarks).sheets())
    return read_sheets(sheets, timezone=timezone, options=options, format=FORMAT, remarks=remarks)


class _Workbook:
    def __init__(self, data: bytes, remarks: RemarkList) -> None:
        self._remarks = remarks
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise _not_xlsx(error) from error
        self._names = set(self._archive.namelist())
        self._left = _LARGEST
        main = next((name for name in ("xl/workbook.xml", *sorted(self._names)) if name.endswith("workbook.xml")), "")
        if main not in self._names:
            kind = "an OpenDocument file" if "content.xml" in self._names else "a ZIP archive without a workbook"
            raise TimetableError(f"it is {kind}", hint="save the table as .xlsx or as CSV")
        self._folder = posixpath.dirname(main)
        self._main = self._xml(main)
        properties = _child(self._main, "workbookPr")
        base_1904 = properties is not None and properties.attributes.get("date1904") in ("1", "true")
        self._epoch = datetime(1904, 1, 1) if base_1904 else datetime(1899, 12, 30)
        self._targets = self._relations(main)
        self._texts = self._shared()
        self._formats = self._styles()

    def sheets(self) -> Iterator[Sheet]:
        listed = _child(self._main, "sheets")
        for number, element in enumerate(listed.children if listed is not None else ()):
            if number >= _MOST_SHEETS:
                raise TimetableError(f"it has more than {_MOST_SHEETS} sheets")
            if element.attributes.get("state", "visible") != "visible":
                continue
            relation = next((v for k, v in element.attributes.items() if k.rpartition(":")[2] == "id"), "")
            path = self._targets.get(relation, "")
            if path in self._names:
                name = element.attributes.get("name", "")
                yield Sheet(name=name, rows=self._rows(self._xml(path), name))

    def _xml(self, path: str) -> Element:
        """A part. Raises TimetableError; limits apply to the unpacked size, not to the archive's statement."""
        try:
            with self._archive.open(path) as part:
                content = part.read(self._left + 1)
        except _BROKEN as error:
            raise _not_xlsx(error) from error
        self._left -= len(content)
        if self._left < 0:
            raise TimetableError(f"it unpacks to more than {format_size(_LARGEST)}", where=path[:80])
        try:
            return read_xml(content)
        except TimetableError as error:
            where = f"{path[:80]}, {error.where}" if error.where else path[:80]
            raise TimetableError(error.message, where=where, hint=error.hint) from error

    def _relations(self, main: str) -> dict[str, str]:
        path = posixpath.join(self._folder, "_rels", f"{posixpath.basename(main)}.rels")
        targets = {}
        for element in self._xml(path).children if path in self._names else ():
            target = element.attributes.get("Target", "")
            full = target.lstrip("/") if target.startswith("/") else posixpath.join(self._folder, target)
            targets[element.attributes.get("Id", "")] = posixpath.normpath(full)
        return targets

    def _part(self, name: str) -> Element | None:
        path = posixpath.join(self._folder, name)
        return self._xml(path) if path in self._names else None

    def _shared(self) -> list[str]:
        part = self._part("sharedStrings.xml")
        return [_plain(item) for item in part.children if _local(item) == "si"] if part is not None else []

    def _styles(self) -> list[tuple[bool, bool, bool]]:
        """For each cell style, whether it shows a date, a time of day or a duration."""
        part = self._part("styles.xml")
        if part is None:
            return []
        codes = {}
        for element in _grandchildren(part, "numFmts"):
            codes[element.attributes.get("numFmtId", "")] = element.attributes.get("formatCode", "")
        return [_shows(element.attributes.get("numFmtId", ""), codes) for element in _grandchildren(part, "cellXfs")]

    def _rows(self, root: Element, name: str) -> list[Row]:
        cells: dict[int, dict[int, Value]] = {}
        where = f"sheet “{name[:60]}”, row" if name else "row"
        number = 0
        for row in _grandchildren(root, "sheetData"):
            said = row.attributes.get("r", "")
            hidden = row.attributes.get("hidden") in ("1", "true")
            number = int(said) if said.isascii() and said.isdigit() and len(said) < 8 else number + 1
            column = -1
            for cell in row.children:
                place = _REFERENCE.fullmatch(cell.attributes.get("r", ""))
                column = column_of(place[1]) if place else column + 1
                value = self._value(cell)
                if column < _MOST_COLUMNS and value is not None:
                    cells.setdefault(number, {})[column] = value
                if value is None and _child(cell, "f") is not None:
                    message = "a formula has no value saved with it: open the workbook in a spreadsheet and save it"
                    self._remarks.add("formulas", message, where=f"{where} {number}")
            if hidden and number in cells:
                self._remarks.add(
                    "hidden rows", "the row is hidden; it is read like the others", where=f"{where} {number}"
                )
        _spread(root, cells)
        return [
            Row(where=f"{where} {number}", cells=[row.get(index) for index in range(max(row) + 1)])
            for number, row in sorted(cells.items())
        ]

    def _value(self, cell: Element) -> Value:
        kind = cell.attributes.get("t", "n")
        if kind == "inlineStr":
            inline = _child(cell, "is")
            return _plain(inline) if inline is not None else None
        element = _child(cell, "v")
        text = "".join(element.pieces) if element is not None else ""
        if not text or kind == "e":
            return None
        if kind == "s":
            index = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
            return self._texts[index] if 0 <= index < len(self._texts) else None
        if kind == "b":
            return text.strip() == "1"
        if kind in ("str", "d"):
            return text
        try:
            number = float(text)
        except ValueError:
            return text
        style = cell.attributes.get("s", "")
        index = int(style) if style.isascii() and style.isdigit() and len(style) < 7 else -1
        return self._shown(number, *self._formats[index]) if 0 <= index < len(self._formats) else number

    def _shown(self, number: float, as_date: bool, as_time: bool, as_length: bool) -> Value:
        if not (as_date or as_time or as_length):
            return number
        try:
            span = timedelta(seconds=round(number * 86_400))
            if as_length or (as_time and not as_date and not 0 <= number < 1):
                return span
            moment = self._epoch + span
        except (OverflowError, ValueError):
            return number
        if as_time and (not as_date or number < 1):
            return time(moment.hour, moment.minute, moment.second)
        return moment if as_time or number != int(number) else moment.date()


def _not_xlsx(error: Exception) -> TimetableError:
    return TimetableError(f"not XLSX: {error}", hint="save it again as .xlsx")


def _spread(root: Element, cells: dict[int, dict[int, Value]]) -> None:
    """Gives all merged cells the value of their first."""
    budget = _MOST_MERGED
    for merged in _grandchildren(root, "mergeCells"):
        ends = [_REFERENCE.fullmatch(end) for end in merged.attributes.get("ref", "").split(":")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            continue
        top, bottom, left = int(ends[0][2]), int(ends[1][2]), column_of(ends[0][1])
        value = cells.get(top, {}).get(left)
        budget -= max(bottom - top, 0)
        if value is None or budget < 0:
            continue
        for number in range(top + 1, bottom + 1):
            if number in cells:  # downwards only: a title over the whole width is one cell
                cells[number].setdefault(left, value)


def _shows(number: str, codes: dict[str, str]) -> tuple[bool, bool, bool]:
    if number in codes:
        code = _LITERAL.sub("", codes[number].split(";")[0]).lower()
        if code in ("general", "@"):
            return False, False, False
        length = "[h" in code or "[m" in code or "[s" in code
        as_time = "h" in code or "s" in code or "am/pm" in code
        return not length and ("y" in code or "d" in code or ("m" in code and not as_time)), as_time, length
    id = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
    return id in _DATES, id in _TIMES, id == 46


def _plain(element: Element) -> str:
    """The text of a string with all its runs, without phonetic text."""
    if _local(element) == "t":
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(element.pieces))
    return "".join(_plain(child) for child in element.children if _local(child) not in ("rPh", "phoneticPr"))


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element.children if _local(child) == name), None)


def _grandchildren(element: Element, name: str) -> list[Element]:
    child = _child(element, name)
    return child.children if child is not None else []


def _local(element: Element) -> str:
    return element.name.rpartition(":")[2]
