"""Processes of a former run: they become jobs that are watched like those that were started here."""

from __future__ import annotations

from support.day.conference_day import at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.jobs.events import Exited, Progressed, StopWanted, Terminate
from streamer.core.jobs.lifecycle import (
    JobState,
    advance,
)
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.jobs.specs import JobKind
from streamer.engine.jobs.adoption import adopted_job, adopted_jobs

CAPTURE, RUN, STARTED = JobId("capture:main"), RunId("run"), 1_757_000_000.0
RECORD = ProcessRecord(
    run=RUN,
    job=CAPTURE,
    kind=JobKind.CAPTURE,
    room=RoomId("main"),
    digest="digest",
    pid=4711,
    start_ticks=1,
    started=STARTED,
)


def test_an_adopted_process_is_watched_like_one_that_was_started_here() -> None:
    job = adopted_job(RECORD, 50.0)
    assert (job.state, job.run, job.pid, job.digest) == (JobState.STARTING, RUN, 4711, "digest")
    assert job.since == STARTED
    assert adopted_jobs([RECORD], 50.0) == {CAPTURE: job}
    ended = Exited(exit=ProcessExit(run=RUN, status=1, at=STARTED + 60), jitter=0.5)
    assert advance(job, Progressed(at=STARTED + 60), 51.0)[0].state is JobState.RUNNING
    assert advance(job, ended, 51.0)[0].state is JobState.BACKOFF
    stop = StopWanted(reason="over", at=STARTED + 60)
    assert advance(job, stop, 51.0)[1] == (Terminate(run=RUN, reason="over"),)


async def test_what_still_runs_after_a_kill_is_not_started_again() -> None:
    table = timetable(session("a", "main", at("09:00"), 30))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:05"))
        day.killed = True
    async with conference_day(table, policy_for("main"), at("09:05"), after=day) as again:
        await again.go(at("09:06"))
        assert again.starts("capture:main") == [at("08:50")]
        assert again.engine.supervisor.jobs[CAPTURE].state is JobState.RUNNING
        await again.go(at("09:45"))
        assert again.ends("capture:main") == [at("09:40")]
