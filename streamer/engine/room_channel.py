"""One room's channel at work: publishes what the plan has on air, and slate wherever that has no picture.

It is stepped many times a second and looks at media time and the plan only; a step that comes late publishes
the same entries as one that came in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from streamer.core.channel import SERVED, Channel, Entry, Position, Span, SpanKind
from streamer.core.ids import RoomId, SessionId
from streamer.core.ledger import Origin
from streamer.core.live_run import Cut, LiveRun
from streamer.core.media import SEGMENT_SECONDS, LiveFormat, Loop, RunId, SlateText
from streamer.core.plan import Plan
from streamer.core.ports import ChunkReader, Ledgers, LiveFolders
from streamer.core.renditions import variant_map
from streamer.core.slate_span import SlateSpan
from streamer.core.states import GRACE, ChannelView
from streamer.engine.room_ledger import RoomLedger

SILENCE = 1.5
"""Seconds without a new part after which a livestream counts as gone and slate takes over."""
HISTORY = 5
"""Slate segments that a channel begins with."""
PATIENCE = 3.0
"""Seconds a channel that has nothing yet waits for the place in time of a livestream that runs already."""
STALE = SERVED
"""Seconds a channel may lie behind before it begins anew instead of catching up: who watched has given up."""
_EPS = 0.02
_T = TypeVar("_T")


class RoomChannel:
    """The channel of one room, fed from one livestream run at a time and from the slate's loop."""

    def __init__(
        self,
        room: RoomId,
        wanted: tuple[str, ...],
        folders: LiveFolders,
        ledgers: Ledgers,
        reserved: Position | None = None,
    ) -> None:
        """``reserved`` is what a former run left for this one to begin with."""
        self.room = room
        self.channel = Channel(reserved or Position())
        self.loop: Loop | None = None
        self.loop_format: LiveFormat | None = None
        self.first_chunks: dict[SessionId, datetime] = {}
        self.served = SERVED
        self._wanted = wanted
        self._folders = folders
        self._ledger = RoomLedger(room, ledgers)
        self._reserved = reserved
        self._text: SlateText | None = None
        self._begun = False
        self._resuming = False
        self._reader: ChunkReader | None = None
        self._run: LiveRun | None = None
        self._attached_at: float | None = None
        self._live_span: Span | None = None
        self._slate: tuple[SlateSpan, Span] | None = None
        self._origin: dict[int, Origin] = {}
        self._spent: set[RunId] = set()

    # -- over a death of the service ---------------------------------------------------------------

    def restore(self, plan: Plan, now: datetime, alive: Iterable[RunId]) -> set[RunId]:
        """Take up what a former run of the service published, so that viewers notice nothing of its end.

        What may no longer be shown is withdrawn before anything can be fetched; what the livestream has made since is
        published with the first step. ``alive`` are the processes that run. Returns the runs of which something is
        published.
        """
        found = self._ledger.read(self._reserved, {*self._wanted, "audio"})
        if found is None:
            return set()
        self.channel, self._origin = found.channel, found.origins
        self.channel.evict(now.timestamp(), self.served)
        self._withdraw(plan)
        for entry in self.channel.entries:
            if entry.session is not None:
                self.first_chunks.setdefault(entry.session, _instant(entry.start))
        self._spent = {origin.run for origin in self._origin.values()}.difference(alive)
        last = self.channel.last
        self._begun = last is not None and last.kind is SpanKind.LIVE
        self._resuming = True
        self._follow_again()
        return {self._origin[e.sequence].run for e in self.channel.entries if e.sequence in self._origin}

    def _follow_again(self) -> None:
        """Take up the run that was published last, even if it has ended: it may have made more meanwhile."""
        for entry in reversed(self.channel.entries):
            origin, format = self._origin.get(entry.sequence), self.channel.spans[entry.span].format
            if origin is not None and format is not None:
                self.attach(origin.run, format)
                break

    def last_slate(self) -> tuple[SlateText, LiveFormat] | None:
        """What the newest slate that is still published was made from."""
        newest_first = sorted(self.channel.spans.items(), reverse=True)
        return next(((s.text, s.format) for _, s in newest_first if s.text and s.format), None)

    def forget(self) -> None:
        """The media is about to be deleted: no later run may go on with it."""
        self._ledger.delete()

    # -- what feeds it -----------------------------------------------------------------------------

    def attach(self, run: RunId, format: LiveFormat) -> None:
        """Follow a livestream run; does nothing when it is followed already."""
        if self._run is None or self._run.run != run:
            self.detach()
            self._spent.discard(run)
            self._run = LiveRun(run, format)
            known = max((s for s, o in self._origin.items() if o.run == run), default=None)
            if known is not None:
                self._run.resume(self._origin[known].number, self._origin[known].offset)
            last = self.channel.last
            if last is not None and last.sequence == known:
                self._live_span = self.channel.spans[last.span]
            self._reader = self._folders.reader(run, format, begin=(self._run.cursor or 1) - 1)

    def detach(self) -> None:
        """The livestream run is over; what was published of it stays."""
        if self._run is not None:
            self._spent.add(self._run.run)
        self._run = self._reader = self._live_span = self._attached_at = None

    def show(self, loop: Loop, format: LiveFormat, text: SlateText) -> None:
        """Use this slate from the next segment on; it goes on without a seam where it was shown last."""
        self.loop, self.loop_format, self._text = loop, format, text
        last = self.channel.last
        if self._slate is None and last is not None and last.kind is SpanKind.SLATE:
            layout = SlateSpan.after(loop, next(iter(last.files.values())))
            if layout is not None:
                self._slate = (layout, self.channel.spans[last.span])

    # -- steps ---------------------------------------------------------------------------------------

    def step(self, plan: Plan, now: datetime) -> list[Entry]:
        """Publish what is due at ``now``, withdraw what may not be shown; returns the new entries."""
        clock = now.timestamp()
        self._resuming = False
        self._withdraw(plan)  # first of all: it must not wait for a folder that can't be read
        if self._reader is not None and self._run is not None:
            self._attached_at = clock if self._attached_at is None else self._attached_at
            self._run.feed(self._reader.poll())
        try:
            published = self._publish_live(plan, clock) + self._publish_slate(plan, clock)
            if published:
                self._begun = True
                self.channel.evict(clock, self.served)
        finally:
            self._ledger.write(self.channel, self._origin)
        if published:
            self._clean()
        return published

    def shows_withheld(self, plan: Plan) -> bool:
        """Whether something can be fetched that may not be shown."""
        return any(self.channel.shows(start, end) for start, end in self._withheld(plan))

    def _withdraw(self, plan: Plan) -> None:
        for start, end in self._withheld(plan):
            self.channel.withdraw(start, end)

    def _withheld(self, plan: Plan) -> list[tuple[float, float]]:
        """Where (Unix s) sessions lie that may not be streamed, as far as something is published there."""
        if not self.channel.entries:
            return []
        first, edge = self.channel.entries[0].start, self.channel.entries[-1].end
        found = [(s.start.timestamp(), s.end.timestamp()) for s in plan.of_room(self.room) if not s.consent_stream]
        return [(start + 2 * _EPS, end - 2 * _EPS) for start, end in found if start < edge and first < end]

    # -- live ------------------------------------------------------------------------------------------

    def _publish_live(self, plan: Plan, clock: float) -> list[Entry]:
        published: list[Entry] = []
        run, edge = self._run, self.channel.edge
        anew = clock - HISTORY * SEGMENT_SECONDS if edge is not None and clock - edge > STALE else 0.0
        while run is not None and run.cursor is not None:
            number = run.cursor
            start = run.start(number)
            if start is None:
                if not run.is_lost(number):
                    break
                run.cursor += 1
                continue
            shown = plan.on_air(self.room, _instant(start + _EPS))
            if shown is None or start < anew or not self._follows(run, number, start):
                if not run.is_complete(number):
                    break
                run.cursor += 1
                continue
            limit = plan.air_ends(self.room, _instant(start + _EPS)).timestamp()
            if not self._is_due(run, number, limit, clock):
                break
            inits = self._inits(run.format)
            if inits is None:
                break
            cut = self._cut(run, number, limit)
            run.cursor += 1
            if cut is not None:
                published += self._bridge(cut.start)
                published.append(self._publish(run, number, cut, inits, shown.id))
        return published

    def _follows(self, run: LiveRun, number: int, start: float) -> bool:
        """A segment continues its span, or begins one where the published media has ended."""
        last = self.channel.last
        return last is None or self._continues(run, number) or start >= last.end - _EPS

    def _continues(self, run: LiveRun, number: int) -> bool:
        last = self.channel.last
        origin = self._origin.get(last.sequence) if last is not None else None
        return origin is not None and (origin.run, origin.number) == (run.run, number - 1)

    def _is_due(self, run: LiveRun, number: int, limit: float, clock: float) -> bool:
        """Whole, or grown to where the air ends, or silent with the end of air behind it."""
        reach = run.reach(number)
        if reach is None:
            return False
        silent = run.last_seen is None or clock - run.last_seen > SILENCE
        return run.is_complete(number) or reach >= limit or (silent and clock >= limit)

    def _cut(self, run: LiveRun, number: int, limit: float) -> Cut | None:
        reach = run.reach(number)
        if run.is_complete(number) and reach is not None and reach <= limit + _EPS:
            return run.whole(number)
        return run.until(number, limit)

    def _publish(self, run: LiveRun, number: int, cut: Cut, inits: Mapping[str, str], session: SessionId) -> Entry:
        if self._live_span is None or not self._continues(run, number):
            self._live_span = self.channel.open_span(SpanKind.LIVE, self._by_variant(run.format, inits), run.format)
        files = self._by_variant(run.format, cut.files)
        entry = self.channel.publish(self._live_span, cut.start, cut.duration, files, session)
        assert run.offset is not None
        self._origin[entry.sequence] = Origin(run=run.run, number=number, offset=run.offset)
        self.first_chunks.setdefault(session, _instant(cut.start))
        return entry

    def _inits(self, format: LiveFormat) -> dict[str, str] | None:
        assert self._reader is not None
        found = {track: self._reader.init(track) for track in format.tracks}
        complete = {track: path for track, path in found.items() if path is not None}
        return complete if len(complete) == len(found) else None

    def _by_variant(self, format: LiveFormat, by_track: Mapping[str, _T]) -> dict[str, _T]:
        """The same values under the names that viewers know: one for each wanted rendition, and audio."""
        names = variant_map(format, self._wanted)
        return {**{name: by_track[track] for name, track in names.items()}, "audio": by_track["audio"]}

    # -- slate -----------------------------------------------------------------------------------------

    def _publish_slate(self, plan: Plan, clock: float) -> list[Entry]:
        if self.loop is None or self.is_settling(clock):
            return []
        published: list[Entry] = []
        edge = self.channel.edge
        if edge is None or clock - edge > STALE:
            edge = clock - HISTORY * SEGMENT_SECONDS
        while True:
            live = self._next_live(plan, edge, clock)
            until = edge + SEGMENT_SECONDS if live is None else min(edge + SEGMENT_SECONDS, live)
            if until > clock or until - edge < _EPS:
                break
            entry = self._publish_one_slate(edge, until)
            if entry is None:
                break
            published.append(entry)
            edge = entry.end
        return published

    def _next_live(self, plan: Plan, edge: float, clock: float) -> float | None:
        """Where live will begin or go on, if its next two segments are on air and it is well; wall time."""
        run = self._run
        if run is None or run.last_seen is None or clock - run.last_seen > SILENCE:
            return None
        begin = run.expected_start()
        if begin is None or run.cursor is None:
            return None
        if self._continues(run, run.cursor):
            begin = max(begin, edge)
        while begin < edge - _EPS:
            begin += SEGMENT_SECONDS
        for candidate in (begin, begin + SEGMENT_SECONDS):
            if plan.on_air(self.room, _instant(candidate + _EPS)) is not None:
                return candidate
        return None

    def _bridge(self, start: float) -> list[Entry]:
        """Let slate reach to where live begins, when a late step left a hole."""
        published: list[Entry] = []
        last = self.channel.last
        shortest = SILENCE if last is not None and last.kind is SpanKind.LIVE else _EPS
        while last is not None and STALE > start - last.end > shortest:
            last = self._publish_one_slate(last.end, min(last.end + SEGMENT_SECONDS, start), same=True)
            shortest = _EPS
            if last is not None:
                published.append(last)
        return published

    def is_settling(self, clock: float) -> bool:
        """Taking up a livestream that runs already: what it shows is about to be known."""
        if self._resuming:
            return True
        if self._run is None or self._run.offset is not None or self._begun:
            return False
        return self._attached_at is None or clock - self._attached_at < PATIENCE

    def _publish_one_slate(self, edge: float, until: float, *, same: bool = False) -> Entry | None:
        """``same``: what was shown goes on, even if there is another slate by now."""
        if self.loop is None or self.loop_format is None:
            return None
        shown = self._goes_on(edge, same=same)
        layout, span = shown or (SlateSpan(self.loop, edge), None)
        cut = layout.next(until)
        if cut is None:
            return None
        if span is None:
            inits = self._by_variant(self.loop_format, self.loop.inits)
            span = self.channel.open_span(SpanKind.SLATE, inits, self.loop_format, self._text)
            self._slate = (layout, span)
        files = self._by_variant(span.format or self.loop_format, cut.files)
        return self.channel.publish(span, cut.start, cut.duration, files)

    def _goes_on(self, edge: float, *, same: bool) -> tuple[SlateSpan, Span] | None:
        """The slate that ends at ``edge``, if it can be gone on with."""
        if self._slate is None or self.loop is None:
            return None
        layout, span = self._slate
        last = self.channel.last
        ends_there = last is not None and last.span == span.number and abs(last.end - edge) < _EPS
        wanted = same or layout.loop.key == self.loop.key
        return self._slate if ends_there and wanted and not layout.closed else None

    # -- upkeep ----------------------------------------------------------------------------------------

    def _clean(self) -> None:
        """Delete the files that nothing published needs any more."""
        published = {e.sequence for e in self.channel.entries}
        self._origin = {s: o for s, o in self._origin.items() if s in published}
        used = {(o.run, o.number) for o in self._origin.values()}
        for run in [r for r in self._spent if all(r != one for one, _ in used)]:
            self._spent.discard(run)
            self._folders.delete(run)
        if self._reader is not None and self._run is not None and self._run.cursor is not None:
            below = min([n for one, n in used if one == self._run.run], default=self._run.cursor - 1)
            below = min(below, self._run.cursor - 1)
            self._reader.forget(below)
            self._run.forget(below)

    def view(self, plan: Plan, now: datetime) -> ChannelView:
        """What a viewer at the channel's edge sees."""
        last = self.channel.last
        live = (
            last is not None
            and last.kind is SpanKind.LIVE
            and now.timestamp() - last.end < 2 * SEGMENT_SECONDS + 2 * SILENCE
        )
        shown = plan.on_air(self.room, now)
        fault = not live and shown is not None and now - shown.start > GRACE
        return ChannelView(session=last.session if live and last is not None else None, live=live, fault=fault)


def _instant(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
