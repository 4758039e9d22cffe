"""The rooms of a rehearsal of any timetable: each of its rooms gets a test picture."""

from __future__ import annotations

from pathlib import Path

from streamer.commands.place.assembly import TEST_SOURCE, published
from streamer.config import Config
from streamer.config.model import Room

FEW = 4
"""With more rooms than this their pictures are small, so that a small machine carries them."""
SMALL = "test:?size=320x180&rate=10"


async def of_timetable(config: Config, timetable: Path) -> Config:
    """The configuration with another timetable, an absolute path, and with its rooms instead of the configured ones.

    Raises StreamerError for a timetable that can't be read.
    """
    conference = config.conference.model_copy(update={"timetable": str(timetable), "title": None})
    bare = config.model_copy(update={"conference": conference, "feeds": (), "rooms": ()})
    reading = await published(bare)
    if reading.parsed is None:
        _, error = reading.errors[0]
        raise error
    found = reading.parsed.timetable.rooms
    source = TEST_SOURCE if len(found) <= FEW else SMALL
    rooms = tuple(Room(id=room.id, name=room.name).model_copy(update={"source": source}) for room in found)
    return bare.model_copy(update={"rooms": rooms})
