"""Formats for output: as wide as the terminal, or wide enough for a search where it is redirected."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime

from rich.console import Console

_PIPED_WIDTH = 180


def console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else _PIPED_WIDTH
    return Console(width=width, highlight=False, stderr=stderr)


def clock(instant: datetime, beside: datetime | None = None) -> str:
    """A time of day; with its date where ``beside`` is on another day. Both are in the displayed zone."""
    form = "%H:%M:%S" if instant.second else "%H:%M"
    if beside is not None and instant.date() != beside.date():
        form = f"%Y-%m-%d {form}"
    return f"{instant:{form}}"


def length(seconds: float) -> str:
    """``1:02:03``, ``12:05``, or ``7.4 s`` for short durations."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
