"""A table of cells: the common part of CSV and XLSX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Value = str | float | bool | datetime | date | time | timedelta | None
"""A cell: text, or a spreadsheet's typed value; date-times have no zone. None if it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``where`` is its place for a person: a line of the file, or a row of a sheet."""

    where: str
    cells: Sequence[Value]

    def cell(self, index: int | None) -> Value:
        return self.cells[index] if index is not None and index < len(self.cells) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """``name`` is empty where the file has only one table."""

    name: str
    rows: Sequence[Row]


def shown(value: Value) -> str:
    """A cell as text, stripped."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
