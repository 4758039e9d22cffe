"""The captured takes, each from its first segment to its last, and the order of storing and deleting.

Every stored file belongs to exactly one take. Rows are written after their files are safe on the disk, and removed
before the files are deleted, so the store never refers to a missing file.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Loss, Take
from streamer.core.footage.wall_clock import Timed, wall_times
from streamer.core.jobs.coding import Coding, Means
from streamer.core.jobs.processes import ProcessExit
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.records.batch import Batch
from streamer.engine.footage.footage import Footage
from streamer.engine.footage.intake import WAITS, Intake, Waits
from streamer.engine.footage.keep_index import Key
from streamer.engine.footage.losses import Losses
from streamer.engine.footage.newest_segments import NewestSegments
from streamer.engine.footage.probes import Probes
from streamer.engine.footage.recovery import Recovered
from streamer.engine.footage.source_codings import SourceCodings
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.machine.worker import Worker

EMPTY_AFTER = 60.0
"""Seconds for which a take without segments is remembered after its end."""

log = structlog.stdlib.get_logger(__name__)


class Archive:
    """The takes, in memory and, through batches, in the store; ``footage`` is the index of their segments and keeps."""

    def __init__(self, reader: TakeReader, wake: Callable[[], None], worker: Worker, waits: Waits = WAITS) -> None:
        self._takes: dict[RunId, Take] = {}
        self.footage = Footage(self._takes)
        self.causes: dict[RunId, str] = {}
        self._reader = reader
        self._wake = wake
        self._sources = SourceCodings(reader)
        self._intake = Intake(reader, wake, waits)
        self._probes = Probes(reader, worker)
        self._ending: dict[RunId, str] = {}
        self._newest = NewestSegments()
        self._losses = Losses()
        self._doomed: list[str] = []
        self._empty: list[RunId] = []

    # -- queries ------------------------------------------------------------------------

    @property
    def facts(self) -> Mapping[RoomId, SourceFacts]:
        """The known facts about each room's source."""
        return self._probes.facts

    @property
    def codings(self) -> Mapping[RoomId, Coding]:
        """What captures have to do with the tracks of each room's source, where that is known."""
        return self._sources.codings

    @property
    def tracks(self) -> Mapping[RoomId, SourceTracks]:
        """The known tracks of each room's source."""
        return self._sources.tracks

    def edge(self, room: RoomId) -> float | None:
        """Up to when (Unix s) closed segments of a room reach."""
        return self._newest.edge(room)

    def settled(self, room: RoomId) -> float | None:
        """The instant (Unix s) before which no more segments will come: every running capture has closed them."""
        return self._newest.settled(room, self.open_takes())

    def lost(self, room: RoomId) -> list[Loss]:
        """The captured segments of a room that can no longer be read."""
        return self._losses.of_takes({t.id for t in self._takes.values() if t.room == room})

    async def turn(self, segment_path: str, known: str) -> float | None:
        """When (source clock, s) a segment stops matching a shape; None if it matches throughout."""
        return await self._reader.turn(segment_path, known)

    def take(self, id: RunId) -> Take | None:
        return self._takes.get(id)

    def open_takes(self) -> list[RunId]:
        """The takes whose process is running."""
        return [take.id for take in self._running()]

    def _running(self) -> list[Take]:
        return [t for t in self._takes.values() if t.ended is None]

    def foreign_takes(self) -> list[RunId]:
        """The running takes whose source changed its codec, which makes their output unreadable."""
        return [run for run in self.open_takes() if self._newest.turned_foreign(run)]

    def rooms_without_sound(self) -> frozenset[RoomId]:
        """The rooms whose source has stopped sending its sound."""
        lost = [take.room for take in self._running() if take.slot == 1 and self._newest.sound_is_lost(take.id)]
        return frozenset(lost)

    def takes_without_sound(self) -> list[RunId]:
        """The running takes whose source had no sound when the take began."""
        return [t.id for t in self._running() if t.facts is not None and t.facts.audio is None]

    def takes_without_picture(self) -> list[RunId]:
        """The running takes that have a card in the place of the picture."""
        drawn = {room for room, coding in self.codings.items() if coding.picture is Means.DRAW}
        return [take.id for take in self._running() if take.room in drawn]

    def look_again(self, run: RunId) -> None:
        """The source of a take without a picture sends one now: begin anew with what it sends."""
        self._sources.look_again(self._takes[run].room)

    def rates(self) -> dict[RoomId, float]:
        """Bytes a second of each room, from the newest segments of its last take."""
        return self._newest.rates(self._takes)

    # -- events ---------------------------------------------------------------------------

    async def restore(self, recovered: Recovered, surviving: Iterable[RunId]) -> None:
        """Index the takes of a former run; takes without a process are read to their last packet and closed."""
        stored, batch, alive = recovered.stored, recovered.batch, set(surviving)
        self._losses = Losses.of(stored)
        self._doomed += recovered.doomed
        self._takes.update({t.id: t for t in stored.takes})
        self.causes = {t.id: t.cause for t in stored.takes}
        by_take: dict[RunId, list[Segment]] = defaultdict(list)
        for segment in stored.segments:
            by_take[segment.take].append(segment)
        for take in stored.takes:
            segments = sorted(by_take.get(take.id, ()), key=lambda s: s.number)
            self._newest.add(take.id, segments)
            for timed in wall_times(segments):
                self.footage.place(take.room, timed)
            self._place_all(take, set(), batch)
            if take.facts is not None:
                self._probes.facts[take.room] = take.facts
            self._sources.restore(take)
        for keep in stored.keeps:
            self.footage.remember(keep)
        for take in stored.takes:
            if take.ended is None and take.id not in alive:
                await self.end_take(take.id, "the recorder was not running", batch)

    def begin_take(self, run: RunId, room: RoomId, started: float, batch: Batch, *, slot: int = 1) -> None:
        if run not in self._takes:
            take = self._takes[run] = Take(id=run, room=room, started=started, slot=slot)
            batch.takes.append(take)

    def look(self) -> None:
        """Look for closed segments and for what FFmpeg says of its sources; request a turn where that is needed."""
        if self._sources.look(self._running()):
            self._wake()
        self._intake.look({run: self._newest.last_number(run) for run in self.open_takes() if run not in self._ending})

    async def observe(self, exits: Iterable[ProcessExit], batch: Batch, *, within: float = math.inf) -> None:
        """Index the segments that closed since the last turn and are safe; close the takes that ended.

        Returns within ``within`` seconds, because a capture may have to be restarted.
        """
        self._sources.look(self._running())
        for take, first in self._probes.taken(self._sources.replaced):
            if take.id not in self._takes:
                continue  # all of it evaporated during the probe
            self._takes[take.id] = replace(self._takes[take.id], facts=take.facts)
            batch.takes.append(self._takes[take.id])
            if self._newest.correct(first):
                self._place_all(self._takes[take.id], set(), batch)
        for one in exits:
            if one.run in self._takes and self._takes[one.run].ended is None:
                self._ending[one.run] = one.error
        open_ones = {run: self._newest.last_number(run) for run in self.open_takes()}
        ending = {run: open_ones.pop(run) for run in self._ending}
        for arrival in await self._intake.collect(open_ones, ending, within):
            self._add(self._takes[arrival.run], arrival.segments, batch)
            if arrival.last:
                self._end(arrival.run, self._ending.pop(arrival.run), batch)

    async def catch_up(self, batch: Batch) -> None:
        """Index every closed segment of the takes whose process still runs. Raises StoreError."""
        for run in self.open_takes():
            self._add(self._takes[run], await self._intake.all_closed(run, self._newest.last_number(run)), batch)

    async def end_take(self, run: RunId, cause: str, batch: Batch) -> None:
        """Read the last output of the take's process, and close the take."""
        take = self._takes.get(run)
        if take is None or take.ended is not None:
            return
        try:
            segments = await self._intake.rest(run, self._newest.last_number(run))
        except StreamerError as error:
            log.warning("the last segment can't be read", room=take.room, take=run, error=error)
            segments = []
        self._add(take, segments, batch)
        self._end(run, self._ending.pop(run, "") or cause, batch)

    def _end(self, run: RunId, cause: str, batch: Batch) -> None:
        take, last = self._takes[run], self._newest.last(run)
        self._place_all(take, set(), batch, ended=True)
        ended = replace(take, ended=last.closed_at if last is not None else take.started, cause=cause)
        self._takes[run] = ended
        self.causes[run] = cause
        batch.takes.append(ended)

    def _add(self, take: Take, segments: list[Segment], batch: Batch) -> None:
        if not segments:
            return
        self._newest.add(take.id, segments)
        self._place_all(take, {(s.take, s.number) for s in segments}, batch)
        if take.facts is None:
            self._probes.begin(take, next((s for s in segments if s.bytes), segments[0]))

    def _lose(self, timed: Timed, batch: Batch) -> None:
        """Record the loss of a closed segment that is empty on the disk."""
        reason = f"segment {timed.segment.path.rsplit('/', 1)[-1]} is empty on disk"
        log.error(
            "a segment is lost", room=self._takes[timed.segment.take].room, take=timed.segment.take, reason=reason
        )
        take, number = timed.key
        self._losses.add(Loss(take=take, number=number, start=timed.start, end=timed.end, reason=reason), batch)
        self._doomed.append(timed.segment.path)

    def _place_all(self, take: Take, new: set[Key], batch: Batch, *, ended: bool = False) -> None:
        """Place the newest segments of a take in wall time: new ones, and those that move because of them."""
        for timed in self._newest.placed(take, self.open_takes(), ended=ended or take.ended is not None):
            known = self.footage.find(timed.key)
            if timed.key in new and not timed.segment.bytes:
                self._lose(timed, batch)
                continue
            changed = timed.key in new or (known is not None and known.segment != timed.segment)
            if changed:
                batch.segments.append(timed.segment)
            if changed or (known is not None and abs(known.start - timed.start) > 0.01):
                self.footage.place(take.room, timed)

    # -- evaporation --------------------------------------------------------------------------------

    def evaporate(self, plan: Plan, policy: Policy, now: datetime, batch: Batch) -> None:
        """Forget what the ring no longer covers; :meth:`delete_doomed` deletes the files after the commit."""
        self._doomed += self.footage.evaporate(plan, policy, now, batch)
        for take in list(self._takes.values()):
            if take.ended is not None and now.timestamp() - take.ended > EMPTY_AFTER and self._is_empty(take):
                self._takes.pop(take.id)
                self._newest.forget(take.id)
                self.causes.pop(take.id, None)
                self._sources.forget(take.id)
                self._empty.append(take.id)
                batch.deleted_takes.append(take.id)

    def evaporates_next(self, plan: Plan, policy: Policy, now: datetime) -> float | None:
        """When (Unix s) the next segment or empty take evaporates; None if none will."""
        emptied = [take.ended + EMPTY_AFTER for take in self._takes.values() if take.ended and self._is_empty(take)]
        segment = self.footage.evaporates_next(plan, policy, now)
        return min([*emptied, *([segment] if segment is not None else [])], default=None)

    def _is_empty(self, take: Take) -> bool:
        return take.ended is not None and not self.footage.has_any_of(take)

    def purge(self, plan: Plan, batch: Batch) -> None:
        """Forget at once every segment of a session that may not be recorded, because no later turn will."""
        self._doomed += self.footage.purge(plan, batch)

    def delete_doomed(self) -> None:
        """Delete the files of segments that the store has already forgotten."""
        if self._doomed:
            self._reader.delete(self._doomed)
            self._doomed = []
        for take in self._empty:
            self._reader.delete_folder(take)
        self._empty = []

    async def close(self) -> None:
        """Cancel the work on segments that are not yet safe; ending the takes afterwards repeats it."""
        await self._intake.close()
