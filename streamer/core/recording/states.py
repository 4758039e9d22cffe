"""The states of a recording."""

from __future__ import annotations

from enum import StrEnum


class RecordingState(StrEnum):
    OFF = "off"
    PENDING = "pending"
    CAPTURING = "capturing"
    FINALISING = "finalising"
    READY = "ready"
    PARTIAL = "partial"
    FAILED = "failed"
    ERASED = "erased"
