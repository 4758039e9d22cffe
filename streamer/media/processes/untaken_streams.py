"""Streams that a source began to send after its capture was started, and that are not captured.

FFmpeg chooses its streams once, at the start. It only logs a picture or sound that begins later, for example from
another encoder; a restart captures it.
"""

from __future__ import annotations

import re
from pathlib import Path

_TAIL_BYTES = 64 << 10
_NEW = re.compile(rb"New (video|audio) stream with index")


class UntakenStreams:
    """Follows one run's log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._size = 0
        self._found: frozenset[str] = frozenset()

    def read(self) -> frozenset[str]:
        """The kinds of the new streams, ``video`` and ``audio``."""
        try:
            size = self._log.stat().st_size
            if size != self._size:
                with self._log.open("rb") as file:
                    file.seek(max(0, size - _TAIL_BYTES))
                    self._found |= {kind.decode() for kind in _NEW.findall(file.read())}
                self._size = size
        except OSError:  # it does not exist yet, or is being truncated
            pass
        return self._found
