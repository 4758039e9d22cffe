"""Keeps one room's ledger equal to its channel: appends what is new and sometimes rewrites the ledger.

If the ledger can't be written the channel continues; the next publication tries again.
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
"""The number of lines after which the ledger is rewritten with what is still published."""

log = structlog.stdlib.get_logger(__name__)


class RoomLedger:
    """The ledger of one room. Its first write replaces the ledger of a former run."""

    def __init__(self, room: RoomId, ledgers: Ledgers) -> None:
        self._room = room
        self._ledgers = ledgers
        self._lines = LONGEST
        self._spans: set[int] = set()
        self._at = self._position = ChannelNumbers(sequence=0)
        self._failed = False

    def read(self, reserved: ChannelNumbers | None, tracks: set[str]) -> Restored | None:
        """What a former run published in these tracks and can still be fetched; None if it is unknown."""
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
        """Append the changes since the last call, if there are any."""
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
        """Delete the ledger, as what was published can no longer be fetched."""
        self._ledgers.delete(self._room)
