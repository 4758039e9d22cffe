"""How long it takes to read a timetable of FOSDEM's size, beside the plain parse of the same bytes."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

from bench.figures import Figure
from bench.programme import frab_xml
from bench.race import ROUNDS, race
from streamer.timetables import parse

SESSIONS, ROOMS = 1_070, 37
SHARED = Path(os.environ.get("STREAMER_SHARED") or Path(__file__).parents[2] / "shared")
REAL = SHARED / "data" / "timetables" / "fosdem2026_eve_20260130.xml"


async def timetable() -> list[Figure]:
    return load(SESSIONS, ROOMS)


def load(sessions: int, rooms: int, rounds: int = ROUNDS, real: Path | None = REAL) -> list[Figure]:
    """A made-up timetable of this size, and the ``real`` file where it is at hand."""
    feeds = {"made up": frab_xml(sessions, rooms)}
    if real is not None and real.is_file():
        feeds["FOSDEM's own"] = real.read_bytes()
    return [_load(name, content, rounds) for name, content in feeds.items()]


def _load(name: str, content: bytes, rounds: int) -> Figure:
    read = parse(content, name=name, timezone=None).timetable
    return race(
        f"load {len(read.sessions)} sessions in {len(read.rooms)} rooms, {name}",
        lambda: parse(content, name=name, timezone=None),
        "xml.etree, the same bytes",
        lambda: ElementTree.fromstring(content),  # noqa: S314  # a peer to measure, on bytes of our own
        rounds,
    )
