"""How short disk space is, and the effect: first the service saves, then it stops recording before the disk is full.

A full disk would end a capture, and its viewers' picture with it, because one process feeds both. So below a small
floor captures feed the livestream only, until there is space again, and the database, the channel and the records of
processes continue. Other programs may use the floor too; for that case the data folder has a ballast, a file that is
released when the disk is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LARGEST_BALLAST = 32_000_000
"""Bytes; on a small disk a sixteenth of it."""


class Pressure(StrEnum):
    """``saving``: below the reserve. ``full``: recording stops."""

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
        """The size of the ballast."""
        return min(LARGEST_BALLAST, self.total // 16)

    @property
    def floor(self) -> int:
        """Below this the disk counts as full."""
        return self.ballast // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncing:
    """How long (s) syncing the captured media takes: the last time, and the worst of the last minute.

    ``error`` is the system's message if it fails.
    """

    latest: float = 0.0
    worst: float = 0.0
    error: str = ""


def pressure(before: Pressure, space: DiskSpace, reserve: int) -> Pressure:
    """How short the space is now. A state ends at a slightly higher level than it begins, so that it does not flicker.

    A full disk has space again when it can hold the ballast and twice the floor.
    """
    if space.free < (space.ballast + 2 * space.floor if before is Pressure.FULL else space.floor):
        return Pressure.FULL
    enough = reserve if before is Pressure.EASY else reserve + reserve // 20
    return Pressure.SAVING if space.free < enough else Pressure.EASY
