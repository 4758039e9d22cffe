"""frab's schedule.xml: modern, old, bent, and hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind, Speaker
from streamer.timetables import parse
from streamer.timetables.items.options import Options


def event(
    *,
    guid: str = "aaaa-1",
    attributes: str = "",
    date: str = "2026-01-31T14:00:00+01:00",
    start: str = "14:00",
    duration: str = "00:50",
    more: str = "",
    title: str = "Talk",
) -> str:
    return (
        f"<event guid='{guid}' id='7' {attributes}>\n<date>{date}</date><start>{start}</start>"
        f"<duration>{duration}</duration><title>{title}</title>{more}</event>"
    )


def modern(*events: str, room: str = "Janson", zone: str = "Europe/Brussels") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<schedule><conference><title>FOSSCON</title><time_zone_name>{zone}</time_zone_name></conference>
<day index="1" date="2026-01-31" start="2026-01-31T09:00:00+01:00" end="2026-02-01T08:59:00+01:00">
<room name="{room}">{"".join(events)}</room><room name="Empty room"/></day></schedule>"""


def old(*events: str, change: str = "<day_change>04:00</day_change>") -> str:
    return f"""<schedule><conference><title>27th</title>{change}</conference>
<day index="1" date="2010-12-27"><room name="Saal 1">{"".join(events)}</room></day></schedule>"""


def old_event(start: str, id: str = "4001", duration: str = "01:00") -> str:
    return f"<event id='{id}'><start>{start}</start><duration>{duration}</duration><title>Night</title></event>"


def read(text: str, timezone: str | None = None) -> Parsed:
    return parse(text.encode(), name="feed", timezone=timezone)


def test_a_modern_item() -> None:
    more = (
        "<abstract>&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;ul&gt;&lt;li&gt;three&lt;/li&gt;&lt;/ul&gt;</abstract>"
        "<persons><person id='1'>Ada</person><person id='2'><name>Bo</name></person><person>Ada</person></persons>"
    )
    parsed = read(modern(event(more=more)))
    (session,) = parsed.timetable.sessions
    assert session.id == "aaaa-1"
    assert (session.start, session.end) == (
        datetime(2026, 1, 31, 13, tzinfo=UTC),
        datetime(2026, 1, 31, 13, 50, tzinfo=UTC),
    )
    assert session.abstract == "One & two.\nthree"
    assert session.speakers == (Speaker(name="Ada"), Speaker(name="Bo"))
    assert [room.name for room in parsed.timetable.rooms] == ["Janson", "Empty room"]
    assert (parsed.timetable.title, parsed.timetable.timezone, parsed.format) == (
        "FOSSCON",
        "Europe/Brussels",
        "frab-xml",
    )
    assert parsed.remarks == ()


@pytest.mark.parametrize(
    ("recording", "record"),
    [
        ("", None),
        ("<recording><license/></recording>", None),
        ("<recording><optout/></recording>", None),
        ("<recording><optout>false</optout></recording>", True),
        ("<recording><optout>true</optout></recording>", False),
        ("<recording><optout> TRUE </optout></recording>", False),
    ],
)
def test_an_opt_out_has_three_states(recording: str, record: bool | None) -> None:
    parsed = read(modern(event(more=recording)))
    (session,) = parsed.timetable.sessions
    assert (session.record, session.stream) == (record, None)
    assert parsed.remarks == ()


@pytest.mark.parametrize(
    ("more", "record", "stream"),
    [
        ("<do_not_record>true</do_not_record><do_not_stream>True</do_not_stream>", False, False),
        ("<recording><optout>false</optout></recording><do_not_record>true</do_not_record>", False, None),
        ("<recording><license/></recording><recording><optout>true</optout></recording>", False, None),
        ("<recording><opt_out>true</opt_out></recording>", False, None),
        ("<recording><opt_out>false</opt_out><license>CC</license></recording>", True, None),
        ("<do_not_record/><do_not_stream>false</do_not_stream>", None, True),
    ],
)
def test_an_opt_out_counts_wherever_it_stands(more: str, record: bool | None, stream: bool | None) -> None:
    (session,) = read(modern(event(more=more))).timetable.sessions
    assert (session.record, session.stream) == (record, stream)


def test_an_opt_out_that_cannot_be_understood_forbids() -> None:
    parsed = read(modern(event(more="<recording><optout>please ask</optout></recording>")))
    assert parsed.timetable.sessions[0].record is False
    assert "neither true nor false" in parsed.remarks[0].message
    assert parsed.remarks[0].where == "line 4"


@pytest.mark.parametrize("start", ["14:00", "14:00:00", "", "soon"])
def test_a_start_that_agrees_or_says_nothing_is_no_conflict(start: str) -> None:
    assert read(modern(event(date="2026-01-31T13:00:00+00:00", start=start))).remarks == ()


def test_starts_under_an_offset_that_is_not_the_venues_are_doubted_once() -> None:
    parsed = read(
        modern(*(event(guid=f"g{hour}", date=f"2026-01-31T{hour}:00:00Z", start=f"{hour}:00") for hour in (13, 15)))
    )
    assert [session.start.hour for session in parsed.timetable.sessions] == [13, 15]
    (remark,) = parsed.remarks
    assert remark.message.startswith("dates and starts are both written at +0000, while Europe/Brussels has +0100")


def test_a_start_that_contradicts_the_date_is_reported_and_the_date_taken() -> None:
    parsed = read(modern(event(start="15:00")))
    assert parsed.timetable.sessions[0].start == datetime(2026, 1, 31, 13, tzinfo=UTC)
    (remark,) = parsed.remarks
    assert remark.message == "“Talk” has date 2026-01-31T14:00:00+01:00 and start 15:00; the date is taken"
    assert remark.where == "line 4"


def test_an_old_item_has_a_day_and_a_time_and_needs_a_zone() -> None:
    parsed = read(old(old_event("11:30")), "Europe/Berlin")
    (session,) = parsed.timetable.sessions
    assert (session.id, session.start) == ("4001", datetime(2010, 12, 27, 10, 30, tzinfo=UTC))
    assert parsed.timetable.timezone == "Europe/Berlin"
    with pytest.raises(TimetableError, match="local and no time zone"):
        read(old(old_event("11:30")))


def test_after_midnight_still_belongs_to_the_day_before_until_it_changes() -> None:
    night, morning = old_event("01:15", "1"), old_event("04:00", "2")
    starts = {s.id: s.start.astimezone(UTC) for s in read(old(night, morning), "UTC").timetable.sessions}
    assert starts == {"1": datetime(2010, 12, 28, 1, 15, tzinfo=UTC), "2": datetime(2010, 12, 27, 4, tzinfo=UTC)}
    (plain,) = read(old(night, change=""), "UTC").timetable.sessions
    assert plain.start == datetime(2010, 12, 27, 1, 15, tzinfo=UTC)


def test_a_day_that_says_its_window_decides_what_is_after_midnight() -> None:
    text = modern(event(date="", start="01:30"), event(guid="b", date="", start="09:00"))
    starts = [session.start for session in read(text).timetable.sessions]
    assert starts == [datetime(2026, 1, 31, 8, tzinfo=UTC), datetime(2026, 2, 1, 0, 30, tzinfo=UTC)]


def test_a_local_time_that_the_clocks_repeat_is_remarked_on() -> None:
    parsed = read(modern(event(date="2025-10-26T02:30:00", start="02:30")))
    assert parsed.timetable.sessions[0].start == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert "happens twice" in parsed.remarks[0].message


def test_a_repeated_guid_gets_a_suffix_from_the_second_occurrence_on_whatever_the_order_in_the_file() -> None:
    second = event(date="2026-01-31T16:00:00+01:00", start="16:00")
    third = event(date="2026-01-31T18:00:00+01:00", start="18:00")
    sessions = read(modern(third, event(), second)).timetable.sessions
    assert [session.id for session in sessions] == ["aaaa-1", "aaaa-1~2", "aaaa-1~3"]


def test_an_id_that_looks_like_a_suffix_keeps_its_own() -> None:
    second = event(date="2026-01-31T16:00:00+01:00", start="16:00")
    clash = event(guid="aaaa-1~2", date="2026-01-31T20:00:00+01:00", start="20:00")
    sessions = read(modern(event(), second, clash)).timetable.sessions
    assert [session.id for session in sessions] == ["aaaa-1", "aaaa-1~3", "aaaa-1~2"]


def test_long_ids_with_the_same_beginning_stay_apart() -> None:
    one, two = "x" * 62 + "-1", "x" * 62 + "-2"
    texts = [
        event(guid=g, date=f"2026-01-31T{h}:00:00+01:00", start="")
        for h, g in ((10, one), (12, one), (14, two), (16, two))
    ]
    sessions = read(modern(*texts)).timetable.sessions
    assert len({session.id for session in sessions}) == 4
    assert {session.id for session in sessions} >= {one, two}


def test_an_item_listed_twice_over_is_taken_once() -> None:
    parsed = read(modern(event(), event()))
    assert len(parsed.timetable.sessions) == 1
    assert "listed twice" in parsed.remarks[0].message


def test_an_item_without_any_id_is_known_by_its_title() -> None:
    text = modern(event()).replace("guid='aaaa-1' id='7'", "")
    assert read(text).timetable.sessions[0].id.startswith("talk-") or read(text).timetable.sessions[0].id == "Talk"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (event(guid="b", date="", start=""), "no start"),
        (event(guid="b", date="9999-12-31T23:00:00+01:00"), "year 9999"),
        (event(guid="b", date="9999-12-31", start="23:00"), "out of range"),
    ],
)
def test_an_item_that_cannot_be_used_is_left_out_and_told(broken: str, reason: str) -> None:
    parsed = read(modern(event(), broken))
    assert [session.id for session in parsed.timetable.sessions] == ["aaaa-1"]
    assert "“Talk” is left out" in parsed.remarks[0].message
    assert reason in parsed.remarks[0].message
    assert parsed.remarks[0].where.startswith("line ")


def test_a_feed_of_which_nothing_can_be_used_is_an_error() -> None:
    with pytest.raises(TimetableError, match="none of its 2 items can be used; line 4: “Talk” is left out"):
        read(modern(event(date="", start="soon"), event(guid="b", date="", start="soon")))


@pytest.mark.parametrize(
    ("duration", "minutes", "remarks"),
    [
        ("0:90", 90, 0),
        ("00:05:00", 5, 0),
        ("0:00:30", 30, 0),
        ("0:01:30", 90, 0),
        ("1:30:00", 90, 0),
        ("1:00:00", 60, 1),
        ("1:02:30", 60, 1),  # a day and more: the crew is asked
        ("12:00:00", 12 * 60, 0),
    ],
)
def test_a_duration_of_three_numbers(duration: str, minutes: int, remarks: int) -> None:
    parsed = read(modern(event(duration=duration)))
    assert parsed.timetable.sessions[0].duration == timedelta(minutes=minutes)
    assert len(parsed.remarks) == remarks


@pytest.mark.parametrize(("duration", "minutes"), [("1:00:00", 24 * 60), ("00:30", 30), ("01:00:00", 60)])
def test_pretalx_counts_days(duration: str, minutes: int) -> None:
    text = modern(event(duration=duration)).replace("<conference>", "<generator name='pretalx'/><conference>", 1)
    parsed = read(text)
    assert parsed.timetable.sessions[0].duration == timedelta(minutes=minutes)
    assert parsed.remarks == ()


def test_an_item_without_a_duration_lasts_until_the_next_one() -> None:
    following = event(guid="b", date="2026-01-31T14:45:00+01:00", start="14:45")
    parsed = read(modern(event(duration=""), following))
    assert parsed.timetable.sessions[0].duration == timedelta(minutes=45)
    assert "has no end" in parsed.remarks[0].message


def test_an_item_in_a_room_without_a_name_is_listed_and_told() -> None:
    parsed = read(modern(event(), room=""))
    assert parsed.timetable.rooms[-1].name == "(no room)"
    assert "names no room" in parsed.remarks[0].message
    given = parse(modern(event(), room="").encode(), name="feed", timezone=None, options=Options(room="Aula"))
    assert given.timetable.sessions[0].room == "aula"


def test_an_item_may_stand_in_its_day_and_name_its_room() -> None:
    text = modern(event()).replace("</day>", f"{event(guid='b', more='<room>Aula</room>')}</day>")
    assert {session.id: session.room for session in read(text).timetable.sessions} == {"aaaa-1": "janson", "b": "aula"}


def test_rooms_whose_names_become_one_slug_stay_apart_however_many_they_are() -> None:
    rooms = [f"<room name='Aula{'!' * (n % 60)}{'?' * (n // 60)}'/>" for n in range(3000)]
    parsed = read(modern(event()).replace("</day>", "".join(rooms) + "</day>"))
    ids = [room.id for room in parsed.timetable.rooms if room.name.startswith("Aula")]
    assert (ids[0], ids[1], ids[-1], len(set(ids))) == ("aula", "aula-2", "aula-3000", 3000)


def test_more_rooms_than_a_venue_has_are_refused() -> None:
    with pytest.raises(TimetableError, match="more than 5000 rooms"):
        read(modern(event()).replace("</day>", "".join(f"<room name='{n}'/>" for n in range(5001)) + "</day>"))


def test_what_was_escaped_once_too_often_is_read_as_it_was_meant() -> None:
    title = "Q&amp;amp;A: what&amp;#x27;s &amp;lt;new&amp;gt; at AT&amp;T &amp;notit"
    text = event(title=title, more="<persons><person>Ada &amp;quot;X&amp;quot; B</person></persons>")
    parsed = read(modern(text, room="R&amp;amp;D"))
    (session,) = parsed.timetable.sessions
    assert session.title == "Q&A: what's <new> at AT&T &notit"
    assert session.speakers == (Speaker(name='Ada "X" B'),)
    assert [room.name for room in parsed.timetable.rooms] == ["R&D", "Empty room"]


def test_a_person_may_stand_in_the_item_itself() -> None:
    (session,) = read(modern(event(more="<person>Ada</person>"))).timetable.sessions
    assert session.speakers == (Speaker(name="Ada"),)


def test_items_that_are_no_events_of_frab_are_refused_with_their_line() -> None:
    with pytest.raises(TimetableError, match="line 2: XML of another kind: its days hold <entry> and no <room>"):
        read("<schedule>\n<day date='2014-07-21'><entry id='1'><start>0930</start></entry></day></schedule>")
    assert read("<schedule><day date='2014-07-21'/></schedule>", "UTC").timetable.sessions == ()


def test_a_zone_by_its_city_is_one() -> None:
    parsed = read(modern(event(date="", start="14:00"), zone="Brussels"))
    assert parsed.timetable.timezone == "Europe/Brussels"
    assert parsed.remarks[0].message == "the time zone “Brussels” is taken as Europe/Brussels"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"<schedule>caf\xe9</schedule>", "another encoding"),
        (b"<schedule>Q&A</schedule>", "a bare &"),
        (b"<schedule>a&nbsp;b</schedule>", "write every other character itself"),
    ],
)
def test_what_is_nearly_xml_is_told_how_to_mend(data: bytes, hint: str) -> None:
    with pytest.raises(TimetableError, match="line 1: not XML") as caught:
        parse(data, name="feed", timezone=None)
    assert hint in caught.value.hint


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-16"])
def test_other_encodings_that_say_so_are_read(encoding: str) -> None:
    text = modern(event(title="Fête")).replace("UTF-8", encoding)
    assert parse(text.encode(encoding), name="feed", timezone=None).timetable.sessions[0].title == "Fête"


def test_a_break_is_one_only_where_its_words_say_nothing_else() -> None:
    lunch = event(title="Lunch with Ada")
    pause = event(guid="b", date="2026-01-31T18:00:00+01:00", start="18:00", more="<type>Break</type>")
    kinds = [session.kind for session in read(modern(lunch, pause)).timetable.sessions]
    assert kinds == [SessionKind.SESSION, SessionKind.BREAK]


def test_items_whose_own_room_differs_are_taken_where_they_are_listed() -> None:
    parsed = read(modern(event(more="<room>Ferrer</room>")))
    assert parsed.timetable.sessions[0].room == "janson"
    assert parsed.remarks[0].message == "1 session listed under Janson name Ferrer as the room; taken as Janson"


@pytest.mark.parametrize(
    ("own", "start", "room", "why"),
    [
        ("Empty room", "14:30", "empty-room", "taken as Empty room, because others in Janson would overlap"),
        ("Empty room", "14:50", "janson", "taken as Janson"),
        ("No room of the file", "14:30", "janson", "taken as Janson"),
    ],
)
def test_its_own_room_counts_where_the_listed_one_would_overlap(own: str, start: str, room: str, why: str) -> None:
    date = f"2026-01-31T{start}:00+01:00"
    other = event(guid="b", date=date, start=start, more=f"<room>{own}</room>")
    parsed = read(modern(event(more="<room>Janson</room>"), other))
    assert [session.room for session in parsed.timetable.sessions] == ["janson", room]
    assert parsed.remarks[0].message == f"1 session listed under Janson name {own} as the room; {why}"


def test_what_is_cancelled_frees_its_slot() -> None:
    cancelled = (event(title="CANCELLED Talk"), event(guid="c", more="<status>canceled</status>"))
    parsed = read(modern(*cancelled, event(guid="b", title="Instead")))
    assert {session.id: session.cancelled for session in parsed.timetable.sessions} == {
        "aaaa-1": True,
        "b": False,
        "c": True,
    }
    assert [remark.message for remark in parsed.remarks] == [
        "“CANCELLED Talk” counts as cancelled; it is listed and not captured: its title says so",
        "“Talk” is cancelled; it is listed and not captured",
    ]
    without_ids = modern(event(title="CANCELLED Fonts")).replace("guid='aaaa-1' id='7'", "")
    assert read(without_ids).timetable.sessions[0].id == "Fonts"


def test_many_remarks_of_one_kind_are_counted() -> None:
    events = [
        event(guid=f"g{n}", date=f"2026-01-31T14:{n:02}:00+01:00", start="09:00", duration="00:01") for n in range(25)
    ]
    messages = [remark.message for remark in read(modern(*events)).remarks]
    assert len(messages) == 11
    assert messages[-1] == "15 more remarks of this kind: dates and starts that differ"


def test_a_zone_that_does_not_exist_is_remarked_on_and_the_given_one_counts() -> None:
    parsed = read(modern(event(), zone="Europe/Brüssel"), "Europe/Brussels")
    assert parsed.timetable.timezone == "Europe/Brussels"
    assert "unknown time zone “Europe/Brüssel”" in parsed.remarks[0].message


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2026-01-31T14:00:00+01:00", "Etc/GMT-1"),
        ("2026-01-31T14:00:00-07:00", "Etc/GMT+7"),
        ("2026-01-31T14:00:00Z", "UTC"),
        ("2026-01-31T14:00:00+05:30", "UTC"),
    ],
)
def test_without_a_zone_times_are_shown_as_the_feed_has_them_where_that_has_a_name(date: str, name: str) -> None:
    parsed = read(modern(event(date=date), zone=""))
    assert parsed.timetable.timezone == name
    assert "names no time zone" in parsed.remarks[0].message


def test_hostile_text_is_made_safe_to_log() -> None:
    parsed = read(
        modern(event(title="Evil\u202egnp.exe &#x85; \n two", more="<persons><person>\u2066X</person></persons>"))
    )
    (session,) = parsed.timetable.sessions
    assert session.title == "Evil gnp.exe two"
    assert session.speakers == (Speaker(name="X"),)


BILLION_LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE schedule [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]><schedule><conference><title>&j;</title></conference></schedule>"
)


@pytest.mark.parametrize(
    "text",
    [
        BILLION_LAUGHS,
        "<!DOCTYPE schedule [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><schedule><conference><title>&x;</title></conference></schedule>",
        "<!DOCTYPE schedule SYSTEM 'http://127.0.0.1:9/evil.dtd'><schedule/>",
        "<!DOCTYPE schedule [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/evil.dtd'> %p;]><schedule/>",
    ],
    ids=["billion laughs", "external entity", "external DTD", "parameter entity"],
)
def test_entities_and_document_types_are_refused(text: str) -> None:
    with pytest.raises(TimetableError, match="declaration is refused") as caught:
        read(text)
    assert caught.value.where == "feed, line 1"
    assert "DOCTYPE" in caught.value.hint


def test_an_undefined_entity_is_not_xml() -> None:
    with pytest.raises(TimetableError, match="undefined entity") as caught:
        read(modern(event(title="a&nbsp;b")))
    assert caught.value.where == "feed, line 5"


def test_bottomless_nesting_is_refused() -> None:
    with pytest.raises(TimetableError, match="nested more than 64 deep"):
        read("<schedule>" + "<a>" * 100_000)


def test_a_file_cut_short_says_so() -> None:
    text = modern(event())
    with pytest.raises(TimetableError, match="not XML") as caught:
        read(text[: len(text) // 2])
    assert "cut short" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings_that_xml_declares_are_read(encoding: str) -> None:
    declared = "iso-8859-1" if encoding == "latin-1" else encoding.removesuffix("-sig")
    text = modern(event(title="Größe")).replace("UTF-8", declared)
    assert parse(text.encode(encoding), name="feed", timezone=None).timetable.sessions[0].title == "Größe"


def test_an_unknown_encoding_is_an_error() -> None:
    with pytest.raises(TimetableError, match="not XML"):
        read(modern(event()).replace("UTF-8", "klingon"))


def test_xml_of_another_kind_names_its_root() -> None:
    with pytest.raises(TimetableError, match="its root is <rss>"):
        read("<rss version='2.0'><channel/></rss>")


def test_a_feed_without_a_conference_is_read() -> None:
    text = modern(event()).replace("<conference>", "<ignored>").replace("</conference>", "</ignored>")
    assert read(text).timetable.title == ""
    assert read(text).timetable.sessions[0].duration == timedelta(minutes=50)
