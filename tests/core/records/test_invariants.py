"""The invariants: a situation in order breaks none, and each way to break one is told under its number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, POLICY, SECOND, SIDE, after, decided, planned, segment, session

from streamer.core.base.ids import JobId, RoomId, RunId, SessionId
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.export.files import RecordingFile
from streamer.core.footage.takes import Keep, Take
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.specs import JobKind
from streamer.core.plan.plan import Plan
from streamer.core.recording.keeps import evaporated, keeps_for, ring_reach
from streamer.core.recording.recording import Recording
from streamer.core.recording.states import RecordingState
from streamer.core.records.invariants import INVARIANTS, Situation, violations
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.timetable.sessions import Session

T0 = after(0).timestamp()
ONE, TWO = RunId("one"), RunId("two")
TALKS = (session("a"), session("no", 30, record=False), session("b", 60))


def take(id: RunId = ONE, room: RoomId = MAIN, ended: float | None = None) -> Take:
    return Take(id=id, room=room, started=T0 - 600, ended=ended)


def captured(first: int = -10, last: int = 20, run: RunId = ONE) -> list[Timed]:
    """A segment a minute."""
    minutes = range(first, last)
    return [segment(T0 + 60 * m, T0 + 60 * (m + 1), m - first, run) for m in minutes]


def job(id: str, run: RunId, room: RoomId = MAIN, state: JobState = JobState.RUNNING) -> Job:
    return Job(id=JobId(id), kind=JobKind.CAPTURE, room=room, digest="d", state=state, since=T0, run=run, pid=1)


def entry(revision: int, audience: Audience = Audience.VIEWER) -> JournalEntry:
    return JournalEntry(audience=audience, revision=revision, at=T0, kind="notice", body={})


def plan_at(minute: float, *talks: Session) -> Plan:
    return planned(*(talks or TALKS), now=after(minute))


def in_order(minute: float = 20, plan: Plan | None = None) -> Situation:
    """The room after twenty minutes: everything captured, the first session and its padding kept."""
    plan = plan or plan_at(minute)
    timed = [t for t in captured(last=int(minute)) if t.end > T0 - 5 * 60]
    return Situation(
        plan=plan,
        policy=POLICY,
        jobs={JobId("capture:main"): job("capture:main", ONE)},
        takes=[take()],
        segments=timed,
        keeps=keeps_for(timed, MAIN, plan, POLICY, plan.at),
        journal=[entry(3), entry(4), entry(9, Audience.CREW), entry(5)],
        announced={Audience.VIEWER: 5, Audience.CREW: 9},
        files={t.segment.path for t in timed} | {"takes/one/000031.ts", "takes/one/list.csv"},
    )


def numbers(found: list[str]) -> set[int]:
    for sentence in found:
        number = int(sentence.split(",")[0])
        assert sentence.startswith(f"{number}, {INVARIANTS[number]}: ")
    return {int(s.split(",")[0]) for s in found}


def told(present: Situation, former: Situation | None = None) -> str:
    """The one sentence that is told, without the invariant's own words."""
    (sentence,) = violations(present, former)
    return sentence.replace(f"{INVARIANTS[int(sentence[0])]}: ", "")


def test_a_situation_in_order_breaks_none() -> None:
    former, present = in_order(20), in_order(21)
    assert present.keeps, "something is kept that could be wrong"
    assert violations(former) == violations(present) == violations(present, former) == []
    assert violations(Situation(plan=plan_at(0), policy=POLICY)) == []


# -- 1: one live take ---------------------------------------------------------------------------------------------


def test_two_live_takes_of_a_room() -> None:
    both = replace(in_order(), takes=[take(), take(TWO)])
    assert told(both) == "1, room main is captured by takes one and two"
    assert violations(replace(both, takes=[take(), take(TWO, ended=T0)])) == []
    assert violations(replace(both, takes=[take(), take(TWO, SIDE)])) == []


def test_two_takes_side_by_side_are_as_many_slots() -> None:
    jobs = {one.id: one for one in (job("capture:main", ONE), job("capture:main:2", TWO))}
    assert violations(replace(in_order(), takes=[take(), replace(take(TWO), slot=2)], jobs=jobs)) == []


def test_two_capture_jobs_of_a_room_and_one_run_of_two_jobs() -> None:
    main, other = job("capture:main", ONE), job("capture:main-2", TWO)
    assert told(replace(in_order(), jobs={main.id: main, other.id: other})) == (
        "1, room main is captured by jobs capture:main and capture:main-2"
    )
    resting = replace(other, state=JobState.BACKOFF)
    assert violations(replace(in_order(), jobs={main.id: main, other.id: resting})) == []
    shared = job("capture:side", ONE, SIDE)
    assert told(replace(in_order(), jobs={main.id: main, shared.id: shared})) == (
        "1, run one belongs to jobs capture:main and capture:side"
    )


# -- 2: whose file ------------------------------------------------------------------------------------------------


def test_a_segment_of_an_unknown_take() -> None:
    stray = segment(T0, T0 + 60, 0, TWO)
    assert told(replace(in_order(), segments=[*in_order().segments, stray], files=None)) == (
        "2, takes/two/000000.ts belongs to take two, which is unknown"
    )


def test_a_segment_in_another_takes_folder() -> None:
    good = in_order()
    first, *rest = good.segments
    lost = replace(first, segment=replace(first.segment, path="takes/two/000005.ts"))
    assert told(replace(good, segments=[lost, *rest], files=None)) == (
        "2, takes/two/000005.ts lies outside the folder of its take one"
    )


def test_a_file_that_no_take_knows() -> None:
    good = in_order()
    assert good.files is not None
    for stray in ("takes/two/000000.ts", "takes/three/000007.ts"):
        assert told(replace(good, files={*good.files, stray})) == f"2, {stray} is on the disk but belongs to no take"
    over = replace(good, takes=[take(ended=T0 + 1200)], jobs={})
    assert told(over) == "2, takes/one/000031.ts is on the disk but belongs to no take"


# -- 3: consent ---------------------------------------------------------------------------------------------------


def test_a_segment_kept_for_a_session_that_may_not_be_recorded() -> None:
    good = in_order()
    keep = Keep(session=SessionId("no"), take=ONE, number=10)
    assert told(replace(good, keeps={*good.keeps, keep})) == "3, segment 10 of take one is kept for session no"


def test_a_kept_segment_that_touches_a_session_that_may_not_be_recorded() -> None:
    good = in_order(32)
    keep = Keep(session=SessionId("a"), take=ONE, number=40)
    assert told(replace(good, keeps={*good.keeps, keep})) == (
        "3, segment 40 of take one, kept for session a, touches session no"
    )
    forgotten = replace(keep, session=SessionId("gone-from-the-feed"))
    assert numbers(violations(replace(good, keeps={forgotten}))) == {3}
    elsewhere = replace(good, takes=[take(room=SIDE)], jobs={})
    assert violations(elsewhere) == [], "another room's consent is of no account"


def test_consent_withdrawn_makes_everything_kept_a_violation() -> None:
    withdrawn = planned(*TALKS, decisions=[decided(Consent, record=False)], now=after(20))
    good = in_order()
    assert len(violations(replace(good, plan=withdrawn))) == len(good.keeps)


def test_finished_files_of_a_session_that_may_not_be_recorded() -> None:
    file = RecordingFile(name="no.mp4", kind="mp4", path="recordings/no/no.mp4", bytes=1, sha256="0")
    recording = Recording(
        session=SessionId("no"), room=MAIN, title="No", state=RecordingState.READY, start=0, end=1, files=(file,)
    )
    assert told(replace(in_order(), recordings=[recording])) == "3, session no has finished files: no.mp4"
    erased = replace(recording, state=RecordingState.ERASED, files=())
    assert violations(replace(in_order(), recordings=[erased])) == []


# -- 4: what is deleted -------------------------------------------------------------------------------------------


def test_a_kept_segment_that_is_gone() -> None:
    good = in_order()
    less = [t for t in good.segments if t.segment.number != 15]
    assert told(replace(good, segments=less)) == "4, segment 15 of take one is kept for a and is gone"


def test_a_file_that_is_still_referred_to() -> None:
    good = in_order()
    assert good.files is not None
    assert told(replace(good, files={f for f in good.files if f != "takes/one/000015.ts"})) == (
        "4, takes/one/000015.ts is still referred to and is not on the disk"
    )


def without(good: Situation, number: int) -> Situation:
    keeps = {k for k in good.keeps if k.number != number}
    return replace(good, segments=[t for t in good.segments if t.segment.number != number], keeps=keeps, files=None)


@pytest.mark.parametrize(("number", "early"), [(25, False), (26, True), (29, True)])
def test_a_segment_that_is_gone_before_the_ring_let_it_go(number: int, early: bool) -> None:
    former, present = in_order(20), in_order(21)
    found = violations(without(present, number), former)
    assert numbers(found) == ({4} if early else set())
    if number == 26:
        assert told(without(present, 26), former) == (
            "4, segment 26 of take one is gone after 240 s, and the ring of room main reaches back 300 s"
        )


def test_the_ring_is_short_where_a_session_may_not_be_recorded() -> None:
    former, present = in_order(31), in_order(33)
    assert violations(without(present, 40), former) == []
    assert numbers(violations(without(in_order(31), 40), in_order(31))) == {4}


def test_the_ring_may_have_been_short_for_a_session_that_has_come_and_gone() -> None:
    forbidden = session("no", 30, 1, record=False)
    former, present = in_order(29, plan_at(29, forbidden)), in_order(33, plan_at(33, forbidden))
    assert violations(without(present, 38), former) == []
    allowed = in_order(29, plan_at(29, session("b", 60))), in_order(33, plan_at(33, session("b", 60)))
    assert numbers(violations(without(allowed[1], 38), allowed[0])) == {4}


# -- 5: overwritten -----------------------------------------------------------------------------------------------


def test_a_file_of_two_segments_and_two_segments_of_one_number() -> None:
    good = replace(in_order(), files=None)
    first, second, *rest = good.segments
    same_file = replace(second, segment=replace(second.segment, path=first.segment.path))
    assert told(replace(good, segments=[first, same_file, *rest])) == (
        "5, takes/one/000005.ts is the file of 2 segments"
    )
    same_number = replace(second, segment=replace(second.segment, number=first.segment.number))
    keeps = {k for k in good.keeps if k.number != second.segment.number}
    assert told(replace(good, segments=[first, same_number, *rest], keeps=keeps)) == (
        "5, take one has 2 segments with the number 5"
    )


def test_two_takes_of_one_folder() -> None:
    assert told(replace(in_order(), takes=[take(), take(ended=T0)])) == "5, 2 takes have the folder takes/one"


def test_a_segment_that_is_not_what_it_was() -> None:
    former, present = in_order(20), in_order(21)
    first, *rest = present.segments
    other = replace(first, segment=replace(first.segment, bytes=7, end=1.0))
    assert told(replace(present, segments=[other, *rest]), former) == (
        f"5, takes/one/000005.ts is not what it was: end {first.segment.end} became 1.0, bytes 1000 became 7"
    )
    moved = replace(first, start=first.start + 0.05, end=first.end + 0.05)
    assert violations(replace(present, segments=[moved, *rest]), former) == [], "its place in wall time may be refined"


def test_a_take_that_is_written_again() -> None:
    former = replace(in_order(20), takes=[take(ended=T0 + 1000)], jobs={}, files=None)
    assert told(in_order(21), former) == "5, take one had ended and is being written again"


# -- 6: the journal -----------------------------------------------------------------------------------------------


def test_what_is_told_is_in_the_journal_first() -> None:
    assert told(replace(in_order(), announced={Audience.VIEWER: 6})) == (
        "6, revision 6 was announced, and the viewer journal ends with 5"
    )
    assert told(replace(in_order(), journal=[], announced={Audience.CREW: 1})) == (
        "6, revision 1 was announced, and the crew journal ends with 0"
    )


@pytest.mark.parametrize("second", [5, 3, 2])
def test_a_journal_has_no_gap_and_no_revision_twice(second: int) -> None:
    assert told(replace(in_order(), journal=[entry(3), entry(second)], announced={})) == (
        f"6, in the viewer journal, revision {second} follows 3"
    )


# -- 7: forgotten -------------------------------------------------------------------------------------------------


def test_a_running_session_that_disappeared() -> None:
    former = in_order(20)
    present = in_order(21, plan_at(21, *TALKS[1:]))
    kept = replace(present, keeps=former.keeps)
    assert told(kept, former) == "7, session a of room main was running and is no longer planned"
    later = in_order(31, plan_at(31, *TALKS[1:]))
    gone = violations(replace(later, segments=former.segments, keeps=former.keeps, files=None), former)
    assert 7 not in numbers(gone), "it would have ended by itself meanwhile"
    unstarted = in_order(21, plan_at(21, *TALKS[:2]))
    assert violations(unstarted, former) == [], "one that has not begun may go"
    ahead = in_order(20, plan_at(20, *TALKS, session("c", 20.5, 5)))
    assert violations(in_order(21), ahead) == [], "and so may one that would have begun meanwhile"


# -- what the engine does, by the same functions ------------------------------------------------------------------


@LAW
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.sampled_from([TALKS, TALKS[1:], (TALKS[0],)]))
def test_keeping_and_evaporating_as_the_core_says_breaks_nothing(waits: list[int], talks: tuple[Session, ...]) -> None:
    now, former = after(-9), None
    segments: list[Timed] = []
    for wait in waits:
        now += wait * SECOND
        plan = planned(*talks, now=now)
        known = {t.key for t in segments}
        fresh = [t for t in captured(last=int((now - after(0)) / timedelta(minutes=1))) if t.key not in known]
        horizon = former.now if former else after(-10)
        segments += [t for t in fresh if t.end > horizon.timestamp()]
        keeps = keeps_for(segments, MAIN, plan, POLICY, now)
        gone = evaporated(segments, {(k.take, k.number): k for k in keeps}, ring_reach(MAIN, plan, POLICY, now), now)
        segments = [t for t in segments if t not in gone]
        present = Situation(plan=plan, policy=POLICY, takes=[take()], segments=list(segments), keeps=keeps)
        assert violations(present, former) == []
        former = present


# -- 8: safe before it is written down ----------------------------------------------------------------------------


def test_a_segment_that_nobody_has_read() -> None:
    unread = replace(captured(19, 20)[0].segment, number=29, path="takes/one/000029.ts", sha256="")
    segments = [replace(t, segment=unread) if t.segment.number == 29 else t for t in in_order().segments]
    assert told(replace(in_order(), segments=segments)) == "8, takes/one/000029.ts has no checksum"


def test_what_is_learned_of_a_segment_is_no_change_and_what_was_known_may_not_change() -> None:
    former, present = in_order(20), in_order(20)
    learned = [replace(t, segment=replace(t.segment, wall=t.start, shape="h264")) for t in present.segments]
    assert violations(replace(present, segments=learned), former) == []
    other = [replace(t, segment=replace(t.segment, sha256="another")) for t in learned]
    assert numbers(violations(replace(present, segments=other), replace(present, segments=learned))) == {5}
