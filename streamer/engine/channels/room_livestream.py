"""The livestream that one room's channel follows: one encoder run at a time, from its first chunk to the deletion of
its last.

It says which parts of the run can be published, and records the origin of each published segment. The channel decides
whether and when to publish.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from streamer.core.base.ids import RunId, SessionId
from streamer.core.channel.channel import EPSILON, Channel, Entry, Span, SpanKind
from streamer.core.channel.lateness import MOST
from streamer.core.channel.ledger import EntryOrigin
from streamer.core.channel.live_run import Cut, LiveRun
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.renditions import by_variant
from streamer.engine.channels.ports import ChunkReader, LiveFolders

SILENCE = 1.5
"""Seconds without a new part after which a livestream counts as silent and slate replaces it."""
PATIENCE = 3.0
"""Seconds for which an empty channel waits to learn the media time of a livestream that was already running."""


class RoomLivestream:
    """``wanted`` are the names of the renditions that viewers know; ``bursts``: the room's source comes in pieces."""

    def __init__(self, folders: LiveFolders, wanted: tuple[str, ...], *, bursts: bool = False) -> None:
        self._bursts = bursts
        self.run: LiveRun | None = None
        self.origins: dict[int, EntryOrigin] = {}
        """By the number of the published segment."""
        self._folders = folders
        self._wanted = wanted
        self.delay = 0.0
        """By how much (s) the run's media has a later place than it was made, because its source delivers late."""
        self._reader: ChunkReader | None = None
        self._attached_at: float | None = None
        self._span: Span | None = None
        self._spent: set[RunId] = set()

    def restore(self, channel: Channel, origins: dict[int, EntryOrigin], alive: Collection[RunId]) -> set[RunId]:
        """Restore the run that was published last, even if it has ended: it may have produced more chunks since then.

        ``alive`` are the running processes. Returns the runs that have published segments.
        """
        self.origins = origins
        self._spent = {origin.run for origin in origins.values()}.difference(alive)
        for entry in reversed(channel.entries):
            origin, format = origins.get(entry.sequence), channel.spans[entry.span].format
            if origin is not None and format is not None:
                self.attach(channel, origin.run, format)
                break
        return {origins[e.sequence].run for e in channel.entries if e.sequence in origins}

    def attach(self, channel: Channel, run: RunId, format: LiveFormat) -> None:
        """Follow a run; does nothing if it is already followed."""
        if self.run is None or self.run.run != run:
            self.detach()
            self._spent.discard(run)
            self.run = LiveRun(run, format, bursts=self._bursts)
            known = max((s for s, o in self.origins.items() if o.run == run), default=None)
            if known is not None:
                self.run.resume(self.origins[known].number, self.origins[known].offset)
            last = channel.last
            if last is not None and last.sequence == known:
                self._span, self.delay = channel.spans[last.span], last.delay
            self._reader = self._folders.reader(run, format, begin=(self.run.cursor or 1) - 1)

    def detach(self) -> None:
        """The run has ended; its published segments stay."""
        if self.run is not None:
            self._spent.add(self.run.run)
        self.run = self._reader = self._span = self._attached_at = None
        self.delay = 0.0

    def look(self, clock: float) -> None:
        """Read the chunks that the run has produced since the last call."""
        if self._reader is not None and self.run is not None:
            self._attached_at = clock if self._attached_at is None else self._attached_at
            self.run.feed(self._reader.poll())

    # -- state of the run -----------------------------------------------------------------------------------

    def is_settling(self, clock: float) -> bool:
        """Whether the run was already running and its media time is still unknown."""
        if self.run is None or self.run.offset is not None:
            return False
        return self._attached_at is None or clock - self._attached_at < PATIENCE

    def is_silent(self, clock: float) -> bool:
        if self.run is None or self.run.last_seen is None:
            return True
        return clock - self.run.last_seen > SILENCE + max(self.delay, self.run.lateness.delay(clock))

    def delay_of(self, channel: Channel, number: int, start: float, clock: float) -> float:
        """How much later than at ``start`` (Unix s) a segment has its place: as its span, or, where it begins one, as
        its source delivers. Such a span begins after the slate that has been published already."""
        if self.run is None:
            return 0.0
        if self.continues(channel, number):
            return self.delay
        learned = self.run.lateness.delay(clock)
        behind = channel.edge - start if channel.edge is not None else 0.0
        return min(MOST, max(learned, behind)) if learned else 0.0

    def lateness(self, clock: float) -> float:
        """How late (s) the run's media has arrived in the last minute."""
        return self.run.lateness.worst(clock) if self.run is not None else 0.0

    def is_due(self, number: int, limit: float, clock: float) -> bool:
        """Whether a segment is complete, has reached the end of air (``limit``), or is silent with the end of air in
        the past."""
        reach = self.run.reach(number) if self.run is not None else None
        if self.run is None or reach is None:
            return False
        return self.run.is_complete(number) or reach >= limit or (self.is_silent(clock) and clock >= limit)

    def continues(self, channel: Channel, number: int) -> bool:
        """Whether a segment of the run follows the last published one."""
        origin = self.origins.get(channel.last.sequence) if channel.last is not None else None
        return self.run is not None and origin is not None and (origin.run, origin.number) == (self.run.run, number - 1)

    # -- publishing -----------------------------------------------------------------------

    def inits(self) -> dict[str, str] | None:
        """The paths of the run's initialisation segments, by track; None until all are complete."""
        if self._reader is None or self.run is None:
            return None
        found = {track: self._reader.init(track) for track in self.run.format.tracks}
        complete = {track: path for track, path in found.items() if path is not None}
        return complete if len(complete) == len(found) else None

    def cut(self, number: int, limit: float, delay: float) -> Cut | None:
        """The parts of a segment that are on air, in their place; None if no part is."""
        assert self.run is not None
        reach = self.run.reach(number)
        if self.run.is_complete(number) and reach is not None and reach <= limit + EPSILON:
            return self.run.whole(number, delay)
        return self.run.until(number, limit, delay)

    def publish(
        self, channel: Channel, number: int, cut: Cut, inits: Mapping[str, str], session: SessionId, delay: float
    ) -> Entry:
        run = self.run
        assert run is not None
        assert run.offset is not None
        if self._span is None or not self.continues(channel, number):
            self._span = channel.open_span(SpanKind.LIVE, by_variant(run.format, self._wanted, inits), run.format)
        files = by_variant(run.format, self._wanted, cut.files)
        self.delay = delay
        entry = channel.publish(self._span, cut.start, cut.duration, files, session, delay)
        self.origins[entry.sequence] = EntryOrigin(run=run.run, number=number, offset=run.offset)
        return entry

    def clean(self, channel: Channel) -> None:
        """Delete the files that no published segment needs."""
        published = {e.sequence for e in channel.entries}
        self.origins = {s: o for s, o in self.origins.items() if s in published}
        used = {(o.run, o.number) for o in self.origins.values()}
        for run in [r for r in self._spent if all(r != one for one, _ in used)]:
            self._spent.discard(run)
            self._folders.delete(run)
        if self._reader is not None and self.run is not None and self.run.cursor is not None:
            below = min([n for one, n in used if one == self.run.run], default=self.run.cursor - 1)
            below = min(below, self.run.cursor - 1)
            self._reader.delete_below(below)
            self.run.forget(below)
