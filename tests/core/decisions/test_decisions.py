"""Each decision in words, in the store's form, and what it asks for; the registry as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import pytest
from support.day.days import MAIN, MINUTE, NINE, POLICY, SIDE, after, override, planned, session

from streamer.core.base.errors import Conflict, Invalid, NotFound, StoreError
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.decisions.decision import Decision, Moment, RoomDecision
from streamer.core.decisions.fields import Field, Within, Words, fields_of
from streamer.core.decisions.notice import Notice
from streamer.core.decisions.override import override_document
from streamer.core.decisions.recordings.bounds import Bounds, latest_bound
from streamer.core.decisions.recordings.cut import Cut
from streamer.core.decisions.registry import BY_ACTION, DECISIONS
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.decisions.rooms.unmute import Unmute
from streamer.core.decisions.sessions.add import Add
from streamer.core.decisions.sessions.cancel import Cancel
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.decisions.sessions.move import Move
from streamer.core.decisions.sessions.start import Start
from streamer.core.decisions.sessions.swap import Swap
from streamer.core.decisions.stored import decision_of, given_fields, stored_decision
from streamer.core.plan.draft import Draft
from streamer.core.timetable.sessions import Session

A = SessionId("a")

EXAMPLES: list[tuple[Decision, str, dict[str, object]]] = [
    (Start(session=A), "start a", {}),
    (Delay(room=MAIN, minutes=5.0), "delay room main by 5 min", {"minutes": 5.0, "shrink_breaks": False}),
    (
        Delay(room=MAIN, minutes=5.0, shrink_breaks=True),
        "delay room main by 5 min, breaks first",
        {"minutes": 5.0, "shrink_breaks": True},
    ),
    (Hold(session=A), "hold a for 60 min at most", {"limit_minutes": 60.0}),
    (Cancel(session=A), "cancel a", {}),
    (Swap(session=A, other="b"), "swap a with b", {"with": "b"}),
    (
        Add(room=MAIN, title=" Questions ", start=after(10), end=after(20), stream=False),
        "add “Questions” in room main",
        {
            "room": "main",
            "title": " Questions ",
            "start": "2025-09-08T09:10:00+00:00",
            "end": "2025-09-08T09:20:00+00:00",
            "stream": False,
        },
    ),
    (Mute(room=MAIN), "mute room main", {"back_seconds": 10.0}),
    (Unmute(room=MAIN), "unmute room main", {}),
    (
        Cut(session=A, start=after(10), end=after(11)),
        "cut 2025-09-08T09:10:00+00:00 to 2025-09-08T09:11:00+00:00 out of the recording of a",
        {"start": "2025-09-08T09:10:00+00:00", "end": "2025-09-08T09:11:00+00:00"},
    ),
    (Notice(text="Lunch is served "), "notice to everybody: Lunch is served", {"text": "Lunch is served "}),
    (
        Notice(text="Please move closer", room=MAIN),
        "notice to viewers of room main: Please move closer",
        {"text": "Please move closer", "room": "main"},
    ),
    (Move(session=A, room="side"), "move a to room side", {"room": "side"}),
    (
        Move(session=A, start=after(10)),
        "move a to 2025-09-08T09:10:00+00:00",
        {"start": "2025-09-08T09:10:00+00:00"},
    ),
    (End(session=A), "end a", {}),
    (End(session=A, at=after(10)), "end a", {"at": "2025-09-08T09:10:00+00:00"}),
    (Extend(session=A, minutes=5.0), "extend a by 5 min", {"minutes": 5.0, "ripple": False}),
    (Extend(session=A, minutes=-2.5), "extend a by -2.5 min", {"minutes": -2.5, "ripple": False}),
    (Consent(session=A, record=False), "consent of a: record no", {"record": False}),
    (
        Consent(session=A, record=True, stream=False),
        "consent of a: record yes, stream no",
        {"record": True, "stream": False},
    ),
    (
        Bounds(session=A, end=after(20)),
        "recording of a to 2025-09-08T09:20:00+00:00",
        {"end": "2025-09-08T09:20:00+00:00"},
    ),
]


@pytest.mark.parametrize(("decision", "words", "fields"), EXAMPLES)
def test_a_decision_in_words_and_in_the_store(decision: Decision, words: str, fields: dict[str, object]) -> None:
    assert decision.describe() == words
    assert given_fields(decision) == fields
    stored = stored_decision(decision)
    target = {decision.target: getattr(decision, decision.target)} if decision.target else {}
    assert stored == {"action": decision.offer.action, **target, **fields}
    assert decision_of(stored) == decision


def test_every_decision_is_among_the_examples() -> None:
    assert {type(decision) for decision, _, _ in EXAMPLES} == set(DECISIONS)


def test_actions_and_addresses_are_all_different() -> None:
    assert len(BY_ACTION) == len({kind.offer.path for kind in DECISIONS}) == len(DECISIONS)
    assert len({kind.offer.operation for kind in DECISIONS}) == len(DECISIONS)
    assert all(("{id}" in kind.offer.path) == bool(kind.target) for kind in DECISIONS)


def test_organisers_decide_about_recordings_alone_and_only_these_are_of_the_session_day() -> None:
    assert [kind for kind in DECISIONS if kind.offer.organisers] == [Bounds, Cut]
    assert [kind for kind in DECISIONS if kind.offer.on_session_day] == [Bounds, Cut]


def test_a_decision_of_a_newer_version_is_refused() -> None:
    with pytest.raises(StoreError, match="knows no decision 'levitate'"):
        decision_of({"action": "levitate", "session": "a"})


def test_an_instant_without_a_zone_is_not_stored() -> None:
    with pytest.raises(ValueError, match="at 2025-09-08T09:00:00 has no time zone"):
        stored_decision(End(session=A, at=NINE.replace(tzinfo=None)))


def test_fields_are_read_from_the_dataclass() -> None:
    minutes, ripple = fields_of(Extend)
    assert minutes == Field(
        name="minutes",
        attribute="minutes",
        type=float,
        required=True,
        words="Minutes; fractions allowed, may be negative",
        within=Within(least=-1440, most=1440, unit="minutes"),
    )
    assert (ripple.type, ripple.required, ripple.http_only) == (bool, False, True)
    assert [(field.name, field.type) for field in fields_of(Bounds)] == [("start", datetime), ("end", datetime)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd(End):
    odd: Annotated[list[str], Words("What can't be asked for")]


def test_a_field_of_another_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="field odd is list"):
        fields_of(Odd)


# -- what can be decided now ---------------------------------------------------------------------------------------


def moment(*sessions: Session, at: float, reach: tuple[datetime, datetime] | None = None) -> Moment:
    """So many minutes after nine."""
    plan = planned(*(sessions or (session("a"),)), now=after(at))
    return Moment(plan=plan, policy=POLICY, now=after(at), zone=UTC, reach=lambda _: reach)


@pytest.mark.parametrize(
    ("decision", "at", "message"),
    [
        (End(session=A), -1, "has not started"),
        (End(session=A), 30, "ended at 2025-09-08T09:30:00"),
        (End(session=A, at=NINE), 5, "end before it starts"),
        (End(session=A), 0, "end before it starts"),
        (Extend(session=A, minutes=-30), 5, "end before it starts"),
        (Extend(session=A, minutes=-20), 15, "lie in the past"),
        (Extend(session=A, minutes=0.5), 35.1, "longer ago than the ring reaches"),
        (Bounds(session=A, start=after(1)), -1, "has not started"),
        (Start(session=A), 0, "has started at 2025-09-08T09:00:00"),
        (Start(session=A), 31, "ended at"),
        (Start(session=A, at=after(-6)), -0.5, "ring does not reach that far back"),
        (Start(session=A, at=after(1)), -1, "starts at 2025-09-08T09:00:00"),
        (Add(room=MAIN, title="X", start=after(1), end=after(2)), 2, "ended already"),
        (Add(room=MAIN, title="X", start=after(1), end=after(20)), 7, "ring does not reach that far back"),
        (Unmute(room=MAIN), 1, "not muted"),
        (Cut(session=A, start=after(1), end=after(2)), -1, "has not started"),
        (Cut(session=A, start=after(-2), end=after(0)), 40, "outside the recording"),
        (Cut(session=A, start=after(30), end=after(31)), 40, "outside the recording"),
        (Cut(session=A, start=after(0), end=after(30)), 40, "nothing of the recording would be left"),
        (Hold(session=A), 35.1, "longer ago than the ring reaches"),
        (Cancel(session=A), 30, "ended at"),
        (Move(session=A, start=after(30)), 0, "has started already"),
        (Move(session=A, start=after(-11)), -10, "would have started already"),
        (Delay(room=MAIN, minutes=5), 0, "no session of this room is still to start"),
        (Delay(room=MAIN, minutes=-5), -4, "would start in the past"),
        (Bounds(session=A, start=after(1)), 10, "no media of this session is kept"),
    ],
)
def test_what_contradicts_the_present_state_is_a_conflict(decision: Decision, at: float, message: str) -> None:
    with pytest.raises(Conflict, match=message):
        decision.check(moment(at=at))


@pytest.mark.parametrize(
    "decision",
    [
        Start(session=A),
        End(session=A),
        Extend(session=A, minutes=5),
        Hold(session=A),
        Cancel(session=A),
        Move(session=A, room="side"),
        Swap(session=A, other="b"),
    ],
)
def test_a_cancelled_session_has_no_end_to_move(decision: Decision) -> None:
    with pytest.raises(Conflict, match="is cancelled"):
        decision.check(moment(session("a", cancelled=True), at=5))


@pytest.mark.parametrize(
    ("decision", "at"),
    [
        (End(session=A), 0.1),
        (End(session=A, at=after(40)), 29),
        (Extend(session=A, minutes=5), 35),
        (Extend(session=A, minutes=5), -90),
        (Extend(session=A, minutes=-10), 40),
        (Extend(session=A, minutes=-20), 10),
        (Consent(session=A, record=True), 300),
        (Start(session=A), -1),
        (Start(session=A, at=after(-5)), -0.5),
        (Start(session=A, at=after(-2)), 1),
        (Hold(session=A), -60),
        (Hold(session=A), 34),
        (Cancel(session=A), 29),
        (Move(session=A, room=MAIN), -1),
        (Delay(room=MAIN, minutes=-5), -5),
        (Mute(room=MAIN), 5),
        (Cut(session=A, start=after(1), end=after(2)), 3),
        (Cut(session=A, start=after(1), end=after(2)), 300),
        (Add(room=MAIN, title="Questions", start=after(1), end=after(20)), 5.9),
        (Notice(text="Lunch is served"), 5),
    ],
)
def test_what_is_possible_is_not_refused(decision: Decision, at: float) -> None:
    decision.check(moment(at=at))


def test_who_extends_too_late_learns_until_when_it_was_possible() -> None:
    with pytest.raises(Conflict) as refused:
        Extend(session=A, minutes=5).check(moment(at=36))
    assert refused.value.hint == "a session can be extended until 5 min after its end"


def test_a_session_has_to_be_planned() -> None:
    for decision in (End(session=SessionId("b")), Consent(session=SessionId("b"), stream=False)):
        with pytest.raises(NotFound, match="no such session") as refused:
            decision.check(moment(at=0))
        assert refused.value.where == "session b"


def test_what_says_nothing_is_refused_where_it_is_made() -> None:
    with pytest.raises(Invalid, match="no consent is given"):
        Consent(session=A)
    with pytest.raises(Invalid, match="no bound is given"):
        Bounds(session=A)
    with pytest.raises(Invalid, match="nothing is given"):
        Move(session=A)


@pytest.mark.parametrize("decision", [Extend(session=A, minutes=0), Delay(room=MAIN, minutes=0)])
def test_zero_minutes_are_refused(decision: Decision) -> None:
    with pytest.raises(Invalid) as refused:
        decision.check(moment(at=-1))
    assert refused.value.where == "minutes"


def test_a_session_is_not_held_into_the_next_one() -> None:
    held = moment(session("a"), session("b", 30, 10), at=5)
    with pytest.raises(Conflict, match="“Title of b” starts at 2025-09-08T09:30:00"):
        Hold(session=A).check(held)
    Hold(session=A).check(moment(session("a"), session("b", 31, 10), at=5))


def test_sessions_are_swapped_until_one_ends_and_across_rooms_until_one_starts() -> None:
    swap, here, there = Swap(session=A, other="b"), session("b", 30, 10), session("b", 30, 10, SIDE)
    swap.check(moment(session("a"), here, at=29))
    swap.check(moment(session("a"), there, at=-1))
    with pytest.raises(Conflict, match="ended at"):
        swap.check(moment(session("a"), here, at=30))
    with pytest.raises(Conflict, match="stays in its room"):
        swap.check(moment(session("a"), there, at=1))
    with pytest.raises(NotFound, match="no such session"):
        swap.check(moment(at=1))
    with pytest.raises(Invalid, match="with itself"):
        Swap(session=A, other="a")


def test_a_session_is_added_once_and_removed_until_it_starts() -> None:
    add = Add(room=MAIN, title="Questions", start=after(10), end=after(20))
    there = [override(add)]

    def then(at: float) -> Moment:
        plan = planned(session("a"), decisions=there, now=after(at))
        return Moment(plan=plan, policy=POLICY, now=after(at), zone=UTC, reach=lambda _: None)

    with pytest.raises(Conflict, match="has a session of this title at this time"):
        add.check(then(0))
    assert add.undo_refusal(then(9)) is None
    refusal = add.undo_refusal(then(11))
    assert refusal is not None
    assert "has started" in refusal.message
    assert Mute(room=MAIN).undo_refusal(then(11)) is None


@pytest.mark.parametrize(
    ("start", "end", "message"), [(5, 5, "end before it starts"), (0, 24 * 60 + 1, "longer than a day")]
)
def test_an_added_session_has_a_sensible_length(start: float, end: float, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        Add(room=MAIN, title="Questions", start=after(start), end=after(end))


def test_a_room_is_muted_once() -> None:
    plan = planned(session("a"), decisions=[override(Mute(room=MAIN), minute=1)])
    with pytest.raises(Conflict, match="has been muted since 2025-09-08T09:00:50"):
        Mute(room=MAIN).check(Moment(plan=plan, policy=POLICY, now=after(2), zone=UTC, reach=lambda _: None))


def test_a_stretch_has_a_length_and_a_recording() -> None:
    with pytest.raises(Invalid, match="end before it begins"):
        Cut(session=A, start=after(2), end=after(2))
    with pytest.raises(Conflict, match="is not recorded"):
        Cut(session=A, start=after(1), end=after(2)).check(moment(session("a", record=False), at=5))


def test_a_room_has_to_be_known() -> None:
    cellar = RoomId("cellar")
    for decision in (
        Move(session=A, room="cellar"),
        Delay(room=cellar, minutes=5),
        Mute(room=cellar),
        Unmute(room=cellar),
        Notice(text="x", room="cellar"),
        Add(room="cellar", title="Questions", start=after(1), end=after(2)),
    ):
        with pytest.raises(NotFound, match="no such room") as refused:
            decision.check(moment(at=-1))
        assert refused.value.where == "room cellar"


def test_consent_is_not_granted_against_the_timetable() -> None:
    silent = moment(session("a", record=False), at=0)
    Consent(session=A, stream=True).check(silent)
    with pytest.raises(Conflict, match="may not be recorded"):
        Consent(session=A, record=True).check(silent)


_SECOND = 1 / 60


def bounds(start: float | None, end: float | None) -> Bounds:
    """In minutes after nine."""
    return Bounds(session=A, start=None if start is None else after(start), end=None if end is None else after(end))


@pytest.mark.parametrize(
    ("start", "end", "where"),
    [
        (-6, None, "start"),
        (20, None, "start"),
        (25, None, "start"),
        (31, None, "start"),
        (None, 33, "end"),
        (None, 20 + 2 * _SECOND, "end"),
        (-5 - _SECOND, -5, "end"),
        (10, 5, "end"),
        (10, 10, "end"),
    ],
)
def test_bounds_lie_where_there_is_media(start: float | None, end: float | None, where: str) -> None:
    """There is media from five minutes before the session to 20 min after its start, and it has stopped."""
    with pytest.raises(Conflict) as refused:
        bounds(start, end).check(moment(at=60, reach=(after(-5), after(20))))
    assert refused.value.where == where
    assert "there is media from 2025-09-08T08:55:00+00:00 to 2025-09-08T09:20:00+00:00" in refused.value.hint


def test_bounds_may_lie_a_second_outside_the_media_and_not_in_a_session_that_is_not_recorded() -> None:
    bounds(-5 - _SECOND, 20 + _SECOND).check(moment(at=60, reach=(after(-5), after(20))))
    with pytest.raises(Conflict, match="not recorded"):
        bounds(1, 2).check(moment(session("a", record=False), at=60, reach=(after(-5), after(20))))


@pytest.mark.parametrize(
    ("there", "now", "latest"),
    [
        (20, 25, 32),  # the session runs, and what it keeps after its end is still to come
        (35, 35 + 14 * _SECOND, 35 + 14 * _SECOND),  # still growing
        (35, 35 + 15 * _SECOND, 35),
        (35, 34, 35),
    ],
)
def test_the_latest_bound_is_ahead_of_media_that_still_grows(there: float, now: float, latest: float) -> None:
    one = moment(at=now).session(A)
    assert latest_bound(one, after(there), POLICY, after(now)) == after(latest)


def test_bounds_may_lie_ahead_while_the_session_runs() -> None:
    Bounds(session=A, end=after(32)).check(moment(at=20, reach=(after(-5), after(20))))


def test_bounds_stay_out_of_a_session_that_may_not_be_recorded() -> None:
    there = moment(session("a"), session("b", 30, 10, record=False), at=60, reach=(after(-5), after(60)))
    with pytest.raises(Conflict, match="“Title of b” may not be recorded, and runs from 2025-09-08T09:30:00"):
        Bounds(session=A, end=after(31)).check(there)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(RoomDecision):
    def check(self, moment: Moment) -> None: ...

    def amend(self, draft: Draft, taken: datetime) -> None: ...

    def describe(self) -> str:
        return f"silence {self.room}"


def test_a_decision_has_the_room_of_its_session_or_the_one_that_it_names() -> None:
    assert Silence(room=MAIN).of_room(moment(at=0).plan) == MAIN
    assert Silence(room=MAIN).of_session is None
    plan = moment(at=0).plan
    assert [End(session=SessionId(id)).of_room(plan) for id in ("a", "gone")] == [MAIN, None]
    assert [End(session=A).of_session, End(session=A).target] == ["a", "session"]


def test_what_came_of_bounds_in_a_sentence() -> None:
    bounds = Bounds(session=A, start=after(1), end=after(20))
    said = bounds.outcome("Talk", lambda at: f"{at:%H:%M}")
    assert said == "The recording of “Talk” begins at 09:01 and ends at 09:20."
    assert End(session=A).outcome("Talk", str) == ""


# -- the log -------------------------------------------------------------------------------------------------------


def test_an_override_as_the_crew_sees_it() -> None:
    taken = override(Extend(session=A, minutes=5), minute=3)
    assert override_document(taken, ZoneInfo("Europe/Copenhagen")) == {
        "id": "d",
        "action": "extend",
        "session": "a",
        "room": MAIN,
        "at": "2025-09-08T11:03:00+02:00",
        "by": "crew",
        "description": "extend a by 5 min",
        "undone": None,
    }
    assert override_document(taken.dropped(after(4)), ZoneInfo("UTC"))["undone"] == "2025-09-08T09:04:00+00:00"


def test_an_override_is_dropped_once() -> None:
    dropped = override(End(session=A)).dropped(NINE + MINUTE)
    with pytest.raises(Conflict, match="undone already"):
        dropped.dropped(after(2))
    assert replace(dropped, undone=None) == override(End(session=A))
