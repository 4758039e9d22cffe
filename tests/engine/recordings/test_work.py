"""The work on one recording as a value: what comes next, what it waits for, and when there is no hope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Clip
from streamer.core.footage.sequence import Part, Placed
from streamer.core.jobs.lifecycle import Job, JobState, idle_job
from streamer.core.jobs.processes import Progress
from streamer.core.jobs.specs import ExportSettings, JobKind, JobSpec
from streamer.core.status.disk import Pressure
from streamer.engine.recordings.products import Early, Prepared, Report, Result
from streamer.engine.recordings.work import GIVE_UP_AFTER, Next, Trouble, Work, next_of, the_other_way


def file(name: str) -> RecordingFile:
    return RecordingFile(name=name, kind="vod", path=f"recordings/a/{name}", bytes=1, sha256="0")


def spec(index: int = 0) -> JobSpec:
    return JobSpec(
        id=JobId("export:a"),
        kind=JobKind.EXPORT,
        room=RoomId("main"),
        session=SessionId("a"),
        settings=ExportSettings(pieces=(), target="recordings/a/f1/1.partial.mp4", index=index),
    )


def prepared(index: int = 0, fingerprint: str = "f1") -> Prepared:
    return Prepared(
        fingerprint=fingerprint,
        parts=(),
        faults=(),
        specs=(spec(index),),
        folder="recordings/a/f1",
        stem="a",
        playlist=file("a.m3u8"),
    )


def job(one: JobSpec, state: JobState, **more: object) -> dict[JobId, Job]:
    known = {"digest": one.digest, "state": state, **more}
    return {one.id: replace(idle_job(one, 0.0), **known)}  # type: ignore[arg-type] # by name


RESULT = Result(fingerprint="f1", made=(), faults=(), beside=(file("a.jpg"),), folder="recordings/a/f1", stem="a")
PREPARED = Work(prepared=prepared())
DONE = job(spec(), JobState.EXITED)


def test_first_it_is_prepared_and_what_changed_is_prepared_anew() -> None:
    assert next_of(Work(), "f1", {}) is Next.PREPARE
    assert next_of(PREPARED, "f2", DONE) is Next.PREPARE


def test_what_its_jobs_have_written_is_accepted_once() -> None:
    assert next_of(PREPARED, "f1", {}) is Next.NOTHING
    assert next_of(PREPARED, "f1", job(spec(), JobState.RUNNING)) is Next.NOTHING
    assert next_of(PREPARED, "f1", DONE) is Next.ACCEPT
    assert next_of(replace(PREPARED, result=RESULT), "f1", DONE) is Next.NOTHING
    assert next_of(PREPARED, "f1", job(spec(), JobState.EXITED, error="killed")) is Next.NOTHING


def test_an_index_that_does_not_fit_is_put_in_its_place_afterwards() -> None:
    failed = job(spec(4096), JobState.BACKOFF, failures=1)
    assert next_of(Work(prepared=prepared(4096)), "f1", failed) is Next.OTHER_WAY
    other = the_other_way(prepared(4096))
    assert other == prepared()
    assert next_of(Work(prepared=other), "f1", failed) is Next.NOTHING, "that failure was of the first way"


@pytest.mark.parametrize(
    ("jobs", "hopeless"),
    [
        (job(spec(), JobState.BACKOFF, failures=GIVE_UP_AFTER - 1, error="killed"), False),
        (job(spec(), JobState.BACKOFF, failures=GIVE_UP_AFTER, error="killed"), True),
        (job(spec(), JobState.FAILED, error="killed"), True),
        (job(spec(4096), JobState.FAILED, error="killed"), False),
    ],
)
def test_after_some_failures_a_person_has_to_look(jobs: dict[JobId, Job], hopeless: bool) -> None:
    told = PREPARED.trouble_of("f1", jobs)
    assert told == ("the export failed: killed; the captured segments are kept" if hopeless else "")


def test_trouble_is_of_one_fingerprint() -> None:
    work = Work(trouble=Trouble(fingerprint="f1", message="its segments can't be joined"))
    assert work.trouble_of("f1", {}) == "its segments can't be joined"
    assert work.trouble_of("f2", {}) == ""


def test_while_space_is_short_only_what_runs_goes_on() -> None:
    running = job(spec(), JobState.RUNNING)
    assert not PREPARED.waits({}, Pressure.EASY)
    assert PREPARED.waits({}, Pressure.SAVING)
    assert not PREPARED.waits(running, Pressure.SAVING)
    cramped = replace(PREPARED, cramped=True)
    assert [cramped.waits({}, one) for one in (Pressure.SAVING, Pressure.FULL)] == [False, True]


def test_a_preparation_replaces_what_was_made_but_not_the_early_playlist() -> None:
    before = Work(early=Early(playlist=file("early.m3u8")), prepared=prepared(), result=RESULT)
    written = before.with_product(Report(fingerprint="f1", file=file("a.json")))
    assert written.paths == {f"recordings/a/{name}" for name in ("early.m3u8", "a.m3u8", "a.jpg", "a.json")}
    after = written.with_product(prepared(fingerprint="f2"))
    assert (after.result, after.report) == (None, None)
    assert written.paths - after.paths == {"recordings/a/a.jpg", "recordings/a/a.json"}
    assert after.watchable == file("a.m3u8")


def test_progress_is_told_in_steps_of_what_is_written() -> None:
    clip = Clip(take=RunId("t"), number=0, start=0.0, end=100.0, pieces=())
    part = Part(shape="", clips=(Placed(clip=clip, wall=0.0, joins=False),))
    work = Work(prepared=replace(prepared(), parts=(part,)))

    def written(seconds: float) -> float | None:
        return work.progress(lambda id: Progress(media_seconds=seconds, output_bytes=1))

    assert [written(seconds) for seconds in (0, 4.9, 5, 52, 100, 120)] == [0.0, 0.0, 0.05, 0.5, 1.0, 1.0]
    assert work.progress(lambda id: None) == 0.0
    assert Work(prepared=replace(prepared(), specs=())).progress(lambda id: None) == 0.0
    assert Work().progress(lambda id: None) is None
    assert replace(work, result=RESULT).progress(lambda id: None) is None
