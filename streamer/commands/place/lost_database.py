"""Detects a lost or replaced database: the data folder has recordings, and the store is empty.

Without this check a command would report that nothing has been recorded. Changes nothing.
"""

from __future__ import annotations

from pathlib import Path

from streamer.core.base.words import counted
from streamer.core.records.batch import Stored

FIND_AGAIN = "restore it from a copy; without one, the next start makes the recordings again from what was captured"


def forgotten(data: Path, stored: Stored) -> str:
    """A sentence about the files that an empty store does not list; empty if the store has rows or no file exists."""
    if stored.takes or stored.recordings:
        return ""
    segments = sum(1 for _ in data.glob("takes/*/*.ts"))
    made = sum(1 for _ in data.glob("recordings/**/*.mp4"))
    if not segments and not made:
        return ""
    there = f"{counted(segments, 'captured segment')} and {counted(made, 'finished file')}"
    return f"the database is empty, but its folder has {there}"
