"""Several feeds as one: who is believed, what nobody can allow against another, and what is said about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.merging import Contribution, merged
from streamer.core.timetable.sessions import Parsed, Remark, Room, Session, SessionKind, Timetable

NINE = datetime(2026, 1, 31, 9, tzinfo=UTC)
GUID = "6d1f4a52-2f5e-4a7b-9d3f-0c8a6a3c1e55"


def session(id: str, title: str, at: float = 0, *, room: str = "main", hours: float = 1, **more: Any) -> Session:
    start = NINE + timedelta(hours=at)
    return Session(
        id=SessionId(id), room=RoomId(room), title=title, start=start, end=start + timedelta(hours=hours), **more
    )


def feed(name: str, *sessions: Session, priority: int = 0, rooms: tuple[str, ...] = ()) -> Contribution:
    used = dict.fromkeys(s.room for s in sessions)
    table = Timetable(
        title=name or "Day",
        timezone="Europe/Berlin",
        rooms=tuple(Room(id=id, name=id.title()) for id in used),
        sessions=sessions,
    )
    return Contribution(
        parsed=Parsed(timetable=table, format="toml"),
        name=name,
        priority=priority,
        rooms=frozenset(map(RoomId, rooms)),
    )


def titles(parsed: Parsed) -> list[str]:
    return [f"{s.room}: {s.title}" for s in parsed.timetable.sessions]


def said(parsed: Parsed) -> list[str]:
    return [remark.message for remark in parsed.remarks]


def test_one_feed_is_itself() -> None:
    alone = feed("", session("a", "A"))
    assert merged([alone]) is alone.parsed


def test_feeds_of_different_rooms_stand_side_by_side() -> None:
    both = merged([feed("", session("a", "A")), feed("attic", session("b", "B", room="attic"))])
    assert titles(both) == ["attic: B", "main: A"]
    assert (both.timetable.title, both.timetable.timezone) == ("Day", "Europe/Berlin")
    assert [room.id for room in both.timetable.rooms] == ["main", "attic"]
    assert said(both) == []


def test_the_same_session_in_two_feeds_is_taken_once_from_the_higher_one() -> None:
    main = feed("", session(GUID, "Opening"), session("17", "Keynote", 1))
    sheet = feed(
        "sheet", session(GUID, "Opening!", 0.5), session("row-2", "KEYNOTE", 1), session("x", "Lunch", 2), priority=5
    )
    both = merged([main, sheet])
    assert titles(both) == ["main: Opening!", "main: KEYNOTE", "main: Lunch"]
    assert said(both) == [
        "“Opening!” is in “sheet” and in the main programme: the first one counts; they differ in time and title",
        "“KEYNOTE” is in “sheet” and in the main programme: the first one counts; they differ in title",
    ]
    assert titles(merged([main, feed("sheet", session("row-2", "KEYNOTE", 1))])) == ["main: Opening", "main: Keynote"]


def test_title_and_zone_are_those_of_the_highest_feed() -> None:
    tokyo = Parsed(timetable=Timetable(title="Abroad", timezone="Asia/Tokyo"), format="toml")
    both = merged([feed("", session("a", "A")), Contribution(parsed=tokyo, name="x", priority=1)]).timetable
    assert (both.title, both.timezone) == ("Abroad", "Asia/Tokyo")


def test_small_numbers_are_no_identity() -> None:
    both = merged([feed("", session("1", "Opening")), feed("Side room", session("1", "Yoga", 3, room="attic"))])
    assert titles(both) == ["main: Opening", "attic: Yoga"]
    assert [s.id for s in both.timetable.sessions] == ["1", "1~side-room"]


def test_a_feed_that_speaks_for_a_room_is_alone_there_and_nowhere_else() -> None:
    main = feed("", session("a", "A"), session("w", "Workshops", room="attic", hours=8))
    sheet = feed("sheet", session("s", "Soldering", room="attic"), session("m", "Mistake", 3), rooms=("attic",))
    both = merged([main, sheet])
    assert titles(both) == ["attic: Soldering", "main: A"]
    assert said(both) == [
        "1 session of the main programme left out: “sheet” speaks for room “Attic”",
        "1 session of “sheet” left out: “sheet” speaks for other rooms than “Main”",
    ]


def test_a_room_is_not_taken_from_a_feed_of_higher_priority() -> None:
    main = feed("", session("w", "Workshops", room="attic", hours=8), priority=1)
    sheet = feed("sheet", session("s", "Soldering", room="attic"), rooms=("attic",))
    both = merged([main, sheet])
    assert titles(both) == ["attic: Soldering", "attic: Workshops"]
    assert said(both) == [
        "“Soldering” of “sheet” and “Workshops” of the main programme overlap in room attic",
    ]


def test_overlaps_within_one_feed_are_its_own_affair() -> None:
    both = merged([feed("", session("a", "A"), session("b", "B", 0.5)), feed("x", session("c", "C", 5))])
    assert said(both) == []


def test_an_overlap_names_the_session_that_reaches_furthest_and_what_only_touches_does_not_overlap() -> None:
    main = feed("", session("a", "A", hours=4), session("b", "B", 1, hours=3))
    assert said(merged([main, feed("x", session("c", "C", 3, hours=0.5), session("d", "D", 4))])) == [
        "“A” of the main programme and “C” of “x” overlap in room main"
    ]


def test_what_one_feed_forbids_no_other_allows() -> None:
    main = feed("", session(GUID, "Opening", record=False), session("w", "Clinic", 4, room="attic", stream=False))
    sheet = feed(
        "sheet",
        session(GUID, "Opening", record=True),
        session("s", "Case one", 4, room="attic", hours=0.5, record=True, stream=True),
        session("t", "Case two", 5, room="attic", stream=True),
        session("r", "Case zero", 3, room="attic", stream=True),
        priority=5,
        rooms=("main", "attic"),
    )
    both = merged([main, sheet])
    consent = {s.title: (s.record, s.stream) for s in both.timetable.sessions}
    assert consent == {
        "Opening": (False, None),
        "Case one": (True, False),
        **dict.fromkeys(("Case zero", "Case two"), (None, True)),
    }
    assert "“Opening” is restricted by another feed: “Opening” must not be recorded" in said(both)
    assert "“Case one” is restricted by another feed: “Clinic” must not be streamed" in said(both)


def test_what_is_forbidden_stays_so_wherever_the_session_went() -> None:
    main = feed("", session(GUID, "Opening", record=False))
    sheet = feed("sheet", session(GUID, "Opening", 6, room="attic", record=True), priority=5)
    assert [(s.room, s.record) for s in merged([main, sheet]).timetable.sessions] == [("attic", False)]


def test_a_break_forbids_nothing() -> None:
    pause = session("p", "Pause", record=False, kind=SessionKind.BREAK)
    both = merged([feed("", pause), feed("sheet", session("a", "A", record=True), rooms=("main",))])
    assert [(s.title, s.record) for s in both.timetable.sessions] == [("A", True)]


def test_remarks_name_their_feed_and_are_bounded() -> None:
    odd = Parsed(timetable=Timetable(title="", timezone="UTC"), remarks=(Remark(message="odd"),))
    many = [session(f"{GUID}{n}", f"T{n}", n) for n in range(12)]
    both = merged([feed("", *many), feed("sheet", *many), Contribution(parsed=odd, name="other")])
    assert said(both)[0] == "other: odd"
    assert said(both)[-1] == "2 more remarks of this kind: sessions in two feeds"
    assert len(said(both)) == 12
    assert len(both.timetable.sessions) == 12
