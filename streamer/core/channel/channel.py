"""A room's channel: what viewers see all day, live spans and slate between, as a list of published entries.

The channel decides by media time, never by the time of arrival: a live segment is published if the
plan has a session on air throughout it, cut where that stretch ends. What is not published has no name, so it
can't be fetched. Between live spans the slate's loop continues on the same clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from streamer.core.base.ids import SessionId
from streamer.core.channel.chunks import SlateText
from streamer.core.jobs.live_format import LiveFormat

EPSILON = 0.02
"""Seconds within which two instants of a channel are equal: media time comes in frames."""


class SpanKind(StrEnum):
    LIVE = "live"
    SLATE = "slate"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePrefix:
    """The first ``bytes`` of a file (None: all of it), with ``shift`` added to its ``tfdt`` (timescale units).

    ``start`` (wall, Unix s) and ``duration`` (s) are this track's own: audio frames do not end where video frames do.
    """

    path: str
    start: float
    duration: float
    bytes: int | None = None
    shift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An unbroken stretch of media: one initialisation segment per track, one clock.

    ``format`` and, for slate, ``text`` are what it was made from.
    """

    number: int
    kind: SpanKind
    inits: Mapping[str, str]
    format: LiveFormat | None = None
    text: SlateText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One published segment in all tracks. ``start`` (wall, Unix s) and ``duration`` (s) are the first track's;
    ``delay`` is how much later (s) than it was made it has its place."""

    sequence: int
    span: int
    kind: SpanKind
    start: float
    duration: float
    discontinuity: bool
    files: Mapping[str, FilePrefix]
    session: SessionId | None = None
    delay: float = 0.0

    @property
    def end(self) -> float:
        return self.start + self.duration

    def was_made_in(self, start: float, end: float) -> bool:
        """Whether some of it was made in [start, end) (Unix s)."""
        return self.start - self.delay < end and start < self.end - self.delay


LISTED = 30.0
"""Seconds of channel that a playlist lists."""
SERVED = 90.0
"""Seconds of channel that can be fetched: a slow viewer may still request what was listed."""
SERVED_AT_LEAST = LISTED + 4.0
"""The same when disk space is short: the present playlist and the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNumbers:
    """The next numbers of a channel: of its segment, and of the discontinuities before it.

    Both only grow, also across restarts, and stay small: players count through them.
    """

    sequence: int = 1
    discontinuities: int = 0

    def reserved(self) -> ChannelNumbers:
        """The numbers with which a later run may begin, while this one uses those before."""
        return ChannelNumbers(
            sequence=self.sequence + RESERVED_SEGMENTS, discontinuities=self.discontinuities + RESERVED_DISCONTINUITIES
        )


RESERVED_SEGMENTS = 5_000
RESERVED_DISCONTINUITIES = 200


class Channel:
    """The published entries of one room, newest last. Its spans are named by the number of their first segment."""

    def __init__(self, position: ChannelNumbers) -> None:
        self.entries: deque[Entry] = deque()
        self.spans: dict[int, Span] = {}
        self._next = position.sequence
        self._passed = position.discontinuities

    @classmethod
    def resumed(cls, beginning: ChannelNumbers, entries: Iterable[Entry], spans: Mapping[int, Span]) -> Channel:
        """A channel restored from its ``beginning`` and ``entries``, whose numbers are consecutive."""
        channel = cls(beginning)
        channel.entries.extend(entries)
        channel.spans = dict(spans)
        channel._next += len(channel.entries)
        return channel

    @property
    def beginning(self) -> ChannelNumbers:
        """The numbers before the first entry that is still published."""
        return ChannelNumbers(sequence=self._next - len(self.entries), discontinuities=self._passed)

    @property
    def position(self) -> ChannelNumbers:
        """The numbers with which a channel after this one would begin."""
        inside = sum(e.discontinuity for e in self.entries)
        return ChannelNumbers(sequence=self._next, discontinuities=self._passed + inside)

    @property
    def edge(self) -> float | None:
        """Where the published media ends, wall time."""
        return self.entries[-1].end if self.entries else None

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    def discontinuities_before(self, sequence: int) -> int:
        """How many discontinuities the channel has before the entry with this number."""
        return self._passed + sum(e.discontinuity for e in self.entries if e.sequence < sequence)

    def open_span(
        self, kind: SpanKind, inits: Mapping[str, str], format: LiveFormat | None = None, text: SlateText | None = None
    ) -> Span:
        """Begin a new span; the next entry that names it carries the discontinuity."""
        span = Span(number=self._next, kind=kind, inits=dict(inits), format=format, text=text)
        self.spans[span.number] = span
        return span

    def publish(
        self,
        span: Span,
        start: float,
        duration: float,
        files: Mapping[str, FilePrefix],
        session: SessionId | None = None,
        delay: float = 0.0,
    ) -> Entry:
        """Append one segment. It must belong to the last span or to a newer one."""
        last = self.last
        entry = Entry(
            sequence=self._next,
            span=span.number,
            kind=span.kind,
            start=start,
            duration=duration,
            discontinuity=last is None or last.span != span.number,
            files=dict(files),
            session=session,
            delay=delay,
        )
        self._next += 1
        self.entries.append(entry)
        return entry

    def evict(self, now: float, served: float = SERVED) -> list[Entry]:
        """Drop entries that ended more than ``served`` seconds ago, and spans without entries."""
        gone = []
        while len(self.entries) > 1 and self.entries[0].end < now - served:
            gone.append(self._drop_first())
        return gone

    def shows(self, start: float, end: float) -> bool:
        """Whether live media that was made in [start, end) is published (Unix s)."""
        return any(_is_live_in(entry, start, end) for entry in self.entries)

    def withdraw(self, start: float, end: float) -> list[Entry]:
        """Unpublish live media that was made in [start, end) at once (Unix s).

        It leaves the playlist with everything older, and can no longer be fetched.
        """
        last = -1
        for index, entry in enumerate(self.entries):
            if _is_live_in(entry, start, end):
                last = index
        return self.drop_before(self.beginning.sequence + last + 1)

    def drop_before(self, sequence: int) -> list[Entry]:
        """Unpublish all entries with numbers below ``sequence``."""
        return [self._drop_first() for e in list(self.entries) if e.sequence < sequence]

    def _drop_first(self) -> Entry:
        entry = self.entries.popleft()
        if entry.discontinuity:
            self._passed += 1
        used = {e.span for e in self.entries}
        newest = max(self.spans, default=0)
        self.spans = {n: s for n, s in self.spans.items() if n in used or n == newest}
        return entry

    def entry(self, sequence: int) -> Entry | None:
        """A published entry by its number; None if it never was, no longer is, or was withdrawn."""
        if not self.entries:
            return None
        index = sequence - self.entries[0].sequence
        if not 0 <= index < len(self.entries):
            return None
        found = self.entries[index]
        return found if found.sequence == sequence else None

    def listed(self) -> list[Entry]:
        """The entries of a playlist: the newest ``LISTED`` seconds, and at least three entries if there are three.

        Counted from the edge, not from the clock: a clock that steps back must not bring back entries that left.
        """
        edge = self.edge
        if edge is None:
            return []
        recent = list(dropwhile(lambda e: e.end < edge - LISTED, self.entries))
        return recent if len(recent) >= 3 else list(self.entries)[-3:]


def _is_live_in(entry: Entry, start: float, end: float) -> bool:
    return entry.kind is SpanKind.LIVE and entry.was_made_in(start, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """How one track appears in the multivariant playlist; ``codecs`` after RFC 6381, ``bitrate`` in bit/s."""

    name: str
    codecs: str
    bitrate: int
    width: int = 0
    height: int = 0
    rate: float = 0.0

    @property
    def is_audio(self) -> bool:
        return self.width == 0
