"""The documents that clients see: the contract's fields, nothing that leaks, and what announces a change."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import (
    GARDEN,
    LAW,
    MAIN,
    POLICY,
    SECRET_SOURCE,
    after,
    decided,
    decisions,
    instants,
    planned,
    plans,
    session,
    sessions,
)

from streamer.core.base.ids import SessionId
from streamer.core.base.json import iso, iso_unix
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.export.files import RecordingFile
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy
from streamer.core.recording.documents import recording_document
from streamer.core.recording.recording import Gap, Recording
from streamer.core.recording.states import RecordingState
from streamer.core.status.documents import (
    SessionDocument,
    SessionDocuments,
    recording_state,
    room_document,
    session_change,
    session_document,
)
from streamer.core.status.states import NOTHING, ChannelView, Observed, SessionState
from streamer.core.timetable.sessions import Speaker

ZONE = ZoneInfo("Europe/Copenhagen")
A = SessionId("a")
LIVE = ChannelView(session=A, live=True)
SEEN = Observed(first_chunk=after(0.1), first_kept=after(0.1))
RECORDING = Recording(
    session=A,
    room=MAIN,
    title="Title of a",
    state=RecordingState.PARTIAL,
    start=after(0).timestamp(),
    end=after(30).timestamp(),
    exported="5ecretfingerprint",
    coverage=0.9944444,
    gaps=(Gap(start=after(5).timestamp(), duration=10.00049, cause="the source delivered nothing"),),
    files=(RecordingFile(name="a.mp4", kind="mp4", path="recordings/a/a.mp4", bytes=7, sha256="0" * 64),),
    reason="10.0 s are missing",
)


def document(minute: float = 5, view: ChannelView = LIVE, seen: Observed = SEEN, **more: Any) -> SessionDocument:
    (one,) = planned(session("a", **more)).sessions
    return session_document(one, seen, view, RECORDING, after(minute), ZONE)


# -- the contract's fields ----------------------------------------------------------------------------------------


def test_a_session() -> None:
    speakers = (Speaker(name="Ada", affiliation="KU"), Speaker(name="Bo"))
    assert document(speakers=speakers, abstract="All of it.", stream=True) == {
        "id": "a",
        "room": "main",
        "title": "Title of a",
        "start": "2025-09-08T11:00:00+02:00",
        "end": "2025-09-08T11:30:00+02:00",
        "scheduled_start": "2025-09-08T11:00:00+02:00",
        "scheduled_end": "2025-09-08T11:30:00+02:00",
        "held_since": None,
        "state": "live",
        "on_air": True,
        "record": True,
        "stream": True,
        "recording": "partial",
        "recording_start": None,
        "recording_end": None,
        "speakers": [{"name": "Ada", "affiliation": "KU"}, {"name": "Bo", "affiliation": ""}],
        "abstract": "All of it.",
        "revision": 0,
    }


def test_a_session_that_was_extended_says_when_it_was_planned() -> None:
    longer = decided(Extend, minutes=10.0)
    (one,) = planned(session("a"), decisions=[longer]).sessions
    found = session_document(one, NOTHING, ChannelView(), None, after(0), ZONE)
    assert (found["end"], found["scheduled_end"]) == ("2025-09-08T11:40:00+02:00", "2025-09-08T11:30:00+02:00")


def test_a_room() -> None:
    plan = planned(session("a"), session("b", 45))
    assert room_document(MAIN, "Main hall", plan, POLICY, LIVE, after(5)) == {
        "id": "main",
        "name": "Main hall",
        "state": "live",
        "session": "a",
        "next": "b",
        "stream": "/live/main/index.m3u8",
    }
    quiet = room_document(GARDEN, "Garden", plan, POLICY, ChannelView(), after(5))
    assert (quiet["state"], quiet["session"], quiet["next"], quiet["stream"]) == ("idle", None, None, None)


def test_a_recording() -> None:
    assert recording_document(RECORDING, ZONE) == {
        "session": "a",
        "room": "main",
        "title": "Title of a",
        "state": "partial",
        "start": "2025-09-08T11:00:00+02:00",
        "end": "2025-09-08T11:30:00+02:00",
        "duration": 1800.0,
        "coverage": 0.99444,
        "gaps": [
            {"start": "2025-09-08T11:05:00+02:00", "duration": 10.0, "cause": "the source delivered nothing"},
        ],
        "files": [
            {"name": "a.mp4", "kind": "mp4", "bytes": 7, "sha256": "0" * 64, "url": "/api/v1/recordings/a/a.mp4"},
        ],
        "reason": "10.0 s are missing",
        "progress": None,
    }


def test_on_air_is_only_who_is_live_and_shown() -> None:
    assert document()["on_air"] is True
    assert document(view=ChannelView(session=SessionId("b"), live=True))["on_air"] is False
    assert document(view=ChannelView(session=A, live=False))["on_air"] is False
    assert document(seen=NOTHING)["on_air"] is False
    assert document(minute=31)["on_air"] is False, "it ended, though the channel's edge still shows it"


def test_a_recording_is_pending_or_off_before_there_is_one() -> None:
    yes, no = planned(session("a"), session("no", record=False)).sessions
    assert recording_state(yes, None) is RecordingState.PENDING
    assert recording_state(no, None) is RecordingState.OFF
    assert recording_state(no, RECORDING) is RecordingState.PARTIAL


# -- times --------------------------------------------------------------------------------------------------------


def test_times_carry_the_venues_offset_and_fractions_only_where_there_are_any() -> None:
    assert iso(after(0), ZONE) == "2025-09-08T11:00:00+02:00"
    assert iso_unix(after(0).timestamp() + 0.25, ZONE) == "2025-09-08T11:00:00.250+02:00"
    twice = [datetime.fromisoformat(f"2025-10-26T0{hour}:30:00+00:00") for hour in (0, 1)]
    assert [iso(t, ZONE) for t in twice] == ["2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00"]


@LAW
@given(instants)
def test_a_time_means_the_instant_it_was_made_of(instant: datetime) -> None:
    assert datetime.fromisoformat(iso(instant, ZONE)) == instant


# -- leaks --------------------------------------------------------------------------------------------------------


@LAW
@given(plans(), instants, st.sampled_from([ChannelView(), LIVE, ChannelView(fault=True)]))
def test_no_document_holds_a_source_a_key_or_a_path(
    made: tuple[Plan, Policy], now: datetime, view: ChannelView
) -> None:
    plan, rules = made
    sources = [setup.source for setup in rules.rooms.values() if setup.source]
    assert SECRET_SOURCE in sources, "there is something that could leak"
    views = dict.fromkeys(rules.rooms, view)
    recordings = {s.id: RECORDING for s in plan.sessions}
    told = [
        *SessionDocuments().of(plan, {}, views, recordings, now, ZONE).values(),
        *(room_document(r, f"Room {r}", plan, rules, view, now) for r in rules.rooms),
        recording_document(RECORDING, ZONE),
    ]
    text = json.dumps(told)
    for secret in ("hunter2", "srt:", "203.0.113.7", "10000", "10001", "recordings/a/a.mp4", RECORDING.exported):
        assert secret not in text.replace("/api/v1/recordings/a/a.mp4", "")


# -- the same object where nothing changed ------------------------------------------------------------------------


steps = st.lists(
    st.tuples(instants, st.integers(-1, 8), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=5
)


@LAW
@given(st.data(), steps)
def test_kept_documents_are_what_fresh_ones_would_be(
    data: st.DataObject, story: list[tuple[datetime, int, bool, bool, bool]]
) -> None:
    """Time goes on, the channel shows this or that, recordings come, and the plan is made anew."""
    programme = data.draw(sessions(rooms=[MAIN]))
    plan = planned(*programme)
    kept = SessionDocuments()
    seen = {s.id: Observed(first_chunk=s.start, first_kept=s.start) for s in plan.sessions}
    for now, who, live, recorded, anew in story:
        if anew:
            plan = planned(*programme, decisions=data.draw(decisions(programme)))
        views = {MAIN: ChannelView(session=SessionId(f"s{who}") if who >= 0 else None, live=live)}
        recordings = {s.id: RECORDING for s in plan.sessions[::2]} if recorded else {}
        before = kept.of(plan, seen, views, recordings, now, ZONE)
        again = kept.of(plan, seen, views, recordings, now, ZONE)
        assert all(again[id] is before[id] for id in before), "nothing changed"
        for s in plan.sessions:
            fresh = session_document(s, seen.get(s.id, NOTHING), views[MAIN], recordings.get(s.id), now, ZONE)
            assert before[s.id] == fresh


@pytest.mark.parametrize(
    ("view", "on_air"),
    [
        (LIVE, True),
        (ChannelView(session=A, live=False), False),
        (ChannelView(session=SessionId("b"), live=True), False),
        (ChannelView(), False),
    ],
)
def test_a_kept_document_follows_the_channel(view: ChannelView, on_air: bool) -> None:
    plan, kept = planned(session("a")), SessionDocuments()
    for shown, expected in ((LIVE, True), (view, on_air), (ChannelView(), False), (view, on_air)):
        found = kept.of(plan, {A: SEEN}, {MAIN: shown}, {}, after(5), ZONE)
        assert found[A]["on_air"] is expected


# -- what announces a change --------------------------------------------------------------------------------------

BEFORE = document() | {"revision": 4}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, None),
        ({"revision": 9}, None),
        ({"state": "ended", "on_air": False}, "session.ended"),
        ({"state": "held"}, "session.held"),
        ({"state": "cancelled"}, "session.cancelled"),
        ({"state": "scheduled"}, "session.changed"),  # un-cancelled
        ({"end": "later"}, "session.moved"),
        ({"start": "later", "end": "later", "title": "New"}, "session.moved"),
        ({"room": "side"}, "session.moved"),
        ({"state": "scheduled", "end": "later"}, "session.moved"),
        ({"title": "New"}, "session.changed"),
        ({"on_air": False}, "session.changed"),
        ({"recording": "ready"}, "session.changed"),
        ({"record": False}, "session.changed"),
        ({"abstract": "New"}, "session.changed"),
    ],
)
def test_what_announces_a_change(change: Any, kind: str | None) -> None:
    assert session_change(BEFORE, {**BEFORE, **change}) == kind


def test_an_extension_after_the_end_is_live_again() -> None:
    ended: SessionDocument = {**BEFORE, "state": SessionState.ENDED}
    assert session_change(ended, {**BEFORE, "end": "later"}) == "session.live"


def test_a_session_that_is_new_is_told_with_its_state() -> None:
    assert session_change(None, {**BEFORE, "state": SessionState.SCHEDULED}) == "session.changed"
    assert session_change(None, BEFORE) == "session.live"
    assert session_change(None, {**BEFORE, "state": SessionState.ENDED}) == "session.ended"
