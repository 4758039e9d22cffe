"""A table of a TOML file that a person wrote: typed reading, and errors that say where.

Knows nothing of timetables.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from streamer.core.base.errors import TimetableError

LineOf = Callable[[str], int | None]
"""The line of a key; of the table's header for ``""``; None where it is not known."""


class Section:
    """A table, the name a person knows it by, and the lines of its keys."""

    def __init__(self, table: Mapping[str, object], label: str = "", line_of: LineOf = lambda key: None) -> None:
        self.table = table
        self._label = label
        self._line_of = line_of

    def named(self, label: str) -> Section:
        return Section(self.table, label, self._line_of)

    def where(self, key: str = "") -> str:
        number = self._line_of(key)
        parts = (f"line {number}" if number else "", self._label, f"key {key}" if key else "")
        return ", ".join(part for part in parts if part)

    def error(self, message: str, key: str = "", hint: str = "") -> TimetableError:
        return TimetableError(message, where=self.where(key), hint=hint)

    def only(self, known: Sequence[str]) -> None:
        """Refuses keys that are not ``known``, with the nearest that is."""
        for key in self.table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise self.error("unknown key", key, hint)

    def required(self, key: str) -> object:
        if key not in self.table:
            raise self.error(f"{key} is missing")
        return self.table[key]

    def text(self, key: str, *, empty: bool = False) -> str:
        """A string; with ``empty`` it may say nothing."""
        value = self.required(key)
        if not isinstance(value, str):
            raise self.error("is not text", key, "put it in quotes")
        if not empty and not value.strip():
            raise self.error("is empty", key)
        return value

    def flag(self, key: str) -> bool | None:
        """True, False, or None where the key is absent."""
        value = self.table.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.error("is neither true nor false", key, "write true or false without quotes, or leave it out")
        return value

    def inner(self, key: str, label: str, line_of: LineOf) -> Section:
        """The table under a key."""
        table = self.required(key)
        if not isinstance(table, dict):
            raise self.error("is not a table", key, f"write [{key}] on a line of its own")
        return Section(table, label, line_of)

    def tables(self, key: str, hint: str) -> list[Mapping[str, object]]:
        """The list of tables under a key; empty where the key is absent."""
        tables = self.table.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error("is not a list of tables", key, hint)
        return tables
