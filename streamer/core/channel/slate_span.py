"""The slate's loop in wall time, published segment by segment, cut at the end of a part."""

from __future__ import annotations

from streamer.core.channel.channel import FilePrefix
from streamer.core.channel.chunks import Chunk, Loop
from streamer.core.channel.live_run import Cut

_TOLERANCE = 0.02


class SlateSpan:
    """A stretch of slate that begins at ``start`` (wall, Unix s). After a shortened segment it is closed."""

    def __init__(self, loop: Loop, start: float) -> None:
        self.loop = loop
        self.start = start
        self.closed = False
        self._index = 0
        self._reference = next(iter(loop.segments))

    @classmethod
    def after(cls, loop: Loop, last: FilePrefix) -> SlateSpan | None:
        """The stretch that ``last`` of any track was published from; None if it is from another loop."""
        for segments in loop.segments.values():
            for place, chunk in enumerate(segments):
                if chunk.path == last.path:
                    shift = last.shift / loop.timescales[chunk.track]
                    span = cls(loop, last.start - shift - chunk.start)
                    span.closed = last.bytes is not None
                    span._index = round(shift / loop.seconds) * len(segments) + place + 1
                    return span
        return None

    def next(self, limit: float) -> Cut | None:
        """The next segment, up to ``limit`` at most; None when not even one part of each track fits."""
        if self.closed:
            return None
        count = len(self.loop.segments[self._reference])
        turn, place = divmod(self._index, count)
        shift = turn * self.loop.seconds
        files = {}
        for track, segments in self.loop.segments.items():
            prefix = self._prefix(track, segments[place], shift, limit)
            if prefix is None:
                return None
            files[track] = prefix
        self._index += 1
        self.closed = files[self._reference].bytes is not None
        first = files[self._reference]
        return Cut(start=first.start, duration=first.duration, files=files)

    def _prefix(self, track: str, chunk: Chunk, shift: float, limit: float) -> FilePrefix | None:
        base = self.start + shift
        whole = base + chunk.end <= limit + _TOLERANCE or (track != self._reference and self._fits(chunk, base, limit))
        parts = (
            chunk.parts if whole else tuple(p for p in chunk.parts if base + p.start + p.duration <= limit + _TOLERANCE)
        )
        if not parts:
            return None
        last = parts[-1]
        return FilePrefix(
            path=chunk.path,
            start=base + chunk.start,
            duration=last.start + last.duration - chunk.start,
            bytes=None if whole else last.offset + last.size,
            shift=round(shift * self.loop.timescales[track]),
        )

    def _fits(self, chunk: Chunk, base: float, limit: float) -> bool:
        """Audio chunks end up to a frame or two after the picture: whole where the picture is whole."""
        place = next(i for s in self.loop.segments.values() for i, c in enumerate(s) if c is chunk)
        return base + self.loop.segments[self._reference][place].end <= limit + _TOLERANCE
