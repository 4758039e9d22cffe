"""What the captures of each room do with its source's tracks, learned from FFmpeg's account of its input.

A capture begins before its source is known. When the account shows a track that it can't copy, the room's coding
changes, so its capture is restarted, long before the session as a rule. Later captures begin with the right coding.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.takes import Take
from streamer.core.jobs.coding import COPIED, Coding, Means, coding_of, remarks, serves
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.engine.footage.take_reader import TakeReader

log = structlog.stdlib.get_logger(__name__)


class SourceCodings:
    """``codings`` and ``tracks`` are those of each room; without an entry a room's tracks are not known."""

    def __init__(self, reader: TakeReader) -> None:
        self.codings: dict[RoomId, Coding] = {}
        self.tracks: dict[RoomId, SourceTracks] = {}
        self._reader = reader
        self.replaced: set[RunId] = set()
        """The takes whose capture is started again, because it can't take what its source sends."""
        self._known: set[RunId] = set()

    def look(self, takes: Iterable[Take]) -> bool:
        """Read the accounts of takes that have none yet; whether the coding of a room has changed."""
        changed = False
        for take in takes:
            if take.id not in self._known and (tracks := self._reader.tracks(take.id)) is not None:
                changed |= self._learn(take, tracks)
        return changed

    def restore(self, take: Take) -> None:
        """Take up what is stored of a take of a former run."""
        if take.facts is not None and take.facts.tracks is not None:
            self._learn(take, take.facts.tracks)

    def look_again(self, room: RoomId) -> bool:
        """Forget the coding of a room that has no picture: one has come. Whether that changes anything."""
        if self.codings.get(room, COPIED).picture is not Means.DRAW:
            return False
        del self.codings[room]
        return True

    def forget(self, take: RunId) -> None:
        self._known.discard(take)
        self.replaced.discard(take)

    def _learn(self, take: Take, tracks: SourceTracks) -> bool:
        room = take.room
        self._known.add(take.id)
        if self.tracks.get(room) != tracks:
            for remark in remarks(tracks):
                log.warning("room %s: %s", room, remark, room=room, take=take.id)
        self.tracks[room] = tracks
        if serves(self.codings.get(room, COPIED), tracks):
            return False
        self.codings[room] = coding_of(tracks)
        self.replaced.add(take.id)
        return True
