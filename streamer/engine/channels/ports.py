"""Protocols: the files of livestreams, slates and ledgers, as channels need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from streamer.core.base.ids import RoomId, RunId
from streamer.core.base.json import Document
from streamer.core.channel.chunks import Chunk, Loop, SlateText
from streamer.core.jobs.live_format import LiveFormat


class ChunkReader(Protocol):
    """Follows one livestream run's growing CMAF files. Made by :class:`LiveFolders`."""

    def poll(self) -> list[Chunk]:
        """The chunks that are new or have grown since the last call, per track in order."""

    def init(self, track: str) -> str | None:
        """Absolute path of a track's initialisation segment; None before it is whole."""

    def delete_below(self, below: int) -> None:
        """Delete chunk files with numbers below ``below``."""


class LiveFolders(Protocol):
    def reader(self, run: RunId, format: LiveFormat, begin: int = 0) -> ChunkReader:
        """A reader for a run's chunks, from the first that still exists and has no number below ``begin``."""

    def delete(self, run: RunId) -> None:
        """Delete a run's folder."""

    def sweep(self, kept: Iterable[RunId]) -> None:
        """Delete the folders of all runs but these, which are running or of which something is published."""


class Ledgers(Protocol):
    """Keeps each room's ledger (:mod:`streamer.core.channel.ledger`), one line a JSON value, over a death of
    the service."""

    def read(self, room: RoomId) -> list[Document]:
        """The lines in order, but for one that was being written when the service died.

        Empty where there are none that can be relied on: none at all, damaged ones, or those of an earlier boot, after
        which the last may be missing.
        """

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Replace a ledger. Raises StoreError, and then leaves none: an old one would give numbers a second time."""

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Add lines. Raises StoreError, and then leaves none."""

    def delete(self, room: RoomId) -> None:
        """Have no ledger of this room."""

    def is_there(self, path: str) -> bool:
        """Whether a chunk, maybe one that still grows, or an initialisation segment can be read."""


class SlatePainter(Protocol):
    async def render(self, text: SlateText, format: LiveFormat) -> Loop:
        """Draw and encode a holding picture; the same input gives the same cached result."""
