"""Checks the invariants that must hold at every moment, over plain values.

``violations`` checks one situation, and its changes since a former one if that is given. It repairs nothing and does
no I/O. Engine tests call it at the end of a day, ``streamer check`` with the store's content. Each sentence that it
returns begins with the number of the violated invariant.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.base.layout import take_folder
from streamer.core.footage.order import instant
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Keep, Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.desired import capture_slot
from streamer.core.jobs.lifecycle import ACTIVE, Job
from streamer.core.jobs.specs import JobKind
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.keeps import ring_reach
from streamer.core.recording.recording import Recording
from streamer.core.records.journal import Audience, JournalEntry

INVARIANTS: Mapping[int, str] = {
    1: "at most one live take per room, source and redundancy slot",
    2: "every stored file belongs to exactly one take",
    3: "nothing of a session that may not be recorded is kept",
    4: "a segment is deleted only when neither a recording nor the ring refers to it",
    5: "no take file is ever overwritten",
    6: "every change is journalled before it is announced",
    7: "a session that disappears from the feed while running keeps running",
    8: "a segment is written down after the disk has it and it has been read",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The state at the plan's instant. Fields that are left out are not checked.

    ``files`` are the files below ``takes/`` relative to the data folder; None means unknown. ``announced``
    is the last revision announced to each audience.
    """

    plan: Plan
    policy: Policy
    jobs: Mapping[JobId, Job] = field(default_factory=dict)
    takes: Collection[Take] = ()
    segments: Collection[Timed] = ()
    keeps: Collection[Keep] = ()
    recordings: Collection[Recording] = ()
    journal: Collection[JournalEntry] = ()
    announced: Mapping[Audience, int] = field(default_factory=dict)
    files: Collection[str] | None = None

    @property
    def now(self) -> datetime:
        return self.plan.at


def violations(present: Situation, former: Situation | None = None) -> list[str]:
    """A sentence for each violation, with its place; empty if there is none.

    ``former`` is an earlier situation of the same data folder; if given, the changes since then are checked too.
    """
    found = [
        *_live_takes(present),
        *_ownership(present),
        *_consent(present),
        *_dangling(present),
        *_written_twice(present),
        *_unread(present),
        *_journal(present),
    ]
    if former is not None:
        found += [*_deleted(former, present), *_overwritten(former, present), *_forgotten(former, present)]
    return found


def _broken(number: int, where: str) -> str:
    return f"{number}, {INVARIANTS[number]}: {where}"


def _live_takes(now: Situation) -> Iterator[str]:
    takes: dict[tuple[RoomId, int], list[str]] = defaultdict(list)
    for take in now.takes:
        if take.ended is None:
            takes[take.room, take.slot].append(take.id)
    captures: dict[tuple[RoomId, int], list[str]] = defaultdict(list)
    processes: dict[RunId, list[str]] = defaultdict(list)
    for job in now.jobs.values():
        if job.state in ACTIVE:
            if job.kind is JobKind.CAPTURE:
                captures[job.room, capture_slot(job.id)].append(job.id)
            if job.run is not None:
                processes[job.run].append(job.id)
    for what, live in (("takes", takes), ("jobs", captures)):
        for (room, _), ids in live.items():
            if len(ids) > 1:
                yield _broken(1, f"room {room} is captured by {what} {_and(ids)}")
    yield from (_broken(1, f"run {r} belongs to jobs {_and(ids)}") for r, ids in processes.items() if len(ids) > 1)


def _ownership(now: Situation) -> Iterator[str]:
    takes = {t.id: t for t in now.takes}
    for one in now.segments:
        segment = one.segment
        if segment.take not in takes:
            yield _broken(2, f"{segment.path} belongs to take {segment.take}, which is unknown")
        if not segment.path.startswith(f"{take_folder(segment.take)}/"):
            yield _broken(2, f"{segment.path} lies outside the folder of its take {segment.take}")
    if now.files is None:
        return
    known = {one.segment.path for one in now.segments}
    # A live take writes a segment before it is indexed.
    open_folders = tuple(f"{take_folder(t.id)}/" for t in now.takes if t.ended is None)
    for file in sorted(now.files):
        if file.endswith(".ts") and file not in known and not file.startswith(open_folders):
            yield _broken(2, f"{file} is on the disk but belongs to no take")


def _consent(now: Situation) -> Iterator[str]:
    rooms = {t.id: t.room for t in now.takes}
    timed = {one.key: one for one in now.segments}
    for keep in _ordered(now.keeps):
        planned, one = now.plan.session(keep.session), timed.get((keep.take, keep.number))
        if planned is not None and not planned.consent_record:
            yield _broken(3, f"segment {keep.number} of take {keep.take} is kept for session {keep.session}")
        elif one is not None and keep.take in rooms:
            room, start, end = rooms[keep.take], instant(one.start), instant(one.end)
            touched = [s.id for s in now.plan.of_room(room) if s.forbids(start, end)]
            if touched:
                where = f"segment {keep.number} of take {keep.take}, kept for session {keep.session}"
                yield _broken(3, f"{where}, touches session {_and(touched)}")
            if now.plan.is_muted(room, start, end):
                where = f"segment {keep.number} of take {keep.take}, kept for session {keep.session}"
                yield _broken(3, f"{where}, touches a time at which room {room} is muted")
    for recording in now.recordings:
        planned = now.plan.session(recording.session)
        if planned is not None and not planned.consent_record and recording.files:
            files = _and(f.name for f in recording.files)
            yield _broken(3, f"session {recording.session} has finished files: {files}")


def _dangling(now: Situation) -> Iterator[str]:
    known = {one.key for one in now.segments}
    for keep in _ordered(now.keeps):
        if (keep.take, keep.number) not in known:
            yield _broken(4, f"segment {keep.number} of take {keep.take} is kept for {keep.session} and is gone")
    if now.files is not None:
        files = set(now.files)
        for one in now.segments:
            if one.segment.path not in files:
                yield _broken(4, f"{one.segment.path} is still referred to and is not on the disk")


def _written_twice(now: Situation) -> Iterator[str]:
    paths = Counter(one.segment.path for one in now.segments)
    numbers = Counter(one.key for one in now.segments)
    yield from (_broken(5, f"{path} is the file of {n} segments") for path, n in paths.items() if n > 1)
    yield from (
        _broken(5, f"take {take} has {n} segments with the number {number}")
        for (take, number), n in numbers.items()
        if n > 1
    )
    runs = Counter(t.id for t in now.takes)
    yield from (_broken(5, f"{n} takes have the folder {take_folder(run)}") for run, n in runs.items() if n > 1)


def _unread(now: Situation) -> Iterator[str]:
    for one in now.segments:
        if not one.segment.sha256:
            yield _broken(8, f"{one.segment.path} has no checksum")


def _journal(now: Situation) -> Iterator[str]:
    last: dict[Audience, int] = {}
    for entry in now.journal:
        before = last.get(entry.audience)
        if before is not None and entry.revision != before + 1:
            yield _broken(6, f"in the {entry.audience} journal, revision {entry.revision} follows {before}")
        last[entry.audience] = entry.revision
    for audience, revision in now.announced.items():
        if revision > last.get(audience, 0):
            yield _broken(
                6, f"revision {revision} was announced, and the {audience} journal ends with {last.get(audience, 0)}"
            )


def _deleted(former: Situation, present: Situation) -> Iterator[str]:
    rooms = {t.id: t.room for t in former.takes}
    left = {one.key for one in present.segments}
    for one in former.segments:
        room = rooms.get(one.segment.take)
        if one.key in left or room is None:
            continue
        reach = _least_reach(room, former, present)
        if instant(one.end) > present.now - reach:
            age = (present.now - instant(one.end)).total_seconds()
            yield _broken(
                4,
                f"segment {one.segment.number} of take {one.segment.take} is gone after {age:g} s,"
                f" and the ring of room {room} reaches back {reach.total_seconds():g} s",
            )


def _least_reach(room: RoomId, former: Situation, present: Situation) -> timedelta:
    """The shortest possible ring of a room since ``former``."""
    plans, policies = (former.plan, present.plan), (former.policy, present.policy)
    instants = {former.now, present.now} | {
        s.start for plan in plans for s in plan.of_room(room) if former.now < s.start < present.now
    }
    return min(ring_reach(room, plan, policy, at) for plan in plans for policy in policies for at in instants)


def _overwritten(former: Situation, present: Situation) -> Iterator[str]:
    known: dict[tuple[RunId, int], Segment] = {one.key: one.segment for one in former.segments}
    for one in present.segments:
        before = known.get(one.key)
        if before is not None and (difference := _difference(before, one.segment)):
            yield _broken(5, f"{one.segment.path} is not what it was: {difference}")
    ended = {t.id for t in former.takes if t.ended is not None}
    for take in present.takes:
        if take.ended is None and take.id in ended:
            yield _broken(5, f"take {take.id} had ended and is being written again")


def _forgotten(former: Situation, present: Situation) -> Iterator[str]:
    for session in former.plan.sessions:
        if session.covers(former.now) and session.covers(present.now) and present.plan.session(session.id) is None:
            yield _broken(7, f"session {session.id} of room {session.room} was running and is no longer planned")


def _difference(before: Segment, after: Segment) -> str:
    """The changed fields of a segment among those that may not change."""
    names = ("path", "start", "end", "closed_at", "bytes", "wall", "sha256", "shape")
    changed = [n for n in names if getattr(before, n) not in (getattr(after, n), None, "")]
    return ", ".join(f"{n} {getattr(before, n)} became {getattr(after, n)}" for n in changed)


def _ordered(keeps: Iterable[Keep]) -> list[Keep]:
    return sorted(keeps, key=lambda k: (k.take, k.number, k.session))


def _and(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))
