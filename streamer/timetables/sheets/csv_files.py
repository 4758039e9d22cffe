"""CSV: a table in text, in any encoding and with any separator of spreadsheets."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.sheets.cells import Row, Sheet
from streamer.timetables.sheets.columns import recognised
from streamer.timetables.sheets.rows import read_sheets

FORMAT = "csv"

_SEPARATORS = (",", ";", "\t", "|")
_MOST_ROWS = 50_000
_SAMPLE = 65_536


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a table. Raises TimetableError."""
    remarks = RemarkList()
    text = _decoded(data, remarks)
    separator = _declared(text) or _separator(text[:_SAMPLE])
    sheet = Sheet(name="", rows=list(_rows(text, separator)))
    return read_sheets([sheet], timezone=timezone, options=options, format=FORMAT, remarks=remarks)


def known_columns(data: bytes) -> int:
    """The number of columns with known headers, if the text is a table."""
    text = _decoded(data[:_SAMPLE], RemarkList())
    return max(_score(text, separator)[0] for separator in _SEPARATORS)


def looks_like_a_table(data: bytes) -> bool:
    """Whether a text has rows of equally many cells."""
    text = _decoded(data[:_SAMPLE], RemarkList())
    return any(_score(text, separator)[1] > 1 for separator in _SEPARATORS)


def _decoded(data: bytes, remarks: RemarkList) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if data[1:200:2].count(0) > 40:
        return data.decode("utf-16-le", "replace")
    if data[0:200:2].count(0) > 40:
        return data.decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:  # else the sample ends within a character
            where = f"line {data.count(10, 0, error.start) + 1}"
            remarks.add("encodings", "it is not UTF-8 and was read as Windows-1252: check its accents", where=where)
        return data.decode("cp1252", "replace").replace("\0", "")


def _declared(text: str) -> str | None:
    """The separator of a first line such as ``sep=;``, which Excel writes and reads."""
    first = text[:8].partition("\n")[0].strip('\r"').lower()
    return first[4:] if first.startswith("sep=") and first[4:] in _SEPARATORS else None


def _separator(sample: str) -> str:
    return max(_SEPARATORS, key=lambda separator: _score(sample, separator))


def _score(sample: str, separator: str) -> tuple[int, int]:
    """The number of known headers with a separator, and the width of rows that have equally many cells."""
    try:
        whole = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
        rows = list(csv.reader(io.StringIO(whole, newline=""), delimiter=separator))
    except csv.Error:
        return 0, 0
    known = max((len(recognised(row)) for row in rows[:30] if len(row) > 1), default=0)
    widths = Counter(len(row) for row in rows[:50] if any(map(str.strip, row)))
    width, times = widths.most_common(1)[0] if widths else (0, 0)
    alike = times >= 2 and times * 2 > sum(widths.values())
    return (known if known > 1 else 0), (width if alike else 0)


def _rows(text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    try:
        for number, row in enumerate(reader):
            if number >= _MOST_ROWS:
                raise TimetableError(f"it has more than {_MOST_ROWS} rows", where=f"line {begins}")
            if any(map(str.strip, row)) and not (number == 0 and _declared(text)):
                yield Row(where=f"line {begins}", cells=row)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise TimetableError(
            f"not CSV: {error}", where=f"line {begins}", hint="look for a quotation mark that is not closed"
        ) from error
