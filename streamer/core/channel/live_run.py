"""One livestream run as the channel sees it: chunks of all tracks side by side, placed in wall time.

The tracks of a run are identical in segments; a segment is usable as far as *every* track has it, measured by
media time. When a part is first seen bounds its true time from above, so the smallest (seen − end) of the
last minute, less what every part is late by, is the run's offset to wall time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streamer.core.base.ids import RunId
from streamer.core.channel.channel import FilePrefix
from streamer.core.channel.chunks import Chunk
from streamer.core.channel.lateness import Lateness
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import SEGMENT_SECONDS

_MEMORY = 30
SETTLING = 0.6
"""Seconds of arrivals after which a run's place in wall time is trusted: its first parts may come in a burst."""
LATE = 3
"""Frames by which every part is late: the tap knows that a picture is complete from the next one, the constant rate
needs the next one, and a part is written when the next one begins."""
_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A publishable stretch of one segment: the byte prefix of each track, and its extent in wall time."""

    start: float
    duration: float
    files: Mapping[str, FilePrefix]


class LiveRun:
    """The growing segments of one run. ``cursor`` is the number of the next segment to be considered."""

    def __init__(self, run: RunId, format: LiveFormat, *, bursts: bool = False) -> None:
        self.run = run
        self.format = format
        self.cursor: int | None = None
        self.last_seen: float | None = None
        self.offset: float | None = None
        """Wall time minus media time, in seconds; None until it has settled."""
        self.lateness = Lateness(bursts=bursts)
        self._arrived: list[tuple[float, float]] = []
        """When complete segments arrived, and their ends in media time, until the offset has settled."""
        self._late = LATE / float(format.rate)
        self._first_seen: float | None = None
        self._blind = False
        self._chunks: dict[int, dict[str, Chunk]] = {}
        self._offsets: deque[tuple[int, float]] = deque()

    def resume(self, number: int, offset: float) -> None:
        """Continue after segment ``number``, the run's last published one, with its ``offset``.

        What exists at the first look has no time of arrival, so the offset stays until an earlier arrival is seen.
        """
        self.cursor = number + 1
        self.offset = offset
        self._offsets.append((number, offset))
        self._blind = True

    def feed(self, chunks: Iterable[Chunk]) -> bool:
        """Take in new and grown chunks; True when anything changed."""
        changed = False
        reference = self.format.tracks[0]
        for chunk in chunks:
            if not chunk.parts:
                continue
            changed = True
            self._chunks.setdefault(chunk.number, {})[chunk.track] = chunk
            if self.cursor is None:
                self.cursor = chunk.number
            if chunk.track == reference:
                self._first_seen = self._first_seen if self._first_seen is not None else chunk.seen_at
                self.last_seen = max(self.last_seen or chunk.seen_at, chunk.seen_at)
                if not self._blind:
                    self._observe(chunk.number, chunk.seen_at - chunk.end - self._late)
                    if chunk.complete and chunk.seen_at - self._first_seen > SETTLING:
                        self._arrived.append((chunk.seen_at, chunk.end))
        self._blind = False
        if (
            self._first_seen is not None
            and self.last_seen is not None
            and self.last_seen - self._first_seen >= SETTLING
        ):
            self.offset = min((o for _, o in self._offsets), default=None)
        if self.offset is not None:
            for at, end in self._arrived:
                self.lateness.observe(at, at - self.offset - end)
            self._arrived.clear()
        return changed

    def _observe(self, number: int, offset: float) -> None:
        if self._offsets and self._offsets[-1][0] == number:
            offset = min(offset, self._offsets.pop()[1])
        self._offsets.append((number, offset))
        while len(self._offsets) > _MEMORY:
            self._offsets.popleft()

    def begins_at(self, number: int) -> float | None:
        """Wall time at which a segment begins; None before every track has some of it."""
        tracks = self._chunks.get(number)
        if tracks is None or self.offset is None or any(t not in tracks for t in self.format.tracks):
            return None
        return self.offset + tracks[self.format.tracks[0]].start

    def is_lost(self, number: int) -> bool:
        """Whether a track lacks a segment for ever, because it has continued: the disk was full."""
        tracks = self._chunks.get(number, {})
        later = [held for n, held in self._chunks.items() if n > number]
        return any(t not in tracks and any(t in held for held in later) for t in self.format.tracks)

    def expected_start(self) -> float | None:
        """Wall time at which the segment at the cursor begins, or will if it has not begun."""
        if self.cursor is None or self.offset is None:
            return None
        begun = self.begins_at(self.cursor)
        if begun is not None:
            return begun
        before = self._chunks.get(self.cursor - 1, {}).get(self.format.tracks[0])
        if before is None:
            return None
        return self.offset + before.start + SEGMENT_SECONDS

    def is_complete(self, number: int) -> bool:
        tracks = self._chunks.get(number, {})
        return all(t in tracks and tracks[t].complete for t in self.format.tracks)

    def reach(self, number: int) -> float | None:
        """Wall time up to which every video track has a segment."""
        tracks = self._chunks.get(number, {})
        if self.offset is None or any(t not in tracks for t in self.format.tracks):
            return None
        return self.offset + min(tracks[t].end for t in self.format.tracks[:-1])

    def whole(self, number: int, delay: float = 0.0) -> Cut:
        """A complete segment, placed ``delay`` seconds later than it was made."""
        return self._cut(number, None, delay)

    def until(self, number: int, limit: float, delay: float = 0.0) -> Cut | None:
        """A segment up to wall time ``limit``, then placed ``delay`` seconds later; None if some track has no part
        before the limit."""
        tracks = self._chunks[number]
        assert self.offset is not None
        media_limit = limit - self.offset + _TOLERANCE
        if any(c.parts[0].start + c.parts[0].duration > media_limit for c in tracks.values()):
            return None
        return self._cut(number, media_limit, delay)

    def _cut(self, number: int, media_limit: float | None, delay: float) -> Cut:
        assert self.offset is not None
        files = {}
        for track in self.format.tracks:
            chunk = self._chunks[number][track]
            parts = [p for p in chunk.parts if media_limit is None or p.start + p.duration <= media_limit]
            last = parts[-1]
            whole = chunk.complete and last == chunk.parts[-1] and not chunk.truncated
            files[track] = FilePrefix(
                path=chunk.path,
                start=self.offset + delay + chunk.start,
                duration=last.start + last.duration - chunk.start,
                bytes=None if whole else last.offset + last.size,
            )
        first = files[self.format.tracks[0]]
        return Cut(start=first.start, duration=first.duration, files=files)

    def forget(self, below: int) -> None:
        """Drop the segments with numbers below ``below``."""
        for number in [n for n in self._chunks if n < below]:
            del self._chunks[number]
