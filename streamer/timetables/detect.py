"""Which format bytes are in, found from what they contain; names and content types lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed
from streamer.timetables import frab_xml, schedule_json, toml

FORMATS: Mapping[str, Callable[..., Parsed]] = MappingProxyType(
    {module.FORMAT: module.parse for module in (toml, frab_xml, schedule_json)}
)
"""Format names, as ``--format`` and ``Parsed.format`` have them, and what reads them."""

_WHAT_IS_READ = "what can be read: TOML, frab's schedule.xml, schedule.json"
_WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_CONFLICT = re.compile(rb"^(?:<{7}|>{7}|\|{7}) ?.*$", re.M)
_TOML_TABLE = re.compile(rb"\[\[?\s*(?!(?:true|false|null)\b)[A-Za-z_]")
_TOML_KEY = re.compile(rb"^[ \t]*[\w\"'-]+(?:[ \t]*\.[ \t]*[\w\"'-]+)*[ \t]*=", re.M)
_OTHERS = (
    (b"BEGIN:VCALENDAR", "iCalendar"),
    (b"\x1f\x8b", "gzip-compressed"),
    (b"PK\x03\x04", "a ZIP archive or spreadsheet"),
    (b"%PDF", "a PDF"),
)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse(data: bytes, *, name: str, timezone: str | None, format: str | None = None) -> Parsed:
    """Read a timetable in whatever format ``data`` is, or in ``format``.

    ``name`` is what errors call the timetable; it decides nothing. ``timezone`` is the IANA name of the venue's
    zone, for timetables that name none. Raises TimetableError only.
    """
    try:
        return FORMATS[format or detect(data)](data, timezone=timezone)
    except TimetableError as error:
        conflict = _CONFLICT.search(data)
        if conflict is not None and error.message.startswith("not "):
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
    head = _without_marks(data[:4096]).lstrip(b"\x00 \t\r\n")
    if not head:
        raise TimetableError("it is empty", hint="was it cut short while being written?")
    for start, what in _OTHERS:
        if head.startswith(start):
            raise TimetableError(f"it is {what}", hint=_WHAT_IS_READ)
    if head.startswith(b"<"):
        if _WEB_PAGE.match(head):
            raise TimetableError(
                "it is a web page, not a timetable", hint="does the address need a login? open it in a private window"
            )
        return frab_xml.FORMAT
    if head.startswith(b"{") or (head.startswith(b"[") and not _TOML_TABLE.match(head)):
        return schedule_json.FORMAT
    if head.startswith((b"[", b"#")) or _TOML_KEY.search(data):
        return toml.FORMAT
    raise TimetableError("it is in no format that is known", hint=_WHAT_IS_READ)


def _without_marks(head: bytes) -> bytes:
    """The bytes behind a byte order mark."""
    return next((head[len(mark) :] for mark in _MARKS if head.startswith(mark)), head)


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
