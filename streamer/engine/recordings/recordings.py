"""Each session's recording: its state, which follows from its kept segments and its finished files.

A recording is made from kept segments, so it is made again whenever the window or the kept segments change;
the files of the former version stay until the new one is verified. Files of a session whose consent is
withdrawn are erased at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from streamer.core.base.ids import JobId, SessionId
from streamer.core.export.files import FileKind
from streamer.core.footage.order import instant, of_window, touches_window
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.coding import plays_in_browsers
from streamer.core.jobs.lifecycle import Job
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import JobSpec
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import Phase, PlannedSession
from streamer.core.recording.consent import withdrawn
from streamer.core.recording.judgement import Evidence, finished, without_footage
from streamer.core.recording.lacks import notes
from streamer.core.recording.recording import Recording, fingerprint, of_session
from streamer.core.recording.removals import removals
from streamer.core.recording.report import report
from streamer.core.recording.states import (
    DELIVERABLE,
    LAST,
    Analysed,
    Awaited,
    Captured,
    Converted,
    Ended,
    Failed,
    RecordingState,
    Waited,
    Watchable,
    advance,
)
from streamer.core.records.batch import Batch
from streamer.core.status.disk import Pressure
from streamer.engine.footage.archive import Archive
from streamer.engine.machine.worker import Worker
from streamer.engine.recordings.exporter import Exporter
from streamer.engine.recordings.production import Production
from streamer.engine.recordings.products import Result
from streamer.engine.recordings.situation import Situation

SETTLE_WITHIN = timedelta(seconds=20)
"""How long after a session's end to wait for the segment that covers it, if captures deliver none."""

_WITHDRAWN = frozenset({RecordingState.OFF, RecordingState.ERASED})
THUMBNAIL = "thumbnail"
WAITING = "less than the reserve is free on the disk: the file is made as soon as there is room; its segments are kept"


class Recordings:
    """The recordings of all sessions, advanced one step in each turn of the reconciler."""

    def __init__(
        self,
        archive: Archive,
        exporter: Exporter,
        recordings: Iterable[Recording],
        worker: Worker,
        *,
        analyses: bool = True,
    ) -> None:
        """Without ``analyses`` finished files are not analysed; a later run does that."""
        self.all: dict[SessionId, Recording] = {r.session: r for r in recordings}
        self._archive = archive
        self._exporter = exporter
        self._production = Production(exporter, archive.turn, archive.take, worker)
        self._analyses = analyses
        self._playable: dict[SessionId, str] = {}
        self._judged: dict[SessionId, tuple[object, ...]] = {}

    def restore(self, stored: Iterable[Recording], bereft: Iterable[SessionId], plan: Plan, batch: Batch) -> None:
        """Restore the recordings of a former run. The finished files of ``bereft`` sessions stay unchanged, although
        some of their segments are missing now."""
        self.all |= {r.session: r for r in stored}
        for id in bereft:
            recording, planned = self.all.get(id), plan.session(id)
            if recording is not None and planned is not None and recording.state in LAST and recording.files:
                start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
                self._put(replace(recording, exported=fingerprint(start, end, self._kept(planned))), batch)

    def desired(self, jobs: Mapping[JobId, Job], pressure: Pressure) -> dict[JobId, JobSpec]:
        """Collect the finished steps since the last turn, and return the exports that should run now."""
        self._production.collect(pressure)
        return self._production.desired(jobs, pressure)

    def progress(self, look: Callable[[JobId], Progress | None]) -> dict[SessionId, float]:
        """The written share of the files in progress, 0…1. ``look`` returns a job's progress."""
        shares = {id: self._production.of(id).progress(look) for id in self.unfinished()}
        return {id: share for id, share in shares.items() if share is not None}

    def may_show_removed(self, planned: PlannedSession, plan: Plan) -> bool:
        """Whether the files of a recording may have what was muted or cut out since they were made. Those of a failed
        recording are of the former version."""
        recording = self.all.get(planned.id)
        if recording is None or not recording.files or not removals(recording, plan):
            return False
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        is_former = recording.exported != fingerprint(start, end, self._kept(planned))
        return is_former or recording.state is RecordingState.FAILED

    def unfinished(self) -> set[SessionId]:
        """The sessions that have ended and whose files are not finished."""
        return {id for id, recording in self.all.items() if recording.state is RecordingState.FINALISING}

    def step(self, situation: Situation, batch: Batch) -> None:
        """Update every recording's state from its kept segments, and advance its export by one step."""
        if situation.pressure.saves:
            self._give_up_thumbnails(batch)
        for planned in situation.plan.sessions:
            before = self.all.get(planned.id)
            if before is None and not planned.record:
                continue
            after = self._next(planned, before, situation)
            if after is not None and after.state is RecordingState.FINALISING:
                after = self._make(planned, after, situation)
            elif after is not None and after.state in DELIVERABLE:
                after = self._with_analysis(after, situation.pressure)
                if situation.playable and (after.analysed or not self._analyses):
                    after = self._with_playable(after, situation.pressure)
            if after is not None and after != before:
                self._put(after, batch)

    async def erase_doomed(self, jobs: Mapping[JobId, Job]) -> None:
        """Delete the files that the store has already forgotten, and those of work that was dropped."""
        await self._production.end_dropped({id for id, one in self.all.items() if one.state in _WITHDRAWN})
        doomed = self._production.take_doomed({f.path for r in self.all.values() for f in r.files}, jobs)
        if doomed:
            self._exporter.erase(doomed)

    def _put(self, after: Recording, batch: Batch) -> None:
        before = self.all.get(after.session)
        if before is not None:
            self._production.doom({f.path for f in before.files} - {f.path for f in after.files})
        self.all[after.session] = after
        batch.recordings.append(after)

    def _give_up_thumbnails(self, batch: Batch) -> None:
        for recording in list(self.all.values()):
            left = tuple(f for f in recording.files if f.kind != THUMBNAIL)
            if left != recording.files:
                self._put(replace(recording, files=left), batch)

    # -- making files ------------------------------------------------------------------------------

    def _make(self, planned: PlannedSession, current: Recording, situation: Situation) -> Recording:
        """Advance the files of a recording by one step; offer a playlist until the first files are finished."""
        kept, production = self._kept(planned), self._production
        if self._settled(planned, situation.now):
            version = fingerprint(current.start, current.end, kept)
            production.advance(planned, kept, version, situation.jobs, situation.around, situation.pressure)
        elif not current.has_video:
            production.show(planned, kept, situation.around)
        playlist = production.of(planned.id).watchable
        if playlist is None or current.has_video:
            return current
        return advance(current, Watchable(playlist=playlist))

    def _with_analysis(self, current: Recording, pressure: Pressure) -> Recording:
        """The recording with the report of its analysis, once that is finished."""
        if current.analysed or not self._analyses:
            return current
        found = self._production.analysed(current, pressure)
        return advance(current, Analysed(report=found)) if found is not None else current

    def _with_playable(self, current: Recording, pressure: Pressure) -> Recording:
        """The recording with files that browsers play, once they are made. A run of the service asks once for each."""
        if self._playable.get(current.session) == current.exported:
            return current
        found = self._production.playable(current, pressure) if self._may_need_one(current) else ()
        if found is None:
            return current
        self._playable[current.session] = current.exported
        return advance(current, Converted(files=found)) if found else current

    def _may_need_one(self, current: Recording) -> bool:
        """Whether no such file was made, and a source of the recording may have sent what browsers don't play."""
        if any(file.kind == FileKind.PLAYABLE for file in current.files):
            return False
        used = {timed.segment.take for timed in self._archive.footage.kept(current.session)}
        takes = [take for id in used if (take := self._archive.take(id)) is not None]
        return any(t.facts is None or not plays_in_browsers(t.facts.video, t.facts.audio) for t in takes)

    # -- states ------------------------------------------------------------------------------------

    def _next(self, planned: PlannedSession, before: Recording | None, situation: Situation) -> Recording | None:
        if not planned.consent_record:
            self._production.drop(planned.id)
            return withdrawn(before) if before is not None else None
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        judged = (self._archive.footage.change_count(planned.id), start, end, planned.cuts)
        if before is not None and before.state in LAST and self._judged.get(planned.id) == judged:
            title = planned.session.title
            return before if before.title == title else replace(before, title=title)
        if before is None and planned.in_point >= planned.out_point:
            return None  # a session of no length has no recording
        phase = planned.phase(situation.now)
        current = of_session(planned, before)
        match phase:
            case Phase.BEFORE:
                return advance(current, Awaited()) if before is not None else None
            case Phase.DURING:
                self._production.drop(planned.id)
                if touches_window(self._archive.footage.kept(planned.id), start, end):
                    return advance(current, Captured())
                return advance(current, Awaited()) if before is not None else None
        after = self._ended(planned, current, before, self._kept(planned), situation)
        if after.state in LAST:
            self._judged[planned.id] = judged
        return after

    def _ended(
        self,
        planned: PlannedSession,
        current: Recording,
        before: Recording | None,
        kept: Sequence[Timed],
        situation: Situation,
    ) -> Recording:
        finalising = advance(current, Ended())
        if not self._settled(planned, situation.now):
            return finalising
        version = fingerprint(current.start, current.end, kept)
        if before is not None and before.exported == version and before.state in LAST:
            return current
        if not kept:
            self._production.drop(planned.id)
            return without_footage(finalising, before, version, situation.full, has_bounds=planned.has_bounds)
        work = self._production.of(planned.id)
        if work.result is not None and work.result.fingerprint == version:
            done = self._finished(finalising, work.result, situation)
            if done is not None:
                return done
        trouble = self._production.of(planned.id).trouble_of(version, situation.jobs)
        if trouble:
            self._production.drop(planned.id)
            return advance(finalising, Failed(fingerprint=version, reason=trouble))
        waits = self._production.of(planned.id).waits(situation.jobs, situation.pressure)
        return advance(finalising, Waited(reason=WAITING if waits else ""))

    def _finished(self, finalising: Recording, result: Result, situation: Situation) -> Recording | None:
        """The recording in its last state; None while its report is being written."""
        used = {placed.clip.take for made in result.made for placed in made.part.clips}
        takes = {id: take for id in used if (take := self._archive.take(id)) is not None}
        evidence = Evidence(
            takes=takes,
            plan=situation.plan,
            kept=self._archive.footage.kept(finalising.session),
            causes=self._archive.causes,
            lost=self._archive.lost(finalising.room),
            full=situation.full,
            steps=situation.clock_steps,
        )
        verdict = finished(finalising, result.fingerprint, result.made, result.faults, result.files, evidence)
        done = advance(finalising, verdict)
        document = report(
            done,
            result.made,
            takes,
            situation.around.zone,
            lacks=verdict.lacks,
            notes=notes(result.made, takes, playable=situation.playable),
            removed=removals(done, situation.plan),
        )
        written = self._production.report(finalising.session, result, document)
        if written is None:
            return None
        self._production.drop(finalising.session)
        return replace(done, files=(*done.files, written))

    def _kept(self, planned: PlannedSession) -> list[Timed]:
        """The kept segments of the window itself, without padding and without what was cut out."""
        start, end = planned.in_point.timestamp(), planned.out_point.timestamp()
        kept = of_window(self._archive.footage.kept(planned.id), start, end)
        return [t for t in kept if not planned.cuts_out(instant(t.start), instant(t.end))] if planned.cuts else kept

    def _settled(self, planned: PlannedSession, now: datetime) -> bool:
        edge, last = self._archive.settled(planned.room), max(planned.end, planned.out_point)
        return (edge is not None and edge >= last.timestamp()) or now >= last + SETTLE_WITHIN
