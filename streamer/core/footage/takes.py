"""Takes, the keeps of their segments, and losses."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.jobs.source_facts import SourceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One unbroken run of a capture process. ``ended`` is None while it runs; ``cause`` then says why it ended.

    ``slot`` numbers the parallel captures of a source; the first also feeds the tap.
    """

    id: RunId
    room: RoomId
    started: float
    ended: float | None = None
    cause: str = ""
    facts: SourceFacts | None = None
    slot: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A session's reference to a segment, which is not deleted while a keep exists."""

    session: SessionId
    take: RunId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A captured stretch of a take (wall time, Unix s) that can no longer be read; ``reason`` names the file."""

    take: RunId
    number: int
    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTake:
    """A take as its folder shows it: the segments' numbers in order, and the record of its process.

    ``room`` is None if it is not recorded; ``rebooted``: its process ran before the last start of the machine.
    """

    id: RunId
    numbers: tuple[int, ...]
    room: RoomId | None = None
    started: float = 0.0
    rebooted: bool = False
    slot: int = 1
