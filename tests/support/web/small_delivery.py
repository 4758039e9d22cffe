"""What players may fetch in tests of the web floor: exactly what a test has laid out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from streamer.core.base.errors import NotFound
from streamer.core.channel.channel import FilePrefix


class SmallDelivery:
    """Offers what :class:`streamer.engine.channels.delivery.Delivery` does. ``rooms`` are the ids of those with a
    channel."""

    def __init__(self, rooms: Collection[str]) -> None:
        self.media: dict[tuple[str, str, int], FilePrefix] = {}
        """By room, track and number."""
        self.inits: dict[tuple[str, str, int], Path] = {}
        """By room, track and span."""
        self._rooms = rooms

    def multivariant(self, room: str) -> str:
        if room not in self._rooms:
            raise NotFound("there is no channel for this room", where=f"room {room}")
        return "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n"

    def media_playlist(self, room: str, track: str) -> str:
        if room not in self._rooms or track not in ("720p", "audio"):
            raise NotFound(f"there is no track {track!r}", where=f"room {room}")
        return "#EXTM3U\n#EXTINF:2,\n720p/1.m4s\n"

    def init_segment(self, room: str, track: str, span: int) -> Path:
        try:
            return self.inits[room, track, span]
        except KeyError:
            raise NotFound("nothing is published under this name") from None

    def segment(self, room: str, track: str, sequence: int) -> FilePrefix:
        try:
            return self.media[room, track, sequence]
        except KeyError:
            raise NotFound("nothing is published under this name") from None

    def shifted(self, media: FilePrefix) -> bytes:
        return Path(media.path).read_bytes()[::-1]
