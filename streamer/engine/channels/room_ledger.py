"""Keeps one room's ledger equal to its channel: what is new is appended, and now and then it begins anew.

A ledger that can't be written is no reason for the channel to stop; it is tried again with what is published next.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId
from streamer.core.channel import ledger
from streamer.core.channel.channel import Channel, ChannelNumbers
from streamer.core.channel.ledger import EntryOrigin, Restored
from streamer.engine.channels.ports import Ledgers

LONGEST = 500
"""Lines after which a ledger begins anew with what is still published."""

log = structlog.stdlib.get_logger(__name__)


class RoomLedger:
    """The ledger of one room. Its first writing replaces whatever a former run left."""

    def __init__(self, room: RoomId, ledgers: Ledgers) -> None:
        self._room = room
        self._ledgers = ledgers
        self._lines = LONGEST
        self._spans: set[int] = set()
        self._at = self._position = ChannelNumbers(sequence=0)
        self._failed = False

    def read(self, reserved: ChannelNumbers | None, tracks: set[str]) -> Restored | None:
        """What a former run published and can still be fetched, in these tracks; None where nobody can tell."""
        found = ledger.restored(self._ledgers.read(self._room), reserved)
        if found is None:
            return None
        for entry in reversed(list(found.channel.entries)):
            paths = [f.path for f in entry.files.values()] + list(found.channel.spans[entry.span].inits.values())
            if set(entry.files) != tracks or not all(map(self._ledgers.is_there, paths)):
                found.channel.drop_before(entry.sequence + 1)
                break
        return found

    def write(self, channel: Channel, origins: Mapping[int, EntryOrigin]) -> None:
        """Add what has changed since the last time; does nothing when nothing has."""
        beginning, position = channel.beginning, channel.position
        if (beginning, position) == (self._at, self._position):
            return
        new = [e for e in channel.entries if e.sequence >= self._position.sequence]
        lines = ledger.lines(channel, new, origins, self._spans) or [ledger.withdrawn(channel)]
        anew = self._lines + len(lines) > LONGEST or beginning.sequence > self._position.sequence
        try:
            if anew:
                lines = ledger.whole(channel, origins)
                self._ledgers.begin(self._room, lines)
            else:
                self._ledgers.append(self._room, lines)
            self._failed = False
            self._lines = len(lines) if anew else self._lines + len(lines)
        except StreamerError as error:
            if not self._failed:
                log.error("the channel's ledger can't be written", room=self._room, error=error)
            self._failed, self._lines = True, LONGEST
        self._spans = {e.span for e in channel.entries} if anew else self._spans | {e.span for e in new}
        self._at, self._position = beginning, position

    def delete(self) -> None:
        """What was published can't be fetched any more."""
        self._ledgers.delete(self._room)
