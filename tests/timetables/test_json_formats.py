"""pretalx, Indico and Sessionize: whole, by reference, paged, and bent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.feeds.made_up import INDICO, PRETALX, SESSIONIZE

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables import parse, pretalx

Object = dict[str, object]
START = datetime(2025, 3, 30, 9, 30, tzinfo=UTC)


def read(document: object, timezone: str | None = "Europe/Berlin") -> Parsed:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse(data, name="feed", timezone=timezone)


def told(parsed: Parsed) -> str:
    return "\n".join(f"{remark.where}: {remark.message}" for remark in parsed.remarks)


def page(*results: object, following: str | None = None) -> Object:
    return {"count": len(results), "next": following, "previous": None, "results": list(results)}


def slot(**changed: object) -> Object:
    return {
        "id": 3,
        "room": 1,
        "start": "2025-03-30T11:30:00+02:00",
        "end": None,
        "duration": 90,
        "submission": "AAA",
    } | changed


def submission(**changed: object) -> Object:
    return {
        "code": "AAA",
        "title": "T",
        "state": "confirmed",
        "speakers": ["BBB"],
        "submission_type": 5,
        "slots": [3],
    } | changed


ROOM: Object = {"id": 1, "name": {"en": "Hall", "de": "Saal"}, "capacity": 9}
SPEAKER: Object = {"code": "BBB", "name": "Ada", "biography": None}
TYPE: Object = {"id": 5, "name": {"en": "Talk"}, "default_duration": 30}


def test_pretalx_expanded() -> None:
    parsed = read(PRETALX)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.id, session.room, session.start, session.record) == (
        "pretalx",
        "AAA",
        "r",
        START,
        True,
    )
    assert [speaker.name for speaker in session.speakers] == ["Ada"]


def test_pretalx_by_reference_over_many_pages() -> None:
    pages = [page(slot()), page(submission()), page(ROOM), page(SPEAKER), page(TYPE)]
    data = pretalx.join_pages([json.dumps(one).encode() for one in pages])
    parsed = read(data)
    (session,) = parsed.timetable.sessions
    assert (session.id, session.room, session.duration) == ("AAA", "hall", timedelta(minutes=90))
    assert [speaker.name for speaker in session.speakers] == ["Ada"]
    assert parsed.remarks == ()


def test_pretalx_with_references_that_lead_nowhere_says_what_to_ask_for() -> None:
    parsed = read([page(slot()), page(submission())])
    assert parsed.timetable.sessions[0].room == "room-1"
    assert "expand=room" in told(parsed)
    assert "expand=submission.speakers" in told(parsed)
    with pytest.raises(TimetableError, match="expand=submission"):
        read(page(slot()))


@pytest.mark.parametrize("document", [page(SPEAKER), {"id": 1, "version": "1.0", "slots": [3, 4]}])
def test_pretalx_without_any_slot_says_what_to_ask_for(document: Object) -> None:
    with pytest.raises(TimetableError, match="neither slots nor submissions") as caught:
        read(document)
    assert "expand=room" in caught.value.hint


def test_pretalx_of_old() -> None:
    talk = {
        "code": "AAA",
        "title": "T",
        "state": "confirmed",
        "submission_type": {"en": "Lunch"},
        "do_not_record": True,
        "speakers": [SPEAKER],
        "slot": {
            "room": {"en": "Hall"},
            "room_id": 1,
            "start": "2025-03-30T11:30:00+02:00",
            "end": "2025-03-30T13:00:00+02:00",
        },
    }
    parsed = read(page(talk))
    (session,) = parsed.timetable.sessions
    assert (session.id, session.room, session.record, session.kind) == ("AAA", "hall", False, SessionKind.BREAK)
    assert "its type is “Lunch”" in told(parsed)


def test_pretalx_slots_without_a_submission_are_breaks() -> None:
    pause = slot(id=4, submission=None, description={"en": "Coffee"}, room=ROOM, start="2025-03-30T13:00:00+02:00")
    first, second = read([page(slot(room=ROOM), pause), page(submission())]).timetable.sessions
    assert (first.kind, second.kind, second.title) == (SessionKind.SESSION, SessionKind.BREAK, "Coffee")


def test_pretalx_leaves_out_what_does_not_take_place() -> None:
    withdrawn = submission(code="WWW", state="withdrawn")
    hidden = slot(submission="AAA", is_visible=False, start="2025-03-30T15:30:00+02:00", room=ROOM)
    waiting = submission(code="XXX", slots=[])
    parsed = read([page(slot(room=ROOM), slot(submission="WWW"), hidden), page(submission(), withdrawn, waiting)])
    assert [session.id for session in parsed.timetable.sessions] == ["AAA"]
    assert "it is withdrawn" in told(parsed)
    assert "not published" in told(parsed)
    assert "1 submissions have no slot" in told(parsed)


def test_pretalx_takes_the_newest_schedule_and_repeats_count() -> None:
    old, new = slot(room=ROOM, schedule=1), slot(room=ROOM, schedule=2, start="2025-03-30T12:30:00+02:00")
    again = slot(room=ROOM, schedule=2, start="2025-03-31T12:30:00+02:00")
    sessions = read([page(old, new, again, new), page(submission())]).timetable.sessions
    assert [(session.id, session.start.day, session.start.hour) for session in sessions] == [
        ("AAA", 30, 10),
        ("AAA~2", 31, 10),
    ]


def test_pretalx_made_into_something_else_by_a_site() -> None:
    whole = submission(slots=[slot(room=ROOM, submission=None) | {"submission": "AAA"}], speakers=[SPEAKER])
    parsed = read({"schedule": {"2025-03-30": {"690": {"1": whole}, "700": {}}}, "rooms": [ROOM]})
    assert (parsed.format, parsed.timetable.sessions[0].room) == ("pretalx", "hall")


def test_pretalx_as_its_widget_has_it() -> None:
    talk = {"code": "AAA", "id": 1, "title": "T", "speakers": ["BBB"], "start": "2025-03-30T11:30:00+02:00"}
    talk |= {"end": "2025-03-30T13:00:00+02:00", "room": 5, "duration": 90}
    pause = {
        "code": None,
        "id": 2,
        "title": {"en": "Pause"},
        "start": "2025-03-30T13:00:00+02:00",
        "duration": 30,
        "room": 5,
    }
    document = {
        "timezone": "Europe/Berlin",
        "talks": [talk, pause],
        "rooms": [{"id": 5, "name": {"en": "Hall"}, "description": ""}],
        "speakers": [SPEAKER],
    }
    first, second = read(document, None).timetable.sessions
    assert (first.id, first.room, first.speakers[0].name, first.kind) == ("AAA", "hall", "Ada", SessionKind.SESSION)
    assert (second.title, second.kind) == ("Pause", SessionKind.BREAK)


def test_pretalx_what_one_place_leaves_out_another_says() -> None:
    said = submission(do_not_record=True, speakers=[SPEAKER], title="T")
    unsaid = submission(do_not_record=None, speakers=[], title="")
    for places in ([said, unsaid], [unsaid, said], [said, submission(do_not_record=False)]):
        (session,) = read([page(slot(room=ROOM)), page(*places), page(SPEAKER)]).timetable.sessions
        assert (session.title, session.record, [speaker.name for speaker in session.speakers]) == ("T", False, ["Ada"])


def test_pretalx_tells_the_page_after() -> None:
    following = "https://example.org/api/events/day/slots/?page=2"
    assert pretalx.next_page(json.dumps(page(following=following)).encode()) == following
    assert pretalx.next_page(json.dumps(page()).encode()) is None
    assert read(page(following=following)).timetable.title == "day"


def test_an_error_in_json_is_told() -> None:
    with pytest.raises(TimetableError, match="credentials were not provided") as caught:
        read({"detail": "Authentication credentials were not provided."})
    assert "token" in caught.value.hint


def contribution(**changed: object) -> Object:
    original: Object = json.loads(INDICO)["results"][0]["contributions"][0]
    return original | changed


def indico(**parts: object) -> Object:
    return {
        "_type": "HTTPAPIResult",
        "results": [{"_type": "Conference", "title": "Day", "timezone": "Europe/Berlin", **parts}],
    }


def test_indico_contributions() -> None:
    parsed = read(INDICO, None)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.id, session.room, session.start) == ("indico", "c4", "r", START)
    assert (session.speakers[0].name, session.speakers[0].affiliation) == ("Ada B", "C")
    assert parsed.timetable.timezone == "Europe/Berlin"


def test_indico_sessions_are_their_contributions_or_themselves() -> None:
    times: Object = {name: contribution()[name] for name in ("startDate", "endDate")}
    full = {"id": "0", "title": "Block", "room": "S", "contributions": [contribution(room=None)], **times}
    poster = {"id": "1", "title": "Posters", "room": "P", "contributions": [], **times}
    sessions = read(indico(contributions=[], sessions=[full, poster])).timetable.sessions
    assert [(session.id, session.room, session.title) for session in sessions] == [
        ("s1", "p", "Posters"),
        ("c4", "s", "T"),
    ]


def test_indico_timetable_has_breaks() -> None:
    times: Object = {name: contribution()[name] for name in ("startDate", "endDate")}
    entries = {
        "s1": {
            "entryType": "Session",
            "room": "S",
            "entries": {"c4": {"entryType": "Contribution", "contributionId": "4", "title": "T", **times}},
        },
        "b2": {"entryType": "Break", "id": "b2", "title": "Pause", "room": "F", **times},
    }
    parsed = read({"_type": "HTTPAPIResult", "results": {"1": {"20250330": entries}}}, None)
    assert [(s.id, s.room, s.kind) for s in parsed.timetable.sessions] == [
        ("b2", "f", SessionKind.BREAK),
        ("c4", "s", SessionKind.SESSION),
    ]
    assert parsed.timetable.timezone == "Europe/Berlin"


def test_indico_poster_sessions_are_one_item_where_their_posters_hang_at_once() -> None:
    times: Object = {name: contribution()[name] for name in ("startDate", "endDate")}
    posters = [contribution(id="5", title="P"), contribution(id="6", title="Q")]
    session = {"id": 7, "title": "Posters", "room": "Foyer", "contributions": posters, **times}
    whole = read(indico(contributions=[], sessions=[session | {"session": {"isPoster": True}}]))
    assert [(s.id, s.room, s.title) for s in whole.timetable.sessions] == [("s7", "foyer", "Posters")]
    assert "its 2 items go on at once" in told(whole)
    talks = read(indico(contributions=[], sessions=[session]))
    assert [s.title for s in talks.timetable.sessions] == ["P", "Q"]


def test_indico_parts_of_a_session_have_titles_of_their_own() -> None:
    times: Object = {name: contribution()[name] for name in ("startDate", "endDate")}
    part = {"entryType": "Session", "title": "Plenary", "slotTitle": "Part 1", "entries": {}, "id": "s3", **times}
    parsed = read({"_type": "HTTPAPIResult", "results": {"1": {"20250330": {"s3": part}}}}, None)
    assert parsed.timetable.sessions[0].title == "Plenary: Part 1"


def capture(**changed: object) -> Object:
    data: Object = {
        "eventId": "e1",
        "agentId": "hall",
        "startDate": "2025-03-30T09:30:00Z",
        "endDate": "2025-03-30T11:00:00Z",
        "presenters": [],
        "agentConfig": {"event.title": "", "event.location": "hall"},
    }
    catalogue = "<dublincore xmlns:d='urn:d'><d:title>T</d:title><d:creator>Ada</d:creator></dublincore>"
    return {"data": data | changed, "episode-dublincore": catalogue}


def test_opencast_in_json() -> None:
    parsed = read([capture(), capture(eventId="e2", startDate=1743336000000, endDate=1743339600000, presenters=["Bo"])])
    first, second = parsed.timetable.sessions
    assert (parsed.format, first.id, first.room, first.title, first.start) == ("opencast", "e1", "hall", "T", START)
    assert (first.speakers[0].name, first.record, first.stream) == ("Ada", True, None)
    assert (second.start, second.duration, second.speakers[0].name) == (
        datetime(2025, 3, 30, 12, tzinfo=UTC),
        timedelta(hours=1),
        "Bo",
    )


def test_opencast_in_json_and_bent() -> None:
    parsed = read([capture(), capture(eventId="e2", endDate=None), 7])
    assert [session.id for session in parsed.timetable.sessions] == ["e1", "e2"]
    assert "[1]: “T” has no end; it is assumed to last 1h" in told(parsed)
    with pytest.raises(TimetableError, match="not a calendar of Opencast"):
        parse(b'{"a": 1}', name="feed", timezone="UTC", format="opencast")
    assert parse(b"[]", name="feed", timezone="UTC", format="opencast").timetable.sessions == ()


def test_indico_without_details_says_what_to_ask_for() -> None:
    with pytest.raises(TimetableError) as caught:
        read(indico())
    assert "detail=contributions" in caught.value.hint


@pytest.mark.parametrize("results", [[], {}])
def test_indico_without_any_event_is_no_empty_timetable(results: object) -> None:
    with pytest.raises(TimetableError, match="the export has no event"):
        read({"_type": "HTTPAPIResult", "count": 0, "results": results})


def test_indico_unscheduled_and_without_an_end() -> None:
    open_end = contribution(endDate=None)
    waiting = contribution(id="5", startDate=None)
    parsed = read(indico(contributions=[open_end, waiting]))
    assert [session.duration for session in parsed.timetable.sessions] == [timedelta(minutes=90)]
    assert "1 items have no time yet" in told(parsed)


def sessionize(**changed: object) -> Object:
    original: Object = json.loads(SESSIONIZE)["sessions"][0]
    return original | changed


def test_sessionize_all() -> None:
    parsed = read(SESSIONIZE)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.id, session.room, session.start) == ("sessionize", "11", "r", START)
    assert [speaker.name for speaker in session.speakers] == ["Ada"]
    with pytest.raises(TimetableError, match="no time zone is named"):
        read(SESSIONIZE, None)


def test_sessionize_grid_and_groups() -> None:
    listed = sessionize(room="R", speakers=[{"id": "s1", "name": "Ada"}])
    slots = [{"slotStart": "11:30:00", "rooms": [{"id": 5, "name": "R", "session": listed}]}]
    grid = [
        {"date": "2025-03-30T00:00:00", "rooms": [{"id": 5, "name": "R", "sessions": [listed]}], "timeSlots": slots}
    ]
    groups = [{"groupId": None, "groupName": "All", "sessions": [listed]}]
    for document in (grid, groups):
        parsed = read(document)
        (session,) = parsed.timetable.sessions
        assert (parsed.format, session.room, session.speakers[0].name) == ("sessionize", "r", "Ada")


def test_what_only_resembles_sessionize_is_told_apart() -> None:
    sessions = [{"id": "a", "room": "hall", "title": "T", "start": "2025-03-30T11:30:00+02:00"}]
    with pytest.raises(TimetableError, match="JSON of another kind"):
        read({"sessions": sessions, "rooms": [{"id": "hall", "name": "Hall"}]})
    assert read({"sessions": [], "rooms": [], "speakers": []}).format == "sessionize"


def test_sessionize_service_plenum_and_unscheduled() -> None:
    service = sessionize(id="s", isServiceSession=True, title="Check-in", startsAt="2025-03-30T09:30:00Z", endsAt=None)
    declined = sessionize(id="d", status="Declined")
    waiting = sessionize(id="w", startsAt=None)
    document = json.loads(SESSIONIZE) | {"sessions": [sessionize(), service, declined, waiting]}
    parsed = read(document)
    kinds = {session.id: session.kind for session in parsed.timetable.sessions}
    assert kinds == {"11": SessionKind.SESSION, "s": SessionKind.BREAK}
    assert "it is Declined" in told(parsed)
    assert "1 sessions have no time yet" in told(parsed)


@pytest.mark.parametrize("data", [PRETALX, INDICO, SESSIONIZE])
def test_truncated_json_is_located(data: bytes) -> None:
    with pytest.raises(TimetableError, match="line 1, column") as caught:
        read(data[:-20])
    assert "cut short" in caught.value.hint


def test_schedule_json_of_the_second_version_is_refused_with_a_word() -> None:
    document = {"$schema": "schema2.json", "schedule": {"conference": {"title": "Day", "days": [{}]}, "events": []}}
    with pytest.raises(TimetableError, match="version 2") as caught:
        read(document)
    assert "version 1" in caught.value.hint


@pytest.mark.parametrize(
    ("feature", "own", "expected"),
    [
        ("record_by_default", None, True),
        ("record_by_default", True, False),
        ("not_allowed", False, False),
        ("unknown", None, None),
        (False, None, False),
        ("unknown", False, True),
        ("recording_not_possible", False, False),
        ("recording_forbidden", None, False),
        ("not_recorded_by_default", None, False),
        ("not_recorded_by_default", False, True),
        ("on request", None, False),
    ],
)
def test_a_rooms_features_say_what_holds_in_it(feature: object, own: bool | None, expected: bool | None) -> None:
    talk = {"guid": "a", "date": "2025-03-30T11:30:00+02:00", "duration": "1:00", "title": "T", "do_not_record": own}
    conference = {
        "time_zone_name": "Europe/Berlin",
        "rooms": [{"name": "R", "features": {"recording": feature}}],
        "days": [{"rooms": {"R": [talk]}}],
    }
    parsed = read({"schedule": {"conference": conference}})
    assert parsed.timetable.sessions[0].record is expected
    where = "schedule.conference.rooms[0]: what the room says of recording, “on request”"
    assert (where in told(parsed)) == (feature == "on request")
