"""Runs one room's channel: publishes what the plan has on air, and slate where the livestream has no picture.

It is stepped many times a second and depends on media time and the plan only; a late step publishes the same entries
as a punctual one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from math import inf

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.channel.channel import EPSILON, SERVED, Channel, ChannelNumbers, Entry, SpanKind
from streamer.core.channel.chunks import Loop, SlateText
from streamer.core.channel.lateness import MOST
from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.specs import SEGMENT_SECONDS
from streamer.core.plan.plan import Plan
from streamer.core.status.states import GRACE, ChannelView
from streamer.engine.channels.ports import Ledgers, LiveFolders
from streamer.engine.channels.room_ledger import RoomLedger
from streamer.engine.channels.room_livestream import SILENCE, RoomLivestream
from streamer.engine.channels.room_slate import RoomSlate

HISTORY = 5
"""The number of slate segments with which a channel begins."""
STALE = SERVED
"""A channel that lags by more seconds than this begins anew instead of catching up; viewers have left by then."""


class RoomChannel:
    """The channel of one room, fed from one livestream run at a time and from the slate's loop."""

    def __init__(
        self,
        room: RoomId,
        wanted: tuple[str, ...],
        folders: LiveFolders,
        ledgers: Ledgers,
        reserved: ChannelNumbers | None = None,
        *,
        bursts: bool = False,
    ) -> None:
        """``reserved`` are the numbers with which this run begins, from a former run; ``bursts``: the room's source
        comes in pieces."""
        self.room = room
        self.channel = Channel(reserved or ChannelNumbers())
        self.slate = RoomSlate(wanted)
        self.first_chunks: dict[SessionId, datetime] = {}
        self.served = SERVED
        self._wanted = wanted
        self._livestream = RoomLivestream(folders, wanted, bursts=bursts)
        self._ledger = RoomLedger(room, ledgers)
        self._reserved = reserved
        self._begun = False
        self._resuming = False
        self._shown_at = 0.0
        """When (Unix s) the newest live segment was published."""

    # -- after a crash of the service ---------------------------------------------------------------

    def restore(self, plan: Plan, now: datetime, alive: Iterable[RunId]) -> set[RunId]:
        """Restore what a former run of the service published, so that viewers notice no interruption.

        What may no longer be shown is withdrawn before anything can be fetched; what the livestream has produced since
        then is published in the first step. ``alive`` are the running processes. Returns the runs that have published
        segments.
        """
        found = self._ledger.read(self._reserved, {*self._wanted, "audio"})
        if found is None:
            return set()
        self.channel = found.channel
        self.channel.evict(now.timestamp(), self.served)
        self._withdraw(plan)
        for entry in self.channel.entries:
            if entry.session is not None:
                self.first_chunks.setdefault(entry.session, _instant(entry.start))
        last = self.channel.last
        self._begun = last is not None and last.kind is SpanKind.LIVE
        self._resuming = True
        return self._livestream.restore(self.channel, found.origins, set(alive))

    def delete_ledger(self) -> None:
        """Call before the media is deleted, so that no later run continues from it."""
        self._ledger.delete()

    # -- inputs -----------------------------------------------------------------------------

    def attach(self, run: RunId, format: LiveFormat) -> None:
        """Follow a livestream run; does nothing if it is already followed."""
        self._livestream.attach(self.channel, run, format)

    def detach(self) -> None:
        """The livestream run has ended; its published segments stay."""
        self._livestream.detach()

    def show(self, loop: Loop, format: LiveFormat, text: SlateText) -> None:
        """Use this slate from the next segment onwards."""
        self.slate.show(self.channel, loop, format, text)

    # -- steps ---------------------------------------------------------------------------------------

    def step(self, plan: Plan, now: datetime) -> list[Entry]:
        """Publish what is due at ``now`` and withdraw what may not be shown; returns the new entries."""
        clock = now.timestamp()
        self._resuming = False
        self._withdraw(plan)  # first, so that an unreadable folder can't delay it
        self._livestream.look(clock)
        try:
            published = self._publish_live(plan, clock) + self._publish_slate(plan, clock)
            if published:
                self._begun = True
                self.channel.evict(clock, self.served)
        finally:
            self._ledger.write(self.channel, self._livestream.origins)
        if published:
            self._livestream.clean(self.channel)
        return published

    def shows_withheld(self, plan: Plan) -> bool:
        """Whether players can fetch something that may not be shown."""
        return any(self.channel.shows(start, end) for start, end in self._withheld(plan))

    def _withdraw(self, plan: Plan) -> None:
        for start, end in self._withheld(plan):
            self.channel.withdraw(start, end)

    def _withheld(self, plan: Plan) -> list[tuple[float, float]]:
        """The published intervals (Unix s) of sessions that may not be streamed, and those of muted times."""
        if not self.channel.entries:
            return []
        first, edge = self.channel.entries[0].start - MOST, self.channel.entries[-1].end
        found = [(s.start.timestamp(), s.end.timestamp()) for s in plan.of_room(self.room) if not s.consent_stream]
        found += [(m.start.timestamp(), m.end.timestamp() if m.end else inf) for m in plan.mutes.get(self.room, ())]
        return [(start + 2 * EPSILON, end - 2 * EPSILON) for start, end in found if start < edge and first < end]

    # -- live ------------------------------------------------------------------------------------------

    def _publish_live(self, plan: Plan, clock: float) -> list[Entry]:
        published: list[Entry] = []
        livestream, run, edge = self._livestream, self._livestream.run, self.channel.edge
        anew = clock - HISTORY * SEGMENT_SECONDS if edge is not None and clock - edge > STALE else 0.0
        while run is not None and run.cursor is not None:
            number = run.cursor
            start = run.begins_at(number)
            if start is None:
                if not run.is_lost(number):
                    break
                run.cursor += 1
                continue
            shown = plan.on_air(self.room, _instant(start + EPSILON))
            delay = livestream.delay_of(self.channel, number, start, clock)
            if shown is None or start < anew or not self._follows(number, start + delay):
                if not run.is_complete(number):
                    break
                run.cursor += 1
                continue
            limit = plan.air_ends(self.room, _instant(start + EPSILON)).timestamp()
            if not livestream.is_due(number, limit, clock):
                break
            inits = livestream.inits()
            if inits is None:
                break
            cut = livestream.cut(number, limit, delay)
            if cut is not None and delay and cut.start + cut.duration > clock:
                break  # its place is in the future
            run.cursor += 1
            if cut is not None:
                published += self._bridge(cut.start)
                published.append(livestream.publish(self.channel, number, cut, inits, shown.id, delay))
                self._shown_at = clock
                self.first_chunks.setdefault(shown.id, _instant(cut.start))
        return published

    def _follows(self, number: int, start: float) -> bool:
        """Whether a segment continues its span, or begins one at the end of the published media."""
        last = self.channel.last
        return last is None or self._livestream.continues(self.channel, number) or start >= last.end - EPSILON

    # -- slate -----------------------------------------------------------------------------------------

    def _publish_slate(self, plan: Plan, clock: float) -> list[Entry]:
        if self.slate.loop is None or self.is_settling(clock):
            return []
        published: list[Entry] = []
        edge = self.channel.edge
        if edge is None or clock - edge > STALE:
            edge = clock - HISTORY * SEGMENT_SECONDS
        while True:
            live = self._next_live(plan, edge, clock)
            until = edge + SEGMENT_SECONDS if live is None else min(edge + SEGMENT_SECONDS, live)
            if until > clock or until - edge < EPSILON:
                break
            entry = self.slate.publish(self.channel, edge, until)
            if entry is None:
                break
            published.append(entry)
            edge = entry.end
        return published

    def _next_live(self, plan: Plan, edge: float, clock: float) -> float | None:
        """Where live will begin or continue (wall time), if its next two segments are on air and it is healthy."""
        run = self._livestream.run
        if run is None or self._livestream.is_silent(clock):
            return None
        made = run.expected_start()
        if made is None or run.cursor is None:
            return None
        delay = self._livestream.delay_of(self.channel, run.cursor, made, clock)
        begin = made + delay
        if self._livestream.continues(self.channel, run.cursor):
            begin = max(begin, edge)
        while begin < edge - EPSILON:
            begin += SEGMENT_SECONDS
        for candidate in (begin, begin + SEGMENT_SECONDS):
            if plan.on_air(self.room, _instant(candidate - delay + EPSILON)) is not None:
                return candidate
        return None

    def _bridge(self, start: float) -> list[Entry]:
        """Fill a gap that a late step left before live begins with slate."""
        published: list[Entry] = []
        last = self.channel.last
        shortest = SILENCE if last is not None and last.kind is SpanKind.LIVE else EPSILON
        while last is not None and STALE > start - last.end > shortest:
            last = self.slate.publish(self.channel, last.end, min(last.end + SEGMENT_SECONDS, start), same=True)
            shortest = EPSILON
            if last is not None:
                published.append(last)
        return published

    def is_settling(self, clock: float) -> bool:
        """Whether the channel waits for the first media of a livestream that was already running."""
        return self._resuming or (not self._begun and self._livestream.is_settling(clock))

    def view(self, plan: Plan, now: datetime) -> ChannelView:
        """What a viewer at the channel's edge sees."""
        last = self.channel.last
        newest = max(last.end, self._shown_at) if last is not None else 0.0
        live = (
            last is not None
            and last.kind is SpanKind.LIVE
            and now.timestamp() - newest < 2 * SEGMENT_SECONDS + 2 * SILENCE
        )
        shown = plan.on_air(self.room, now)
        due = max([shown.start, *self._unmuted(plan, now)]) if shown is not None else now
        fault = not live and now - due > GRACE
        return ChannelView(
            session=last.session if live and last is not None else None,
            live=live,
            fault=fault,
            delay=last.delay if live and last is not None else 0.0,
            lateness=float(round(self._livestream.lateness(now.timestamp()))),
        )

    def _unmuted(self, plan: Plan, now: datetime) -> list[datetime]:
        """When the room was unmuted, up to now: from then on live has to come again."""
        return [one.end for one in plan.mutes.get(self.room, ()) if one.end is not None and one.end <= now]


def _instant(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
