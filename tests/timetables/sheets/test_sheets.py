"""CSV and XLSX: columns in many languages, separators and encodings, and questions instead of guesses."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.feeds.made_up import CSV, XLSX, archive, workbook

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, Session, SessionKind
from streamer.timetables import FORMATS, parse
from streamer.timetables.items.options import DateOrder, Options, read_columns, read_options

START = datetime(2025, 3, 30, 9, 30, tzinfo=UTC)


def read(data: str | bytes, timezone: str | None = "Europe/Berlin", **options: object) -> Parsed:
    data = data.encode() if isinstance(data, str) else data
    return parse(data, name="sheet", timezone=timezone, options=read_options(options, FORMATS))


def only(data: str | bytes, **options: object) -> Session:
    (session,) = read(data, "Europe/Berlin", **options).timetable.sessions
    return session


def error_of(data: str | bytes, timezone: str | None = "Europe/Berlin", **options: object) -> TimetableError:
    with pytest.raises(TimetableError) as caught:
        read(data, timezone, **options)
    return caught.value


def told(parsed: Parsed) -> str:
    return "\n".join(f"{remark.where}: {remark.message}" for remark in parsed.remarks)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Start time,End time,Room,Title,Speakers",
        "Datum,Beginn,Ende,Raum,Titel,Referentin",
        "Date,Heure de début,Heure de fin,Salle,Titre,Intervenants",
        "Fecha,Hora de inicio,Hora de fin,Sala,Título,Ponentes",
        "Dato,Starttid,Sluttid,Lokale,Titel,Oplægsholder",
        "Datum,Starttid,Sluttid,Sal,Rubrik,Talare",
        "Datum,Aanvang,Einde,Zaal,Titel,Spreker",
        "Data,Inizio,Fine,Sala,Titolo,Relatori",
        "day,from,until,venue,talk_title,speaker_name",
        "DATE ,start_time,end-time,Room (building 3),Session Title,Speaker(s)",
    ],
)
def test_headers_in_many_languages(header: str) -> None:
    session = only(f"{header}\n2025-03-30,11:30,13:00,Hall,Talk,Ada; Bo\n")
    assert (session.room, session.title, session.start, session.duration) == (
        "hall",
        "Talk",
        START,
        timedelta(minutes=90),
    )
    assert [speaker.name for speaker in session.speakers] == ["Ada", "Bo"]


def test_a_row() -> None:
    parsed = read(CSV)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.start, session.record, session.foreign) == ("csv", START, False, "")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_separators_and_encodings(separator: str, encoding: str) -> None:
    table = separator.join(["date", "start", "end", "room", "title"]) + "\r\n"
    table += separator.join(["2025-03-30", "11:30", "13:00", "Hörsaal", "Größe"]) + "\r\n"
    assert only(table.encode(encoding)).title == "Größe"


def test_lines_that_end_as_on_an_old_macintosh() -> None:
    assert [s.title for s in read("start,title\r2025-03-30 11:30,A\r2025-03-30 12:30,B\r").timetable.sessions] == [
        "A",
        "B",
    ]


def test_the_separator_that_excel_declares() -> None:
    assert only("sep=;\nstart;title;room\n2025-03-30 11:30;A, B, C;R\n").title == "A, B, C"


@pytest.mark.parametrize(
    "start",
    [
        "2025-03-30 11:30",
        "2025-03-30T09:30:00Z",
        "2025-03-30T11:30:00+02:00",
        "30 March 2025 11:30",
        "30. März 2025, 11:30 Uhr",
        "March 30, 2025 11:30 AM",
        "Sunday 30 mars 2025 11h30",
        "30/03/2025 11.30",
        "3/30/2025 11:30 am",
        "2025/03/30 11:30",
    ],
)
def test_dates_that_can_only_be_read_one_way(start: str) -> None:
    assert only(f'start,title,room\n"{start}",T,R\n').start == START


def test_an_ambiguous_date_is_asked_about() -> None:
    table = "date,start,title,room\n03/04/2025,09:00,T,R\n"
    error = error_of(table)
    assert "3 April 2025 (dmy) or 4 March 2025 (mdy)" in error.message
    assert "--date-order" in error.hint
    assert error.where == "sheet, line 2"
    assert only(table, date_order="dmy").start.date() == date(2025, 4, 3)
    assert only(table, date_order="mdy").start.date() == date(2025, 3, 4)


@pytest.mark.parametrize(("other", "expected"), [("25/04/2025", date(2025, 4, 3)), ("04/25/2025", date(2025, 3, 4))])
def test_another_cell_may_decide(other: str, expected: date) -> None:
    table = f"date,start,title,room\n03/04/2025,09:00,T,R\n{other},09:00,U,R\n"
    assert expected in {session.start.date() for session in read(table).timetable.sessions}


def test_the_header_may_decide() -> None:
    assert only("Date (dd/mm/yyyy),start,title\n03/04/2025,09:00,T\n").start.date() == date(2025, 4, 3)
    assert only("Date (mm/dd/yyyy),start,title\n03/04/2025,09:00,T\n").start.date() == date(2025, 3, 4)


def test_cells_that_contradict_each_other() -> None:
    error = error_of("date,start,title\n25/04/2025,09:00,T\n04/25/2025,09:00,U\n")
    assert "no common order" in error.message
    assert error.where == "sheet, line 3"


def test_a_day_that_reads_the_same_both_ways_is_no_question() -> None:
    assert only("date,start,title\n05/05/2025,09:00,T\n").start.date() == date(2025, 5, 5)


def test_two_digits_are_no_year_without_an_order() -> None:
    assert "not guessed" in error_of("date,start,title\n25/04/25,09:00,T\n").message
    assert only("date,start,title\n25/04/25,09:00,T\n", date_order="dmy").start.date() == date(2025, 4, 25)


def test_a_date_without_a_year_has_the_year_that_is_said() -> None:
    table = "Day,Time,Title\nMonday 8 September,9:00,T\nSeptember 9,9-10,U\n9. sept.,10 Uhr,V\n"
    assert "has no year" in error_of(table).message
    days = [session.start.date().isoformat() for session in read(table, date="2025-01-01").timetable.sessions]
    assert days == ["2025-09-08", "2025-09-09", "2025-09-09"]


def test_times_without_a_date_or_a_zone_are_asked_about() -> None:
    table = "time,title,Length\n11:30,T,90\n"
    assert "--date" in error_of(table).hint
    assert "time zone" in error_of(table, None, date="2025-03-30").message
    session = only(table, date="2025-03-30", room="Main hall")
    assert (session.start, session.duration, session.room) == (START, timedelta(minutes=90), "main-hall")


@pytest.mark.parametrize(
    ("text", "start", "minutes"),
    [
        ("9.30", "09:30", 60),
        ("9h30", "09:30", 60),
        ("kl. 9", "09:00", 60),
        ("9:30 p", "21:30", 60),
        ("下午2:00", "14:00", 60),
        ("12 noon", "12:00", 60),
        ("09:00-10:00", "09:00", 60),
        ("0900–0930", "09:00", 30),
        ("9:30 – 10:15 (45 min)", "09:30", 45),
        ("von 9:30 bis 10:15 Uhr", "09:30", 45),
        ("de 10h à 11h30", "10:00", 90),
        ("10.00-10.45 uur", "10:00", 45),
        ("2:00-2:45pm", "14:00", 45),
        ("11:00-1:00pm", "11:00", 120),
        ("11pm-1", "23:00", 120),
        ("23:00–24:00", "23:00", 60),
        ("11 pm to midnight", "23:00", 60),
        ("09:30 UTC", "11:30", 60),
        ("09:30Z", "11:30", 60),
        ("09:30 – 10:00 (UTC)", "11:30", 30),
        ("09:30+05:30", "06:00", 60),
        ("09:30 CET", "09:30", 60),
        ("Mon 9:30", "09:30", 60),
    ],
)
def test_times_as_people_type_them(text: str, start: str, minutes: int) -> None:
    session = only(f'date,time,title\n2025-03-31,"{text}",T\n')
    assert f"{session.start.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == start
    assert session.duration == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.395833333", "neither a date nor a time"),
        ("45746.5", "neither a date nor a time"),
        ("08.09. 10:00", "has two times"),
        ("9:30 10:15", "has two times"),
        ("9:30am EST", "it has the zone EST, which is not the time of Europe/Berlin"),
        ("Tue 9:30", "and “Tue 9:30” names no clear day"),
        ("²", "neither a date nor a time"),
        ("midnight", "neither a date nor a time"),
    ],
)
def test_a_time_that_is_not_understood_whole_is_not_understood(text: str, reason: str) -> None:
    assert reason in error_of(f'date,time,title\n2025-03-31,"{text}",T\n').message


def test_a_date_and_a_range_of_times_in_one_cell() -> None:
    for cell in ("2025-03-30 11:30-13:00", "30 March 2025, 11:30 – 13:00", "2025-03-30 11:30 – 2025-03-30 13:00"):
        session = only(f'start,title\n"{cell}",T\n')
        assert (session.start, session.duration) == (START, timedelta(minutes=90))


def test_a_clock_of_twelve_hours_that_does_not_say_so_is_asked_about() -> None:
    table = "date,start,end,title\n2025-03-31,9:00,10:00,A\n2025-03-31,11:00,12:00,B\n2025-03-31,1:00,2:00,C\n"
    error = error_of(table)
    assert "is 1:00 at night or in the afternoon?" in error.message
    assert error.where == "sheet, line 4"
    assert len(read(table + "2025-03-31,15:00,16:00,D\n").timetable.sessions) == 4
    assert len(read(table.replace(",9:00", ",09:00")).timetable.sessions) == 3


def test_a_note_above_the_header_may_name_the_zone() -> None:
    table = "{},,\nstart,end,title\n2025-03-30 09:30,2025-03-30 11:00,T\n"
    assert only(table.format("All times are UTC")).start == START
    assert only(table.format("Times in CEST (UTC+2)")).start == START - timedelta(hours=2)
    assert "it has the zone EST" in error_of(table.format("All times EST")).message


def test_a_weekday_that_is_not_the_dates_is_spoken_of() -> None:
    parsed = read("date,start,title\nMonday 30 March 2025,9:00,A\nSunday 30 March 2025,10:00,B\n1 mar 2025,9:00,C\n")
    assert "line 2: “A”: “Monday 30 March 2025” is a Sunday; check its date" in told(parsed)
    assert told(parsed).count("check its date") == 1


def test_accents_that_are_put_together_from_two_characters() -> None:
    table = unicodedata.normalize("NFD", "Datum,Beginn,Hörsaal,Titel\n30. März 2025,11:30,R,T\n")
    assert (only(table).room, only(table).start) == ("r", START)


def test_the_zone_of_a_header_or_a_column_counts() -> None:
    assert only("date,Start (UTC),End (UTC),title\n2025-03-30,09:30,11:00,T\n").start == START
    assert "it has the zone EST" in error_of("date,Start (EST),title\n2025-03-30,09:30,T\n").message
    parsed = read("date,start,title,Time zone\n2025-03-30,10:30,T,Europe/London\n", None)
    assert (parsed.timetable.timezone, parsed.timetable.sessions[0].start) == ("Europe/London", START)
    parsed = read("date,start,title,tz\n2025-03-30,11:30,T,Mars\n")
    assert parsed.timetable.sessions[0].start == START
    assert "“Mars” is unknown; that of the venue" in told(parsed)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Subject,Start Date,Start Time,End Date,End Time,All day event,Location",
            "T,3/30/2025,11:30 AM,3/30/2025,1:00 PM,False,R",
        ),
        ("*Date,*Time Start,*Time End,Tracks,*Session Title,Room/Location", "3/30/2025,11:30 AM,1:00 PM,A,T,R"),
        (
            "ID,Proposal title,Session type,Speaker names,Room,Start,End",
            "A,T,Talk,Ada,R,2025-03-30T11:30:00+02:00,2025-03-30T13:00:00+02:00",
        ),
        ("Session Id,Title,Room,Scheduled At,Scheduled Duration", "1,T,R,30 Mar 2025 11:30 AM,90"),
        ("session_ID,session_title,session_start,session_end,session_room", "1,T,2025-03-30 11:30,2025-03-30 13:00,R"),
        ("Id,Title,Date,Duration,Room", "1,T,2025-03-30T11:30:00+02:00,1:30:00,R"),
        ("Title,Begins at,Ends at,Place", "T,2025-03-30 11:30,2025-03-30 13:00,R"),
        ("Dato,Klokkeslett,Rom,Tittel", "30. mars 2025,11.30–13.00,R,T"),
        ("Data,Hora de início,Hora de término,Sala,Título", "30/03/2025,11h30,13h,R,T"),
        ("Data,Godzina,Sala,Tytuł", "30 marca 2025,11:30-13:00,R,T"),
        ("Дата,Начало,Конец,Зал,Название", "30.03.2025,11:30,13:00,R,T"),
        ("日付,開始,終了,会場,タイトル", "2025年3月30日,11:30,13:00,R,T"),
        ("day\thour\tcontent\tplace", "30th March 2025\t11:30–13:00\tT\tR"),
        ("Date,StartTime,EndTime,SessionTitle,RoomName", "2025-03-30,11:30,13:00,T,R"),
        ("Date,Start,Duration (h),Title,Room", "30-Mar-25,11:30,1.5,T,R"),
    ],
)
def test_tables_as_programs_and_people_write_them(header: str, row: str) -> None:
    session = only(f"{header}\n{row}\n")
    assert (session.title, session.room, session.start, session.duration) == ("T", "r", START, timedelta(minutes=90))


def test_an_event_of_several_days_and_whole_days() -> None:
    header = "Subject,Start Date,Start Time,End Date,End Time,All day event\n"
    camp = only(f"{header}Camp,3/30/2025,9:00 AM,4/1/2025,9:00 AM,False\n")
    assert (camp.duration, camp.doubt and camp.doubt.claims) == (timedelta(hours=1), camp.start + timedelta(days=2))
    for end in ("3/30/2025,", "3/31/2025,12:00 AM"):
        session = only(f"{header}Fair,3/30/2025,12:00 AM,{end},True\n")
        assert (session.kind, session.duration) == (SessionKind.BREAK, timedelta(hours=23))  # the clocks go forward


def test_headings_that_do_not_date_their_day_are_asked_about() -> None:
    table = "time,title\n{}\n9:00,A\n{}\n9:00,B\n"
    for headings in (("Friday", "Saturday"), ("Day 1", "Day 2")):
        error = error_of(table.format(*headings), date="2025-03-28")
        assert f"and “{headings[1]}” names no clear day" in error.message
        assert error.where == "sheet, line 5"
    dated = read(table.format("Fri 28 March 2025,Day 1", "Sat 29 March 2025,Day 2"))
    assert [session.start.day for session in dated.timetable.sessions] == [28, 29]


@pytest.mark.parametrize("day", ["Saturday", "Day 2", "Sábado"])
def test_a_column_of_days_without_dates_is_asked_about(day: str) -> None:
    error = error_of(f"day,time,title\n{day},9:00,A\n", date="2025-03-28")
    assert f"its date “{day}” has no clear day; write dates such as 2025-09-08" in error.message


@pytest.mark.parametrize("room", ["TBD", "tba", "-", "n/a"])
def test_a_room_that_is_not_known_yet_is_none(room: str) -> None:
    assert only(f"start,title,room\n2025-03-30 11:30,T,{room}\n").room == "no-room"


def test_a_remark_with_a_date_in_it_heads_nothing() -> None:
    table = "date,start,title\n2025-03-31,9:00,A\n{},,\n"
    for remark in ("Last updated 3/4/2025", "Stand: 01.03.2025", "Workshops (as of 1 March 2025)"):
        assert only(table.format(remark)).start.date() == date(2025, 3, 31)
        error = error_of(table.format(remark) + ",10:00,B\n")
        assert (f"and “{remark}” names no clear day" in error.message, error.where) == (True, "sheet, line 4")
    assert error_of("start,title\n3/4/2025,\n9:00,A\n").where == "sheet, line 2"
    headed = read("start,title\nMandag d. 31. marts 2025,\n9:00,A\n1 April 2025 (workshops),\n9:00,B\n")
    assert [session.start.date() for session in headed.timetable.sessions] == [date(2025, 3, 31), date(2025, 4, 1)]


def test_a_header_over_each_day() -> None:
    parsed = read("date,start,title\n2025-03-30,10:00,A\ndate,start,title\n2025-03-31,10:00,B\n")
    assert "left out" not in told(parsed)
    assert len(parsed.timetable.sessions) == 2


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        ("90", 90),
        ("1:30", 90),
        ("1h30", 90),
        ("1.5 h", 90),
        ("90 min", 90),
        ("1 hour", 60),
        ("45'", 45),
        ("PT45M", 45),
        ("0:05:00", 5),
    ],
)
def test_lengths(length: str, minutes: int) -> None:
    assert only(f"start,title,duration\n2025-03-30 11:30,T,{length}\n").duration == timedelta(minutes=minutes)


@pytest.mark.parametrize("length", ["1", "1.5", "0.03125", "30-45 min", "a while"])
def test_a_length_that_may_be_anything_is_not_used(length: str) -> None:
    parsed = read(f"start,title,duration\n2025-03-30 11:30,T,{length}\n")
    assert parsed.timetable.sessions[0].duration == timedelta(hours=1)
    assert "it is assumed to last 1h" in told(parsed)


def test_a_range_of_times_in_one_cell() -> None:
    session = only("date,time,title\n2025-03-30,11:30 – 13:00,T\n")
    assert (session.start, session.duration) == (START, timedelta(minutes=90))


def test_an_end_after_midnight() -> None:
    parsed = read("date,start,end,title\n2025-03-30,23:30,01:00,Party\n2025-03-30,15:00,14:00,Wrong\n")
    wrong, party = parsed.timetable.sessions
    assert (wrong.duration, party.duration) == (timedelta(hours=1), timedelta(minutes=90))
    assert "line 3: “Wrong”: it ends before it starts; it is assumed to last 1h" in told(parsed)


def test_ends_that_are_not_said() -> None:
    parsed = read("date,start,title,room\n2025-03-30,10:00,A,R\n2025-03-30,10:45,B,R\n")
    assert [session.duration for session in parsed.timetable.sessions] == [timedelta(minutes=45), timedelta(hours=1)]
    assert "has no end" in told(parsed)


def test_a_date_said_once_holds_for_the_rows_below() -> None:
    parsed = read("date,start,title\n2025-03-30,10:00,A\n,11:00,B\n2025-03-31,10:00,C\n")
    assert [session.start.day for session in parsed.timetable.sessions] == [30, 30, 31]
    assert "1 row says no date" in told(parsed)
    headed = read("Programme,,\nstart,title,room\n2025-03-30,,\n10:00,A,R\n2025-03-31,,\n10:00,B,R\n")
    assert [session.start.day for session in headed.timetable.sessions] == [30, 31]


def test_columns_may_be_declared() -> None:
    table = "wann,was,wo\n2025-03-30 11:30,T,R\n"
    assert "“wann”, “was”, “wo”" in error_of(table).message
    assert only(table, columns={"start": "Wann", "title": "was", "room": "wo"}).room == "r"
    assert only(table, columns={"start": "A", "title": "2", "room": "C"}).room == "r"
    assert "unknown column “wer” for speakers" in error_of(table, columns={"start": "wann", "speakers": "wer"}).message


def test_a_declared_column_goes_before_a_known_header() -> None:
    assert only("start,title,talk\n2025-03-30 11:30,Dr,T\n", columns={"title": "talk"}).title == "T"


@pytest.mark.parametrize(
    ("columns", "cells", "record", "stream"),
    [
        ("record,stream", "yes,no", True, False),
        ("Aufzeichnung,Livestream", "nein,ja", False, True),
        ("do not record,do not stream", "x,", False, None),
        ("recording,no_record", "yes,yes", False, None),
        ("record,stream", "–,tba", None, None),
        ("record,stream", "maybe,yes", False, True),
    ],
)
def test_consent(columns: str, cells: str, record: bool | None, stream: bool | None) -> None:
    session = only(f"start,title,{columns}\n2025-03-30 11:30,T,{cells}\n")
    assert (session.record, session.stream) == (record, stream)


@pytest.mark.parametrize(
    ("cells", "is_break"),
    [
        ("Lunch,,", True),
        ("☕ Coffee break,,", True),
        ("Kaffeepause,,", True),
        ("Petit-déjeuner,,", True),
        ("Frokost og kaffe,,", True),
        ("Main track: afternoon tea,,", True),
        ("Lunch with the board,,", False),
        ("Breaking changes,,", False),
        ("Coffee,Ada,", False),
        ("Whatever,,break", True),
        ("Whatever,Ada,Mittagessen", True),
        ("Lunch,,talk", False),
    ],
)
def test_breaks(cells: str, is_break: bool) -> None:
    session = only(f"start,title,speaker,type\n2025-03-30 11:30,{cells}\n")
    assert session.kind is (SessionKind.BREAK if is_break else SessionKind.SESSION)


def test_a_column_for_breaks_is_explained() -> None:
    parsed = read("start,title,Breaks\n2025-03-30 11:30,l u n c h,40\n2025-03-30 12:30,T,\n")
    assert [session.kind for session in parsed.timetable.sessions] == [SessionKind.BREAK, SessionKind.SESSION]
    assert "the column for breaks says “40”" in told(parsed)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2025-02-30 10:00,Bad", "not a day of the calendar"),
        ("2025-03-30 25:00,Bad", "not a time of day"),
        ("2025-03-30,Bad", "a day and no time"),
        ("soon,Bad", "neither a date nor a time"),
        (",Bad", "has no start"),
        ("0001-01-01 10:00,Bad", "the year 1 is outside of 1971"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out(row: str, reason: str) -> None:
    parsed = read(f"start,title\n2025-03-30 11:30,T\n{row}\n")
    assert [session.title for session in parsed.timetable.sessions] == ["T"]
    assert f"line 3: “Bad” is left out: {reason}" in told(parsed) or reason in told(parsed)


def test_a_table_of_something_else_is_not_read_to_its_end() -> None:
    assert "none of its 1000 items can be used" in error_of("start,title\n" + "soon,x\n" * 2_000).message


def test_broken_csv() -> None:
    error = error_of('start,title\n2025-03-30 11:30,"' + "x\n" * 100_000)
    assert "not CSV" in error.message
    assert error.where == "sheet, line 2"
    assert "more than 50000 rows" in error_of("start,title\n" + "2025-03-30 11:30,x\n" * 60_000).message


def test_a_workbook() -> None:
    parsed = read(XLSX)
    (session,) = parsed.timetable.sessions
    assert (parsed.format, session.start, session.duration, session.room) == ("xlsx", START, timedelta(minutes=90), "r")


def test_a_workbook_with_a_sheet_a_day_and_merged_cells() -> None:
    header = ["Start", "End", "Room", "Title"]
    days = {
        "2025-03-30": [header, ["11:30", "13:00", "R", "A"], ["13:00", "14:00", "", "B"]],
        "2025-03-31": [header, ["11:30", "13:00", "R", "C"]],
        "Notes": [["call the caterer"]],
    }
    parsed = read(workbook(days, merged=["C2:C3"]))
    assert [(s.start.day, s.title, s.room) for s in parsed.timetable.sessions] == [
        (30, "A", "r"),
        (30, "B", "r"),
        (31, "C", "r"),
    ]
    assert "the sheet “Notes” has no columns for start and title" in told(parsed)


def test_a_workbook_with_a_sheet_a_room() -> None:
    sheets: dict[str, list[list[object]]] = {
        name: [["Start", "Title"], [(45746.479166667, 3), f"In {name}"]] for name in ("Hall", "Side")
    }
    parsed = read(workbook(sheets))
    assert {(session.room, session.title) for session in parsed.timetable.sessions} == {
        ("hall", "In Hall"),
        ("side", "In Side"),
    }
    assert {session.start for session in parsed.timetable.sessions} == {START}


def test_a_workbook_counted_from_1904() -> None:
    assert only(workbook({"A": [["Start", "Title"], [(44284.479166667, 3), "T"]]}, base_1904=True)).start == START


def test_a_date_over_the_header_is_the_day_and_a_title_with_a_date_is_not() -> None:
    rows: list[list[object]] = [["Start", "Title"], ["11:30", "T"]]
    assert only(workbook({"A": [["Sunday 30 March 2025"], *rows]})).start == START
    assert only(workbook({"A": [[(45746, 1)], *rows]})).start == START
    assert "its times have no date" in error_of(workbook({"A": [["Programme as of 1 March 2025"], *rows]})).message


def test_sheets_named_after_days_without_a_year() -> None:
    rows: list[list[object]] = [["Start", "Title"], ["11:30", "T"]]
    parsed = read(workbook({"30 Mar": rows, "31 Mar": rows}), date="2025-01-01")
    assert [session.start.day for session in parsed.timetable.sessions] == [30, 31]
    assert (
        "and “Monday” names no clear day"
        in error_of(workbook({"Sunday": rows, "Monday": rows}), date="2025-03-30").message
    )


def test_numbers_that_are_a_part_of_a_day() -> None:
    session = only(workbook({"A": [["Date", "Start", "Duration", "Title"], [(45746, 1), 0.479166667, 0.0625, "T"]]}))
    assert (session.start, session.duration) == (START, timedelta(minutes=90))
    error = error_of(workbook({"A": [["Date", "Start", "Title"], [45746, 11.3, "T"]]}))
    assert "“45746” is neither a date nor a time: give its column a date or time format" in error.message


def test_a_workbook_with_hidden_rows_formulas_without_a_value_and_escapes() -> None:
    row = (
        "<row r='{0}'{1}><c r='A{0}' t='d'><v>2025-03-30T11:30:00</v></c><c r='B{0}'><f>A{0}+1</f></c>"
        "<c r='C{0}' t='inlineStr'><is><t>{2}</t></is></c></row>"
    )
    header = "<row r='1'>" + "".join(
        f"<c t='inlineStr'><is><t>{text}</t></is></c>" for text in ("Start", "End", "Title")
    )
    rows = row.format(2, "", "A_x000D_&#10;B") + row.format(3, " hidden='1'", "C")
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    sheet = f"<x:worksheet xmlns:x='{strict}'><x:sheetData>{header}</row>{rows}</x:sheetData></x:worksheet>"
    parsed = read(
        archive(
            {
                "xl/workbook.xml": "<workbook xmlns:r='urn:r'><sheets><sheet name='A' r:id='r1'/></sheets></workbook>",
                "xl/_rels/workbook.xml.rels": "<a><Relationship Id='r1' Target='/xl/worksheets/s.xml'/></a>",
                "xl/worksheets/s.xml": sheet,
            }
        )
    )
    assert {(session.title, session.start) for session in parsed.timetable.sessions} == {("A B", START), ("C", START)}
    assert "sheet “A”, row 3: the row is hidden; it is read like the others" in told(parsed)
    assert "sheet “A”, row 2: a formula has no value saved with it" in told(parsed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (XLSX[:-40], "not XLSX"),
        (XLSX[:300], "not XLSX"),
        (archive({"content.xml": "<a/>"}), "OpenDocument"),
        (archive({"hello.txt": "hello"}), "without a workbook"),
        (
            archive({"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": " " * 61_000_000}),
            "unpacks to more than 60 MB",
        ),
        (
            archive({"xl/workbook.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "x">]><workbook>&b;</workbook>'}),
            "entity",
        ),
        (archive({"xl/workbook.xml": "<workbook"}), "xl/workbook.xml"),
    ],
)
def test_workbooks_that_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(TimetableError) as caught:
        read(data)
    assert message in str(caught.value)


def test_options_from_a_person() -> None:
    assert read_columns("start=Beginn, room = Raum ") == {"start": "Beginn", "room": "Raum"}
    options = read_options({"date_order": "DMY", "date": date(2025, 3, 30), "columns": {"start": "B"}}, FORMATS)
    assert options == Options(date_order=DateOrder.DMY, date=date(2025, 3, 30), columns=(("start", "B"),))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"colums": {}}, "did you mean columns"),
        ({"format": "ods"}, "unknown format “ods”"),
        ({"columns": {"begin": "A"}}, "no column begin"),
        ({"columns": {"start": 3}}, "must be a text in quotes"),
        ({"columns": "start"}, "columns must be a table"),
        ({"date_order": "dym"}, "write dmy, mdy or ymd"),
        ({"date": "30.03.2025"}, "write it like 2025-09-08"),
        ({"room": 5}, "text in quotes"),
    ],
)
def test_options_that_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_options(given, FORMATS)


def test_columns_that_are_refused() -> None:
    with pytest.raises(ValueError, match="write columns like"):
        read_columns("start")


@pytest.mark.parametrize(
    ("end", "length", "minutes", "remark"),
    [
        ("11:30", "", 60, "“T”: it ends when it starts; it is assumed to last 1h"),
        ("11:30", "25", 25, "“T”: it ends when it starts; its length is taken"),
        ("2025-03-30 11:00", "25", 25, "“T”: it ends before it starts; its length is taken"),
        ("2025-03-31 11:55", "25", 25, "“T”: its end is more than a day after its start; its length is taken"),
        ("2025-04-01 11:30", "", 60, "“T”: it would last 2d; until the crew approves that, it is assumed to last 1h"),
        ("11:55", "30 h", 25, ""),
        ("soon", "", 60, "“T”: “soon” is neither a date nor a time; it is assumed to last 1h"),
        ("soon", "later", 60, "“T”: “soon” is neither a date nor a time and its length “later” is neither minutes"),
        ("03/04/2025 12:00", "25", 25, "“T”: is 03/04/2025 3 April 2025 (dmy) or 4 March 2025 (mdy)? its order is not"),
        ("12:00 EST", "25", 25, "“T”: it has the zone EST, which is not the time of Europe/Berlin"),
        ("2025-03-31", "25", 25, "“T”: its end has a day and no time; its length is taken"),
    ],
)
def test_an_end_that_can_not_be_used_counts_as_missing(end: str, length: str, minutes: int, remark: str) -> None:
    parsed = read(f"start,end,duration,title,room\n2025-03-30 11:30,{end},{length},T,R\n")
    (session,) = parsed.timetable.sessions
    assert (session.start, session.duration) == (START, timedelta(minutes=minutes))
    assert [one.message[: len(remark)] for one in parsed.remarks] == [remark] * bool(remark)


def test_a_whole_day_with_a_bad_end_is_one_day() -> None:
    for end in ("soon", "3/29/2025"):
        header = "Subject,Start Date,Start Time,End Date,All day event,Location\n"
        parsed = read(f"{header}Fair,3/30/2025,12:00 AM,{end},True,R\n")
        assert parsed.timetable.sessions[0].duration == timedelta(hours=23)  # the clocks go forward
        assert "; one day is taken" in told(parsed)


def test_a_zone_that_is_unknown_leaves_out_a_row_where_no_other_is_known() -> None:
    table = "start,title,tz\n2025-03-30 10:30,T,Europe/London\n2025-03-30 10:30,U,{}\n2025-03-30 10:30,V,Europe/Rome\n"
    parsed = read(table.format("Mars"), None)
    assert [session.title for session in parsed.timetable.sessions] == ["V", "T"]
    assert "“U” is left out: its time zone “Mars” is unknown" in told(parsed)


def test_a_column_for_the_status_cancels() -> None:
    for header, word in (("Status", "cancelled"), ("Cancelled", "yes"), ("Abgesagt", "x"), ("State", "Abgesagt")):
        parsed = read(f"start,title,room,{header}\n2025-03-30 11:30,T,R,{word}\n2025-03-30 11:30,U,R,\n")
        assert {session.title: session.cancelled for session in parsed.timetable.sessions} == {"T": True, "U": False}
