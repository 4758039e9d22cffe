"""Which jobs should run when, when that changes, and how long they may go on without a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from support.day.days import (
    FACTS,
    GARDEN,
    LAW,
    MAIN,
    MINUTE,
    NINE,
    POLICY,
    SECOND,
    SIDE,
    after,
    planned,
    plans,
    policy,
    session,
)

from streamer.core.base.ids import JobId, RoomId
from streamer.core.jobs.coding import COPIED, Coding, Means
from streamer.core.jobs.desired import (
    AFTERLIFE,
    capture_id,
    capture_slot,
    desired,
    ends_by,
    livestream_id,
)
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import ANALYZE_SECONDS, CaptureSettings, JobKind, JobSpec, LivestreamSettings
from streamer.core.plan.cues import Cue, cues, next_cue
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy

KNOWN = {MAIN: FACTS, SIDE: FACTS, GARDEN: FACTS}


def jobs(plan: Plan, minute: float, rules: Policy = POLICY, facts: Mapping[RoomId, SourceFacts] = KNOWN) -> set[str]:
    return set(desired(plan, rules, facts, after(minute)))


def changes(plan: Plan, rules: Policy, start: datetime, end: datetime) -> list[tuple[datetime, dict[JobId, JobSpec]]]:
    """What should run from each cue on."""
    instants = sorted({start, *(c.at for c in cues(replace(plan, at=start), rules) if c.at < end)})
    return [(at, desired(plan, rules, KNOWN, at)) for at in instants]


# -- what runs when ---------------------------------------------------------------------------------------------


def test_capture_frames_the_session_and_the_livestream_warms_up() -> None:
    made = planned(session("a"))
    assert [jobs(made, m) for m in (-10.01, -10, -0.51, -0.5, 0, 29.99, 30, 39.99, 40)] == [
        set(),
        {"capture:main"},
        {"capture:main"},
        {"capture:main", "livestream:main"},
        {"capture:main", "livestream:main"},
        {"capture:main", "livestream:main"},
        {"capture:main"},
        {"capture:main"},
        set(),
    ]


def test_a_livestream_waits_until_its_source_is_known() -> None:
    assert jobs(planned(session("a")), 1, facts={}) == {"capture:main"}


@pytest.mark.parametrize(
    ("record", "stream", "running"),
    [
        (True, False, {"capture:main"}),
        (False, True, {"capture:main", "livestream:main"}),
        (False, False, set()),
    ],
)
def test_only_what_is_allowed_runs(record: bool, stream: bool, running: set[str]) -> None:
    assert jobs(planned(session("a", record=record, stream=stream)), 1) == running


def test_a_room_without_source_has_no_jobs_and_its_session_two_cues() -> None:
    made = planned(session("a", room=GARDEN), now=after(-60))
    assert jobs(made, 1) == set()
    assert [c.action for c in cues(made, POLICY)] == ["session.start", "session.end"]


def test_a_spec_says_what_config_and_source_say() -> None:
    wanted = desired(planned(session("a")), POLICY, KNOWN, NINE)
    capture, live = wanted[capture_id(MAIN)], wanted[livestream_id(MAIN)]
    assert isinstance(capture.settings, CaptureSettings)
    assert isinstance(live.settings, LivestreamSettings)
    assert capture.settings.source == POLICY.rooms[MAIN].source
    assert capture.settings.tap == live.settings.tap == POLICY.rooms[MAIN].tap
    assert [r.name for r in live.settings.format.renditions] == ["720p", "360p"]
    silent = desired(planned(session("a")), POLICY, {MAIN: replace(FACTS, audio=None)}, NINE)[livestream_id(MAIN)]
    assert live.settings.has_audio
    assert isinstance(silent.settings, LivestreamSettings)
    assert not silent.settings.has_audio


def test_a_livestream_goes_on_with_silence_while_the_sound_of_its_room_has_stopped() -> None:
    for soundless, heard in (({MAIN}, False), ({SIDE}, True)):
        wanted = desired(planned(session("a")), POLICY, KNOWN, NINE, soundless=soundless)
        live = wanted[livestream_id(MAIN)].settings
        assert isinstance(live, LivestreamSettings)
        assert live.has_audio is heard


def test_a_capture_does_what_its_source_needs_and_the_others_copy() -> None:
    encoding = Coding(sounds=(Means.ENCODE,))
    wanted = desired(planned(session("a"), session("b", room=SIDE)), POLICY, KNOWN, NINE, codings={MAIN: encoding})
    found = {id: wanted[capture_id(id)].settings for id in (MAIN, SIDE)}
    assert [s.coding for s in found.values() if isinstance(s, CaptureSettings)] == [encoding, COPIED]


def test_a_capture_that_needs_patience_gets_it_and_no_other_does() -> None:
    made = planned(session("a"), session("b", room=SIDE))
    usual = desired(made, POLICY, KNOWN, NINE)
    patient = desired(made, POLICY, KNOWN, NINE, {capture_id(MAIN): 9.0})
    settings = patient[capture_id(MAIN)].settings
    assert isinstance(settings, CaptureSettings)
    assert settings.analyze_seconds == 9.0
    assert {id for id in usual if usual[id] != patient[id]} == {"capture:main"}


def test_on_a_full_disk_captures_feed_their_livestreams_alone() -> None:
    plan, facts = planned(session("a")), {MAIN: FACTS}
    usual = desired(plan, POLICY, facts, NINE)
    full = desired(plan, POLICY, facts, NINE, to_disk=False)
    assert usual.keys() == full.keys()
    changed = [id for id in usual if usual[id].digest != full[id].digest]
    assert changed == ["capture:main"]


def test_two_captures_of_a_source_and_only_the_first_feeds_the_tap() -> None:
    made = planned(session("a"), session("b", room=SIDE))
    rooms = {**POLICY.rooms, MAIN: replace(POLICY.rooms[MAIN], redundancy=2, tap=7001)}
    twice = desired(made, replace(POLICY, rooms=rooms), KNOWN, NINE, {capture_id(MAIN, 2): 9.0})
    captures = [spec for id, spec in sorted(twice.items()) if spec.kind is JobKind.CAPTURE]
    assert [(spec.id, capture_slot(spec.id), spec.room) for spec in captures] == [
        ("capture:main", 1, MAIN),
        ("capture:main:2", 2, MAIN),
        ("capture:side", 1, SIDE),
    ]
    one, other = (spec.settings for spec in captures[:2])
    assert isinstance(one, CaptureSettings)
    assert (one.tap, one.analyze_seconds) == (7001, ANALYZE_SECONDS)
    assert other == replace(one, tap=None, analyze_seconds=9.0)
    dry = desired(made, replace(POLICY, rooms=rooms), KNOWN, NINE, to_disk=False)
    assert [id for id, spec in sorted(dry.items()) if spec.kind is JobKind.CAPTURE] == ["capture:main", "capture:side"]


def test_a_first_capture_is_the_same_with_and_without_a_second() -> None:
    made = planned(session("a"))
    twice = replace(POLICY, rooms={MAIN: replace(POLICY.rooms[MAIN], redundancy=2)})
    id = capture_id(MAIN)
    assert desired(made, twice, KNOWN, NINE)[id].digest == desired(made, POLICY, KNOWN, NINE)[id].digest


def test_one_session_of_a_room_suffices_for_its_livestream() -> None:
    assert jobs(planned(session("a"), session("b", 120), session("c", 240)), 125) == {
        "capture:main",
        "livestream:main",
    }


# -- cues ---------------------------------------------------------------------------------------------------------


@LAW
@given(plans())
def test_what_should_run_changes_at_cues_and_nowhere_between(made: tuple[Plan, Policy]) -> None:
    plan, rules = made
    start, end = after(-60), after(240)
    for (at, wanted), (until, _) in pairwise([*changes(plan, rules, start, end), (end, {})]):
        for sample in (at + (until - at) / 3, until - timedelta(microseconds=1)):
            if at <= sample < until:
                assert desired(plan, rules, KNOWN, sample) == wanted


@LAW
@given(plans())
def test_cues_lie_ahead_in_order_and_the_next_is_the_first(made: tuple[Plan, Policy]) -> None:
    plan, rules = made
    found = cues(plan, rules)
    assert all(c.at > plan.at for c in found)
    assert [c.at for c in found] == sorted(c.at for c in found)
    assert next_cue(plan, rules) == (found[0] if found else None)
    assert len(found) == len(set(found))
    everything = cues(replace(plan, at=after(-600)), rules)
    assert found == [c for c in everything if c.at > plan.at], "no cue is forgotten and none comes twice"


def test_every_start_and_stop_of_a_session_has_its_cue() -> None:
    names = [(c.action, (c.at - NINE) / MINUTE) for c in cues(planned(session("a"), now=after(-60)), POLICY)]
    assert names == [
        ("capture.start", -10),
        ("recording.start", -1),
        ("livestream.start", -0.5),
        ("session.start", 0),
        ("livestream.stop", 30),
        ("session.end", 30),
        ("recording.stop", 32),
        ("capture.stop", 40),
    ]
    assert next_cue(planned(session("a"), now=after(41)), POLICY) is None
    assert next_cue(planned(session("a"), now=after(30)), POLICY) == Cue(
        at=after(32), session=session("a").id, action="recording.stop"
    )


# -- sharing ------------------------------------------------------------------------------------------------------


@LAW
@given(plans(rooms=[MAIN, SIDE]))
def test_a_capture_runs_exactly_where_a_window_with_lead_and_linger_lies(made: tuple[Plan, Policy]) -> None:
    """So sessions whose framed windows touch share one capture, without an instant between."""
    plan, rules = made
    for at, wanted in changes(plan, rules, after(-60), after(240)):
        for room in (MAIN, SIDE):
            framed = [(s.start - rules.lead, s.end + rules.linger) for s in plan.of_room(room) if s.captured]
            assert (capture_id(room) in wanted) == any(low <= at < high for low, high in framed)


@LAW
@given(plans(rooms=[MAIN, SIDE]))
def test_one_process_a_room_and_purpose_always_with_the_same_spec(made: tuple[Plan, Policy]) -> None:
    plan, rules = made
    seen: dict[JobId, JobSpec] = {}
    for _, wanted in changes(plan, rules, after(-60), after(240)):
        assert len({(s.room, s.kind) for s in wanted.values()}) == len(wanted)
        for id, spec in wanted.items():
            assert spec.id == id
            assert seen.setdefault(id, spec) == spec, "specs name no session, so nothing blinks"
            assert seen[id].digest == spec.digest
            if spec.kind is JobKind.LIVESTREAM:
                assert capture_id(spec.room) in wanted, "a livestream reads its capture's tap"


def test_back_to_back_sessions_never_blink() -> None:
    day = [session(f"s{n}", 5 * n, 5) for n in range(10)]
    made = planned(*day)
    first = desired(made, POLICY, KNOWN, NINE)
    for second in range(0, 50 * 60, 7):
        assert desired(made, POLICY, KNOWN, NINE + second * SECOND) == first


def test_windows_that_touch_only_by_lead_and_linger_share_a_capture_and_not_a_livestream() -> None:
    made = planned(session("a"), session("b", 50))
    assert jobs(made, 40) == {"capture:main"}
    assert jobs(planned(session("a"), session("b", 50.1)), 40) == set()


# -- alone --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minute", "ends"),
    [
        (-5, 45),  # in the lead
        (10, 45),
        (29.99, 45),
        (36, 45),  # in the linger the session has ended, and that is what counts
        (39.9, 45),
        (40, 45),
        (50, 110),  # the lead of the next one
        (120, 135),  # nothing runs: from now on
    ],
)
def test_alone_media_ends_a_quarter_of_an_hour_after_the_last_session_it_serves(minute: float, ends: float) -> None:
    made = planned(session("a"), session("b", 60, 35))
    assert ends_by(made, POLICY, MAIN, after(minute)) == after(ends)


def test_sessions_that_share_a_capture_are_served_to_the_end_of_the_last() -> None:
    made = planned(session("a"), session("b", 45), session("c", 90), session("d", 150))
    assert ends_by(made, POLICY, MAIN, NINE) == after(135)
    assert ends_by(made, POLICY, SIDE, NINE) == NINE + AFTERLIFE
    forbidden = planned(session("a"), session("b", 30, record=False, stream=False))
    assert ends_by(forbidden, POLICY, MAIN, NINE) == after(45)


@LAW
@given(plans(rooms=[MAIN]))
def test_alone_media_serves_the_unbroken_run_it_is_in_and_no_more(made: tuple[Plan, Policy]) -> None:
    plan, rules = made
    now = plan.at
    until = ends_by(plan, rules, MAIN, now)
    last = until - AFTERLIFE
    framed = [s for s in plan.of_room(MAIN) if s.captured]
    if capture_id(MAIN) not in desired(plan, rules, KNOWN, now):
        assert last == now or last in {s.end for s in framed if now in (s.start - rules.lead, s.end + rules.linger)}
        return
    assert last in {s.end for s in framed}
    assert all(s.end <= last for s in framed if s.start - rules.lead <= now < s.end), "whoever runs now is served"
    step = max((last - now) / 50, timedelta(seconds=1))
    sample = now
    while sample < last:
        assert capture_id(MAIN) in desired(plan, rules, KNOWN, sample), "the run is unbroken up to its last session"
        sample += step
    beyond = last + rules.linger
    assert capture_id(MAIN) not in desired(plan, rules, KNOWN, beyond) or any(
        s.start - rules.lead > beyond - SECOND for s in framed
    ), "and nothing is captured in one go beyond it"


def test_a_linger_longer_than_the_afterlife_ends_early_rather_than_late() -> None:
    rules = policy(linger=30 * MINUTE)
    assert ends_by(planned(session("a"), rules=rules), rules, MAIN, after(50)) == after(45)
