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
        """The chunks that are new or have grown since the last call, in order for each track."""

    def init(self, track: str) -> str | None:
        """Absolute path of a track's initialisation segment; None before it is complete."""

    def delete_below(self, below: int) -> None:
        """Delete chunk files with numbers below ``below``."""


class LiveFolders(Protocol):
    def reader(self, run: RunId, format: LiveFormat, begin: int = 0) -> ChunkReader:
        """A reader for a run's chunks, from the first that still exists and has no number below ``begin``."""

    def delete(self, run: RunId) -> None:
        """Delete a run's folder."""

    def sweep(self, kept: Iterable[RunId]) -> None:
        """Delete the folders of all runs except ``kept``: those that are running or have published segments."""


class Ledgers(Protocol):
    """Stores each room's ledger (:mod:`streamer.core.channel.ledger`), one JSON value a line, for the next start."""

    def read(self, room: RoomId) -> list[Document]:
        """The lines in order, without a line that was incomplete when the service died.

        Empty if the ledger is missing, damaged, or from an earlier boot, after which the last lines may be missing.
        """

    def begin(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Replace a ledger. Deletes it on StoreError: an old ledger would lead to numbers being used twice."""

    def append(self, room: RoomId, lines: Sequence[Document]) -> None:
        """Add lines. Deletes the ledger on StoreError."""

    def delete(self, room: RoomId) -> None:
        """Delete this room's ledger, if it exists."""

    def is_there(self, path: str) -> bool:
        """Whether a chunk (complete or growing) or an initialisation segment exists."""


class SlatePainter(Protocol):
    async def render(self, text: SlateText, format: LiveFormat) -> Loop:
        """Draw and encode a holding picture; the same input gives the same cached result."""
