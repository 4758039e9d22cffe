"""Each session's recording: its state, from what is kept of it and what was made of that.

A recording is made of what is kept, so it can be made again whenever the window or the kept segments change;
the files of the former version stay until the new one is verified. Files of a session whose consent is
withdrawn are erased at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from streamer.core.base.ids import JobId, SessionId
from streamer.core.footage.continuity import ClockStep
from streamer.core.footage.order import of_window, touches_window
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.lifecycle import Job
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import JobSpec
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.recording.gaps import FULL_CAUSE, coverage, merged_gaps, missing, was_full
from streamer.core.recording.keeps import closed_until
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.report import holes, report
from streamer.core.recording.states import RecordingState
from streamer.core.records.batch import Batch
from streamer.engine.footage.archive import Archive
from streamer.engine.recordings.analyses import Analyses
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.recordings.exports import Exports
from streamer.engine.recordings.workshop import ExportContext, Result, Workshop

SETTLE_WITHIN = timedelta(seconds=20)
"""How long after a session's end to wait for the segment that covers it, when captures deliver none."""

THUMBNAIL = "thumbnail"
WAITING = "less than the reserve is free on the disk: the file is made as soon as there is room; all of it is kept"

FORMER = "nothing is left of what was captured there: the files are those of the version before"

_TERMINAL = frozenset({RecordingState.READY, RecordingState.PARTIAL, RecordingState.FAILED})


class Recordings:
    """The recordings of all sessions, advanced one step in each turn of the reconciler."""

    def __init__(
        self,
        archive: Archive,
        exporter: Exporter,
        recordings: Sequence[Recording],
        wake: Callable[[], None],
        *,
        analyses: bool = True,
    ) -> None:
        """Without ``analyses`` nobody listens to or watches what was made; a later run does."""
        self.all: dict[SessionId, Recording] = {r.session: r for r in recordings}
        self.full: Sequence[tuple[float, float]] = ()
        self.steps: Sequence[ClockStep] = ()
        """When (Unix s) the disk was full."""
        self._archive = archive
        self._exporter = exporter
        self._exports = Exports(Workshop(exporter, archive.turn, archive.take), wake)
        self._analyses = Analyses(exporter, wake) if analyses else None
        self._doomed: list[str] = []
        self._judged: dict[SessionId, tuple[int, float, float]] = {}

    def desired(self, jobs: Mapping[JobId, Job]) -> dict[JobId, JobSpec]:
        """The exports that should run now."""
        return self._exports.desired(jobs)

    def save(self, saving: bool, batch: Batch, *, full: bool = False) -> None:
        """While disk space is short, begin no export, make no thumbnail, and let go of those that there are. On a
        ``full`` disk nothing is tried again that found no room."""
        self._exports.saving, self._exports.full = saving, full
        if self._analyses is not None:
            self._analyses.full = full
        for id, recording in self.all.items() if saving else ():
            pictures = [f for f in recording.files if f.kind == THUMBNAIL]
            if pictures:
                self._doomed += [f.path for f in pictures]
                self.all[id] = replace(recording, files=tuple(f for f in recording.files if f not in pictures))
                batch.recordings.append(self.all[id])

    def progress(self, look: Callable[[JobId], Progress | None]) -> dict[SessionId, float]:
        """How much is written of the files that are being written, 0…1. ``look`` says what a job has done."""
        shares = {id: self._exports.progress(id, look) for id, r in self.all.items() if _is_finalising(r)}
        return {id: share for id, share in shares.items() if share is not None}

    def step(self, plan: Plan, jobs: Mapping[JobId, Job], around: ExportContext, now: datetime, batch: Batch) -> None:
        """Bring every recording to the state that follows from what is kept, and its export one step further."""
        for planned in plan.sessions:
            before = self.all.get(planned.id)
            if before is None and not planned.record:
                continue
            after = self._next(planned, before, plan, jobs, around, now)
            if after is not None and _is_finalising(after):
                after = self._work(planned, after, jobs, around, now)
            elif after is not None and after.state in (RecordingState.READY, RecordingState.PARTIAL):
                after = self._analysed(after)
            if after is not None and after != before:
                self.all[planned.id] = after
                batch.recordings.append(after)

    def stand(self, sessions: Iterable[SessionId], plan: Plan, batch: Batch) -> None:
        """The finished files of these stay as they are, though segments that they were made of are gone since."""
        for id in sessions:
            recording, planned = self.all.get(id), plan.session(id)
            if recording is not None and planned is not None and recording.state in _TERMINAL and recording.files:
                start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
                made = replace(recording, exported=_fingerprint(start, end, self._kept(planned)))
                self.all[id] = made
                batch.recordings.append(made)

    def _work(
        self,
        planned: PlannedSession,
        current: Recording,
        jobs: Mapping[JobId, Job],
        around: ExportContext,
        now: datetime,
    ) -> Recording:
        """One step of what makes files of a recording; where there are none yet, it can be watched meanwhile."""
        kept = self._kept(planned)
        if self._settled(planned, now):
            self._exports.advance(planned, kept, _fingerprint(current.start, current.end, kept), jobs, around)
        elif not any(f.kind == "mp4" for f in current.files):
            self._exports.begin(planned, kept, around)
        watchable = self._exports.watchable(planned.id)
        if watchable is None or any(f.kind == "mp4" for f in current.files):
            return current
        return replace(current, files=(watchable,))

    def _analysed(self, current: Recording) -> Recording:
        """A recording whose report says how it looks and sounds, once somebody has listened and watched."""
        if current.analysed or self._analyses is None:
            return current
        done = self._analyses.done(current)
        if done is None:
            return current
        self._doomed += [f.path for f in current.files if f.kind == done.kind]
        files = tuple(done if f.kind == done.kind else f for f in current.files)
        return replace(current, files=files, analysed=True)

    def erase_doomed(self, jobs: Mapping[JobId, Job]) -> None:
        """Delete files that the store has already forgotten."""
        in_use = {f.path for r in self.all.values() for f in r.files}
        doomed = [p for p in self._doomed if p not in in_use]
        doomed += self._exports.take_doomed(in_use, jobs)
        doomed += self._analyses.take_stale(self.all.values()) if self._analyses is not None else []
        self._doomed = []
        if doomed:
            self._exporter.erase(doomed)

    async def close(self) -> None:
        """End the work in flight; the next start takes it up again."""
        await self._exports.close()
        if self._analyses is not None:
            await self._analyses.close()

    # -- states ------------------------------------------------------------------------------------

    def _next(
        self,
        planned: PlannedSession,
        before: Recording | None,
        plan: Plan,
        jobs: Mapping[JobId, Job],
        around: ExportContext,
        now: datetime,
    ) -> Recording | None:
        if not planned.consent_record:
            return self._withdrawn(planned, before)
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        judged = (self._archive.footage.change_count(planned.id), start, end)
        if before is not None and before.state in _TERMINAL and self._judged.get(planned.id) == judged:
            return replace(before, title=planned.session.title)
        if before is None and planned.in_point >= planned.out_point:
            return None  # a session of no length has no recording
        current = before or Recording(
            session=planned.id,
            room=planned.room,
            title=planned.session.title,
            state=RecordingState.PENDING,
            start=start,
            end=end,
        )
        current = replace(current, start=start, end=end, room=planned.room, title=planned.session.title)
        match planned.phase(now):
            case Phase.BEFORE:
                return replace(current, state=RecordingState.PENDING) if before is not None else None
            case Phase.DURING:
                self._exports.drop(planned.id)
                if not touches_window(self._archive.footage.kept(planned.id), start, end):
                    return replace(current, state=RecordingState.PENDING) if before is not None else None
                return replace(current, state=RecordingState.CAPTURING, reason="")
        after = self._ended(planned, current, before, self._kept(planned), plan, jobs, around, now)
        if after.state in _TERMINAL:
            self._judged[planned.id] = judged
        return after

    def _kept(self, planned: PlannedSession) -> list[Timed]:
        """What is kept of the window itself, without padding."""
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        return of_window(self._archive.footage.kept(planned.id), start, end)

    def _ended(
        self,
        planned: PlannedSession,
        current: Recording,
        before: Recording | None,
        kept: Sequence[Timed],
        plan: Plan,
        jobs: Mapping[JobId, Job],
        around: ExportContext,
        now: datetime,
    ) -> Recording:
        if not self._settled(planned, now):
            return replace(current, state=RecordingState.FINALISING)
        fingerprint = _fingerprint(current.start, current.end, kept)
        if before is not None and before.exported == fingerprint and before.state in _TERMINAL:
            return replace(current, exported=fingerprint)
        if not kept:
            self._exports.drop(planned.id)
            if before is not None and before.state is RecordingState.ERASED:
                return before
            if before is not None and _has_video(before):
                if before.state is not RecordingState.FINALISING and not planned.has_bounds:
                    return before
                return replace(current, state=RecordingState.FAILED, exported=fingerprint, reason=FORMER)
            full = was_full(current.start, current.end, self.full)
            why, cause = (FULL_CAUSE, FULL_CAUSE) if full else ("look at the room's source", "nothing was captured")
            self._doomed += [f.path for f in current.files]
            return replace(
                current,
                state=RecordingState.FAILED,
                exported=fingerprint,
                files=(),
                reason=f"nothing was captured while the session ran: {why}",
                gaps=(Gap(start=current.start, duration=current.end - current.start, cause=cause),),
            )
        result = self._exports.made(planned.id, fingerprint)
        if result is not None:
            finished = self._finished(current, result, fingerprint, plan)
            used = {placed.clip.take for made in result.made for placed in made.part.clips}
            takes = {id: take for id in used if (take := self._archive.take(id)) is not None}
            document = report(finished, result.made, takes, around.zone)
            written = self._exports.report(planned.id, fingerprint, document)
            if written is not None:
                self._doomed += [f.path for f in current.files]
                self._exports.drop(planned.id)
                return replace(finished, files=(*finished.files, written))
        trouble = self._exports.trouble(planned.id, fingerprint, jobs)
        if trouble:
            self._exports.drop(planned.id)
            return replace(current, state=RecordingState.FAILED, exported=fingerprint, reason=trouble)
        waits = self._exports.waits(planned.id, jobs)
        return replace(current, state=RecordingState.FINALISING, reason=WAITING if waits else "")

    def _finished(self, current: Recording, result: Result, fingerprint: str, plan: Plan) -> Recording:
        closed = [(s.start, until) for s in plan.of_room(current.room) if (until := closed_until(s))]
        withheld = [(start.timestamp(), until.timestamp()) for start, until in closed]
        around = self._archive.footage.kept(current.session)
        damaged = self._archive.lost(current.room)
        between = missing(
            current.start, current.end, around, self._archive.causes, withheld, damaged, self.full, self.steps
        )
        gaps = merged_gaps(current.start, current.end, [*between, *result.faults, *holes(result.made)])
        lost = sum(g.duration for g in gaps)
        reason = f"{lost:.1f} s are missing{_why(gaps)}" if gaps else ""
        if not gaps and len(result.made) > 1:
            reason = f"picture or sound changed in mid-session, so it is in {len(result.made)} files"
        return replace(
            current,
            state=RecordingState.PARTIAL if gaps else RecordingState.READY,
            version=current.version + 1,
            exported=fingerprint,
            coverage=coverage(current.start, current.end, gaps),
            gaps=gaps,
            files=result.files,
            reason=reason,
            analysed=False,
        )

    def _withdrawn(self, planned: PlannedSession, before: Recording | None) -> Recording | None:
        self._exports.drop(planned.id)
        if before is None or before.state in (RecordingState.ERASED, RecordingState.OFF):
            return before
        if before.state is RecordingState.PENDING and not before.files:
            return replace(before, state=RecordingState.OFF)
        self._doomed += [f.path for f in before.files]
        return replace(
            before,
            state=RecordingState.ERASED,
            files=(),
            gaps=(),
            coverage=0.0,
            exported="",
            reason="consent was withdrawn",
        )

    def _settled(self, planned: PlannedSession, now: datetime) -> bool:
        edge, last = self._archive.settled(planned.room), max(planned.end, planned.out_point)
        return (edge is not None and edge >= last.timestamp()) or now >= last + SETTLE_WITHIN


def _why(gaps: Sequence[Gap]) -> str:
    """The cause of the longest gap stands for all, which is said where there are others."""
    cause = _within(max(gaps, key=lambda gap: gap.duration).cause)
    return f": {cause}" if len({gap.cause for gap in gaps}) == 1 else f" in {len(gaps)} places; most of it: {cause}"


def _within(sentence: str) -> str:
    """A sentence inside of another; a name such as FFmpeg keeps its capitals."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence


def _is_finalising(recording: Recording) -> bool:
    return recording.state is RecordingState.FINALISING


def _has_video(recording: Recording) -> bool:
    return any(f.kind == "mp4" for f in recording.files)


def _fingerprint(start: float, end: float, kept: Sequence[Timed]) -> str:
    text = f"{start:.3f} {end:.3f} " + " ".join(f"{t.segment.take}/{t.segment.number}" for t in kept)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
