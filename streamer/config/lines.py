"""Finds the line of a key in a TOML text, which the parser does not tell. Never gives a wrong one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

Location = tuple[str | int, ...]
"""A way into a document: names of tables and keys, numbers of items in arrays."""


def line_of(text: str, location: Location) -> int | None:
    """The line, from 1, where what lies at ``location`` begins; of its nearest parent if it is not there itself.

    The text is read again and again, each time one line longer. The statement that brings the location to light
    begins where the last text that could be read ended; so inline tables and long strings need no rules of their own.
    """
    lines = text.split("\n")
    while location:
        if _present(tomllib.loads(text), location):
            return _first_with(lines, location)
        location = location[:-1]
    return None


def unclosed_line(text: str) -> int:
    """The line, from 1, of the statement with which a text ends that has no end of its own."""
    return max((count for count, _ in _readable(text.split("\n"))), default=0) + 1


def _first_with(lines: Sequence[str], location: Location) -> int | None:
    before = 0
    for count, document in _readable(lines):
        if _present(document, location):
            return before + 1
        before = count
    return None


def _readable(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every number of lines that are TOML for themselves, and what they say."""
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
