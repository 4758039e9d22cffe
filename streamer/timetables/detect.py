"""Detects the format of a timetable from its content, because names and content types can be wrong."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from streamer.core.base.durations import format_size
from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables import indico, opencast, pretalx, sched, sessionize
from streamer.timetables.frab import schedule_json
from streamer.timetables.frab import schedule_xml as frab_xml
from streamer.timetables.icalendar import calendar as icalendar
from streamer.timetables.items.json_tree import read_json
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.sheets import csv_files as csv_sheet
from streamer.timetables.sheets import xlsx_files as xlsx_sheet
from streamer.timetables.toml import reading as toml

FORMATS: Mapping[str, Callable[..., Parsed]] = MappingProxyType(
    {
        module.FORMAT: module.parse
        for module in (
            toml, frab_xml, schedule_json, pretalx, indico, sessionize, icalendar, sched, opencast, csv_sheet,
            xlsx_sheet,
        )
    }
)  # fmt: skip
"""Format names, as ``--format`` and ``Parsed.format`` have them, and what reads them."""

LARGEST = 40_000_000
"""Bytes of a timetable, unpacked; programmes of a thousand sessions have three million."""

_JSON: Sequence[tuple[Callable[[object], bool], str]] = (
    (schedule_json.recognises, schedule_json.FORMAT),
    (indico.recognises, indico.FORMAT),
    (sessionize.recognises, sessionize.FORMAT),
    (opencast.recognises, opencast.FORMAT),
    (pretalx.recognises, pretalx.FORMAT),
)
_WHAT_IS_READ = (
    "what can be read: TOML, frab's schedule.xml, schedule.json, iCalendar, CSV and XLSX, "
    "and JSON of pretalx, Indico, Sessionize and Opencast"
)
_WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_CONFLICT = re.compile(rb"^(?:<{7}|>{7}|\|{7}) ?.*$", re.M)
_TOML_TABLE = re.compile(rb"\[\[?\s*(?!(?:true|false|null)\b)[A-Za-z_]")
_TOML_KEY = re.compile(rb"^[ \t]*[\w\"'-]+(?:[ \t]*\.[ \t]*[\w\"'-]+)*[ \t]*=", re.M)
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file, or one with a password"),
    (b"{\\rtf", "RTF"),
)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_BEGIN_CALENDAR = re.compile(rb"^(?:\xef\xbb\xbf)?BEGIN:VCALENDAR[ \t]*$", re.I | re.M)
_COMMENT = re.compile(rb"(?:<!--(?:(?!-->).)*-->\s*)+\Z", re.S)
_SCHED = re.compile(
    rb"^PRODID[^:\r\n]*:.*\bsched(?:\.com|\.org)?\b|\.sched\.(?:com|org)/|@sched\.(?:com|org)|^X-SCHED-", re.I | re.M
)
_OPENCAST = re.compile(rb"^PRODID[^:\r\n]*:.*opencast|org\.opencastproject\.", re.I | re.M)


def parse(
    data: bytes,
    *,
    name: str,
    timezone: str | None,
    format: str | None = None,
    options: Options = NOTHING_SAID,
) -> Parsed:
    """Read a timetable in the format that ``data`` shows, or in ``format``.

    ``name`` is the timetable's name in errors only. ``timezone`` is the IANA name of the venue's
    zone, for timetables that name none; ``options`` say what else it leaves open. Raises TimetableError only.
    """
    try:
        data = _unpacked(data)
        return FORMATS[format or options.format or detect(data)](data, timezone=timezone, options=options)
    except TimetableError as error:
        conflict = _CONFLICT.search(data) if error.message.startswith("not ") else None
        if conflict is not None:
            kind = error.message.partition(":")[0]
            raise TimetableError(
                f"{kind}: conflict markers of a version control system",
                where=f"{name}, line {_line_of(data, conflict.start())}",
                hint="publish it again once the conflict is solved",
            ) from error
        where = f"{name}, {error.where}" if error.where else name
        raise TimetableError(error.message, where=where, hint=error.hint) from error


def detect(data: bytes) -> str:
    """The name of the format. Raises TimetableError for what is none of :data:`FORMATS`."""
    head = _head(data)
    if not head:
        raise TimetableError("it is empty", hint="was it cut short while being written?")
    for start, what in _OTHERS:
        if head.startswith(start):
            raise TimetableError(f"it is {what}", hint=_WHAT_IS_READ)
    if head.startswith(b"PK\x03\x04"):
        return xlsx_sheet.FORMAT
    if _is_calendar(head):
        return _calendar(data)
    if head.startswith(b"<"):
        if _WEB_PAGE.match(head):
            raise TimetableError(
                "it is a web page, not a timetable", hint="does the address need a login? open it in a private window"
            )
        return frab_xml.FORMAT
    if head.startswith(b"{") or (head.startswith(b"[") and not _TOML_TABLE.match(head)):
        return _json(data)
    if head.startswith((b"[", b"#")):
        return toml.FORMAT
    if csv_sheet.known_columns(data) > 1:
        return csv_sheet.FORMAT
    if _TOML_KEY.search(data):
        return toml.FORMAT
    if csv_sheet.looks_like_a_table(data):
        return csv_sheet.FORMAT
    raise TimetableError("its format is not known", hint=_WHAT_IS_READ)


def _is_calendar(head: bytes) -> bool:
    """Whether a calendar begins here, perhaps below comments or what a server wrote before it."""
    begin = _BEGIN_CALENDAR.search(head.replace(b"\r", b"\n"))
    if begin is None:
        return False
    before = head[: begin.start()]
    others = before.startswith((b"<", b"{", b"[", b'"')) and not _COMMENT.match(before)
    return not others and not _TOML_KEY.search(before)


def _calendar(data: bytes) -> str:
    """The program that wrote a calendar, as far as it matters for reading."""
    if _OPENCAST.search(data):
        return opencast.FORMAT
    return sched.FORMAT if _SCHED.search(data) else icalendar.FORMAT


def _json(data: bytes) -> str:
    document = read_json(data)
    for recognises, format in _JSON:
        if recognises(document):
            return format
    if isinstance(document, dict) and isinstance(document.get("detail"), str):
        return pretalx.FORMAT  # an error in JSON, which it puts into words
    return schedule_json.FORMAT


def _unpacked(data: bytes) -> bytes:
    """The data without gzip. Raises TimetableError if it is too large, or can't be unpacked."""
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            unpacked = unpacker.decompress(data, LARGEST + 1)
        except zlib.error as error:
            raise TimetableError(f"not gzip: {error}", hint="was it cut short?") from error
        if len(unpacked) <= LARGEST and not unpacker.eof:
            raise TimetableError("not whole gzip: its end is missing", hint="was it cut short?")
        data = unpacked
    if len(data) > LARGEST:
        raise TimetableError(
            f"longer than {format_size(LARGEST)}, more than any timetable has", hint="is it the right address?"
        )
    return data


def _head(data: bytes) -> bytes:
    """The beginning, as UTF-8, without byte order marks and blanks."""
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    return next((head[len(mark) :] for mark in _MARKS if head.startswith(mark)), head).lstrip(b"\x00 \t\r\n")


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
