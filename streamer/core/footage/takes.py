"""Takes, the keeps that hold their segments, and what of them was lost."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.jobs.source_facts import SourceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One unbroken run of a capture process. ``ended`` is None while it runs, ``cause`` says afterwards why it did.

    ``slot`` counts the captures that read the same source side by side; the first also feeds the tap.
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
    """A session refers to a segment: it is not deleted while this stands."""

    session: SessionId
    take: RunId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A stretch of a take (wall time, Unix s) that had been captured and can't be read any more; ``reason`` says of
    which file."""

    take: RunId
    number: int
    start: float
    end: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTake:
    """A take as its folder shows it: the segments' numbers in order, and what is on record of its process.

    ``room`` is None where nobody wrote down whose it is, ``rebooted`` says that its process ran before the machine
    was started last.
    """

    id: RunId
    numbers: tuple[int, ...]
    room: RoomId | None = None
    started: float = 0.0
    rebooted: bool = False
    slot: int = 1
