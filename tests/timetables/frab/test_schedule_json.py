"""schedule.json, version 1, as its many writers bend it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind, Speaker
from streamer.timetables import parse

Event = dict[str, object]


def event(**changed: object) -> Event:
    plain: Event = {
        "id": 11223,
        "guid": "6a32cb72",
        "date": "2019-12-27T11:00:00+01:00",
        "start": "11:00",
        "duration": "00:30",
        "room": "Ada",
        "title": "Opening",
        "persons": [{"id": 1, "public_name": "Ada"}, {"code": "X", "name": "Bo"}, "Cy", 7],
    }
    return {key: value for key, value in (plain | changed).items() if value != "absent"}


def document(*events: object, **conference: object) -> dict[str, object]:
    days = [{"index": 1, "date": "2019-12-27", "rooms": {"Ada": list(events)}}]
    return {
        "schedule": {
            "version": "1",
            "conference": {"title": "36C3", "time_zone_name": "Europe/Berlin", "days": days} | conference,
        }
    }


def read(value: object, timezone: str | None = None) -> Parsed:
    return parse(json.dumps(value).encode(), name="feed", timezone=timezone)


def test_an_item() -> None:
    parsed = read(document(event(abstract="", description="<p>All of it</p>"), rooms=[{"name": "Borg"}, "Ada"]))
    (session,) = parsed.timetable.sessions
    assert (session.id, session.room, session.title) == ("6a32cb72", "ada", "Opening")
    assert (session.start, session.duration) == (datetime(2019, 12, 27, 10, tzinfo=UTC), timedelta(minutes=30))
    assert session.speakers == tuple(Speaker(name=name) for name in ("Ada", "Bo", "Cy", "7"))
    assert session.abstract == "All of it"
    assert [room.name for room in parsed.timetable.rooms] == ["Borg", "Ada"]
    assert (parsed.timetable.title, parsed.format, parsed.remarks) == ("36C3", "schedule-json", ())


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("absent", None),
        (None, None),
        ("", None),
        (False, True),
        (True, False),
        ("false", True),
        ("True", False),
        (0, True),
        (1, False),
    ],
)
def test_opt_outs_have_three_states(said: object, allowed: bool | None) -> None:
    (session,) = read(document(event(do_not_record=said))).timetable.sessions
    assert (session.record, session.stream) == (allowed, None)
    (session,) = read(document(event(do_not_stream=said))).timetable.sessions
    assert (session.record, session.stream) == (None, allowed)


def test_an_opt_out_as_the_xml_has_it_is_one() -> None:
    features = [{"name": "Ada", "features": {"recording": "record_by_default"}}]
    (session,) = read(
        document(event(do_not_record=None, recording={"license": "", "optout": True}), rooms=features)
    ).timetable.sessions
    assert session.record is False
    (session,) = read(document(event(recording={"license": "", "optout": False}))).timetable.sessions
    assert session.record is True
    (session,) = read(document(event(recording={"opt_out": "true"}))).timetable.sessions
    assert session.record is False


def test_the_object_around_a_schedule_may_be_missing() -> None:
    parsed = read(document(event())["schedule"])
    assert (parsed.format, parsed.timetable) == ("schedule-json", read(document(event())).timetable)


FORBIDDEN = {"features": {"recording": "recording_forbidden"}}


@pytest.mark.parametrize(
    ("conference", "schedule"),
    [
        ([{"name": "Ho\u0308rsaal\u200b"} | FORBIDDEN], None),
        ({"Hörsaal": FORBIDDEN}, None),
        (None, [{"name": "Hörsaal"} | FORBIDDEN]),
    ],
)
@pytest.mark.parametrize("listed", ["Hörsaal", ""])
def test_what_a_room_forbids_is_heard_wherever_rooms_are_listed(
    conference: object, schedule: object, listed: str
) -> None:
    talk = event(room={"name": "Hörsaal"}, do_not_record=False)
    value: dict[str, Any] = document(rooms=conference, days=[{"rooms": {listed: [talk]}}])
    value["schedule"]["rooms"] = schedule
    (session,) = read(value).timetable.sessions
    assert (session.room, session.record) == ("horsaal", False)


@pytest.mark.parametrize("said", ["ask me", [], {"a": 1}, 2, 0.5])
def test_an_opt_out_that_cannot_be_understood_forbids(said: object) -> None:
    parsed = read(document(event(do_not_stream=said)))
    assert parsed.timetable.sessions[0].stream is False
    assert "neither true nor false" in parsed.remarks[0].message
    assert parsed.remarks[0].where == 'schedule.conference.days[0].rooms["Ada"][0]'


def test_a_guid_that_occurs_twice_is_two_sessions() -> None:
    twice = read(document(event(date="2019-12-28T11:00:00+01:00"), event())).timetable.sessions
    assert [(s.id, s.start.day) for s in twice] == [("6a32cb72", 27), ("6a32cb72~2", 28)]


@pytest.mark.parametrize(
    ("changed", "id"),
    [
        ({"guid": ""}, "11223"),
        ({"guid": None, "id": "2814"}, "2814"),
        ({"guid": "absent", "id": "absent", "slug": "s-1"}, "s-1"),
    ],
)
def test_where_there_is_no_guid_the_next_best_is_the_id(changed: Event, id: str) -> None:
    assert read(document(event(**changed))).timetable.sessions[0].id == id


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [
        ("1:30", 90),
        ("01:30", 90),
        ("01:30:00", 90),
        ("90", 90),
        (90, 90),
        (90.0, 90),
        ("90 min", 90),
        ("1h30", 90),
        ("PT1H30M", 90),
        ("1:30 h", 90),
        ("1.5 h", 90),
        ("90.0", 90),
        ("1 Std. 30 Min.", 90),
    ],
)
def test_durations(duration: object, minutes: int) -> None:
    assert read(document(event(duration=duration))).timetable.sessions[0].duration == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("changed", "minutes", "remarks"),
    [
        ({"end": "2019-12-27T11:45:00+01:00", "duration": "absent"}, 45, 0),
        ({"end": "2019-12-28T11:00:00+01:00", "duration": "1:00:00"}, 24 * 60, 0),
        ({"end": "2019-12-27T11:45:00", "duration": "half an hour"}, 45, 1),
        ({"end": "2019-12-27T10:45:00Z"}, 45, 1),
        ({"end": "2019-12-30"}, 30, 1),
        ({"end": "2019-12-27T10:00:00+01:00"}, 30, 1),
        ({"end": "12:10", "duration": None}, 70, 0),
        ({"end": "soon", "duration": [1]}, 60, 1),
        ({"end": None, "duration": None}, 60, 1),
    ],
)
def test_an_end_counts_where_it_is_one(changed: Event, minutes: int, remarks: int) -> None:
    parsed = read(document(event(**changed)))
    assert parsed.timetable.sessions[0].duration == timedelta(minutes=minutes)
    assert len(parsed.remarks) == remarks


def test_what_writers_put_where_a_text_is_expected() -> None:
    odd = event(guid=None, id=12.0, track={"slug": "s", "name": "Pause"}, persons="Ada, Bo", links=None, room=None)
    (session,) = read(document(odd)).timetable.sessions
    assert (session.id, session.room, session.kind) == ("12", "ada", SessionKind.BREAK)
    assert session.speakers == (Speaker(name="Ada, Bo"),)


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"start": "2019-12-27T11:00:00+01:00"}, 10),
        ({"date": "absent", "start": "2019-12-27T11:00:00+01:00"}, 10),
        ({"date": "absent"}, 10),
        ({"date": "2019-12-27"}, 10),
        ({"date": "2019-12-27T11:00:00"}, 10),
        ({"date": "2019-12-27T10:00:00Z"}, 10),
    ],
)
def test_what_else_a_start_may_look_like(changed: Event, start: int) -> None:
    parsed = read(document(event(**changed)))
    assert parsed.timetable.sessions[0].start == datetime(2019, 12, 27, start, tzinfo=UTC)
    assert parsed.remarks == ()


def test_a_date_that_cannot_be_read_falls_back_to_its_day_and_is_told() -> None:
    parsed = read(document(event(date="Friday")))
    assert parsed.timetable.sessions[0].start == datetime(2019, 12, 27, 10, tzinfo=UTC)
    assert parsed.remarks[0].message == "the date “Friday” of “Opening” can't be read; that of its day is taken"


def test_a_break() -> None:
    assert read(document(event(type="break"))).timetable.sessions[0].kind is SessionKind.BREAK
    assert read(document(event(title="Break", type="talk"))).timetable.sessions[0].kind is SessionKind.SESSION


def test_translated_texts_are_taken_in_their_first_language() -> None:
    parsed = read(document(event(title={"de": "Eröffnung", "en": "Opening"}, room={"en": "Ada"})))
    assert parsed.timetable.sessions[0].title == "Eröffnung"
    assert parsed.remarks == ()


def test_names_that_stand_twice_lose_nothing() -> None:
    first, second = (event(guid=guid, date=f"2019-12-2{day}T11:00:00+01:00") for guid, day in (("a", 7), ("b", 8)))
    data = json.dumps(document(first)).replace('"Ada": [', f'"Ada": [{json.dumps(second)}], "Ada": [', 1)
    data = data.replace('"duration"', '"do_not_record": true, "do_not_record": false, "duration"', 1)
    sessions = parse(data.encode(), name="feed", timezone=None).timetable.sessions
    assert [(session.id, session.record) for session in sessions] == [("a", None), ("b", False)]


def test_what_looks_equal_is_one_room() -> None:
    names = ("Hörsaal 1", "Ho\u0308rsaal 1", "H\u200börsaal\u00a01\u200e ", "HÖRSAAL  1")
    days = [{"rooms": {name: [event(guid=str(n), room=None)]}} for n, name in enumerate(names)]
    parsed = read(document(days=days))
    assert [room.name for room in parsed.timetable.rooms] == ["Hörsaal 1"]
    assert len(parsed.timetable.sessions) == 4


def test_lone_surrogates_do_no_harm() -> None:
    (session,) = read(document(event(title="a\ud800b", guid="\udfff", room="Ada"))).timetable.sessions
    assert session.title == "a b"
    assert session.id == "11223"


def test_what_is_no_item_is_left_out_and_told() -> None:
    value = document(event(), 17)
    value["schedule"]["conference"]["days"].extend([None, {"rooms": {"Borg": "closed"}}, {"rooms": []}])  # type: ignore[index]  # it is a dict
    parsed = read(value)
    assert len(parsed.timetable.sessions) == 1
    assert [remark.where for remark in parsed.remarks] == [
        'schedule.conference.days[0].rooms["Ada"][1]',
        "schedule.conference.days[1]",
        'schedule.conference.days[2].rooms["Borg"]',
        "schedule.conference.days[3]",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "no schedule.conference"),
        ([], "no schedule.conference"),
        ({"schedule": []}, "no schedule.conference"),
        ({"schedule": {"conference": {"days": {}}}}, "no list of days"),
    ],
)
def test_json_of_another_kind(value: object, message: str) -> None:
    with pytest.raises(TimetableError, match=message):
        read(value)


def test_a_file_cut_short_says_where_and_why() -> None:
    text = json.dumps(document(event()), indent=1).encode()
    errors = []
    for cut in range(1, len(text) - 1):
        with pytest.raises(TimetableError, match="not JSON") as caught:
            parse(text[:cut], name="feed", timezone=None)
        errors.append(caught.value)
    assert all(error.where.startswith("feed, line ") for error in errors)
    assert sum("cut short" in error.hint for error in errors) > 0.9 * len(errors)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"schedule": ' + "1" * 10_000 + "}"], ids=["nesting", "number"])
def test_what_the_parser_itself_cannot_take_is_an_error(text: str) -> None:
    with pytest.raises(TimetableError):
        parse(text.encode(), name="feed", timezone=None)


def test_other_unicode_encodings_are_read() -> None:
    text = json.dumps(document(event(title="Größe")), ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32"):
        assert parse(text.encode(encoding), name="feed", timezone=None).timetable.sessions[0].title == "Größe"
    with pytest.raises(TimetableError, match="not UTF-8"):
        parse(text.encode("latin-1"), name="feed", timezone=None)
