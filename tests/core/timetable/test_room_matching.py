"""Matching a timetable's rooms to the configured ones."""

from __future__ import annotations

from datetime import UTC, datetime

from streamer.core.base.ids import RoomId, SessionId, room_id
from streamer.core.timetable.room_matching import ConfiguredRoom, match_rooms, room_ids
from streamer.core.timetable.sessions import Room, Session, Timetable


def timetable(*names: str) -> Timetable:
    """One session in each room; the rooms have the ids that the importers give them."""
    return Timetable(
        title="Day",
        timezone="UTC",
        rooms=tuple(Room(id=room_id(name), name=name) for name in names),
        sessions=tuple(
            Session(
                id=SessionId(f"in {name}"),
                room=room_id(name),
                title=name,
                start=datetime(2026, 1, 31, 9, tzinfo=UTC),
                end=datetime(2026, 1, 31, 10, tzinfo=UTC),
            )
            for name in names
        ),
    )


def configured(id: str, name: str, *aliases: str) -> ConfiguredRoom:
    return ConfiguredRoom(id=RoomId(id), name=name, aliases=aliases)


def rooms_of_sessions(result: Timetable) -> dict[str, str]:
    return {session.title: session.room for session in result.sessions}


def test_a_room_is_known_by_id_name_alias_and_slug_in_any_case() -> None:
    main = configured("main", "Main hall", "Großer Saal", "Room 1 / Ground floor")
    names = ("MAIN", "main HALL", "grosser saal", "Room 1, Ground Floor!")
    result = match_rooms(timetable(*names), [main])
    assert rooms_of_sessions(result) == dict.fromkeys(names, "main")
    assert result.rooms == (Room(id=RoomId("main"), name="Main hall"),)


def test_configured_rooms_come_first_in_their_order_then_the_unknown_ones() -> None:
    result = match_rooms(timetable("Attic", "Saal 1"), [configured("b", "Unused"), configured("a", "Saal 1")])
    assert [(room.id, room.name) for room in result.rooms] == [("b", "Unused"), ("a", "Saal 1"), ("attic", "Attic")]
    assert rooms_of_sessions(result) == {"Saal 1": "a", "Attic": "attic"}


def test_where_two_rooms_claim_a_name_the_first_one_has_it() -> None:
    result = match_rooms(timetable("Saal"), [configured("one", "Saal"), configured("two", "Other", "saal")])
    assert rooms_of_sessions(result) == {"Saal": "one"}


def test_a_name_counts_more_than_another_rooms_slug() -> None:
    result = match_rooms(timetable("A+"), [configured("x", "A!"), configured("y", "a+")])
    assert rooms_of_sessions(result) == {"A+": "y"}


def test_names_without_latin_letters_do_not_fall_together() -> None:
    result = match_rooms(timetable("大廳", "小廳"), [configured("big", "大廳")])
    rooms = rooms_of_sessions(result)
    assert rooms["大廳"] == "big"
    assert rooms["小廳"] == room_id("小廳")


def test_a_session_in_a_room_that_is_not_listed_keeps_it() -> None:
    bare = Timetable(title="Day", timezone="UTC", sessions=timetable("Attic").sessions)
    assert match_rooms(bare, []).rooms == (Room(id=RoomId("attic"), name="attic"),)


def test_the_rooms_that_a_feed_decides_about_are_named_in_the_same_ways() -> None:
    assert room_ids(["MAIN hall", "Attic"], [configured("main", "Main hall")]) == {"main", "attic"}


def test_without_configured_rooms_nothing_changes() -> None:
    before = timetable("Attic", "Saal 1")
    assert match_rooms(before, []) == before
