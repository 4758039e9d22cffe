"""The states of a recording: what each event makes of it, what is no transition, and what a withdrawal erases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import MAIN, after, policy, session, timetable

from streamer.core.base.errors import InvalidTransition
from streamer.core.base.ids import RunId, SessionId
from streamer.core.export.files import RecordingFile
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import Timed
from streamer.core.plan.plan import plan
from streamer.core.recording.consent import forbidden, withdrawn
from streamer.core.recording.recording import Gap, Recording, fingerprint
from streamer.core.recording.states import (
    TABLE,
    Analysed,
    Awaited,
    Captured,
    ConsentWithdrawn,
    Damaged,
    Ended,
    Event,
    Failed,
    Finished,
    RecordingState,
    Waited,
    Watchable,
    advance,
)


def file(kind: str, name: str = "a") -> RecordingFile:
    return RecordingFile(name=name, kind=kind, path=f"recordings/a/{name}.{kind}", bytes=1, sha256="0")


GAP = Gap(start=10, duration=2, cause="the source delivered nothing")
PENDING = Recording(
    session=SessionId("a"), room=MAIN, title="Talk", state=RecordingState.PENDING, start=0.0, end=60.0, reason="former"
)
FILES = (file("mp4"), file("vod"), file("report"))
FINISHED = Finished(fingerprint="f1", files=FILES, gaps=(), coverage=1.0, reason="")
EVENTS: tuple[Event, ...] = (
    Awaited(),
    Captured(),
    Ended(),
    Watchable(playlist=file("vod", "early")),
    Waited(reason="no room"),
    FINISHED,
    replace(FINISHED, gaps=(GAP,), coverage=0.9, reason="2.0 s are missing"),
    Failed(fingerprint="f1", reason="it failed"),
    Failed(fingerprint="f1", reason="nothing was captured", empty=True, gaps=(GAP,)),
    Analysed(report=file("report", "analysed")),
    Damaged(files=(file("mp4"),)),
    ConsentWithdrawn(),
)


def after_events(*events: Event) -> Recording:
    recording = PENDING
    for event in events:
        recording = advance(recording, event)
    return recording


def test_from_the_first_segment_to_the_last_state() -> None:
    made = after_events(Captured(), Ended(), Watchable(playlist=file("vod", "early")), FINISHED)
    assert (made.state, made.version, made.exported, made.files) == (RecordingState.READY, 1, "f1", FILES)
    assert made.story == ("pending", "capturing", "finalising")
    looked = advance(made, Analysed(report=file("report", "analysed")))
    assert looked.analysed
    assert looked.files == (*FILES[:2], file("report", "analysed"))


def test_what_is_missing_makes_it_partial() -> None:
    partial = after_events(Ended(), replace(FINISHED, gaps=(GAP,), coverage=0.9, reason="2.0 s are missing"))
    assert (partial.state, partial.gaps, partial.coverage) == (RecordingState.PARTIAL, (GAP,), 0.9)


def test_a_new_version_is_counted_and_is_to_be_analysed() -> None:
    first = after_events(Ended(), FINISHED, Analysed(report=file("report", "analysed")))
    second = advance(advance(first, Ended()), replace(FINISHED, fingerprint="f2"))
    assert (second.version, second.exported, second.analysed) == (2, "f2", False)


def test_a_failure_keeps_the_former_files_unless_there_is_nothing() -> None:
    again = advance(after_events(Ended(), FINISHED), Ended())
    assert advance(again, Failed(fingerprint="f2", reason="it failed")).files == FILES
    empty = advance(again, Failed(fingerprint="f2", reason="nothing was captured", empty=True, gaps=(GAP,)))
    assert (empty.files, empty.gaps) == ((), (GAP,))


def test_a_damaged_file_is_made_again() -> None:
    damaged = advance(after_events(Ended(), FINISHED), Damaged(files=(FILES[0],)))
    assert (damaged.state, damaged.exported, damaged.files) == (RecordingState.FINALISING, "", FILES[1:])


@pytest.mark.parametrize("state", RecordingState)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_the_table_says_what_follows_and_all_else_is_an_error_with_a_story(state: RecordingState, event: Event) -> None:
    recording = replace(PENDING, state=state, files=FILES, story=("capturing",))
    row = TABLE.get((state, type(event)))
    if row is not None:
        assert advance(recording, event).state in row[0].split(" or ")
        return
    with pytest.raises(InvalidTransition) as told:
        advance(recording, event)
    assert f"a recording that is {state} can't take {type(event).__name__}" in str(told.value)
    assert f"capturing → {state}" in told.value.hint
    assert told.value.where == "session a"


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_whatever_happens_withdrawn_consent_leaves_nothing(events: list[Event]) -> None:
    recording = PENDING
    for event in events:
        if (recording.state, type(event)) in TABLE:
            recording = advance(recording, event)
    gone = withdrawn(recording)
    assert gone.state in (RecordingState.OFF, RecordingState.ERASED)
    assert (gone.files, gone.gaps, gone.coverage, gone.exported) == ((), (), 0.0, "")
    assert gone.reason == ("consent was withdrawn" if gone.state is RecordingState.ERASED else "")
    assert len(gone.story) <= 10
    assert advance(gone, ConsentWithdrawn()) == gone


def test_before_anything_was_kept_there_is_nothing_to_erase() -> None:
    assert withdrawn(PENDING).state is RecordingState.OFF
    kept = replace(PENDING, files=FILES)
    assert withdrawn(kept).state is RecordingState.ERASED


def segment(number: int, start: float) -> Timed:
    """Two seconds, ``start`` s after nine."""
    wall = after(0).timestamp() + start
    path = f"takes/t/{number:06d}.ts"
    one = Segment(take=RunId("t"), number=number, path=path, start=start, end=start + 2, closed_at=wall + 2, bytes=1000)
    return Timed(segment=one, start=wall, end=wall + 2)


def test_a_segment_that_touches_a_session_without_consent_is_forbidden() -> None:
    table = timetable(session("open", 0, 1), session("closed", 1, 1, record=False))
    planned = plan(table, (), policy(), after(0))
    segments = [segment(0, 56), segment(1, 59), segment(2, 61)]
    assert [one.segment.number for one in forbidden(segments, MAIN, planned)] == [1, 2]
    assert forbidden(segments, MAIN, plan(timetable(session("open", 0, 2)), (), policy(), after(0))) == []


def test_the_fingerprint_is_of_window_and_segments() -> None:
    kept = [segment(0, 0), segment(1, 2)]
    known = fingerprint(0, 60, kept)
    assert known == fingerprint(0, 60, list(kept))
    assert len({known, fingerprint(1, 60, kept), fingerprint(0, 61, kept), fingerprint(0, 60, kept[:1])}) == 4
