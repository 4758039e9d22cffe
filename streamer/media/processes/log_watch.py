"""What a running FFmpeg says in its log: streams that it does not take, and publishers that it refuses.

FFmpeg chooses its streams once, at the start. It only logs a picture or sound that begins later, for example from
another encoder; a restart captures it. An SRT listener goes on waiting after it has refused a publisher.
"""

from __future__ import annotations

import re
from pathlib import Path

from streamer.core.base.redact import redact

_TAIL_BYTES = 64 << 10
_NEW = re.compile(rb"New (video|audio) stream with index")
_REFUSED = re.compile(rb"rsp\(REJECT\): (?P<code>\d+) - (?P<why>[^\r\n]{1,200})")
_WRONG_PASSPHRASE = b"1010"


class LogWatch:
    """Follows one run's log. ``untaken`` are the kinds of new streams (``video``, ``audio``); ``refusal`` says why the
    last publisher was refused, empty if none was."""

    def __init__(self, log: Path) -> None:
        self.untaken: frozenset[str] = frozenset()
        self.refusal = ""
        self._log = log
        self._size = 0

    def read(self) -> None:
        """Read what has been written since the last call."""
        try:
            size = self._log.stat().st_size
            if size == self._size:
                return
            with self._log.open("rb") as file:
                file.seek(max(0, size - _TAIL_BYTES))
                content = file.read()
            self._size = size
        except OSError:  # it does not exist yet, or is being truncated
            return
        self.untaken |= {kind.decode() for kind in _NEW.findall(content)}
        self.refusal = refusal(content) or self.refusal


def refusal(content: bytes) -> str:
    """Why the last publisher was refused, according to a log; empty if none was."""
    found = list(_REFUSED.finditer(content))
    if not found:
        return ""
    refused = found[-1]
    if refused["code"] == _WRONG_PASSPHRASE:
        return "it uses another passphrase: set the same on both sides"
    return redact(refused["why"].decode(errors="replace").strip())
