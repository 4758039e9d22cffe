"""iCalendar of all kinds: zones, recurrence, what is missing, and what Sched and Opencast make of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.feeds.made_up import ICALENDAR, OPENCAST, SCHED

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, SessionKind
from streamer.timetables import parse
from streamer.timetables.icalendar.rules import Budget, OutOfBudget, local_times, read_rule
from streamer.timetables.items.options import Options


def event(
    *lines: str, uid: str = "a", start: str = "DTSTART:20250908T070000Z", end: str = "DTEND:20250908T080000Z"
) -> str:
    own = [f"UID:{uid}" if uid else "", start, end, "SUMMARY:Talk", "LOCATION:Hall", *lines]
    return "\r\n".join(["BEGIN:VEVENT", *filter(None, own), "END:VEVENT"])


def calendar(*parts: str, zone: str = "X-WR-TIMEZONE:Europe/Copenhagen") -> bytes:
    return "\r\n".join(filter(None, ["BEGIN:VCALENDAR", "VERSION:2.0", zone, *parts, "END:VCALENDAR", ""])).encode()


def read(data: bytes, timezone: str | None = None, **options: str) -> Parsed:
    return parse(data, name="feed", timezone=timezone, options=Options(**options))  # type: ignore[arg-type]  # texts


def starts(parsed: Parsed) -> list[datetime]:
    return [session.start for session in parsed.timetable.sessions]


def told(parsed: Parsed) -> str:
    return "\n".join(f"{remark.where}: {remark.message}" for remark in parsed.remarks)


def test_an_event() -> None:
    parsed = read(calendar("X-WR-CALNAME:Day", event("DESCRIPTION:Speaker: Ada\\, Bo\\nAll of it")))
    (session,) = parsed.timetable.sessions
    assert (session.id, session.foreign, session.room, session.title) == ("a", "a", "hall", "Talk")
    assert (session.start, session.duration) == (datetime(2025, 9, 8, 7, tzinfo=UTC), timedelta(hours=1))
    assert [speaker.name for speaker in session.speakers] == ["Ada", "Bo"]
    assert (session.record, session.stream, session.kind) == (None, None, SessionKind.SESSION)
    assert (parsed.timetable.title, parsed.timetable.timezone) == ("Day", "Europe/Copenhagen")
    assert (parsed.format, parsed.remarks) == ("icalendar", ())


def test_attendees_are_not_speakers() -> None:
    lines = ("ATTENDEE;CN=Eve;PARTSTAT=ACCEPTED:mailto:eve@example.org", "ORGANIZER;CN=Olga:mailto:o@example.org")
    (session,) = read(calendar(event(*lines))).timetable.sessions
    assert session.speakers == ()


@pytest.mark.parametrize(
    "zone_of_start",
    [
        "Europe/Copenhagen",
        "/mozilla.org/20070129_1/Europe/Copenhagen",
        '"Europe/Copenhagen"',
        "Romance Standard Time",
    ],
)
def test_a_zone_that_only_has_a_name(zone_of_start: str) -> None:
    start, end = (
        f"{name};TZID={zone_of_start}:20250908T{hour}0000" for name, hour in (("DTSTART", "09"), ("DTEND", "10"))
    )
    assert starts(read(calendar(event(start=start, end=end)))) == [datetime(2025, 9, 8, 7, tzinfo=UTC)]


def test_a_zone_that_the_file_defines_itself() -> None:
    definition = """\
BEGIN:VTIMEZONE
TZID:House time
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0330
TZOFFSETTO:+0430
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0430
TZOFFSETTO:+0330
END:STANDARD
END:VTIMEZONE"""
    summer = event(start="DTSTART;TZID=House time:20250701T120000", end="DURATION:PT1H")
    winter = event(uid="b", start="DTSTART;TZID=House time:20251201T120000", end="DURATION:PT1H")
    parsed = read(calendar(definition, summer, winter))
    assert starts(parsed) == [datetime(2025, 7, 1, 7, 30, tzinfo=UTC), datetime(2025, 12, 1, 8, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("tzone://Microsoft/Utc", 9),
        ("europe/copenhagen", 7),
        ("Morocco Standard Time", 8),
        ("UTC+02:00", 7),
        ("GMT-0330", 12),
    ],
)
def test_zones_as_exchange_and_others_spell_them(name: str, hour: int) -> None:
    start, end = f"DTSTART;TZID={name}:20250908T090000", f"DTEND;TZID={name}:20250908T100000"
    assert [time.hour for time in starts(read(calendar(event(start=start, end=end))))] == [hour]


def test_a_definition_with_a_colon_in_its_name_and_dates_instead_of_rules() -> None:
    name = "(UTC+05:00) Here\\, there"
    definition = f"""\
BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:20240101T000000
RDATE:20250115T000000
TZOFFSETFROM:+0600
TZOFFSETTO:+0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20240601T000000
RDATE:20250601T000000,20260601T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0600
END:DAYLIGHT
END:VTIMEZONE"""
    winter, summer = (
        event(uid=month, start=f"DTSTART;TZID=(UTC+05:00) Here, there:2025{month}01T120000", end="DURATION:PT1H")
        for month in ("03", "09")
    )
    assert [start.hour for start in starts(read(calendar(definition, winter, summer)))] == [7, 6]


def test_letters_that_the_file_defines_with_summer_time_have_it() -> None:
    definition = """\
BEGIN:VTIMEZONE
TZID:EST
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE"""
    summer = event(start="DTSTART;TZID=EST:20250701T120000", end="DURATION:PT1H")
    assert starts(read(calendar(definition, summer))) == [datetime(2025, 7, 1, 16, tzinfo=UTC)]
    assert starts(read(calendar(summer))) == [datetime(2025, 7, 1, 17, tzinfo=UTC)]


def test_the_last_change_of_a_definition_that_ends_in_universal_time() -> None:
    definition = """\
BEGIN:VTIMEZONE
TZID:House time
BEGIN:DAYLIGHT
DTSTART:20200329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=20250330T010000Z
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20201025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20251026T010000Z
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE"""
    winter = event(start="DTSTART;TZID=House time:20251201T120000", end="DURATION:PT1H")
    assert starts(read(calendar(definition, winter))) == [datetime(2025, 12, 1, 11, tzinfo=UTC)]


def test_each_calendar_of_a_file_has_its_own_zone() -> None:
    floating = event(start="DTSTART:20250908T090000", end="DURATION:PT1H")
    elsewhere = calendar(floating.replace("UID:a", "UID:b"), zone="X-WR-TIMEZONE:Asia/Tokyo")
    assert [start.hour for start in starts(read(calendar(floating) + b"\r\n" + elsewhere))] == [0, 7]


def test_a_calendar_that_takes_its_events_back() -> None:
    parsed = read(calendar(event()) + b"\r\n" + calendar("METHOD:CANCEL", event(uid="b")))
    assert [(session.id, session.cancelled) for session in parsed.timetable.sessions] == [("a", False), ("b", True)]


def test_what_stands_behind_the_end_is_passed_over_and_spoken_of() -> None:
    parsed = read(calendar(event()) + b"\r\n<!-- made in 3 s -->\r\n")
    assert len(parsed.timetable.sessions) == 1
    assert "line 12: it is not a line of name and value; skipped" in told(parsed)
    with pytest.raises(TimetableError, match="conflict markers"):
        read(calendar(event()) + b"\r\n>>>>>>> main\r\n")


def test_times_and_texts_of_other_standards() -> None:
    start, end = "DTSTART:2025-09-08T09:00:00+02:00", "DTEND:2025-09-08T10:00:00+02:00"
    title = "SUMMARY;ENCODING=QUOTED-PRINTABLE:Gr=C3=B6=C3=9Fe"
    (session,) = read(calendar(event(start=start, end=end).replace("SUMMARY:Talk", title))).timetable.sessions
    assert (session.title, session.start) == ("Größe", datetime(2025, 9, 8, 7, tzinfo=UTC))


def test_speakers_in_html() -> None:
    (session,) = read(calendar(event("DESCRIPTION:<b>Speakers:</b> Ada &amp; Bo<br>All of it"))).timetable.sessions
    assert [speaker.name for speaker in session.speakers] == ["Ada", "Bo"]


def test_dates_added_by_hand_may_say_how_long() -> None:
    added = "RDATE;VALUE=PERIOD:20250910T070000Z/PT3H,20250911T070000Z/20250911T073000Z", "RDATE;VALUE=DATE:20250912"
    sessions = read(calendar(event(*added))).timetable.sessions
    assert [(s.start.day, s.start.hour, s.duration.total_seconds() / 60) for s in sessions] == [
        (8, 7, 60),
        (10, 7, 180),
        (11, 7, 30),
        (12, 7, 60),
    ]


def test_an_exception_may_hold_for_all_that_follow() -> None:
    zone = "TZID=Europe/Copenhagen"
    series = event(
        "RRULE:FREQ=WEEKLY;COUNT=5", start=f"DTSTART;{zone}:20251006T090000", end=f"DTEND;{zone}:20251006T100000"
    )
    later = event(
        f"RECURRENCE-ID;RANGE=THISANDFUTURE;{zone}:20251020T090000",
        start=f"DTSTART;{zone}:20251021T140000",
        end=f"DTEND;{zone}:20251021T160000",
    )
    sessions = read(calendar(series, later)).timetable.sessions
    assert [(s.id, f"{s.start:%m-%d %H}", s.duration.total_seconds() / 3600) for s in sessions] == [
        ("a", "10-06 07", 1),
        ("a~2", "10-13 07", 1),
        ("a~3", "10-21 12", 2),
        ("a~4", "10-28 13", 2),
        ("a~5", "11-04 13", 2),
    ]
    ended = later.replace("SUMMARY:Talk", "STATUS:CANCELLED")
    sessions = read(calendar(series, ended)).timetable.sessions
    assert [session.cancelled for session in sessions] == [False, False, True, True, True]


def test_rules_that_take_out() -> None:
    series = event("RRULE:FREQ=DAILY;COUNT=5", "EXRULE:FREQ=WEEKLY;BYDAY=WE")
    assert [start.day for start in starts(read(calendar(series)))] == [8, 9, 11, 12]
    whole_days = event(
        "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20250909T000000Z", start="DTSTART;VALUE=DATE:20250908", end=""
    )
    assert len(read(calendar(whole_days)).timetable.sessions) == 2


def test_of_a_series_that_goes_on_for_years_the_newest_are_kept() -> None:
    parsed = read(
        calendar(event("RRULE:FREQ=DAILY", "DTSTAMP:20250901T000000Z", start="DTSTART:20150101T070000Z", end=""))
    )
    assert (len(parsed.timetable.sessions), starts(parsed)[-1].year) == (2000, 2026)
    assert "times before 2021-04-11 are left out" in told(parsed)
    slip = event("DTSTAMP:21190901T000000Z", uid="b")
    both = read(
        calendar(event("RRULE:FREQ=DAILY", "DTSTAMP:20250901T000000Z", start="DTSTART:20150101T070000Z", end=""), slip)
    )
    assert starts(both)[-1].year == 2026
    finite = read(calendar(event("RRULE:FREQ=DAILY;COUNT=999999999")))
    assert (len(finite.timetable.sessions), starts(finite)[0].year) == (2000, 2025)


def test_a_zone_nobody_knows_is_never_guessed() -> None:
    unknown = event(start="DTSTART;TZID=Mars:20250908T090000", end="DTEND;TZID=Mars:20250908T100000")
    with pytest.raises(TimetableError, match="time zone “Mars”"):
        read(calendar(unknown))
    parsed = read(calendar(unknown, event(uid="b")))
    assert [session.id for session in parsed.timetable.sessions] == ["b"]
    assert "left out" in told(parsed)


def test_floating_times_need_a_zone() -> None:
    floating = event(start="DTSTART:20250908T090000", end="DTEND:20250908T100000")
    with pytest.raises(TimetableError, match="no time zone is named"):
        read(calendar(floating, zone=""))
    parsed = read(calendar(floating, zone=""), "Asia/Tokyo")
    assert starts(parsed) == [datetime(2025, 9, 8, 0, tzinfo=UTC)]


def test_times_in_utc_say_nothing_of_the_venue() -> None:
    parsed = read(calendar(event(), zone="X-WR-TIMEZONE:UTC"), "Asia/Tokyo")
    assert parsed.timetable.timezone == "Asia/Tokyo"
    start, end = "DTSTART;TZID=Asia/Seoul:20250908T090000", "DTEND;TZID=Asia/Seoul:20250908T100000"
    assert read(calendar(event(start=start, end=end), zone=""), "Asia/Tokyo").timetable.timezone == "Asia/Seoul"


def test_the_zone_may_stand_in_a_property_of_the_calendar() -> None:
    assert read(calendar(event(), zone="VTIMEZONE: Europe/Rome")).timetable.timezone == "Europe/Rome"


def test_what_is_not_said() -> None:
    first = event(end="", uid="")
    later = event(end="", uid="", start="DTSTART:20250908T074500Z")
    parsed = read(calendar(first, later).replace(b"LOCATION:Hall", b"LOCATION:"))
    assert [session.duration for session in parsed.timetable.sessions] == [timedelta(minutes=45), timedelta(hours=1)]
    assert {session.room for session in parsed.timetable.sessions} == {"no-room"}
    assert len({session.id for session in parsed.timetable.sessions}) == 2
    assert "until the next item" in told(parsed)
    assert "2 items name no room" in told(parsed)
    housed = read(calendar(first).replace(b"LOCATION:Hall", b""), room="Main hall")
    assert housed.timetable.sessions[0].room == "main-hall"


def test_a_line_folded_inside_a_character() -> None:
    data = calendar(event("DESCRIPTION:Größe"))
    cut = data.index("ö".encode()) + 1
    (session,) = read(data[:cut] + b"\r\n " + data[cut:]).timetable.sessions
    assert session.abstract == "Größe"


def test_latin_1_is_read_and_spoken_of() -> None:
    parsed = read(calendar(event()).replace(b"SUMMARY:Talk", "SUMMARY:Größe".encode("latin-1")))
    assert parsed.timetable.sessions[0].title == "Größe"
    assert "Windows-1252" in told(parsed)


def test_a_series_with_its_exceptions() -> None:
    series = event(
        "RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=MO",
        "EXDATE;TZID=Europe/Copenhagen:20250922T090000",
        start="DTSTART;TZID=Europe/Copenhagen:20250908T090000",
        end="DTEND;TZID=Europe/Copenhagen:20250908T100000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Copenhagen:20250915T090000",
        start="DTSTART:20250901T120000Z",
        end="DTEND:20250901T130000Z",
    )
    cancelled = event("RECURRENCE-ID:20251006T070000Z", "STATUS:CANCELLED")
    parsed = read(calendar(moved, series, cancelled))
    assert [(session.id, session.start.day) for session in parsed.timetable.sessions] == [
        ("a~2", 1),
        ("a", 8),
        ("a~4", 29),
    ]


def test_an_exception_may_name_only_the_day() -> None:
    series = event("RRULE:FREQ=DAILY;COUNT=3")
    moved = event("RECURRENCE-ID;VALUE=DATE:20250909", start="DTSTART:20250909T100000Z", end="DURATION:PT1H")
    parsed = read(calendar(series, moved))
    assert [(s.id, s.start.hour) for s in parsed.timetable.sessions] == [("a", 7), ("a~2", 10), ("a~3", 7)]


def test_over_a_change_of_the_clocks_an_end_is_on_the_wall_and_a_duration_elapses() -> None:
    start = "DTSTART;TZID=Europe/Copenhagen:20250330T013000"
    walled = event(uid="w", start=start, end="DTEND;TZID=Europe/Copenhagen:20250330T033000")
    elapsing = event(uid="e", start=start, end="DURATION:PT2H")
    lengths = {session.id: session.duration for session in read(calendar(walled, elapsing)).timetable.sessions}
    assert lengths == {"w": timedelta(hours=1), "e": timedelta(hours=2)}


@pytest.mark.parametrize("ending", ["\n", "\r"])
def test_lines_may_end_in_other_ways(ending: str) -> None:
    assert read(calendar(event()).replace(b"\r\n", ending.encode())).timetable.sessions[0].title == "Talk"


def test_a_series_keeps_the_clock_on_the_wall() -> None:
    series = event(
        "RRULE:FREQ=WEEKLY;UNTIL=20251103T235959Z",
        start="DTSTART;TZID=Europe/Copenhagen:20251020T090000",
        end="DTEND;TZID=Europe/Copenhagen:20251020T100000",
    )
    assert [start.hour for start in starts(read(calendar(series)))] == [7, 8, 8]


def test_a_series_without_end_is_followed_for_a_year() -> None:
    parsed = read(calendar(event("RRULE:FREQ=MONTHLY", "DTSTAMP:20250901T000000Z")))
    assert len(parsed.timetable.sessions) == 13
    assert "repeats without end; read until 2026-10-01" in told(parsed)


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=FORTNIGHTLY", "COUNT=3", "FREQ=DAILY;BYHOUR=99", "FREQ=DAILY;INTERVAL=0"]
)
def test_a_rule_that_cannot_be_followed_is_taken_once(rule: str) -> None:
    parsed = read(calendar(event(f"RRULE:{rule}")))
    assert len(parsed.timetable.sessions) == 1
    assert "only its first time is used" in told(parsed)


@pytest.mark.parametrize("name", ["EXDATE", "RDATE"])
def test_lists_of_dates_that_explode_are_refused(name: str) -> None:
    with pytest.raises(TimetableError, match="lists more than 20000 dates"):
        read(calendar(event("RRULE:FREQ=DAILY;COUNT=3", f"{name}:" + ",".join(["20250910T070000Z"] * 20_002))))


@pytest.mark.slow
def test_rules_that_explode_are_refused() -> None:
    never = [event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", uid=str(n), end="") for n in range(80)]
    with pytest.raises(TimetableError, match="too many days"):
        read(calendar(*never))
    with pytest.raises(TimetableError, match="more than 20000 sessions"):
        read(calendar(*(event("RRULE:FREQ=DAILY;COUNT=2000", uid=str(n)) for n in range(12))))


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=2SA", ["2025-01-11", "2025-02-08", "2025-03-08"]),
        ("FREQ=MONTHLY;BYDAY=-1SA", ["2025-01-25", "2025-02-22", "2025-03-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["2025-01-31", "2025-02-28", "2025-03-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2025-01-31", "2025-02-28", "2025-03-31"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU", ["2025-01-12", "2025-01-14", "2025-01-26"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=TU,SU", ["2025-01-05", "2025-01-14", "2025-01-19"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", ["2025-03-30", "2026-03-29", "2027-03-28"]),
        ("FREQ=YEARLY;BYYEARDAY=1,-1", ["2025-12-31", "2026-01-01", "2026-12-31"]),
        ("FREQ=DAILY;INTERVAL=10;BYMONTH=1", ["2025-01-11", "2025-01-21", "2025-01-31"]),
    ],
)
def test_rules(rule: str, days: list[str]) -> None:
    first = datetime(2025, 1, 1, 9)
    times = [
        moment for moment in local_times(read_rule(rule), first, date(2027, 12, 31), Budget(10_000)) if moment != first
    ]
    assert [moment.date().isoformat() for moment in times[:3]] == days


def test_a_budget_is_kept() -> None:
    with pytest.raises(OutOfBudget):
        list(local_times(read_rule("FREQ=DAILY"), datetime(2025, 1, 1), date(2199, 1, 1), Budget(1000)))


def test_whole_days_are_listed_and_never_captured() -> None:
    parsed = read(calendar(event(start="DTSTART;VALUE=DATE:20250908", end="DTEND;VALUE=DATE:20250910")))
    (session,) = parsed.timetable.sessions
    assert (session.kind, session.duration) == (SessionKind.BREAK, timedelta(days=2))
    assert session.start == datetime(2025, 9, 7, 22, tzinfo=UTC)
    assert "lasts all day" in told(parsed)


def test_cancelled_revised_and_twice() -> None:
    cancelled = event("STATUS:CANCELLED", uid="c", start="DTSTART:20250908T065000Z")
    old, new = event("SEQUENCE:1", uid="r"), event("SEQUENCE:2", uid="r", start="DTSTART:20250908T073000Z")
    shared = event(uid="s"), event(uid="s", start="DTSTART:20250909T070000Z", end="DTEND:20250909T080000Z")
    parsed = read(calendar(cancelled, old, new, *shared))
    assert [(s.id, s.start.hour, s.start.minute) for s in parsed.timetable.sessions] == [
        ("c", 6, 50),
        ("s", 7, 0),
        ("r", 7, 30),
        ("s~2", 7, 0),
    ]
    assert [session.id for session in parsed.timetable.sessions if session.cancelled] == ["c"]
    assert "is cancelled" in told(parsed)
    assert "superseded" in told(parsed)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("DTSTART:20250931T070000Z", "", "is not a date"),
        ("DTSTART:00010101T000000Z", "", "outside of 1971"),
        ("DTSTART:tomorrow", "", "is not a date"),
        ("", "", "no DTSTART"),
    ],
)
def test_an_event_that_cannot_be_used_is_left_out(start: str, end: str, reason: str) -> None:
    parsed = read(calendar(event(uid="bad", start=start, end=end), event()))
    assert [session.id for session in parsed.timetable.sessions] == ["a"]
    assert reason in told(parsed)
    assert parsed.remarks[0].where.startswith("line ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (calendar(event())[:-30], "has no END"),
        (calendar(event()).replace(b"END:VEVENT", b"END:VTODO"), "END:VTODO, but VEVENT of line 4 is open"),
        (b"BEGIN:VCALENDAR\r\n<<<<<<< HEAD\r\nEND:VCALENDAR", "conflict markers"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 40, "nested more than 16 deep"),
    ],
)
def test_broken_files(data: bytes, message: str) -> None:
    with pytest.raises(TimetableError) as caught:
        read(data)
    assert message in str(caught.value)
    assert "line" in caught.value.where


def test_sched_keeps_rooms_in_categories() -> None:
    parsed = read(SCHED)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.room, session.id) == ("sched", "r", "0123456789abcdef")
    assert [speaker.name for speaker in session.speakers] == ["Ada", "Bo"]
    located = read(SCHED.replace(b"CATEGORIES:R", b"CATEGORIES:Track\nLOCATION:Hall"))
    assert located.timetable.sessions[0].room == "hall"
    reception = (
        b"BEGIN:VEVENT\nUID:b\nDTSTART:20250330T173000Z\nSUMMARY:U\nCATEGORIES:Social\nEND:VEVENT\nEND:VCALENDAR"
    )
    mixed = SCHED.replace(b"CATEGORIES:R", b"LOCATION:Hall").replace(b"END:VCALENDAR", reception)
    assert [session.room for session in read(mixed).timetable.sessions] == ["hall", "no-room"]
    comma = read(SCHED.replace(b"CATEGORIES:R", b"CATEGORIES:Hall A\\, upstairs,Track"))
    assert comma.timetable.rooms[0].name == "Hall A, upstairs"


def test_opencast_reads_its_attachments() -> None:
    parsed = read(OPENCAST, "Europe/Berlin")
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.id, session.room, session.record, session.stream) == (
        "opencast",
        "e1",
        "r",
        True,
        None,
    )
    assert [speaker.name for speaker in session.speakers] == ["Ada"]
    bare = OPENCAST.replace(b"LOCATION:R\r\n", b"").replace(b"SUMMARY:T\r\n", b"")
    (session,) = read(bare, "Europe/Berlin").timetable.sessions
    assert (session.title, session.room) == ("T", "r")
    damaged = OPENCAST.replace(b"episode.xml:", b"episode.xml:????")
    assert read(damaged, "Europe/Berlin").timetable.sessions[0].title == "T"


def test_the_made_up_day() -> None:
    assert [session.id.rpartition("~")[2] for session in read(ICALENDAR).timetable.sessions][1:] == ["3"]


@pytest.mark.parametrize("bad", ["RRULE:FREQ=SOMETIMES", "RRULE:FREQ=DAILY;COUNT=2\r\nRDATE:soon"])
def test_a_series_that_can_not_be_read_wholly_is_named_as_unread(bad: str) -> None:
    (item,) = read(calendar(event(bad))).timetable.unread
    assert item.id == "a"


ASSUMED = "it is assumed to last 1h"


@pytest.mark.parametrize(
    ("properties", "minutes", "remark"),
    [
        ("DTEND:20250908T060000Z", 60, f"“Talk”: it ends before it starts; {ASSUMED}"),
        ("DTEND:20250908T070000Z", 60, f"“Talk”: it ends when it starts; {ASSUMED}"),
        ("DTEND:soon", 60, f"“Talk”: its DTEND “soon” is not a date; {ASSUMED}"),
        ("DTEND:20250909", 60, f"“Talk”: its DTEND “20250909” is not of the kind of its DTSTART; {ASSUMED}"),
        (
            "DTEND;TZID=Mars:20250908T093000",
            60,
            "“Talk”: its DTEND is in the time zone “Mars”, which is unknown and not",
        ),
        ("DTEND:99991231T235959Z", 60, "“Talk”: the year 9999 is outside of 1971–2199; "),
        ("DTEND:20250908T060000Z\r\nDURATION:PT25M", 25, "“Talk”: it ends before it starts; its DURATION is taken"),
        (
            "DTEND:soon\r\nDURATION:later",
            60,
            "“Talk”: its DTEND “soon” is not a date and its duration “later” can't be read",
        ),
        ("DURATION:-PT5M", 60, f"“Talk”: its duration “-PT5M” is not possible; {ASSUMED}"),
        ("DURATION:PT0S", 60, f"“Talk”: its duration “PT0S” is not possible; {ASSUMED}"),
        ("DURATION:P99999D", 60, f"“Talk”: it would last more than 366 days; {ASSUMED}"),
        ("DTEND:\r\nDURATION:PT25M", 25, ""),
        ("DTEND:20250908T072500Z\r\nDURATION:PT1H", 25, ""),
    ],
)
def test_an_end_that_can_not_be_used_counts_as_missing(properties: str, minutes: int, remark: str) -> None:
    parsed = read(calendar(event(start="DTSTART:20250908T070000Z", end=properties)))
    (session,) = parsed.timetable.sessions
    assert session.duration == timedelta(minutes=minutes)
    assert session.doubt is None or session.doubt.where.startswith("line ")
    assert [one.message[: len(remark)] for one in parsed.remarks if remark] == [remark] * bool(remark)
    assert bool(parsed.remarks) is bool(remark)


@pytest.mark.parametrize(
    ("end", "hours", "remark"),
    [
        ("DTEND;VALUE=DATE:20250908", 24, ""),
        ("DTEND;VALUE=DATE:20250907", 24, "it ends before it starts; one day is taken"),
        ("DTEND:20250909T080000Z", 24, "is not of the kind of its DTSTART; one day is taken"),
        ("DTEND:soon\r\nDURATION:P2D", 48, "is not a date; its DURATION is taken"),
        ("", 24, ""),
    ],
)
def test_a_whole_day_has_an_end_whatever_it_says(end: str, hours: int, remark: str) -> None:
    parsed = read(calendar(event(start="DTSTART;VALUE=DATE:20250908", end=end)))
    (session,) = parsed.timetable.sessions
    assert session.duration == timedelta(hours=hours)
    assert remark in told(parsed)
    assert len(parsed.remarks) == 1 + bool(remark)
