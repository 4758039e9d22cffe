"""Every room's segments in wall time: which session keeps which, and which evaporate.

It holds the index, not the files: evaporation returns the paths to delete once the store has forgotten them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from streamer.core.base.ids import RoomId, RunId, SessionId
from streamer.core.footage.order import in_order, instant
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy
from streamer.core.recording.bounds import padding_goes, within_reach
from streamer.core.recording.consent import forbidden
from streamer.core.recording.keeps import closed_until, evaporated, keeps_for, ring_reach
from streamer.core.records.batch import Batch
from streamer.engine.footage.keep_index import Keeps, Key


class Footage:
    """The segments that the captures have written. ``takes`` are all takes, in the order in which they began."""

    def __init__(self, takes: Mapping[RunId, Take]) -> None:
        self._takes = takes
        self._timed: dict[RoomId, dict[Key, Timed]] = defaultdict(dict)
        self._keeps = Keeps()
        self._loose: dict[RoomId, set[Key]] = defaultdict(set)
        self._fresh: dict[RoomId, set[Key]] = defaultdict(set)
        self._signatures: dict[RoomId, object] = {}
        self._sorted: dict[SessionId, list[Timed]] = {}

    # -- queries ------------------------------------------------------------------------

    def kept(self, session: SessionId) -> list[Timed]:
        """The segments that are kept for a session, take by take, within a take by number."""
        known = self._sorted.get(session)
        if known is None:
            found = [timed for key in self._keeps.of(session) if (timed := self.find(key)) is not None]
            known = self._sorted[session] = in_order(found, self._takes)
        return known.copy()

    def change_count(self, session: SessionId) -> int:
        """Increases whenever the session's keeps change."""
        return self._keeps.change_count(session)

    def kept_segment(self, session: SessionId, key: Key) -> Segment | None:
        """A segment, if it is kept for this session."""
        timed = self.find(key) if key in self._keeps.of(session) else None
        return timed.segment if timed is not None else None

    def at(self, room: RoomId, instant: float) -> Timed | None:
        """The segment of a room that was captured at an instant (Unix s)."""
        return next((t for t in self._timed[room].values() if t.start <= instant < t.end), None)

    def within_reach(self, session: PlannedSession, *, plan: Plan) -> tuple[datetime, datetime] | None:
        """The instants between which the bounds of a session's recording can be set."""
        return within_reach(self._timed[session.room].values(), session, plan)

    def size(self) -> int:
        """The size of all segments on disk, in bytes."""
        return sum(t.segment.bytes for room in self._timed.values() for t in room.values())

    def find(self, key: Key) -> Timed | None:
        take = self._takes.get(key[0])
        return self._timed[take.room].get(key) if take is not None else None

    def of_take(self, take: Take) -> list[Timed]:
        """The segments of a take that exist, by number."""
        found = (timed for key, timed in self._timed[take.room].items() if key[0] == take.id)
        return sorted(found, key=lambda timed: timed.segment.number)

    def has_any_of(self, take: Take) -> bool:
        return any(key[0] == take.id for key in self._timed[take.room])

    # -- events ---------------------------------------------------------------------------

    def place(self, room: RoomId, timed: Timed) -> None:
        """Add a segment, or move it to another place in wall time."""
        self._timed[room][timed.key] = timed
        self._fresh[room].add(timed.key)
        sessions = self._keeps.sessions(timed.key)
        if not sessions:
            self._loose[room].add(timed.key)
        for session in sessions:
            self._sort(session, timed)

    def remember(self, keep: Keep) -> None:
        """Add a keep."""
        key = keep.take, keep.number
        self._keeps.add(keep)
        take = self._takes.get(keep.take)
        if take is not None:
            self._loose[take.room].discard(key)
        self._sort(keep.session, self.find(key))

    def _sort(self, session: SessionId, timed: Timed | None) -> None:
        """Put a segment in its place among those of a session. Most are the newest, or one of the newest that moves in
        wall time; for others the session is sorted again when it is asked for."""
        known = self._sorted.pop(session, None)
        if not known or timed is None:
            return
        newest, segment = known[-1].segment, timed.segment
        if segment.take != newest.take:
            return
        place = len(known) - 1 - (newest.number - segment.number)
        if segment.number > newest.number:
            known.append(timed)
        elif place >= 0 and known[place].key == timed.key:
            known[place] = timed
        else:
            return
        self._sorted[session] = known

    def _release(self, keep: Keep) -> None:
        self._keeps.drop(keep)
        key = (keep.take, keep.number)
        take = self._takes.get(keep.take)
        if not self._keeps.sessions(key) and take is not None and key in self._timed[take.room]:
            self._loose[take.room].add(key)
        self._sorted.pop(keep.session, None)

    # -- keeping ----------------------------------------------------------------------------------

    def keep(self, plan: Plan, policy: Policy, now: datetime, batch: Batch) -> None:
        """Add and drop keeps to match the plan."""
        for room, timed in self._timed.items():
            keys = self._to_judge(room, plan, policy, now)
            if not keys:
                continue
            judged = [timed[k] for k in keys if k in timed]
            wanted = keeps_for(judged, room, plan, policy, now)
            standing = {Keep(session=s, take=k[0], number=k[1]) for k in keys for s in self._keeps.sessions(k)}
            lost = {k for k in standing - wanted if _lets_go(plan, room, timed, k)}
            for keep in sorted(wanted - standing, key=lambda keep: keep.number):  # so that each goes behind the last
                self.remember(keep)
                batch.keep(keep)
            for keep in lost:
                self._release(keep)
                batch.drop(keep)

    def _to_judge(self, room: RoomId, plan: Plan, policy: Policy, now: datetime) -> set[Key]:
        """The new segments; all segments if a window of the room's sessions has changed, or any consent: a session may
        have moved to another room."""
        windows = tuple(
            (
                (s.id, s.start, s.end, s.in_point, s.out_point, s.record, closed_until(s)),
                (s.cuts, now >= padding_goes(s, policy)),
            )
            for s in plan.of_room(room)
        )
        signature = (windows, plan.unrecorded, plan.mutes.get(room))
        fresh = self._fresh.pop(room, set())
        if self._signatures.get(room) != signature:
            self._signatures[room] = signature
            return set(self._timed[room])
        return fresh

    # -- evaporation --------------------------------------------------------------------------------

    def evaporate(self, plan: Plan, policy: Policy, now: datetime, batch: Batch) -> list[str]:
        """Forget what the ring no longer covers."""
        gone: list[str] = []
        for room, timed in self._timed.items():
            loose = [timed[k] for k in self._loose[room]]
            for one in evaporated(loose, self._keeps.all, ring_reach(room, plan, policy, now), now):
                gone.append(self._drop(room, one, batch))
        return gone

    def evaporates_next(self, plan: Plan, policy: Policy, now: datetime) -> float | None:
        """When (Unix s) the next segment without a keep leaves the ring; None if there is none."""
        oldest = {
            room: min(timed[k].end for k in self._loose[room])
            for room, timed in self._timed.items()
            if self._loose[room]
        }
        return min((end + ring_reach(r, plan, policy, now).total_seconds() for r, end in oldest.items()), default=None)

    def purge(self, plan: Plan, batch: Batch) -> list[str]:
        """Forget at once every segment of a session that may not be recorded."""
        gone: list[str] = []
        for room, timed in self._timed.items():
            for one in forbidden([timed[k] for k in self._loose[room]], room, plan):
                gone.append(self._drop(room, one, batch))
        return gone

    def _drop(self, room: RoomId, one: Timed, batch: Batch) -> str:
        del self._timed[room][one.key]
        self._loose[room].discard(one.key)
        batch.deleted_segments.append(one.key)
        return one.segment.path

    def violations(self, plan: Plan) -> list[str]:
        """The violated invariants of the keeps; empty if none."""
        found = []
        for key, sessions in self._keeps.all.items():
            timed = self.find(key)
            if timed is None:
                found.append(f"segment {key[1]} of take {key[0]} is kept for {', '.join(sorted(sessions))} and is gone")
            for id in sessions:
                planned = plan.session(id)
                if planned is not None and not planned.consent_record:
                    found.append(
                        f"session {id} may not be recorded and segment {key[1]} of take {key[0]} is kept for it"
                    )
        return found


def _lets_go(plan: Plan, room: RoomId, timed: Mapping[Key, Timed], keep: Keep) -> bool:
    """Whether to drop a keep that the plan does not want.

    A session that left the timetable or moved to another room retains its keeps here, if it may be recorded.
    """
    session, one = plan.session(keep.session), timed.get((keep.take, keep.number))
    if one is None or (session is not None and (session.room == room or not session.consent_record)):
        return True
    start, end = instant(one.start), instant(one.end)
    if plan.is_muted(room, start, end):
        return True
    return not plan.may_keep(room, start, end) or (session is not None and session.forbids(start, end))
