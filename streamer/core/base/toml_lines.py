"""Finds the line of a key in a TOML text, which the parser of the standard library does not tell.

The text is split into statements by the parser itself: lines are added to a statement until it can be read. So quoted
keys, long strings and arrays over several lines need no rules of their own, and no line is ever a wrong one.
"""

from __future__ import annotations

import tomllib
from typing import Any

Location = tuple[str | int, ...]
"""A way into a document: names of tables and keys, numbers of items in arrays."""

_ENDINGS = ("]", "}", '"""', "'''")
"""One of these is in the last line of each statement of several lines."""
_MOST_TRIES = 200
"""Lines of one statement that look like its end. After so many the rest of the text gets no line numbers, so that
a hostile timetable cannot keep the reader busy."""


class TomlLines:
    """The lines, from 1, on which the statements of ``text`` begin."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Location, int] = {}
        self._sizes: dict[Location, int] = {}
        """Of each array of tables, how many headers it has so far."""
        self._table: Location = ()
        self.unclosed = 1
        """The line of the statement that the text ends in the midst of; behind the last line where there is none."""
        self._read(text.replace("\r\n", "\n").split("\n"))

    def line_of(self, location: Location) -> int | None:
        """The line of the statement that has what is at ``location``; of the nearest table or array around it."""
        while location and location not in self._lines:
            location = location[:-1]
        return self._lines.get(location)

    def _read(self, lines: list[str]) -> None:
        begin, tries = 0, 0
        for number, line in enumerate(lines):
            if number > begin and not any(ending in line for ending in _ENDINGS):
                continue
            try:
                statement = tomllib.loads("\n".join(lines[begin : number + 1]))
            except ValueError:
                tries += 1
                if tries > _MOST_TRIES:
                    break
                continue
            if lines[begin].lstrip().startswith("["):
                self._enter(statement, begin + 1)
            else:
                self._note(self._table, statement, begin + 1)
            begin, tries = number + 1, 0
        self.unclosed = begin + 1

    def _enter(self, header: Any, line: int) -> None:
        """``[a.b]`` is read as ``{"a": {"b": {}}}``, ``[[a]]`` as ``{"a": [{}]}``."""
        location: Location = ()
        while header:
            [(name, header)] = header.items()
            location = (*location, name)
            self._lines.setdefault(location, line)
            if isinstance(header, list):
                self._sizes[location] = self._sizes.get(location, 0) + 1
                header = None
            if location in self._sizes:
                location = (*location, self._sizes[location] - 1)
                self._lines.setdefault(location, line)
        self._table = location

    def _note(self, table: Location, statement: dict[str, Any], line: int) -> None:
        for key, value in statement.items():
            self._lines.setdefault((*table, key), line)
            if isinstance(value, dict):
                self._note((*table, key), value, line)
