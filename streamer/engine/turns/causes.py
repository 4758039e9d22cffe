"""The causes of a turn."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What wakes the reconciler. A turn may have several."""

    START = "start"
    BELL = "bell"
    EXIT = "exit"
    FOOTAGE = "footage"  # a segment is closed and safe, or a source has been probed
    PROGRESS = "progress"  # of a process, if it changes a state
    CHANNEL = "channel"
    BACKGROUND = "background"  # the background worker finished a piece: a probe, a slate, a step of an export
    DISK = "disk"
    CLOCK = "clock"  # the wall clock was set
    DECISION = "decision"
    FEED = "feed"
    DUE = "due"  # work that depends on time alone is due: a retry, evaporation, settling
    AGAIN = "again"  # the previous turn failed
    ALARM = "alarm"
    SAFETY = "safety"


UNANNOUNCED = frozenset({Cause.ALARM, Cause.SAFETY})
"""Causes that announce no work: a turn with only these that finds work repairs a missed cause."""
