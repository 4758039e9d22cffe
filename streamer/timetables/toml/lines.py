"""Finds the lines of a TOML timetable's keys, which the TOML parser does not tell.

Reads only table headers and the beginnings of lines, and knows multi-line strings well enough not to look inside.
Where a file is written in a way it does not follow (inline tables), it knows no lines; it never gives wrong ones.
"""

from __future__ import annotations

import re

_SESSIONS = re.compile(r"\s*\[\[\s*(?:sessions|\"sessions\"|'sessions')\s*\]\]\s*(?:#.*)?")
_TABLE = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*[=.]")
_STRING_OR_COMMENT = re.compile(
    r'"""|\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'  # delimiters of long strings, short strings, comments
)


class TomlLines:
    """The line numbers, from 1, of tables and their keys in ``text``."""

    def __init__(self, text: str) -> None:
        self._sessions: list[dict[str, int]] = []
        self._tables: dict[str, dict[str, int]] = {"": {"": 1}}
        keys = self._tables[""]
        for number, content in _outside_long_strings(text):
            if _SESSIONS.fullmatch(content):
                keys = {"": number}
                self._sessions.append(keys)
            elif header := _TABLE.fullmatch(content):
                keys = self._tables.setdefault(header[1].strip("\"'"), {"": number})
            elif key := _KEY.match(content):
                keys.setdefault(key[1] or key[2] or key[3], number)

    def session(self, index: int, count: int, key: str = "") -> int | None:
        """The line of a key of the ``index``-th of ``count`` sessions, or of its header where the key has none."""
        if len(self._sessions) != count:
            return None
        keys = self._sessions[index]
        return keys.get(key, keys[""])

    def table(self, name: str, key: str = "") -> int | None:
        """The line of a key of a table, or of the table's header; a key of the top (``""``) may be a table itself."""
        keys = self._tables.get(name, {})
        if not name and key in self._tables:
            keys, key = self._tables[key], ""
        return keys.get(key, keys.get(""))


def _outside_long_strings(text: str) -> list[tuple[int, str]]:
    """The numbered lines that do not begin inside a multi-line string."""
    found: list[tuple[int, str]] = []
    closing = ""
    for number, content in enumerate(text.split("\n"), start=1):
        position = 0
        if not closing:
            found.append((number, content.rstrip("\r")))
        while position < len(content):
            if closing:
                end = _end_of_long_string(content, position, closing)
                if end < 0:
                    break
                position, closing = end, ""
            else:
                token = _STRING_OR_COMMENT.search(content, position)
                if token is None:
                    break
                closing = token[0] if token[0] in ('"""', "'''") else ""
                position = token.end()
    return found


def _end_of_long_string(content: str, position: int, closing: str) -> int:
    """Where a multi-line string that goes on at ``position`` ends; -1 where this line does not end it."""
    while (end := content.find(closing, position)) >= 0:
        slashes = len(content[:end]) - len(content[:end].rstrip("\\"))
        if closing == "'''" or slashes % 2 == 0:
            end += 3
            while content[end : end + 1] == closing[0]:  # up to two quotes may stand before the delimiter
                end += 1
            return end
        position = end + 1
    return -1
