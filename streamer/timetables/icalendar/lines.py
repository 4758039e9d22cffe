"""Parses iCalendar (RFC 5545): bytes to components with properties that know their line.

Lines are unfolded as bytes, because writers fold in the middle of a character. Does not interpret events.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streamer.core.base.errors import TimetableError
from streamer.timetables.items.remarks import RemarkList

_DEEPEST = 16
_MOST = 100_000
_NAME = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9_-]+)(?=[;:])")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')
_ESCAPE = re.compile(r"\\([\\;,nN:\"])")
_COMMA = re.compile(r"(?<!\\),")
_CARET = re.compile(r"\^([\^n'])")
_CARETS = {"^": "^", "n": "\n", "'": '"'}
_STAMPS = re.compile(r"\d{8}(?:T\d{4,6}Z?)?(?:[,/].*)?", re.ASCII)
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7}|={7})(?: |$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A line: ``value`` is unchanged, ``parameters`` are by upper-case name and without quotes."""

    name: str
    parameters: dict[str, str]
    value: str
    line: int

    @property
    def text(self) -> str:
        """The value of a text property, without its escapes."""
        value = self.value
        if self.parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":  # written by its predecessor vCalendar
            value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
        return _unescaped(value)

    @property
    def texts(self) -> list[str]:
        """The values of a property with a list of texts."""
        return [_unescaped(value) for value in _COMMA.split(self.value)]

    @property
    def where(self) -> str:
        return f"line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Property]:
        return (one for one in self.properties if one.name == name)

    def first(self, name: str) -> Property | None:
        return next(self.all(name), None)

    def text(self, name: str) -> str:
        """The text of the first property of that name; empty if it is missing."""
        found = self.first(name)
        return found.text.strip() if found is not None else ""

    def named(self, name: str) -> Iterator[Component]:
        return (child for child in self.children if child.name == name)


def read_calendars(data: bytes, remarks: RemarkList) -> list[Component]:
    """The VCALENDARs of a file. Raises TimetableError for a file that is not iCalendar or is incomplete."""
    calendars: list[Component] = []
    path: list[Component] = []
    count = 0
    for number, content in _from_the_beginning(_content_lines(data, remarks), remarks):
        one = _property(number, content)
        if one is None:
            if _CONFLICT.match(content):
                raise TimetableError("not iCalendar: it is not a line of name and value", where=f"line {number}")
            remarks.add(
                "lines that can't be read", "it is not a line of name and value; skipped", where=f"line {number}"
            )
        elif one.name == "BEGIN":
            component = Component(name=one.value.strip().upper(), line=number)
            count += 1
            if len(path) >= _DEEPEST or count > _MOST:
                what = f"nested more than {_DEEPEST} deep" if count <= _MOST else f"more than {_MOST}"
                raise TimetableError(f"its components are {what}", where=one.where)
            (path[-1].children if path else calendars).append(component)
            path.append(component)
        elif one.name == "END":
            if not path or path[-1].name != one.value.strip().upper():
                open = f"{path[-1].name} of line {path[-1].line} is open" if path else "no component is open"
                message = f"not iCalendar: END:{one.value.strip()[:40]}, but {open}"
                raise TimetableError(message, where=one.where, hint="check whether a part of the file is missing")
            path.pop()
        elif path:
            path[-1].properties.append(one)
        else:
            remarks.add("lines behind the end", "it is after the end of the calendar; ignored", where=one.where)
    if path:
        raise TimetableError(
            f"not iCalendar: {path[-1].name} of line {path[-1].line} has no END",
            where=f"line {path[-1].line}",
            hint="the file may be cut short: export it again",
        )
    return [calendar for calendar in calendars if calendar.name == "VCALENDAR"]


def _from_the_beginning(lines: Iterable[tuple[int, str]], remarks: RemarkList) -> Iterator[tuple[int, str]]:
    """The lines from the first BEGIN on: comments, and what servers write before it, are ignored with a remark."""
    has_begun = False
    for number, content in lines:
        if not has_begun:
            content = content.lstrip("\ufeff \t")
            has_begun = content[:6].upper() == "BEGIN:"
        if has_begun or _CONFLICT.match(content):
            yield number, content
        else:
            remarks.add("lines before the beginning", "it is before BEGIN:VCALENDAR; ignored", where=f"line {number}")


def _content_lines(data: bytes, remarks: RemarkList) -> Iterator[tuple[int, str]]:
    """Unfolded lines with the number of the first physical one."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    pieces: list[bytes] = []
    begins = 0
    ending = b"\n" if b"\n" in data else b"\r"
    for number, physical in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(ending), start=1):
        physical = physical.rstrip(b"\r")
        if physical.startswith((b" ", b"\t")) and pieces:
            pieces.append(physical[1:])
            continue
        if pieces:
            yield begins, _decoded(b"".join(pieces), begins, remarks)
        pieces, begins = ([physical] if physical.strip(b" \t\x00\x1a") else []), number
    if pieces:
        yield begins, _decoded(b"".join(pieces), begins, remarks)


def _decoded(content: bytes, number: int, remarks: RemarkList) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        remarks.add("lines that are not UTF-8", "it is not UTF-8 and was read as Windows-1252", where=f"line {number}")
        return content.decode("cp1252", "replace")


def _property(number: int, content: str) -> Property | None:
    name = _NAME.match(content)
    if name is None:
        return None
    position = name.end()
    parameters: dict[str, str] = {}
    while (parameter := _PARAMETER.match(content, position)) is not None:
        said = parameter[2].replace('"', "").strip()
        parameters[parameter[1].upper()] = _CARET.sub(lambda found: _CARETS[found[1]], said)  # RFC 6868
        position = parameter.end()
    colon = content.find(":", position)
    if colon < 0:
        return None
    value = content[colon + 1 :]
    rest, _, stamps = value.rpartition(":")
    if rest and "TZID" in parameters and _STAMPS.fullmatch(stamps):  # a zone's name with a colon and without quotes
        parameters["TZID"], value = f"{parameters['TZID']}:{rest}".replace('"', ""), stamps
    return Property(name=name[1].upper(), parameters=parameters, value=value, line=number)


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
