"""Changes between two timetables, and their words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.diff import ChangeKind, diff
from streamer.core.timetable.sessions import Room, Session, SessionKind, Speaker, Timetable

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MAIN, SIDE = Room(id=RoomId("main"), name="Main hall"), Room(id=RoomId("side"), name="Side room")
NINE = datetime(2025, 9, 8, 7, tzinfo=UTC)
TALK = Session(id=SessionId("a"), room=MAIN.id, title="Genomes", start=NINE, end=NINE + timedelta(hours=1))


def of(*sessions: Session) -> Timetable:
    return Timetable(title="Day", timezone="Europe/Copenhagen", rooms=(MAIN, SIDE), sessions=sessions)


def changes(before: Session | None, after: Session | None) -> list[tuple[str, str]]:
    found = diff(of(*[before] if before else []), of(*[after] if after else []))
    return [(change.kind.value, change.sentence(COPENHAGEN)) for change in found]


def test_added_and_removed() -> None:
    assert changes(None, TALK) == [("added", "“Genomes” is new: 2025-09-08 09:00–10:00 in Main hall.")]
    assert changes(TALK, None) == [("removed", "“Genomes” is gone; it was 2025-09-08 09:00–10:00 in Main hall.")]


def test_a_new_time_a_new_room_and_both() -> None:
    later = replace(TALK, start=NINE + timedelta(minutes=15), end=TALK.end + timedelta(minutes=15))
    assert changes(TALK, later) == [
        ("retimed", "“Genomes” is now 2025-09-08 09:15–10:15 instead of 09:00–10:00, in Main hall.")
    ]
    elsewhere = replace(TALK, room=SIDE.id)
    assert changes(TALK, elsewhere) == [
        ("reroomed", "“Genomes” is now in Side room instead of Main hall, 2025-09-08 09:00–10:00.")
    ]
    assert changes(TALK, replace(later, room=SIDE.id)) == [
        ("moved", "“Genomes” is now in Side room instead of Main hall, 2025-09-08 09:15–10:15 instead of 09:00–10:00.")
    ]


def test_only_the_end_moves_and_past_midnight() -> None:
    long = replace(TALK, end=datetime(2025, 9, 8, 23, tzinfo=UTC))
    assert changes(TALK, long) == [
        ("retimed", "“Genomes” is now 2025-09-08 09:00 – 2025-09-09 01:00 instead of 09:00–10:00, in Main hall.")
    ]


def test_a_session_moved_to_another_day_names_both_days() -> None:
    tomorrow = replace(TALK, start=NINE + timedelta(days=1), end=TALK.end + timedelta(days=1))
    assert changes(TALK, tomorrow)[0][1] == (
        "“Genomes” is now 2025-09-09 09:00–10:00 instead of 2025-09-08 09:00–10:00, in Main hall."
    )


def test_title_consent_kind_and_text_are_told_apart() -> None:
    after = replace(
        TALK,
        title="Exomes",
        record=False,
        stream=True,
        kind=SessionKind.BREAK,
        speakers=(Speaker(name="Ada"), Speaker(name="Bo")),
        abstract="All of it.",
    )
    assert changes(TALK, after) == [
        ("renamed", "“Genomes” is now called “Exomes”."),
        ("consent", "“Genomes” must not be recorded and may be streamed."),
        ("kind", "“Genomes” is now a break, no longer a session."),
        ("text", "“Genomes” has other speakers (Ada, Bo) and another abstract."),
    ]
    back = dict(changes(after, TALK))
    assert (
        back["consent"]
        == "“Exomes” no longer says whether it may be recorded and no longer says whether it may be streamed."
    )
    assert back["text"] == "“Exomes” has no speakers any more and another abstract."


def test_another_notation_of_the_same_instant_is_no_change() -> None:
    east = timezone(timedelta(hours=2))
    assert changes(TALK, replace(TALK, start=TALK.start.astimezone(east), end=TALK.end.astimezone(east))) == []


def test_changes_come_in_the_order_of_time() -> None:
    first = replace(TALK, id=SessionId("z"), start=NINE - timedelta(hours=2), end=NINE - timedelta(hours=1))
    removed, added = ChangeKind.REMOVED, ChangeKind.ADDED
    for old, new, kinds in ((first, TALK, (removed, added)), (TALK, first, (added, removed))):
        assert [(c.session, c.kind) for c in diff(of(old), of(new))] == list(zip("za", kinds, strict=True))


sessions = st.builds(
    Session,
    id=st.sampled_from([SessionId("a"), SessionId("b"), SessionId("c")]),
    room=st.sampled_from([MAIN.id, SIDE.id]),
    title=st.sampled_from(["Genomes", "Exomes"]),
    start=st.sampled_from([NINE, NINE + timedelta(hours=1)]),
    end=st.sampled_from([NINE + timedelta(hours=2), NINE + timedelta(hours=3)]),
    record=st.sampled_from([True, False, None]),
    abstract=st.sampled_from(["", "More."]),
)
timetables = st.lists(sessions, unique_by=lambda s: s.id).map(lambda found: of(*found))


@settings(deadline=None)
@given(timetables, timetables)
def test_there_are_changes_exactly_where_the_revisions_differ(old: Timetable, new: Timetable) -> None:
    found = diff(old, new)
    assert bool(found) == (old.revision != new.revision)
    assert all(change.sentence().endswith(".") for change in found)
    assert len({(change.session, change.kind) for change in found}) == len(found)
