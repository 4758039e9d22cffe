"""Rooms that nobody configured: listed with their sessions, and known again where they are ours under another name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId, SessionId, room_id
from streamer.core.timetable.sessions import Room, Session, SessionKind, Timetable
from streamer.core.trust.unknown_rooms import Renamed, renamed_rooms, room_alarms, unknown_room_document, unknown_rooms

NINE = datetime(2026, 1, 31, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
MAIN = Room(id=RoomId("main"), name="Main hall")
SIDE = Room(id=RoomId("side"), name="Seminar room")
OURS = {MAIN.id, SIDE.id}


def day(*places: tuple[str, str], prefix: str = "", kind: SessionKind = SessionKind.SESSION) -> Timetable:
    """A session an hour from nine on: a room's name and the session's title."""
    names = {MAIN.name: MAIN, SIDE.name: SIDE}
    rooms = {name: names.get(name, Room(id=room_id(name), name=name)) for name, _ in places}
    sessions = [
        Session(
            id=SessionId(f"{prefix}{title}"),
            room=rooms[name].id,
            title=title,
            start=NINE + timedelta(hours=number),
            end=NINE + timedelta(hours=number + 1),
            kind=kind,
        )
        for number, (name, title) in enumerate(places)
    ]
    return Timetable(title="Day", timezone="UTC", rooms=tuple(rooms.values()), sessions=tuple(sessions))


def test_unknown_rooms_come_with_what_takes_place_there() -> None:
    table = day(("Main hall", "A"), ("Attic", "B"), ("Attic", "C"))
    (attic,) = unknown_rooms(table, [MAIN])
    assert (attic.room.name, [s.title for s in attic.sessions], attic.likely) == ("Attic", ["B", "C"], None)
    assert unknown_rooms(day(("Attic", "Lunch"), kind=SessionKind.BREAK), [MAIN]) == ()


def test_a_room_of_ours_without_sessions_and_with_a_similar_name_may_be_meant() -> None:
    (hall,) = unknown_rooms(day(("Main Hall (1st floor)", "A"), ("Seminar room", "B")), [MAIN, SIDE])
    assert hall.likely == MAIN
    (hall,) = unknown_rooms(day(("Main Hall (1st floor)", "A"), ("Main hall", "B")), [MAIN])
    assert hall.likely is None
    other = Room(id=RoomId("hall"), name="Main Hall (1st)")
    for rooms in ([MAIN, other], [other, MAIN]):
        (hall,) = unknown_rooms(day(("Main Hall (1st floor)", "A")), rooms)
        assert hall.likely == other, "the name that is most alike"


def test_a_renamed_room_is_noticed_by_its_sessions() -> None:
    old = day(("Main hall", "A"), ("Main hall", "B"), ("Main hall", "C"), ("Seminar room", "D"))
    new = day(("Red hall", "A"), ("Red hall", "B"), ("Red hall", "C"), ("Seminar room", "D"))
    expected = Renamed(before=MAIN, after=Room(id=RoomId("red-hall"), name="Red hall"), shared=3, total=3)
    assert renamed_rooms(old, new, OURS) == (expected,)
    again = day(("Red hall", "A"), ("Red hall", "B"), ("Red hall", "X"), ("Seminar room", "D"), prefix="new ids ")
    assert [(one.shared, one.total) for one in renamed_rooms(old, again, OURS)] == [(2, 3)]


def test_a_renamed_room_may_keep_fewer_sessions_than_it_lost() -> None:
    three, five = (day(*(("Main hall", title) for title in titles)) for titles in ("ABC", "ABCDE"))
    two_left = day(("Red hall", "A"), ("Red hall", "B"), ("Main hall", "C"))
    refilled = day(*(("Red hall", title) for title in "ABC"), *(("Main hall", title) for title in "DEX"))
    assert [(one.shared, one.total) for one in renamed_rooms(three, two_left, OURS)] == [(2, 3)]
    assert [(one.shared, one.total) for one in renamed_rooms(five, refilled, OURS)] == [(3, 5)]
    four, half = day(*(("Main hall", title) for title in "ABCD")), day(("Red hall", "A"), ("Red hall", "B"))
    assert renamed_rooms(four, half, OURS) == (), "half of its sessions are not most of them"
    single, another = day(("Main hall", "A")), day(("Red hall", "A"), ("Main hall", "X"))
    assert renamed_rooms(single, another, OURS) == (), "one session may just have moved"


def test_what_is_no_renaming() -> None:
    old = day(("Main hall", "A"), ("Main hall", "B"), ("Main hall", "C"), ("Attic", "D"), ("Attic", "E"))
    one_moved = day(("Red hall", "A"), ("Main hall", "B"), ("Main hall", "C"), ("Attic", "D"), ("Attic", "E"))
    to_ours = day(("Seminar room", "A"), ("Seminar room", "B"), ("Seminar room", "C"), ("Attic", "D"), ("Attic", "E"))
    not_ours = day(("Main hall", "A"), ("Main hall", "B"), ("Main hall", "C"), ("Loft", "D"), ("Loft", "E"))
    assert [renamed_rooms(old, new, OURS) for new in (one_moved, to_ours, not_ours, old)] == [(), (), (), ()]
    refilled = day(*(("Red hall", t) for t in "AB"), ("Main hall", "C"), *(("Main hall", t) for t in "XYZ"))
    assert renamed_rooms(old, refilled, OURS) == ()


def test_the_alarms() -> None:
    table = day(("Red hall", "A"), ("Attic", "B"), ("Attic", "C"))
    unknown = unknown_rooms(table, [MAIN])
    renamed = (Renamed(before=MAIN, after=table.rooms[0], shared=7, total=8),)
    found = room_alarms(unknown, renamed, ZONE, NINE - timedelta(hours=3))
    assert found["room renamed red-hall"].message == (
        "room “Main hall” seems to be called “Red hall” now: 7 of its 8 sessions are there, and not captured"
    )
    assert found["room renamed red-hall"].hint == (
        'if it is “Main hall”, add "Red hall" to the aliases of [[rooms]] main'
    )
    assert found["room renamed red-hall"].severity == "warning"
    assert found["room renamed red-hall"].room == "main"
    assert found["unknown rooms"].message == (
        "not captured, because no [[rooms]] has that name: “Attic” (2 sessions, next “B” at 11:00)"
    )
    assert room_alarms(unknown, renamed, ZONE, NINE)["room renamed red-hall"].severity == "error"
    assert "unknown rooms" not in room_alarms(unknown, (), ZONE, NINE - timedelta(days=2))
    assert room_alarms(unknown, (), ZONE, NINE + timedelta(days=1)) == {}


def test_many_unknown_rooms_are_one_alarm() -> None:
    table = day(*((f"Room {letter}", letter) for letter in "ABCDEF"))
    found = room_alarms(unknown_rooms(table, []), (), ZONE, NINE)
    assert list(found) == ["unknown rooms"]
    assert found["unknown rooms"].message.endswith("“Room D” (1 session, next “D” at 13:00), 2 more")


def test_the_document_of_a_renamed_room_names_the_room_that_it_was() -> None:
    red, attic = unknown_rooms(day(("Red hall", "A"), ("Attic", "B")), [])
    renamed = (Renamed(before=MAIN, after=red.room, shared=3, total=3),)
    assert [unknown_room_document(one, renamed, ZONE)["was"] for one in (red, attic)] == ["main", None]


def test_the_document_has_some_of_very_many_sessions() -> None:
    table = day(*(("Attic", str(number)) for number in range(60)))
    (attic,) = unknown_rooms(table, [MAIN])
    document = unknown_room_document(attic, (), ZONE)
    assert (document["id"], document["name"], document["count"], document["was"]) == ("attic", "Attic", 60, None)
    assert len(document["sessions"]) == 50
    assert document["sessions"][0] == {
        "id": "0",
        "title": "0",
        "start": "2026-01-31T10:00:00+01:00",
        "end": "2026-01-31T11:00:00+01:00",
    }
    assert document["hint"] == 'if it is one of yours, add aliases = ["Attic"] to its [[rooms]]'
