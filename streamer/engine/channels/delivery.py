"""Serves the rooms' channels to players: playlists, initialisation segments and segments.

Only what lies in a published span can be fetched. Nothing is encoded: a slate's segment, which is the same in every
loop, only gets its decode time written into it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from streamer.core.base.errors import NotFound, NotYet
from streamer.core.base.ids import RoomId
from streamer.core.channel.channel import FilePrefix, Track
from streamer.core.channel.chunks import Loop
from streamer.core.channel.playlists import media_playlist, multivariant_playlist
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.renditions import variant_map
from streamer.engine.channels.channels import Channels
from streamer.engine.channels.room_channel import RoomChannel

SHIFTED_KEPT = 128
"""Slate segments cached in memory: all players ask for the same few."""


class Delivery:
    """Serves ``channels`` under the names of the ``wanted`` renditions; ``shift`` adds ticks to every ``tfdt``."""

    def __init__(self, channels: Channels, wanted: Sequence[str], shift: Callable[[bytes, int], bytes]) -> None:
        self._channels = channels
        self._wanted = tuple(wanted)
        self._shift = shift
        self._shifted: OrderedDict[FilePrefix, bytes] = OrderedDict()

    def multivariant(self, room: str) -> str:
        """Raises NotFound for a room without a channel, NotYet while the channel has no media."""
        slate = self._room(room).slate
        if slate.loop is None or slate.format is None:
            raise _not_ready(room)
        return multivariant_playlist(self._tracks(slate.loop, slate.format))

    def _tracks(self, loop: Loop, format: LiveFormat) -> list[Track]:
        renditions = {r.name: r for r in format.renditions}
        tracks = []
        for name, rendition_name in variant_map(format, self._wanted).items():
            r = renditions[rendition_name]
            tracks.append(
                Track(
                    name=name,
                    codecs=loop.codecs[rendition_name],
                    bitrate=r.bitrate,
                    width=r.width,
                    height=r.height,
                    rate=float(format.rate),
                )
            )
        return [*tracks, Track(name="audio", codecs=loop.codecs["audio"], bitrate=format.audio_bitrate)]

    def media_playlist(self, room: str, track: str) -> str:
        """Raises NotFound for an unknown room or track, NotYet while nothing is published."""
        channel = self._room(room).channel
        if track not in (*self._wanted, "audio"):
            raise NotFound(f"there is no track {track!r}", where=f"room {room}")
        listed = channel.listed()
        if not listed:
            raise _not_ready(room)
        return media_playlist(listed, track, channel.discontinuities_before(listed[0].sequence))

    def init_segment(self, room: str, track: str, span: int) -> Path:
        """Absolute path; raises NotFound for a span without published segments."""
        channel = self._room(room).channel
        found = channel.spans.get(span)
        if found is None or track not in found.inits or all(e.span != span for e in channel.entries):
            raise _not_published()
        return Path(found.inits[track])

    def segment(self, room: str, track: str, sequence: int) -> FilePrefix:
        """A published segment; raises NotFound for any other."""
        entry = self._room(room).channel.entry(sequence)
        if entry is None or track not in entry.files:
            raise _not_published()
        return entry.files[track]

    def shifted(self, media: FilePrefix) -> bytes:
        """A slate's segment with its decode time written into it. Raises OSError if its file is missing."""
        known = self._shifted.get(media)
        if known is None:
            content = Path(media.path).read_bytes()
            known = self._shift(content if media.bytes is None else content[: media.bytes], media.shift)
            self._shifted[media] = known
            if len(self._shifted) > SHIFTED_KEPT:
                self._shifted.popitem(last=False)
        return known

    def _room(self, room: str) -> RoomChannel:
        found = self._channels.rooms.get(RoomId(room))
        if found is None:
            raise NotFound("there is no channel for this room", where=f"room {room}")
        return found


def _not_ready(room: str) -> NotYet:
    return NotYet("this room's channel is not ready yet", where=f"room {room}", hint="try again in a moment")


def _not_published() -> NotFound:
    return NotFound("nothing is published under this name")
