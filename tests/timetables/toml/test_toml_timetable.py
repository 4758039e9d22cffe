"""The timetable in TOML: what is read, and that every mistake is located."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed, Room, Speaker
from streamer.timetables import parse

HEAD = """\
[conference]
title = "Day"
timezone = "Europe/Copenhagen"
"""
SESSION = """
[[sessions]]
id = "one"
room = "Main hall"
title = "First"
start = 2025-09-08T09:00:00
duration = "90m"
"""
HOUR = {"end": datetime(2025, 9, 8, 8, tzinfo=UTC)}
"""The end that is assumed for it."""


def read(text: str, timezone: str | None = None) -> Parsed:
    return parse(text.encode(), name="day.toml", timezone=timezone)


def error_of(text: str, timezone: str | None = None) -> TimetableError:
    with pytest.raises(TimetableError) as caught:
        read(text, timezone)
    return caught.value


def test_a_whole_session() -> None:
    parsed = read(
        HEAD
        + SESSION
        + 'speakers = [{ name = "Ada", affiliation = "Analytical" }, { name = "Bo" }]\n'
        + 'abstract = """\nLine one.\n[[sessions]]\nid = "not a key"\n"""\nrecord = false\nstream = true\n'
    )
    (session,) = parsed.timetable.sessions
    assert (session.id, session.room, session.title) == ("one", "main-hall", "First")
    assert session.start == datetime(2025, 9, 8, 7, tzinfo=UTC)
    assert session.end == datetime(2025, 9, 8, 8, 30, tzinfo=UTC)
    assert session.speakers == (Speaker(name="Ada", affiliation="Analytical"), Speaker(name="Bo"))
    assert session.abstract.startswith("Line one.")
    assert (session.record, session.stream) == (False, True)
    assert parsed.timetable.rooms == (Room(id=session.room, name="Main hall"),)
    assert (parsed.timetable.title, parsed.timetable.timezone) == ("Day", "Europe/Copenhagen")
    assert parsed.format == "toml"
    assert parsed.remarks == ()


def test_consent_that_is_not_spoken_of_stays_open() -> None:
    (session,) = read(HEAD + SESSION).timetable.sessions
    assert (session.record, session.stream) == (None, None)


def test_an_offset_needs_no_zone_and_an_end_no_duration() -> None:
    text = SESSION.replace("09:00:00", "09:00:00+05:30").replace('duration = "90m"', "end = 2025-09-08T04:30:00Z")
    parsed = read('[conference]\ntitle = "Day"\n' + text)
    (session,) = parsed.timetable.sessions
    assert session.start == datetime(2025, 9, 8, 3, 30, tzinfo=UTC)
    assert session.duration == timedelta(hours=1)
    assert "names no time zone" in parsed.remarks[0].message


def test_the_given_zone_counts_where_the_file_names_none() -> None:
    parsed = read('[conference]\ntitle = "Day"\n' + SESSION, "America/New_York")
    assert parsed.timetable.timezone == "America/New_York"
    assert parsed.timetable.sessions[0].start == datetime(2025, 9, 8, 13, tzinfo=UTC)


def test_the_files_own_zone_counts_more_and_that_is_told() -> None:
    parsed = read(HEAD + SESSION, "America/New_York")
    assert parsed.timetable.timezone == "Europe/Copenhagen"
    assert [remark.message for remark in parsed.remarks] == [
        "the timetable's own zone Europe/Copenhagen is used, not America/New_York"
    ]


def test_a_duration_is_elapsed_time_across_a_clock_change() -> None:
    text = SESSION.replace("2025-09-08T09:00:00", "2025-10-26T01:30:00").replace("90m", "2h")
    (session,) = read(HEAD + text).timetable.sessions
    assert session.start == datetime(2025, 10, 25, 23, 30, tzinfo=UTC)
    assert session.end - session.start == timedelta(hours=2)


@pytest.mark.parametrize(
    ("wall", "instant", "words"),
    [
        ("2025-03-30T02:30:00", datetime(2025, 3, 30, 1, 30, tzinfo=UTC), "does not exist in Europe/Copenhagen"),
        ("2025-10-26T02:30:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), "happens twice in Europe/Copenhagen"),
    ],
)
def test_a_time_that_the_clocks_skip_or_repeat_is_remarked_on(wall: str, instant: datetime, words: str) -> None:
    parsed = read(HEAD + SESSION.replace("2025-09-08T09:00:00", wall))
    assert parsed.timetable.sessions[0].start == instant
    (remark,) = parsed.remarks
    assert words in remark.message
    assert remark.where == "line 9, session “one”, key start"


def test_ids_that_are_not_safe_become_slug_and_hash() -> None:
    (session,) = read(HEAD + SESSION.replace('"one"', '"../Ene mene/muh"')).timetable.sessions
    assert session.id.startswith("ene-mene-muh-")


@pytest.mark.parametrize(
    ("change", "where", "message", "hint"),
    [
        (('title = "F', 'tilte = "F'), "line 8, [[sessions]], key tilte", "unknown key", "did you mean title?"),
        (('title = "F', 'colour = "F'), "line 8, [[sessions]], key colour", "unknown key", "known are id, room"),
        (('id = "one"', "id = 1"), "line 6, [[sessions]], key id", "not text", "quotes"),
        (('id = "one"\n', ""), "line 5, [[sessions]]", "id is missing", ""),
        (('room = "Main hall"', 'room = " "'), "line 7, session “one”, key room", "empty", ""),
        (
            ("2025-09-08T09:00:00", "2025-09-08"),
            "line 9, session “one”, key start",
            "not a date with a time",
            "without",
        ),
        (
            ("2025-09-08T09:00:00", '"2025-09-08T09:00:00"'),
            "line 9, session “one”, key start",
            "not a date with a time",
            "without quotes",
        ),
        (("2025-09-08T09:00:00", "0001-01-01T00:00:00"), "line 9, session “one”, key start", "year 1 ", ""),
        (("2025-09-08T09:00:00", "2025-02-30T09:00:00"), "line 9", "not TOML", ""),
        (("[[sessions]]", "[[session]]"), "line 5, key session", "unknown key", "did you mean sessions?"),
        (("[[sessions]]", "[sessions]"), "line 5, key sessions", "list of tables", "[[sessions]]"),
        (("Europe/Copenhagen", "Europe/Kopenhagen"), "line 3, [conference], key timezone", "unknown time zone", "IANA"),
        (("timezone =", "zone ="), "line 3, [conference], key zone", "unknown key", "did you mean timezone?"),
        (('timezone = "Europe/Copenhagen"\n', ""), "line 8, session “one”, key start", "local", "[conference]"),
        (('title = "Day"\n', ""), "line 1, [conference]", "title is missing", ""),
        (("[conference]", "[konference]"), "line 1, key konference", "unknown key", "did you mean conference?"),
    ],
)
def test_a_mistake_names_line_and_key(change: tuple[str, str], where: str, message: str, hint: str) -> None:
    whole = HEAD + SESSION
    assert change[0] in whole
    error = error_of(whole.replace(change[0], change[1], 1))
    assert error.where == f"day.toml, {where}"
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("change", "where", "message", "changed"),
    [
        (('duration = "90m"', "end = 2025-09-08T08:59:00"), "session “one”", "ends before it starts", HOUR),
        (('duration = "90m"', "end = 2025-09-08T09:00:00"), "session “one”", "ends when it starts", HOUR),
        (('duration = "90m"', 'end = "10:30"'), "session “one”", "is not a date with a time", HOUR),
        (('duration = "90m"', 'duration = "0m"'), "session “one”", "ends when it starts", HOUR),
        (('duration = "90m"', 'duration = "90"'), "session “one”", "its duration “90”", HOUR),
        (('duration = "90m"', "duration = 90"), "session “one”", "its duration is not text", HOUR),
        (('duration = "90m"\n', ""), "session “one”", "has no end", HOUR),
        (('"90m"', '"90m"\nend = 2025-09-08T10:30:00'), "line 10, session “one”, key duration", "the end is taken", {}),
        (('"90m"', '"90m"\nend = 2025-09-08'), "line 11, session “one”, key end", "the duration is taken", {}),
        (('"90m"', '"90m"\nrecord = "yes"'), "line 11, session “one”, key record", "as false", {"record": False}),
        (('"90m"', '"90m"\nkind = "talk"'), "line 11, session “one”, key kind", "neither session nor break", {}),
        (('"90m"', '"90m"\nabstract = 5'), "line 11, session “one”, key abstract", "not text", {}),
        (('"90m"', '"90m"\ncancelled = "no"'), "line 11, session “one”, key cancelled", "neither true nor false", {}),
        (('"90m"', '"90m"\nspeakers = ["Ada"]'), "line 11, session “one”, key speakers", "list of tables", {}),
        (('"90m"', '"90m"\nspeakers = [{ nam = "Ada" }]'), "line 11, session “one”, key speakers", "did you mean", {}),
    ],
)
def test_a_mistake_in_an_optional_key_costs_only_that_key(
    change: tuple[str, str], where: str, message: str, changed: dict[str, object]
) -> None:
    whole = HEAD + SESSION
    assert change[0] in whole
    parsed = read(whole.replace(change[0], change[1], 1))
    (session,), (right,) = parsed.timetable.sessions, read(whole).timetable.sessions
    assert replace(session, doubt=None) == replace(right, **changed)  # type: ignore[arg-type]
    (remark,) = parsed.remarks
    assert where in remark.where
    assert message in remark.message


def test_a_second_session_with_the_same_id_names_both_lines() -> None:
    error = error_of(HEAD + SESSION + SESSION)
    assert error.where == "day.toml, line 13, [[sessions]], key id"
    assert "“one”" in error.message
    assert "line 5" in error.hint


def test_lines_are_right_behind_text_that_looks_like_tables() -> None:
    tricky = (
        "abstract = '''\n[[sessions]]\nend = 1\n'''\n\n# \"\"\" [[sessions]]\n[[ sessions ]] # second\nid = \"two\"\n"
    )
    error = error_of(HEAD + SESSION + tricky)
    assert error.where == "day.toml, line 17, session “two”"


def test_a_file_written_with_inline_tables_has_errors_with_the_line_of_the_array() -> None:
    text = 'sessions = [{ id = "one", room = "r", title = "t", start = 2025-09-08 }]\n' + HEAD
    assert error_of(text).where == "day.toml, line 1, session “one”, key start"


def test_an_empty_file_of_sessions_is_read_with_a_remark() -> None:
    parsed = read(HEAD)
    assert parsed.timetable.sessions == ()
    assert [remark.message for remark in parsed.remarks] == ["the timetable has no session"]


def test_overlapping_and_very_long_sessions_are_remarked_on() -> None:
    second = (
        SESSION.replace('"one"', '"two"').replace("First", "Second").replace("T09:00", "T10:00").replace("90m", "26h")
    )
    parsed = read(HEAD + SESSION + second)
    assert [remark.message for remark in parsed.remarks] == [
        "“Second”: it would last 1d2h; until the crew approves that, it is assumed to last 1h",
        "in Main hall “Second” starts at 2025-09-08 10:00, before “First” ends at 10:30",
    ]
    assert parsed.remarks[1].session == "two"


def test_back_to_back_sessions_do_not_overlap() -> None:
    second = SESSION.replace('"one"', '"two"').replace("T09:00", "T10:30")
    assert read(HEAD + SESSION + second).remarks == ()


def test_rooms_whose_slugs_are_the_same_stay_two_rooms() -> None:
    second = SESSION.replace('"one"', '"two"').replace("Main hall", "Main-Hall!")
    third = SESSION.replace('"one"', '"three"').replace("Main hall", "MAIN HALL").replace("T09", "T15")
    parsed = read(HEAD + SESSION + second + third)
    assert [(room.id, room.name) for room in parsed.timetable.rooms] == [
        ("main-hall", "Main hall"),
        ("main-hall-2", "Main-Hall!"),
    ]


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2150, 1, 1)).map(
        lambda d: d.replace(microsecond=0)
    ),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    st.integers(1, 600),
)
def test_instants_survive_the_file(wall: datetime, zone: timezone, minutes: int) -> None:
    start = wall.replace(tzinfo=zone)
    end = start + timedelta(minutes=minutes)
    text = SESSION.replace("2025-09-08T09:00:00", start.isoformat()).replace(
        'duration = "90m"', f"end = {end.isoformat()}"
    )
    (session,) = read(HEAD + text).timetable.sessions
    assert (session.start, session.end) == (start, end)


def test_the_shipped_day_is_read_without_a_remark() -> None:
    shipped = Path(__file__).parents[3] / "schedules" / "dngc-2025.toml"
    parsed = parse(shipped.read_bytes(), name=shipped.name, timezone=None)
    assert parsed.remarks == ()
    sessions = parsed.timetable.sessions
    assert [session.id for session in sessions] == ["session-1", "session-2", "session-3", "session-4"]
    assert all((session.record, session.stream) == (True, True) for session in sessions)
    assert sessions[0].start >= datetime(2025, 9, 8, 6, tzinfo=UTC)
    assert sessions[-1].end <= datetime(2025, 9, 8, 16, 30, tzinfo=UTC)
    assert len(sessions[0].speakers) == 8
    assert len(parsed.timetable.rooms) == 1


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("start = 2025-09-08T09:00", "a time has seconds"),
        ("start = 2025-09-08 9:00 # early", "a time has seconds"),
        ("title = “T”", "straight"),
        ("title = ", ""),
    ],
)
def test_what_people_write_instead_of_toml_is_told_how_to_mend(line: str, hint: str) -> None:
    with pytest.raises(TimetableError, match=r"line 2: not TOML") as caught:
        parse(f"[[sessions]]\n{line}\n".encode(), name="day", timezone=None, format="toml")
    assert hint in caught.value.hint
    assert bool(caught.value.hint) == bool(hint)


def test_a_zone_that_is_only_a_city_is_asked_back() -> None:
    with pytest.raises(TimetableError) as caught:
        parse(b'[conference]\ntitle = "D"\ntimezone = "Berlin"\n', name="day", timezone=None)
    assert caught.value.hint == "did you mean Europe/Berlin?"
