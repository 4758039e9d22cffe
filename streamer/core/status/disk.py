"""How short disk space is, and what follows from it: first we save, and before nothing is left we stop recording.

A full disk would end a capture whatever it does, and the picture of its viewers with it, for one process feeds both. So
the last of the space is not recorded into: below a small floor captures feed the livestream alone until there is room
again, and the database, the channel and the records of processes go on. Against others, who may take that floor too,
the data folder holds a ballast: a file that is given up when the disk is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LARGEST_BALLAST = 32_000_000
"""Bytes; of a small disk a sixteenth."""


class Pressure(StrEnum):
    """``saving``: below the reserve. ``full``: nothing may be recorded."""

    EASY = "easy"
    SAVING = "saving"
    FULL = "full"

    @property
    def saves(self) -> bool:
        return self is not Pressure.EASY

    @property
    def records(self) -> bool:
        return self is not Pressure.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """Bytes of the file system that the data folder is on; ``free`` is what this user may still write."""

    total: int
    free: int

    @property
    def ballast(self) -> int:
        """How much to hold against a full disk."""
        return min(LARGEST_BALLAST, self.total // 16)

    @property
    def floor(self) -> int:
        """Below this the disk counts as full."""
        return self.ballast // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncing:
    """How long (s) it takes to make safe what captures have written: the last time, the worst of the last minute.

    ``error`` is what the system says where it can't be done.
    """

    latest: float = 0.0
    worst: float = 0.0
    error: str = ""


def pressure(before: Pressure, space: DiskSpace, reserve: int) -> Pressure:
    """How short the space is now. What has begun ends a little later than it began, so that it does not flicker.

    A disk that was full has room again when it can take the ballast back and still holds twice the floor.
    """
    if space.free < (space.ballast + 2 * space.floor if before is Pressure.FULL else space.floor):
        return Pressure.FULL
    enough = reserve if before is Pressure.EASY else reserve + reserve // 20
    return Pressure.SAVING if space.free < enough else Pressure.EASY
