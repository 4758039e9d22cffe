"""Learns how late the segments of a livestream run come, so that the channel places them later.

An HLS source delivers several seconds at once and then nothing. Its media would always arrive after slate has taken its
place. One late arrival is an accident; two of them are the source's way of delivering, and of a source that is known to
come in pieces one is enough.
"""

from __future__ import annotations

from collections import deque

LATE_FROM = 1.5
"""Seconds after its end from which a segment is late: slate replaces a livestream that is silent for so long."""
MOST = 12.0
"""The largest delay (s) that a channel takes on; what comes later is left out."""
MEMORY = 60.0
"""Seconds for which a late arrival counts."""
APART = 1.0
"""Arrivals closer than this (s) are one burst."""
MARGIN = 0.5
"""Seconds by which a burst may be later than the ones before."""


class Lateness:
    """The late arrivals of the last minute. ``bursts``: the source is known to come in pieces."""

    def __init__(self, *, bursts: bool = False) -> None:
        self._bursts = bursts
        self._late: deque[tuple[float, float]] = deque()

    def observe(self, at: float, seconds: float) -> None:
        """A segment has arrived completely at ``at`` (Unix s), ``seconds`` after its end in wall time."""
        if seconds > LATE_FROM:
            self._late.append((at, seconds))

    def worst(self, at: float) -> float:
        """The latest arrival (s); 0 where none was late."""
        return max((seconds for _, seconds in self._recent(at)), default=0.0)

    def delay(self, at: float) -> float:
        """By how much (s) media must be placed later so that it is there in time; 0 for a source that is on time."""
        late = [(when, seconds) for when, seconds in self._recent(at) if seconds <= MOST]
        if not late or (not self._bursts and late[-1][0] - late[0][0] < APART):
            return 0.0
        return min(MOST, max(seconds for _, seconds in late) + MARGIN)

    def _recent(self, at: float) -> deque[tuple[float, float]]:
        while self._late and at - self._late[0][0] > MEMORY:
            self._late.popleft()
        return self._late
