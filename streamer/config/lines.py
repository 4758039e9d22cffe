"""Finds the line of a key in a TOML text, which the parser does not give. Never gives a wrong one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

Location = tuple[str | int, ...]
"""A path in a document: names of tables and keys, indexes in arrays."""


def line_of(text: str, location: Location) -> int | None:
    """The line, from 1, where the value at ``location`` begins; that of its nearest parent if it is missing.

    The text is parsed repeatedly, each time one line longer. The statement that adds the location begins where the
    last valid text ended, so inline tables and long strings need no rules of their own.
    """
    lines = text.split("\n")
    while location:
        if _present(tomllib.loads(text), location):
            return _first_with(lines, location)
        location = location[:-1]
    return None


def unclosed_line(text: str) -> int:
    """The line, from 1, of the unfinished statement at the end of a text."""
    return max((count for count, _ in _readable(text.split("\n"))), default=0) + 1


def _first_with(lines: Sequence[str], location: Location) -> int | None:
    before = 0
    for count, document in _readable(lines):
        if _present(document, location):
            return before + 1
        before = count
    return None


def _readable(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every number of leading lines that are valid TOML, and their document."""
    for count in range(1, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):
            yield count, tomllib.loads("\n".join(lines[:count]))


def _present(document: Any, location: Location) -> bool:
    for step in location:
        try:
            document = document[step]
        except (LookupError, TypeError):
            return False
    return True
