"""Desired against actual: what is done about it, that it is done once, and that it comes to rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, SIDE

from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.jobs.actions import Action, Start, Stop, decide, next_retry
from streamer.core.jobs.desired import export_id
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
)
from streamer.core.jobs.lifecycle import (
    ACTIVE,
    Job,
    JobState,
    advance,
    idle_job,
)
from streamer.core.jobs.processes import ProcessExit, ProcessRecord
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, JobKind, JobSpec

NOW = 1000.0
AT = 1_757_322_000.0


def capture(room: RoomId = MAIN, source: str = "test:") -> JobSpec:
    return JobSpec(
        id=JobId(f"capture:{room}"),
        kind=JobKind.CAPTURE,
        room=room,
        settings=CaptureSettings(source=source, room_name="Room", tap=10_000),
    )


def export(session: str = "a", target: str = "a.mp4") -> JobSpec:
    return JobSpec(
        id=export_id(SessionId(session)),
        kind=JobKind.EXPORT,
        room=MAIN,
        session=SessionId(session),
        settings=ExportSettings(pieces=(), target=target),
    )


def job(spec: JobSpec, state: JobState, **more: object) -> Job:
    """A job that was started with ``spec`` and is in ``state``."""
    running = {"run": RunId("run"), "pid": 4711} if state in ACTIVE else {}
    waiting = {"retry_at": NOW + 5, "failures": 1, "error": "killed"} if state is JobState.BACKOFF else {}
    known = {"digest": spec.digest, "state": state, **running, **waiting, **more}
    return replace(idle_job(spec, AT), **known)  # type: ignore[arg-type] # by name


def decided(wanted: list[JobSpec], *jobs: Job, now: float = NOW) -> list[tuple[str, str]]:
    found = decide({s.id: s for s in wanted}, {j.id: j for j in jobs}, now)
    return [("start", d.spec.id) if isinstance(d, Start) else ("stop", d.job) for d in found]


CAPTURE, OTHER = capture(), capture(source="file:other.ts")
START, STOP = [("start", CAPTURE.id)], [("stop", CAPTURE.id)]

# -- one job ------------------------------------------------------------------------------------------------------


def test_what_is_wanted_and_is_not_is_started() -> None:
    assert decided([CAPTURE]) == START
    assert decided([CAPTURE], job(CAPTURE, JobState.EXITED)) == START
    assert decided([]) == []


def test_equal_specs_mean_no_action() -> None:
    for state in ACTIVE:
        assert decided([CAPTURE], job(CAPTURE, state)) == []


def test_what_is_not_wanted_is_stopped_once() -> None:
    for state in (JobState.STARTING, JobState.RUNNING, JobState.BACKOFF, JobState.FAILED):
        assert decided([], job(CAPTURE, state)) == STOP
    assert decided([], job(CAPTURE, JobState.STOPPING)) == []
    assert decided([], job(CAPTURE, JobState.EXITED)) == []


def test_a_stalled_job_that_nobody_wants_any_more_is_told_not_to_come_back() -> None:
    assert decided([], job(CAPTURE, JobState.STOPPING, retry_at=NOW + 1)) == STOP
    assert decided([CAPTURE], job(CAPTURE, JobState.STOPPING, retry_at=NOW + 1)) == []


def test_a_changed_spec_ends_the_old_process_before_the_new_one_starts() -> None:
    for state in (JobState.STARTING, JobState.RUNNING):
        assert decided([OTHER], job(CAPTURE, state)) == STOP
    assert decided([OTHER], job(CAPTURE, JobState.STOPPING)) == []
    assert decided([OTHER], job(CAPTURE, JobState.EXITED)) == START


def test_a_retry_waits_its_time_unless_something_else_is_wanted() -> None:
    waiting = job(CAPTURE, JobState.BACKOFF)
    assert decided([CAPTURE], waiting) == []
    assert decided([CAPTURE], waiting, now=NOW + 4.99) == []
    assert decided([CAPTURE], waiting, now=NOW + 5) == START
    assert decided([OTHER], waiting) == START


def test_what_failed_for_good_waits_for_another_spec() -> None:
    assert decided([CAPTURE], job(CAPTURE, JobState.FAILED), now=NOW + 3600) == []
    assert decided([OTHER], job(CAPTURE, JobState.FAILED)) == START


def test_an_export_that_is_done_is_not_done_again() -> None:
    assert decided([export()], job(export(), JobState.EXITED)) == []
    assert decided([export(target="a-2.mp4")], job(export(), JobState.EXITED)) == [("start", "export:a")]


def test_stops_come_before_starts() -> None:
    wanted = [capture(SIDE), export()]
    assert decided(wanted, job(CAPTURE, JobState.RUNNING)) == [
        ("stop", "capture:main"),
        ("start", "capture:side"),
        ("start", "export:a"),
    ]


def test_every_decision_has_its_reason() -> None:
    (again,) = decide({CAPTURE.id: CAPTURE}, {CAPTURE.id: job(CAPTURE, JobState.BACKOFF)}, NOW + 60)
    (mute,) = decide({CAPTURE.id: CAPTURE}, {CAPTURE.id: job(CAPTURE, JobState.BACKOFF, error="")}, NOW + 60)
    (stop,) = decide({}, {CAPTURE.id: job(CAPTURE, JobState.RUNNING)}, NOW)
    (changed,) = decide({OTHER.id: OTHER}, {CAPTURE.id: job(CAPTURE, JobState.RUNNING)}, NOW)
    assert [d.sentence() for d in (again, mute, stop, changed)] == [
        "capture:main: start (again after: killed)",
        "capture:main: start (again after: its end)",
        "capture:main: stop (no session needs it)",
        "capture:main: stop (its settings have changed)",
    ]


def test_the_next_retry_is_the_first_that_is_due() -> None:
    waiting = [
        job(capture(r), JobState.BACKOFF, retry_at=NOW + n) for n, r in enumerate([RoomId("x"), RoomId("y")], start=3)
    ]
    stalled = job(CAPTURE, JobState.STOPPING, retry_at=NOW + 1)
    assert next_retry({j.id: j for j in [*waiting, stalled]}) == NOW + 3
    assert next_retry({stalled.id: stalled}) is None


# -- all of them, until nothing is left to do ---------------------------------------------------------------------

SPECS = [capture(), OTHER, capture(SIDE), export(), export(target="a-2.mp4")]


@dataclass
class Supervised:
    """Jobs and the processes that they have, carried out as the supervisor does it, without any waiting."""

    jobs: dict[JobId, Job]
    alive: dict[JobId, RunId] = field(default_factory=dict)
    now: float = NOW
    runs: int = 0

    def apply(self, id: JobId, event: Event) -> None:
        self.jobs[id], instructions = advance(self.jobs[id], event, self.now)
        for instruction in instructions:
            if isinstance(instruction, Launch):
                assert id not in self.alive, f"a second process for {id}"
                self.alive[id] = instruction.run
            else:
                assert self.alive.get(id) == instruction.run

    def carry_out(self, actions: list[Action]) -> None:
        for one in actions:
            if isinstance(one, Stop):
                self.apply(one.job, StopWanted(reason=one.reason, at=AT))
                continue
            self.runs += 1
            self.jobs.setdefault(one.spec.id, idle_job(one.spec, AT))
            self.apply(one.spec.id, StartWanted(spec=one.spec, run=RunId(f"new-{self.runs}"), at=AT))

    def die(self, id: JobId, status: int, *, permanent: bool = False) -> None:
        end = ProcessExit(run=self.alive.pop(id), status=status, at=AT, error="died", permanent=permanent)
        self.apply(id, Exited(exit=end, jitter=0.5))

    def launched(self, id: JobId) -> None:
        spec_job = self.jobs[id]
        record = ProcessRecord(
            run=self.alive[id],
            job=id,
            kind=spec_job.kind,
            room=spec_job.room,
            digest=spec_job.digest,
            pid=1,
            start_ticks=1,
            started=AT,
        )
        self.apply(id, Launched(record=record))


@st.composite
def any_supervised(draw: st.DrawFn) -> Supervised:
    """Any jobs that can be, and their processes."""
    supervised = Supervised(jobs={})
    for spec in draw(st.lists(st.sampled_from(SPECS), unique_by=lambda s: s.id)):
        state = draw(st.sampled_from(JobState))
        supervised.jobs[spec.id] = job(spec, state)
        if state is JobState.STOPPING and draw(st.booleans()):
            supervised.jobs[spec.id] = job(spec, state, retry_at=NOW + 3, failures=1)
        if state in ACTIVE:
            supervised.alive[spec.id] = RunId("run")
    return supervised


wanted_sets = st.lists(st.sampled_from(SPECS), unique_by=lambda s: s.id).map(lambda found: {s.id: s for s in found})
misfortunes = st.lists(
    st.tuples(st.sampled_from(["die", "permanent", "unborn", "stall", "progress", "wait"])), max_size=6
)


@LAW
@given(any_supervised(), wanted_sets)
def test_doing_it_twice_does_nothing_twice(supervised: Supervised, wanted: dict[JobId, JobSpec]) -> None:
    supervised.carry_out(decide(wanted, supervised.jobs, NOW))
    assert decide(wanted, supervised.jobs, NOW) == []


@LAW
@given(any_supervised(), wanted_sets)
def test_stops_first_and_each_job_at_most_once(supervised: Supervised, wanted: dict[JobId, JobSpec]) -> None:
    found = decide(wanted, supervised.jobs, NOW)
    kinds = [isinstance(d, Start) for d in found]
    assert kinds == sorted(kinds)
    named = [d.spec.id if isinstance(d, Start) else d.job for d in found]
    assert len(named) == len(set(named)), "nothing is stopped and started in one go"
    for one in found:
        if isinstance(one, Start):
            assert one.spec == wanted[one.spec.id]
            assert one.spec.id not in supervised.alive


@LAW
@given(any_supervised(), st.lists(st.tuples(wanted_sets, misfortunes), min_size=1, max_size=4))
def test_whatever_happens_it_comes_to_rest_at_what_is_wanted(
    supervised: Supervised, story: list[tuple[dict[JobId, JobSpec], list[str]]]
) -> None:
    """Plans change and processes die; ``Supervised`` fails where a job ever had two processes."""
    wanted: dict[JobId, JobSpec] = {}
    for wanted, events in story:
        supervised.carry_out(decide(wanted, supervised.jobs, supervised.now))
        for what in events:
            for id in sorted(supervised.alive):
                misfortune(supervised, id, what)
            supervised.now += 1.0
            supervised.carry_out(decide(wanted, supervised.jobs, supervised.now))
    for _ in range(6):
        for id in [i for i in supervised.alive if supervised.jobs[i].state is JobState.STOPPING]:
            supervised.die(id, 255)
        supervised.now += 60.0
        supervised.carry_out(decide(wanted, supervised.jobs, supervised.now))
    assert decide(wanted, supervised.jobs, supervised.now + 60) == []
    resting = {id for id, s in wanted.items() if rests(supervised.jobs[id], s)}
    assert set(supervised.alive) == set(wanted) - resting
    assert all(supervised.jobs[id].digest == wanted[id].digest for id in supervised.alive)
    assert {id for id, j in supervised.jobs.items() if j.state in ACTIVE} == set(supervised.alive)


def rests(job: Job, spec: JobSpec) -> bool:
    """It has failed for good with this very spec, or it was an export and is done."""
    done = job.state is JobState.EXITED and spec.kind is JobKind.EXPORT
    return job.digest == spec.digest and (done or job.state is JobState.FAILED)


def misfortune(supervised: Supervised, id: JobId, what: str) -> None:
    state = supervised.jobs[id].state
    if what == "die":
        supervised.die(id, 0 if supervised.jobs[id].kind is JobKind.EXPORT else 1)
    elif what == "permanent":
        supervised.die(id, 1, permanent=True)
    elif what == "unborn" and state is JobState.STARTING:
        del supervised.alive[id]
        supervised.apply(id, LaunchFailed(error="no such program", permanent=False, at=AT))
    elif what == "stall" and state is not JobState.STOPPING:
        supervised.apply(id, Stalled(error="no progress", at=AT, jitter=0.5))
    elif what == "progress":
        supervised.launched(id)
        supervised.apply(id, Progressed(at=AT))
