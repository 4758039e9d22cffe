"""Writes the timetable of a made-up conference of many rooms to standard output, for ``make wall``.

Its sessions are recorded and not streamed, so that two cores carry thirty rooms of small test pictures.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

ROOMS = 30
PER_ROOM = 5
_LENGTHS = (45, 60, 30)
_BREAK = timedelta(minutes=15)
_BEGIN = datetime(2026, 5, 18, 9)


def timetable(rooms: int = ROOMS) -> str:
    """The timetable as TOML."""
    tables = ["[conference]", f'title = "A wall of {rooms} rooms"', 'timezone = "Europe/Copenhagen"']
    for room in range(1, rooms + 1):
        start = _BEGIN + timedelta(minutes=5 * (room % 3))
        for number in range(PER_ROOM):
            length = _LENGTHS[(room + number) % len(_LENGTHS)]
            tables += [
                "[[sessions]]",
                f'id = "r{room}-{number + 1}"',
                f'room = "Room {room}"',
                f'title = "Session {number + 1} of room {room}"',
                f"start = {start.isoformat()}",
                f'duration = "{length}m"',
                "stream = false",
            ]
            start += timedelta(minutes=length) + _BREAK
    return "\n".join(tables) + "\n"


if __name__ == "__main__":
    sys.stdout.write(timetable())
