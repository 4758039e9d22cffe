"""Serves the crew's look at a room itself: the segments of its newest take, whatever its channel shows."""

from __future__ import annotations

from pathlib import Path

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.preview import multivariant, playlist
from streamer.core.footage.takes import Take
from streamer.engine.footage.archive import Archive


class Previews:
    """The previews of an engine's rooms; its files are below the data folder ``data``."""

    def __init__(self, archive: Archive, data: Path) -> None:
        self._archive = archive
        self._data = data

    def multivariant(self, room: str) -> str:
        """The playlist that names the one of the room's running take. Raises NotFound."""
        running = [take for id in self._archive.open_takes() if (take := self._archive.take(id)) is not None]
        here = [take for take in running if take.room == room and take.slot == 1]
        if not here or not self._archive.footage.of_take(here[-1]):
            raise _no_picture(room)
        return multivariant(here[-1].id)

    def playlist(self, room: str, take: str) -> str:
        """The newest segments of a take of the room. Raises NotFound."""
        known = self._take(room, take)
        return playlist(self._archive.footage.of_take(known), ended=known.ended is not None)

    def segment(self, room: str, take: str, number: int) -> Path:
        """The absolute path of a segment. Raises NotFound."""
        known = self._take(room, take)
        found = self._archive.footage.find((known.id, number))
        if found is None:
            raise _no_picture(room)
        return self._data / found.segment.path

    def _take(self, room: str, take: str) -> Take:
        known = self._archive.take(RunId(take))
        if known is None or known.room != RoomId(room):
            raise _no_picture(room)
        return known


def _no_picture(room: str) -> NotFound:
    return NotFound("there is no picture of this room", where=f"room {room[:80]}", hint="see whether it is captured")
