"""What has been captured: takes, their segments in wall time, who keeps which, and what evaporates.

Every stored file belongs to exactly one take. Rows are written after their files are safe on the disk, and removed
before the files are deleted, so the store never refers to a file that is not there.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from streamer.core.errors import StreamerError
from streamer.core.ids import RoomId, SessionId
from streamer.core.keeping import (
    closed_until,
    evaporated,
    in_order,
    instant,
    keeps_for,
    padding_goes,
    ring_reach,
    within_reach,
)
from streamer.core.media import ProcessExit, RunId, Segment, SourceFacts
from streamer.core.plan import Plan, PlannedSession
from streamer.core.policy import Policy
from streamer.core.ports import TakeReader
from streamer.core.records import Batch, Keep, Loss, Take
from streamer.core.wallclock import Timed, wall_times
from streamer.engine.intake import Intake
from streamer.engine.keeps import Keeps, Key
from streamer.engine.losses import Losses
from streamer.engine.probes import Probes
from streamer.engine.recovery import Recovered
from streamer.engine.tails import Tails

log = logging.getLogger(__name__)


class Archive:
    """The index of captured media, in memory and, through batches, in the store."""

    def __init__(self, reader: TakeReader, wake: Callable[[], None]) -> None:
        self.causes: dict[RunId, str] = {}
        self._reader = reader
        self._intake = Intake(reader, wake)
        self._probes = Probes(reader, wake)
        self._takes: dict[RunId, Take] = {}
        self._ending: dict[RunId, str] = {}
        self._timed: dict[RoomId, dict[Key, Timed]] = defaultdict(dict)
        self._tails = Tails()
        self._loose: dict[RoomId, set[Key]] = defaultdict(set)
        self._keeps = Keeps()
        self._losses = Losses()
        self._sorted: dict[SessionId, list[Timed]] = {}
        self._fresh: dict[RoomId, set[Key]] = defaultdict(set)
        self._signatures: dict[RoomId, object] = {}
        self._doomed: list[str] = []
        self._empty: list[RunId] = []

    # -- what others ask ------------------------------------------------------------------------

    @property
    def facts(self) -> Mapping[RoomId, SourceFacts]:
        """What is known of each room's source."""
        return self._probes.facts

    def kept(self, session: SessionId) -> list[Timed]:
        """The segments that are kept for a session, take by take, within a take by number."""
        known = self._sorted.get(session)
        if known is None:
            found = [timed for key in self._keeps.of(session) if (timed := self._find(key)) is not None]
            known = self._sorted[session] = in_order(found, self._takes)
        return known

    def change_count(self, session: SessionId) -> int:
        """Grows whenever what is kept for a session changes."""
        return self._keeps.change_count(session)

    def edge(self, room: RoomId) -> float | None:
        """Up to when (Unix s) closed segments of a room reach."""
        return self._tails.edge(room)

    def settled(self, room: RoomId) -> float | None:
        """Up to when (Unix s) nothing is to come any more: what every capture that runs has closed."""
        return self._tails.settled(room, self.open_takes())

    def reaches_back(self, room: RoomId) -> float | None:
        """The start (Unix s) of the oldest segment of a room that still exists."""
        return min((t.start for t in self._timed[room].values()), default=None)

    def within_reach(self, session: PlannedSession, *, plan: Plan) -> tuple[datetime, datetime] | None:
        """Between which instants the bounds of a session's recording can be set."""
        return within_reach(self._timed[session.room].values(), session, plan)

    def lost(self, room: RoomId) -> list[Loss]:
        """What had been captured of a room and can't be read any more."""
        return self._losses.of_takes({t.id for t in self._takes.values() if t.room == room})

    def kept_segment(self, session: SessionId, key: Key) -> Segment | None:
        """A segment, if it is kept for this session."""
        timed = self._find(key) if key in self._keeps.of(session) else None
        return timed.segment if timed is not None else None

    def at(self, room: RoomId, instant: float) -> Timed | None:
        """The segment of a room that was captured at an instant (Unix s)."""
        return next((t for t in self._timed[room].values() if t.start <= instant < t.end), None)

    async def turn(self, segment_path: str, known: str) -> float | None:
        """When (source clock, s) a segment ceases to fit a shape; None where it does not."""
        return await self._reader.turn(segment_path, known)

    def take(self, id: RunId) -> Take | None:
        return self._takes.get(id)

    def open_takes(self) -> list[RunId]:
        """The takes whose process is running, as far as is known."""
        return [t.id for t in self._takes.values() if t.ended is None]

    def foreign_takes(self) -> list[RunId]:
        """The running takes whose source changed its codec: what they write now can't be read by anybody."""
        return [run for run in self.open_takes() if self._tails.turned_foreign(run)]

    def takes_without_sound(self) -> list[RunId]:
        """The running takes whose source had no sound when they began."""
        facts = {t.id: t.facts for t in self._takes.values() if t.ended is None}
        return [run for run, known in facts.items() if known is not None and known.audio is None]

    def segment_bytes(self) -> int:
        """What all segments occupy on disk."""
        return sum(t.segment.bytes for room in self._timed.values() for t in room.values())

    def rates(self) -> dict[RoomId, float]:
        """Bytes a second that each room brings, from the newest segments of its last take."""
        return self._tails.rates(self._takes)

    def _find(self, key: Key) -> Timed | None:
        take = self._takes.get(key[0])
        return self._timed[take.room].get(key) if take is not None else None

    # -- what happens ---------------------------------------------------------------------------

    async def restore(self, recovered: Recovered, surviving: Iterable[RunId]) -> None:
        """Index what a former run left; takes whose process is gone are read to their last packet and closed."""
        stored, batch, alive = recovered.stored, recovered.batch, set(surviving)
        self._losses = Losses.of(stored)
        self._doomed += recovered.doomed
        self._takes = {t.id: t for t in stored.takes}
        self.causes = {t.id: t.cause for t in stored.takes}
        by_take: dict[RunId, list[Segment]] = defaultdict(list)
        for segment in stored.segments:
            by_take[segment.take].append(segment)
        for take in stored.takes:
            segments = sorted(by_take.get(take.id, ()), key=lambda s: s.number)
            self._tails.add(take.id, segments)
            for timed in wall_times(segments):
                self._place(take.room, timed)
            self._place_all(take, set(), batch)
            if take.facts is not None:
                self._probes.facts[take.room] = take.facts
        for keep in stored.keeps:
            self._remember(keep)
        for take in stored.takes:
            if take.ended is None and take.id not in alive:
                await self.end_take(take.id, "the recorder was not running", batch)

    def begin_take(self, run: RunId, room: RoomId, started: float, batch: Batch, *, slot: int = 1) -> None:
        if run not in self._takes:
            take = self._takes[run] = Take(id=run, room=room, started=started, slot=slot)
            batch.takes.append(take)

    async def observe(self, exits: Iterable[ProcessExit], batch: Batch, *, within: float = math.inf) -> None:
        """Index the segments that closed since the last turn and are safe; close the takes that ended.

        Takes no longer than ``within`` seconds, for a capture may have to be started again.
        """
        for take, first in self._probes.taken():
            if take.id not in self._takes:
                continue  # all of it has evaporated while it was looked into
            self._takes[take.id] = replace(self._takes[take.id], facts=take.facts)
            batch.takes.append(self._takes[take.id])
            if self._tails.correct(first):
                self._place_all(self._takes[take.id], set(), batch)
        for one in exits:
            if one.run in self._takes and self._takes[one.run].ended is None:
                self._ending[one.run] = one.error
        open_ones = {run: self._tails.last_number(run) for run in self.open_takes()}
        ending = {run: open_ones.pop(run) for run in self._ending}
        for arrival in await self._intake.collect(open_ones, ending, within):
            self._add(self._takes[arrival.run], arrival.segments, batch)
            if arrival.last:
                self._end(arrival.run, self._ending.pop(arrival.run), batch)

    async def catch_up(self, batch: Batch) -> None:
        """Index all that takes whose process still runs have closed. Raises StoreError."""
        for run in self.open_takes():
            self._add(self._takes[run], await self._intake.all_closed(run, self._tails.last_number(run)), batch)

    async def end_take(self, run: RunId, cause: str, batch: Batch) -> None:
        """Read what its process wrote last, and close the take."""
        take = self._takes.get(run)
        if take is None or take.ended is not None:
            return
        try:
            segments = await self._intake.rest(run, self._tails.last_number(run))
        except StreamerError as error:
            log.warning("take %s: its last segment can't be read: %s", run, error)
            segments = []
        self._add(take, segments, batch)
        self._end(run, self._ending.pop(run, "") or cause, batch)

    def _end(self, run: RunId, cause: str, batch: Batch) -> None:
        take, last = self._takes[run], self._tails.last(run)
        self._place_all(take, set(), batch, ended=True)
        ended = replace(take, ended=last.closed_at if last is not None else take.started, cause=cause)
        self._takes[run] = ended
        self.causes[run] = cause
        batch.takes.append(ended)

    def _add(self, take: Take, segments: list[Segment], batch: Batch) -> None:
        if not segments:
            return
        self._tails.add(take.id, segments)
        self._place_all(take, {(s.take, s.number) for s in segments}, batch)
        if take.facts is None:
            self._probes.begin(take, next((s for s in segments if s.bytes), segments[0]))

    def _lose(self, timed: Timed, batch: Batch) -> None:
        """A segment closed of which the disk has nothing."""
        reason = f"segment {timed.segment.path.rsplit('/', 1)[-1]} is empty on disk"
        log.error("take %s: %s", timed.segment.take, reason)
        take, number = timed.key
        self._losses.add(Loss(take=take, number=number, start=timed.start, end=timed.end, reason=reason), batch)
        self._doomed.append(timed.segment.path)

    def _place_all(self, take: Take, new: set[Key], batch: Batch, *, ended: bool = False) -> None:
        """Place the newest segments of a take in wall time: what is new, and what moves or has its place by that."""
        room = self._timed[take.room]
        for timed in self._tails.placed(take, self.open_takes(), ended=ended or take.ended is not None):
            known = room.get(timed.key)
            if timed.key in new and not timed.segment.bytes:
                self._lose(timed, batch)
                continue
            changed = timed.key in new or (known is not None and known.segment != timed.segment)
            if changed:
                batch.segments.append(timed.segment)
            if changed or (known is not None and abs(known.start - timed.start) > 0.01):
                self._place(take.room, timed)

    def _place(self, room: RoomId, timed: Timed) -> None:
        self._timed[room][timed.key] = timed
        self._fresh[room].add(timed.key)
        sessions = self._keeps.sessions(timed.key)
        if not sessions:
            self._loose[room].add(timed.key)
        for session in sessions:
            self._sorted.pop(session, None)

    # -- keeping ----------------------------------------------------------------------------------

    def keep(self, plan: Plan, policy: Policy, now: datetime, batch: Batch) -> None:
        """Set and drop keeps so that they are what the plan wants."""
        for room, timed in self._timed.items():
            keys = self._to_judge(room, plan, policy, now)
            if not keys:
                continue
            judged = [timed[k] for k in keys if k in timed]
            wanted = keeps_for(judged, room, plan, policy, now)
            standing = {Keep(session=s, take=k[0], number=k[1]) for k in keys for s in self._keeps.sessions(k)}
            # A session that the timetable forgot keeps what it has.
            lost = {
                k
                for k in standing - wanted
                if plan.session(k.session) is not None or not _consents(plan, room, timed, k)
            }
            for keep in wanted - standing:
                self._remember(keep)
                batch.keep(keep)
            for keep in lost:
                self._release(keep)
                batch.drop(keep)

    def _to_judge(self, room: RoomId, plan: Plan, policy: Policy, now: datetime) -> set[Key]:
        signature = tuple(
            (s.id, s.start, s.end, s.in_point, s.out_point, s.record, closed_until(s), now >= padding_goes(s, policy))
            for s in plan.of_room(room)
        )
        fresh = self._fresh.pop(room, set())
        if self._signatures.get(room) != signature:
            self._signatures[room] = signature
            return set(self._timed[room])
        return fresh

    def _remember(self, keep: Keep) -> None:
        self._keeps.add(keep)
        take = self._takes.get(keep.take)
        if take is not None:
            self._loose[take.room].discard((keep.take, keep.number))
        self._sorted.pop(keep.session, None)

    def _release(self, keep: Keep) -> None:
        self._keeps.drop(keep)
        key = (keep.take, keep.number)
        take = self._takes.get(keep.take)
        if not self._keeps.sessions(key) and take is not None and key in self._timed[take.room]:
            self._loose[take.room].add(key)
        self._sorted.pop(keep.session, None)

    # -- evaporation --------------------------------------------------------------------------------

    def evaporate(self, plan: Plan, policy: Policy, now: datetime, batch: Batch) -> None:
        """Forget what the ring no longer reaches; the files go in :meth:`delete_doomed`, after the commit."""
        for room, timed in self._timed.items():
            loose = [timed[k] for k in self._loose[room]]
            for gone in evaporated(loose, self._keeps.all, ring_reach(room, plan, policy, now), now):
                self._drop(room, gone, batch)
        for take in list(self._takes.values()):
            if take.ended is not None and now.timestamp() - take.ended > 60 and not self._has_segments(take):
                self._takes.pop(take.id)
                self._tails.forget(take.id)
                self.causes.pop(take.id, None)
                self._empty.append(take.id)
                batch.deleted_takes.append(take.id)

    def purge(self, plan: Plan, batch: Batch) -> None:
        """Forget at once what touches a session that may not be recorded: nobody is there when its time is over."""
        for room, timed in self._timed.items():
            for one in [timed[k] for k in self._loose[room]]:
                if not plan.may_keep(room, instant(one.start), instant(one.end)):
                    self._drop(room, one, batch)

    def _drop(self, room: RoomId, one: Timed, batch: Batch) -> None:
        del self._timed[room][one.key]
        self._loose[room].discard(one.key)
        batch.deleted_segments.append(one.key)
        self._doomed.append(one.segment.path)

    def _has_segments(self, take: Take) -> bool:
        return any(key[0] == take.id for key in self._timed[take.room])

    def delete_doomed(self) -> None:
        """Delete the files of segments that the store has already forgotten."""
        if self._doomed:
            self._reader.delete(self._doomed)
            self._doomed = []
        for take in self._empty:
            self._reader.forget(take)
        self._empty = []

    async def close(self) -> None:
        """End what is still being probed or made safe; ending the takes afterwards picks that up."""
        await self._probes.close()
        await self._intake.close()

    def violations(self, plan: Plan) -> list[str]:
        """Invariants of what is kept that do not hold; empty when all is well."""
        found = []
        for key, sessions in self._keeps.all.items():
            timed = self._find(key)
            if timed is None:
                found.append(f"segment {key[1]} of take {key[0]} is kept for {', '.join(sorted(sessions))} and is gone")
            for id in sessions:
                planned = plan.session(id)
                if planned is not None and not planned.consent_record:
                    found.append(
                        f"session {id} may not be recorded and segment {key[1]} of take {key[0]} is kept for it"
                    )
        return found


def _consents(plan: Plan, room: RoomId, timed: dict[Key, Timed], keep: Keep) -> bool:
    one = timed.get((keep.take, keep.number))
    return one is not None and plan.may_keep(room, instant(one.start), instant(one.end))
