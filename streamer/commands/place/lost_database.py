"""A data folder whose store knows of nothing although there are recordings in it: the database was lost, or is another.

To say that nothing has been recorded would be a lie, and somebody might believe it. Looks, and changes nothing.
"""

from __future__ import annotations

from pathlib import Path

from streamer.core.base.words import counted
from streamer.core.records.batch import Stored

FIND_AGAIN = "restore it from a copy; without one, the next start finds what was captured and makes all of it again"


def forgotten(data: Path, stored: Stored) -> str:
    """What is there that the store knows nothing of, in a sentence; empty where it knows of anything, or nothing is."""
    if stored.takes or stored.recordings:
        return ""
    segments = sum(1 for _ in data.glob("takes/*/*.ts"))
    made = sum(1 for _ in data.glob("recordings/**/*.mp4"))
    if not segments and not made:
        return ""
    there = f"{counted(segments, 'captured segment')} and {counted(made, 'finished file')}"
    return f"the database knows nothing of the {there} in its folder"
