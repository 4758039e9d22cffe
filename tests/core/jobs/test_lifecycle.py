"""A job's transitions: every row of the table, what is outside of it, and the backoff."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN

from streamer.core.base.errors import InvalidTransition
from streamer.core.base.ids import JobId, RunId, SessionId
from streamer.core.jobs.events import (
    Event,
    Exited,
    Launch,
    Launched,
    LaunchFailed,
    Progressed,
    Stalled,
    StartWanted,
    StopWanted,
    Terminate,
)
from streamer.core.jobs.lifecycle import (
    ACTIVE,
    FIRST_RETRY,
    LONGEST_LOCAL_RETRY,
    LONGEST_RETRY,
    STABLE_AFTER,
    TABLE,
    Job,
    JobState,
    advance,
    diagram,
    idle_job,
    retry_delay,
)
from streamer.core.jobs.processes import ExitCause, ProcessExit, ProcessRecord
from streamer.core.jobs.specs import CaptureSettings, JobKind, JobSpec

SPEC = JobSpec(
    id=JobId("capture:main"),
    kind=JobKind.CAPTURE,
    room=MAIN,
    settings=CaptureSettings(source="test:", room_name="Main", tap=10_000),
)
EXPORT = replace(SPEC, id=JobId("export:a"), kind=JobKind.EXPORT)
AT = 1_757_322_000.0
RUN, OLD = RunId("run"), RunId("an-earlier-run")
EVENTS: tuple[type[Event], ...] = (StartWanted, Launched, LaunchFailed, Progressed, Stalled, Exited, StopWanted)


def record(run: RunId = RUN) -> ProcessRecord:
    return ProcessRecord(
        run=run, job=SPEC.id, kind=SPEC.kind, room=MAIN, digest=SPEC.digest, pid=4711, start_ticks=1, started=AT
    )


def exited(run: RunId = RUN, status: int | None = 1, jitter: float = 0.5, **more: object) -> Exited:
    return Exited(exit=ProcessExit(run=run, status=status, at=AT + 9, **more), jitter=jitter)  # type: ignore[arg-type] # by name


def variants(kind: type[Event], run: RunId = RUN) -> list[Event]:
    """Events of a type in every flavour that may lead elsewhere."""
    flavours: dict[type[Event], list[Event]] = {
        StartWanted: [StartWanted(spec=SPEC, run=RunId("new"), at=AT + 1)],
        Launched: [Launched(record=record(run))],
        LaunchFailed: [LaunchFailed(error="no such program", permanent=p, at=AT + 2) for p in (False, True)],
        Progressed: [Progressed(at=AT + 3)],
        Stalled: [Stalled(error="no progress for 4 s", at=AT + 4, jitter=0.5)],
        Exited: [
            exited(run, status, error=error, permanent=permanent)
            for status, error in ((0, ""), (1, "the source refused"), (-9, "killed"), (None, ""))
            for permanent in (False, True)
        ],
        StopWanted: [StopWanted(reason="no session needs it", at=AT + 5)],
    }
    return flavours[kind]


def reach(state: JobState, spec: JobSpec = SPEC) -> list[Job]:
    """Jobs in a state, by every short way that leads there."""
    start = StartWanted(spec=spec, run=RUN, at=AT)
    stop, stall = variants(StopWanted)[0], variants(Stalled)[0]
    launched, progressed = Launched(record=record()), Progressed(at=AT + 3)
    ways: list[list[Event]] = [
        [],
        [start],
        [start, launched],
        [start, launched, progressed],
        [start, launched, stop],
        [start, launched, progressed, stop],
        [start, launched, stall],
        [start, launched, progressed, stall],
        [start, launched, progressed, stall, stop],
        [start, launched, exited()],
        [start, launched, progressed, exited()],
        [start, variants(LaunchFailed)[0]],
        [start, variants(LaunchFailed)[1]],
        [start, launched, exited(permanent=True)],
        [start, launched, stop, exited()],
    ]
    found = []
    for way in ways:
        job = idle_job(spec, AT)
        for event in way:
            job, _ = advance(job, event, 100.0)
        if job.state is state:
            found.append(job)
    return found


def assert_valid(job: Job) -> None:
    if job.state in ACTIVE:
        assert job.run is not None
    else:
        assert job.pid is None
    assert (job.retry_at is not None) or job.state is not JobState.BACKOFF
    assert job.retry_at is None or job.state in (JobState.BACKOFF, JobState.STOPPING)
    assert job.failures >= 0
    assert len(job.story) <= 10


# -- the table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [SPEC, EXPORT], ids=["capture", "export"])
@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: str(kind.__name__))
def test_every_row_gives_a_valid_job_and_every_other_pair_is_told(
    state: JobState, kind: type[Event], spec: JobSpec
) -> None:
    jobs = reach(state, spec)
    assert jobs, "every state can be reached"
    for job in jobs:
        for event in variants(kind):
            if (state, kind) in TABLE:
                changed, instructions = advance(job, event, 105.0)
                assert_valid(changed)
                assert (changed.id, changed.kind, changed.room) == (job.id, job.kind, job.room)
                if changed.state is not state:
                    assert changed.story == (*job.story, state)
                for instruction in instructions:
                    if isinstance(instruction, Launch):
                        assert kind is StartWanted
                        assert (instruction.run, changed.state) == (changed.run, JobState.STARTING)
                    else:
                        assert instruction.run == job.run
                        assert changed.state is JobState.STOPPING
                assert bool(instructions) == (kind is StartWanted or changed.state is JobState.STOPPING != state)
            else:
                with pytest.raises(InvalidTransition) as told:
                    advance(job, event, 105.0)
                assert f"a job that is {state} can't take {kind.__name__}" in str(told.value)
                assert told.value.where == f"job {job.id}"
                assert " → ".join((*job.story, state)) in told.value.hint


def observed() -> dict[tuple[JobState, type[Event]], set[str]]:
    """Where each row really leads; a job that stays as it is because the exit is of another run is left out."""
    found: dict[tuple[JobState, type[Event]], set[str]] = {}
    for state, kind in TABLE:
        jobs = [*reach(state, SPEC), *reach(state, EXPORT)]
        found[state, kind] = {str(advance(j, e, 105.0)[0].state) for j in jobs for e in variants(kind)}
    return found


def test_the_tables_words_say_where_its_steps_lead() -> None:
    said = {row: set(re.split(r", | or ", words)) for row, (words, _) in TABLE.items()}
    assert said == observed()


def test_the_diagram_has_an_arrow_for_each_change_and_no_other() -> None:
    arrows = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", diagram(), re.M))
    assert arrows == {
        (str(state), target, kind.__name__)
        for (state, kind), targets in observed().items()
        for target in targets
        if target != state
    }
    assert diagram().startswith("stateDiagram-v2\n    [*] --> exited\n")


def test_a_story_remembers_the_last_ten_states() -> None:
    job = idle_job(SPEC, AT)
    for _ in range(8):
        for event in (StartWanted(spec=SPEC, run=RUN, at=AT), exited()):
            job, _ = advance(job, event, 0.0)
    assert job.story == ("backoff", "starting") * 5


# -- walks --------------------------------------------------------------------------------------------------------


@LAW
@given(st.lists(st.tuples(st.integers(0, len(EVENTS) - 1), st.integers(0, 7), st.floats(0, 20)), max_size=30))
def test_no_walk_leaves_the_valid(steps: list[tuple[int, int, float]]) -> None:
    job, now, launched = idle_job(SPEC, AT), 0.0, 0
    for kind, flavour, waited in steps:
        now += waited
        choices = variants(EVENTS[kind], job.run or RUN)
        event = choices[flavour % len(choices)]
        if (job.state, type(event)) not in TABLE:
            continue
        before, (job, instructions) = job, advance(job, event, now)
        launched += sum(isinstance(i, Launch) for i in instructions)
        assert_valid(job)
        assert job.restarts >= before.restarts
        assert job.restarts <= max(0, launched - 1)
        assert job.since == before.since or job.state is not before.state or isinstance(event, StartWanted)
        if job.state is JobState.BACKOFF is not before.state and job.retry_at is not None:
            assert job.retry_at - now <= 1.25 * LONGEST_RETRY


@pytest.mark.parametrize("state", JobState)
def test_exits_of_an_old_run_are_of_no_account(state: JobState) -> None:
    for job in reach(state):
        for event in variants(Exited, OLD):
            assert advance(job, event, 500.0) == (job, ())


# -- what ends mean -----------------------------------------------------------------------------------------------


def running(spec: JobSpec = SPEC, since: float = 0.0) -> Job:
    job = idle_job(spec, AT)
    for event in (StartWanted(spec=spec, run=RUN, at=AT), Launched(record=record()), Progressed(at=AT + 1)):
        job, _ = advance(job, event, since)
    return job


def test_a_job_runs_when_media_flows_and_not_before() -> None:
    job, (launch,) = advance(idle_job(SPEC, AT), StartWanted(spec=SPEC, run=RUN, at=AT + 1), 0.0)
    assert launch == Launch(spec=SPEC, run=RUN)
    job, _ = advance(job, Launched(record=record()), 0.1)
    assert (job.state, job.pid, job.since) == (JobState.STARTING, 4711, AT + 1)
    job, _ = advance(job, Progressed(at=AT + 3), 0.2)
    assert (job.state, job.since) == (JobState.RUNNING, AT + 3)
    assert advance(job, Progressed(at=AT + 4), 0.3)[0].since == AT + 3


def test_a_capture_that_ends_well_is_started_again() -> None:
    """FFmpeg that listens ends with status 0 when its publisher leaves."""
    job, _ = advance(running(), exited(status=0), 5.0)
    assert job.state is JobState.BACKOFF


def test_an_export_that_ends_well_is_done() -> None:
    job, _ = advance(running(EXPORT), exited(status=0), 5.0)
    assert (job.state, job.error, job.failures) == (JobState.EXITED, "", 0)
    job, _ = advance(running(EXPORT), exited(status=1, error="disk full"), 5.0)
    assert (job.state, job.error) == (JobState.BACKOFF, "disk full")


def test_what_can_not_be_helped_is_not_tried_again() -> None:
    job, _ = advance(running(), exited(error="no such device", permanent=True), 5.0)
    assert (job.state, job.error, job.retry_at) == (JobState.FAILED, "no such device", None)


def test_a_launch_that_fails_is_tried_again_unless_that_can_not_help() -> None:
    starting, _ = advance(idle_job(SPEC, AT), StartWanted(spec=SPEC, run=RUN, at=AT), 5.0)
    again, _ = advance(starting, LaunchFailed(error="no process could be made", permanent=False, at=AT), 5.0)
    assert (again.state, again.retry_at, again.error) == (
        JobState.BACKOFF,
        5.0 + FIRST_RETRY,
        "no process could be made",
    )
    never, _ = advance(starting, LaunchFailed(error="no FFmpeg", permanent=True, at=AT), 5.0)
    assert (never.state, never.retry_at, never.error) == (JobState.FAILED, None, "no FFmpeg")


def test_an_end_without_a_word_leaves_the_last_word_standing() -> None:
    job, _ = advance(running(), exited(error="the source refused"), 1.0)
    job, _ = advance(job, StartWanted(spec=SPEC, run=RUN, at=AT), 2.0)
    job, _ = advance(job, exited(error=""), 3.0)
    assert (job.error, job.failures) == ("the source refused", 2)


def test_a_stop_ends_it_and_clears_what_was() -> None:
    job, (end,) = advance(running(), StopWanted(reason="over", at=AT + 6), 5.0)
    assert end == Terminate(run=RUN, reason="over")
    assert advance(job, StopWanted(reason="over", at=AT + 7), 6.0) == (job, ())
    job, _ = advance(job, exited(status=255), 6.0)
    assert (job.state, job.error, job.failures, job.retry_at) == (JobState.EXITED, "", 0, None)


def test_a_stalled_process_is_ended_and_started_again_unless_nobody_wants_it_any_more() -> None:
    job, (end,) = advance(running(), Stalled(error="no progress for 4 s", at=AT + 5, jitter=0.5), 5.0)
    assert (end, job.state) == (Terminate(run=RUN, reason="no progress for 4 s"), JobState.STOPPING)
    again, _ = advance(job, exited(status=255), 6.0)
    assert (again.state, again.error) == (JobState.BACKOFF, "no progress for 4 s")
    assert again.retry_at == pytest.approx(5.0 + FIRST_RETRY)
    unwanted, _ = advance(job, StopWanted(reason="over", at=AT + 6), 5.5)
    assert advance(unwanted, exited(status=255), 6.0)[0].state is JobState.EXITED


# -- backoff ------------------------------------------------------------------------------------------------------


def crash(job: Job, now: float, ran: float, progress: bool = True) -> tuple[Job, float]:
    """Start it, let it run so long, and let it die; returns the wait that follows, at the mean jitter."""
    job, _ = advance(job, StartWanted(spec=SPEC, run=RUN, at=AT), now)
    if progress:
        job, _ = advance(job, Progressed(at=AT), now + ran)
    job, _ = advance(job, exited(error="killed"), now + ran)
    assert job.retry_at is not None
    return job, job.retry_at - now - ran


def test_waits_double_up_to_a_bound_and_begin_anew_after_a_stable_run() -> None:
    job, now, waits = idle_job(SPEC, AT), 0.0, []
    for _ in range(9):
        job, wait = crash(job, now, 1.0)
        now += 100
        waits.append(wait)
    assert waits[0] == FIRST_RETRY
    assert waits[1:] == pytest.approx([min(2 * wait, LONGEST_RETRY) for wait in waits[:-1]])
    assert waits[-1] == LONGEST_RETRY
    assert (job.failures, job.restarts) == (9, 8)
    job, wait = crash(job, now, STABLE_AFTER - 0.1)
    assert wait == pytest.approx(LONGEST_RETRY)
    job, wait = crash(job, now + 100, STABLE_AFTER)
    assert wait == pytest.approx(FIRST_RETRY)
    assert (job.failures, job.restarts) == (1, 10)


def test_what_fails_for_this_machine_is_tried_again_within_seconds() -> None:
    """A full disk has room again at any moment."""
    job, waits = idle_job(SPEC, AT), []
    for turn in range(9):
        job, _ = advance(job, StartWanted(spec=SPEC, run=RUN, at=AT), 100.0 * turn)
        ended = Exited(exit=replace(exited(error="full").exit, cause=ExitCause.DISK), jitter=1.0)
        event = ended if turn % 2 else LaunchFailed(error="full", permanent=False, at=AT)
        job, _ = advance(job, event, 100.0 * turn)
        assert job.retry_at is not None
        waits.append(job.retry_at - 100.0 * turn)
    assert waits[0] == FIRST_RETRY
    assert max(waits) == waits[-1] == waits[-2] == LONGEST_LOCAL_RETRY


def test_waiting_long_for_a_source_is_no_reason_to_wait_longer() -> None:
    job = idle_job(SPEC, AT)
    for turn in range(5):
        job, wait = crash(job, 100.0 * turn, STABLE_AFTER, progress=False)
        assert wait == pytest.approx(FIRST_RETRY)


def test_a_first_try_from_which_other_settings_were_learned_is_no_failure() -> None:
    longer = replace(SPEC, session=SessionId("other"))
    for failures, counts in ((1, 0), (2, 2)):
        failed = replace(idle_job(SPEC, AT), digest=SPEC.digest, failures=failures, error="not decoded")
        same, _ = advance(failed, StartWanted(spec=SPEC, run=RUN, at=AT), 1.0)
        assert (same.failures, same.error) == (failures, "not decoded")
        other, _ = advance(failed, StartWanted(spec=longer, run=RUN, at=AT), 1.0)
        assert (other.failures, bool(other.error)) == (counts, counts > 0)


def test_a_stable_run_takes_the_error_back() -> None:
    job, _ = crash(idle_job(SPEC, AT), 0.0, 1.0)
    job, _ = advance(job, StartWanted(spec=SPEC, run=RUN, at=AT), 10.0)
    job, _ = advance(job, Progressed(at=AT), 11.0)
    assert (job.error, job.failures) == ("killed", 1)
    job, _ = advance(job, Progressed(at=AT), 10.0 + STABLE_AFTER)
    assert (job.error, job.failures) == ("", 0)


@LAW
@given(st.integers(1, 10**6), st.floats(0, 1))
@example(1026, 0.5)
def test_a_wait_is_spread_by_a_quarter_and_bounded(failures: int, jitter: float) -> None:
    mean = retry_delay(failures, 0.5)
    assert FIRST_RETRY <= mean <= LONGEST_RETRY
    assert 0.75 * mean <= retry_delay(failures, jitter) <= 1.25 * mean
    assert retry_delay(failures + 1, 0.5) >= mean
