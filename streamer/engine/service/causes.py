"""Why a turn comes."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What wakes the reconciler. A turn may have several."""

    START = "start"
    BELL = "bell"
    EXIT = "exit"
    FOOTAGE = "footage"  # a segment is closed and safe, or a source has been probed
    PROGRESS = "progress"  # of a process, as far as it changes a state
    CHANNEL = "channel"
    RECORDING = "recording"  # a step of what makes a recording's files is done
    DISK = "disk"
    CLOCK = "clock"  # the wall clock was set
    DECISION = "decision"
    FEED = "feed"
    DUE = "due"  # the time has come for what only time brings: a retry, evaporation, settling
    AGAIN = "again"  # the turn before could not be finished
    ALARM = "alarm"
    SAFETY = "safety"


UNANNOUNCED = frozenset({Cause.ALARM, Cause.SAFETY})
"""Causes that announce no work: a turn that has these alone and finds work mends what no other cause told."""
