"""Reads FFmpeg's text about one room: lines that its filters print, and its progress. No I/O.

On digital silence FFmpeg prints ``nan`` and about -159 LUFS; both become the floor.
"""

from __future__ import annotations

import re
from collections import deque

from streamer.core.base.ids import RoomId
from streamer.core.monitor.meter import CHANNELS, FLOOR, Meter

SOUND_WITHIN = 2.0
"""Seconds without a line about the sound after which there is none."""
NEWS_FOR = 1.0
"""Seconds for which what came last is told again: a source that sends its sound in larger pieces has no pauses."""
RATE_OVER = 4
"""The number of counts over which the picture rate is taken."""

_LINE = re.compile(
    rb"(?:lavfi\.)?(r128\.[MS]|astats\.(?:\d+)\.Peak_level|black_start|black_end"
    rb"|freezedetect\.freeze_start|freezedetect\.freeze_end|frame)=\s*(\S+)"
)


class Readings:
    """What was read of one room. Times are monotonic seconds of the reader."""

    def __init__(self, room: RoomId) -> None:
        self._room = room
        self._rest = b""
        self._momentary = self._short_term = FLOOR
        self._peaks: dict[bytes, float] = {}
        self._told: tuple[float, ...] = ()
        self._black = self._frozen = False
        self._counts: deque[tuple[float, int]] = deque(maxlen=RATE_OVER + 1)
        self._heard_at: float | None = None
        self._came_at: float | None = None

    @property
    def momentary(self) -> float:
        return self._momentary

    def feed(self, text: bytes, now: float) -> None:
        """Take the next piece of FFmpeg's text, which may end within a line."""
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            if found := _LINE.match(line):
                self._take(found[1], found[2], now)

    def _take(self, key: bytes, value: bytes, now: float) -> None:
        match key:
            case b"r128.M":
                self._momentary = _level(value)
                self._heard_at = self._came_at = now
            case b"r128.S":
                self._short_term = _level(value)
            case b"frame":
                self._count(value, now)
            case b"black_start" | b"black_end":
                self._black = key == b"black_start"
            case b"freezedetect.freeze_start" | b"freezedetect.freeze_end":
                self._frozen = key == b"freezedetect.freeze_start"
            case _:
                self._peaks[key] = max(_level(value), self._peaks.get(key, FLOOR))

    def _count(self, value: bytes, now: float) -> None:
        """A count of pictures; the same count again means that none came, and is no news."""
        count = int(value)
        if not self._counts or self._counts[-1][1] != count:
            self._came_at = now
        self._counts.append((now, count))

    def meter(self, at: float, speech: float, now: float) -> Meter | None:
        """The meter at ``at`` (Unix s); None if nothing came of late. Peaks begin again with each."""
        if self._came_at is None or now - self._came_at > NEWS_FOR:
            return None
        is_heard = self._heard_at is not None and now - self._heard_at <= SOUND_WITHIN
        if not is_heard:
            self._momentary = self._short_term = FLOOR
            self._told, self._peaks = (), {}
        if self._peaks:
            self._told = tuple(self._peaks.values())[:CHANNELS]
            self._peaks = {}
        return Meter(
            room=self._room,
            at=at,
            momentary=self._momentary,
            short_term=self._short_term,
            peaks=self._told,
            speech=speech if is_heard else 0.0,
            black=self._black,
            frozen=self._frozen,
            rate=self._rate(),
        )

    def _rate(self) -> float | None:
        if len(self._counts) <= RATE_OVER:
            return None
        (began, first), (ended, last) = self._counts[0], self._counts[-1]
        return (last - first) / (ended - began) if ended > began else None


def _level(value: bytes) -> float:
    """Between the floor and what was read; ``nan`` is the floor."""
    return max(FLOOR, float(value))
