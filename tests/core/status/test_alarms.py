"""Alarms: what the crew must look at, and silence where there is nothing to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.day.days import GARDEN, MAIN, POLICY, after, planned, session

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import JobId, RoomId, SessionId
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.plan.plan import Plan
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.status.alarms import alarms
from streamer.core.status.states import ChannelView
from streamer.core.timetable.sessions import Session

DAY = planned(session("a"))
FAULT = ChannelView(fault=True)


def raised(
    plan: Plan = DAY,
    *,
    minute: float = 5,
    jobs: Mapping[JobId, Job] | None = None,
    view: ChannelView | None = None,
    recordings: Mapping[SessionId, Recording] | None = None,
    kept: float | None = 5,
) -> dict[str, Alarm]:
    """``kept`` is the minute up to which everything is captured."""
    now = after(minute)
    edges = {} if kept is None else dict.fromkeys(plan.rooms, after(kept).timestamp())
    views = {} if view is None else dict.fromkeys(plan.rooms, view)
    return alarms(plan, POLICY, jobs or {}, views, recordings or {}, edges, now)


def job(state: JobState, error: str = "", failures: int = 0, kind: JobKind = JobKind.CAPTURE) -> dict[JobId, Job]:
    id = JobId(f"{kind}:main")
    return {id: Job(id=id, kind=kind, room=MAIN, digest="d", state=state, since=0, error=error, failures=failures)}


def captures(first: JobState, second: JobState) -> dict[JobId, Job]:
    """Two of a room, the first of which has failed before."""
    (one,) = job(first, "the source refused", 1).values()
    other = replace(one, id=JobId("capture:main:2"), state=second, error="", failures=0)
    return {one.id: one, other.id: other}


def test_a_day_that_goes_well_is_quiet() -> None:
    running = job(JobState.RUNNING)
    for minute in (-60, 0, 5, 29, 45):
        assert raised(minute=minute, kept=minute, jobs=running, view=ChannelView(live=True)) == {}


# -- jobs ---------------------------------------------------------------------------------------------------------


def test_one_of_two_captures_that_is_lost_is_a_warning() -> None:
    (alarm,) = raised(jobs=captures(JobState.BACKOFF, JobState.RUNNING)).values()
    assert (alarm.id, alarm.severity) == ("job capture:main", "warning")
    assert alarm.hint.startswith("the recording continues with the room's other capture; it is started again")


def test_both_have_been_lost_and_one_of_them_runs_again() -> None:
    jobs = captures(JobState.RUNNING, JobState.BACKOFF)
    assert raised(jobs=jobs)["job capture:main"].severity == "warning"


@pytest.mark.parametrize("other", [JobState.STARTING, JobState.BACKOFF, JobState.FAILED])
def test_a_capture_without_media_replaces_nobody(other: JobState) -> None:
    assert raised(jobs=captures(JobState.BACKOFF, other))["job capture:main"].severity == "error"


@pytest.mark.parametrize(
    ("kind", "severity"), [(JobKind.CAPTURE, "error"), (JobKind.LIVESTREAM, "warning"), (JobKind.EXPORT, "warning")]
)
def test_a_job_that_fails_is_told_until_it_runs_stably(kind: JobKind, severity: str) -> None:
    (alarm,) = raised(jobs=job(JobState.BACKOFF, "the source refused", 3, kind)).values()
    assert (alarm.id, alarm.severity, alarm.room) == (f"job {kind}:main", severity, MAIN)
    assert alarm.message == f"{kind} of room main: the source refused"
    assert alarm.hint == "it is started again (3 in a row)"
    (runs,) = raised(jobs=job(JobState.RUNNING, "the source refused", 3, kind)).values()
    assert runs.severity == severity, "the only capture of a room replaces no other"
    assert raised(jobs=job(JobState.RUNNING, "", 0, kind)) == {}


def test_an_end_without_a_word_or_one_long_ago_is_no_alarm() -> None:
    """A listener's publisher may leave; what was once wrong is over when the job has run stably."""
    assert raised(jobs=job(JobState.BACKOFF, "", 1)) == {}
    assert raised(jobs=job(JobState.RUNNING, "the source refused", 0)) == {}


def test_a_job_that_failed_for_good_says_that_it_will_not_come_back() -> None:
    (alarm,) = raised(jobs=job(JobState.FAILED, "no such device")).values()
    assert alarm.hint == "it is not tried again until its cause has changed"


# -- sessions -----------------------------------------------------------------------------------------------------


def test_no_picture_and_no_capture_in_a_session() -> None:
    found = raised(view=FAULT, kept=None)
    assert {(a.id, a.severity, a.room, a.session) for a in found.values()} == {
        ("no picture a", "error", MAIN, "a"),
        ("not recorded a", "error", MAIN, "a"),
    }


@pytest.mark.parametrize(
    ("minute", "kept", "alarmed"),
    [
        (5, 5, False),
        (5, 4.9, False),  # the segment that is being written
        (5, 4 + 50 / 60, False),
        (5, 4.8, True),
        (5, None, True),
        (10 / 60, None, False),  # within the grace after its start
        (11 / 60, None, True),
        (-1, None, False),  # before it
        (30, None, False),  # after it
    ],
)
def test_capture_that_stopped_matters_in_a_session_and_not_at_lunch(
    minute: float, kept: float | None, alarmed: bool
) -> None:
    assert ("not recorded a" in raised(minute=minute, kept=kept)) is alarmed


def test_a_source_that_delivers_too_late_is_named_as_the_cause_of_no_picture() -> None:
    late = raised(view=ChannelView(fault=True, lateness=15.2))["no picture a"]
    assert "delivers up to 15 s late" in late.hint
    assert "late" not in raised(view=ChannelView(fault=True, lateness=4.0))["no picture a"].hint


def test_silence_of_what_is_not_wanted_is_no_alarm() -> None:
    assert raised(planned(session("a", record=False)), kept=None) == {}
    assert raised(planned(session("a", stream=False)), view=FAULT) == {}


def test_a_room_without_source_is_told_from_half_an_hour_before() -> None:
    plan = planned(session("a", room=GARDEN))
    ids = [list(raised(plan, minute=m, kept=None)) for m in (-31, -30, 0, 29, 30)]
    assert ids == [[], ["no source garden"], ["no source garden"], ["no source garden"], []]


# -- overlaps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "hint"),
    [
        ({}, {}, "both are recorded; the channel follows the one that starts later"),
        (
            {"record": False},
            {},
            "nothing of the overlap is recorded; the channel follows the one that starts later",
        ),
        (
            {},
            {"record": False, "stream": False},
            "nothing of the overlap is recorded; viewers see slate while they overlap",
        ),
        ({}, {"stream": False}, "both are recorded; viewers see slate while they overlap"),
        (
            {"record": False, "stream": False},
            {"stream": False},
            "nothing of the overlap is recorded; viewers see slate while they overlap",
        ),
    ],
)
def test_an_overlap_says_what_follows_from_it(one: dict[str, bool], other: dict[str, bool], hint: str) -> None:
    plan = planned(_session("a", 0, one), _session("b", 20, other))
    alarm = raised(plan, view=ChannelView(live=True))["overlap a b"]
    assert (alarm.severity, alarm.room, alarm.hint) == ("warning", MAIN, hint)


def _session(id: str, start: float, consent: dict[str, bool]) -> Session:
    return replace(session(id, start), record=consent.get("record"), stream=consent.get("stream"))


def test_an_overlap_is_told_until_it_is_over_and_only_where_something_is_captured() -> None:
    plan = planned(session("a"), session("b", 20))
    assert [("overlap a b" in raised(plan, minute=m, kept=m)) for m in (-600, 25, 29.9, 30)] == [
        True,
        True,
        True,
        False,
    ]
    unsourced = planned(session("a", room=GARDEN), session("b", 20, room=GARDEN))
    assert "overlap a b" not in raised(unsourced)


# -- the rest -----------------------------------------------------------------------------------------------------


def test_a_recording_that_is_not_what_it_should_be() -> None:
    recording = Recording(
        session=SessionId("a"),
        room=RoomId("main"),
        title="Genomes",
        state=RecordingState.PARTIAL,
        start=0,
        end=1,
        reason="10.0 s are missing",
    )
    found = [raised(recordings={recording.session: replace(recording, state=s)}) for s in RecordingState]
    told = {a.severity: a.message for f in found for a in f.values()}
    assert told == {
        "warning": "the recording of “Genomes” is partial: 10.0 s are missing",
        "error": "the recording of “Genomes” is failed: 10.0 s are missing",
    }
    assert sum(len(f) for f in found) == 2


def test_every_alarm_is_found_under_its_id_and_says_what_to_do() -> None:
    plan = planned(session("a"), session("b", 3), session("c", room=GARDEN))
    found = raised(plan, view=FAULT, kept=None, jobs=job(JobState.FAILED, "gone"))
    assert len(found) == 7
    assert all(key == alarm.id and alarm.hint and alarm.message for key, alarm in found.items())
