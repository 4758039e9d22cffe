"""The format is found from the content, and nothing but TimetableError ever comes out."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.feeds.made_up import FEEDS, ICALENDAR, OPENCAST_JSON, archive

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.sessions import Parsed
from streamer.timetables import FORMATS, parse
from streamer.timetables.items.options import Options

TOML = '[conference]\ntitle = "Day"\ntimezone = "UTC"\n'
XML = "<schedule><conference><title>Day</title><time_zone_name>UTC</time_zone_name></conference></schedule>"
JSON = '{"schedule": {"conference": {"title": "Day", "time_zone_name": "UTC", "days": []}}}'


def read(data: bytes, format: str | None = None) -> Parsed:
    return parse(data, name="misleading.ics", timezone=None, format=format)


CALENDAR = ICALENDAR.decode().replace("BEGIN:VEVENT", "X-WR-CALNAME:Day\r\nBEGIN:VEVENT")


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (TOML, "toml"),
        ("# a comment <html>\n\n" + TOML, "toml"),
        ("sessions = []\n" + TOML, "toml"),
        ("[[sessions]]\n", None),
        ("[ conference ]\n" + TOML.partition("\n")[2], "toml"),
        (XML, "frab-xml"),
        ("\ufeff  \n<?xml version='1.0'?>" + XML, None),
        ("\ufeff<?xml version='1.0'?><!-- html -->" + XML, "frab-xml"),
        (JSON, "schedule-json"),
        ("\ufeff\r\n " + JSON, "schedule-json"),
        ("\ufeff" + CALENDAR, "icalendar"),
        ("# made by hand\n; another\n\n\ufeff" + CALENDAR, "icalendar"),
        ("\ufeff// made by hand\r\n" + CALENDAR, "icalendar"),
        ("<!-- made\nby hand -->\n" + CALENDAR.replace("BEGIN", "begin", 1), "icalendar"),
        ("Content-Type: text/calendar\r\n\r\n" + CALENDAR, "icalendar"),
        (TOML + '# BEGIN:\n[[sessions]]\nid = """\nBEGIN:VCALENDAR\n"""\n', None),
    ],
)
def test_the_content_decides(text: str, format: str | None) -> None:
    if format is None:
        with pytest.raises(TimetableError):
            read(text.encode())
    else:
        parsed = read(text.encode())
        assert parsed.format == format
        assert parsed.timetable.title == "Day"


@pytest.mark.parametrize(("text", "format"), [(TOML, "toml"), (XML, "frab-xml"), (JSON, "schedule-json")])
def test_a_format_may_be_demanded(text: str, format: str) -> None:
    assert read(text.encode(), format).format == format
    for other in set(FORMATS) - {format}:
        with pytest.raises(TimetableError):
            read(text.encode(), other)


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        (b"", "empty", "cut short"),
        (b" \n\xef\xbb\xbf", "format is not known", ""),
        (b"\xef\xbb\xbf \n", "empty", ""),
        (b"\x00" * 5000, "empty", ""),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page", "login"),
        (b"\n<?xml version='1.0'?>\n<!-- x --><HTML lang='en'>", "web page", "login"),
        (b"BEGIN:VCALENDAR\r\n", "has no END", "cut short"),
        (gzip.compress(XML.encode(), mtime=0)[:-9], "not whole gzip", "cut short"),
        (gzip.compress(b" " * 41_000_000, 1, mtime=0), "longer than 40 MB", "right address"),
        (b"<a>" + b" " * 40_000_000, "longer than 40 MB", "right address"),
        (b'{"detail": "Invalid token."}', "Invalid token", "token"),
        (b"[" + b"{}," * 1_100_000 + b"{}]", "more values than", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel", "XLSX"),
        (b"%PDF-1.7", "PDF", "TOML"),
        (b"PK\x03\x04....", "not XLSX", "save it again"),
        (b"Time,Title\n09:00,Talk\n", "its times have no date", "--date"),
        (b"Wann;Was\nmorgens;Kaffee\n", "no columns for a start and a title", "--columns"),
        (b"[1, 2]", "schedule.conference", ""),
        (b"[true]", "schedule.conference", ""),
        (b"[[[]]]", "schedule.conference", ""),
        (b"[conference\ntitle = 1", "not TOML", ""),
        (b"Not found", "format is not known", ""),
        (b"\n" * 4_000_000 + b"=", "empty", ""),
        (b"x" + b"\n" * 4_000_000, "format is not known", ""),
        (b"<!---->" * 580 + b"<", "not XML", ""),
    ],
)
def test_what_is_no_timetable_is_told_apart(data: bytes, message: str, hint: str) -> None:
    with pytest.raises(TimetableError) as caught:
        read(data)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.where.startswith("misleading.ics")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"<schedule>\n<<<<<<< HEAD\n<a/>\n=======\n<b/>\n>>>>>>> main\n{XML}</schedule>", "not XML"),
        ('{"schedule":\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> main\n}', "not JSON"),
        (f"{TOML[:12]}\n<<<<<<< HEAD\n=======\n>>>>>>> main\n".replace("\n\n", "\n"), "not TOML"),
    ],
)
def test_conflict_markers_are_named(text: str, kind: str) -> None:
    with pytest.raises(TimetableError) as caught:
        read(text.encode())
    assert str(caught.value).startswith(f"misleading.ics, line 2: {kind}: conflict markers")


def test_conflict_markers_at_the_very_beginning() -> None:
    with pytest.raises(TimetableError, match="line 1: not XML: conflict markers"):
        read(b"<<<<<<< HEAD\n[conference]\n")


def test_an_unknown_zone_is_an_error_and_not_the_timetables() -> None:
    with pytest.raises(TimetableError, match="unknown time zone “Mars/Olympus”"):
        parse(TOML.encode(), name="day", timezone="Mars/Olympus")


@pytest.mark.parametrize("format", FEEDS)
def test_the_content_tells_every_format(format: str) -> None:
    plain = parse(FEEDS[format], name="misleading.ics", timezone="Europe/Berlin")
    assert plain.format == format
    assert plain.timetable.sessions[0].title == "T"
    assert parse(gzip.compress(FEEDS[format]), name="feed.gz", timezone="Europe/Berlin") == plain
    assert parse(FEEDS[format], name="feed", timezone="Europe/Berlin", options=Options(format=format)) == plain


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"<?xml version='1.0' encoding='utf-7'?><a/>")
@example(b"<a>\xff</a>")
@example(b"[[sessions]]\nid=1e999999999999")
@example(b"\xff\xfe<\x00")
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for format in (None, *FORMATS):
        with contextlib.suppress(TimetableError):
            read(data, format)


VALID = {
    "toml": TOML + '[[sessions]]\nid = "a"\nroom = "R"\ntitle = "T"\nstart = 2025-03-30T02:30:00\nduration = "90m"\n',
    "frab-xml": (
        "<schedule><conference><title>Day</title><time_zone_name>CET</time_zone_name><day_change>04:00</day_change>"
        "</conference><day date='2025-03-30'><room name='R'><event guid='a' id='1'><start>02:30</start>"
        "<duration>01:30</duration><title>T</title></event></room></day></schedule>"
    ),
    "schedule-json": (
        '{"schedule": {"conference": {"title": "Day", "time_zone_name": "CET", "days": [{"date": "2025-03-30",'
        '"rooms": {"R": [{"guid": "a","start": "02:30", "duration": "1:30", "title": "T", "do_not_record": true}]}}]}}}'
    ),
}


@pytest.mark.parametrize("format", VALID)
def test_the_same_day_in_every_format(format: str) -> None:
    (session,) = read(VALID[format].encode()).timetable.sessions
    assert (session.id, session.room, session.title, session.duration.total_seconds()) == ("a", "r", "T", 5400)


@settings(deadline=None, max_examples=300)
@given(st.data(), st.sampled_from(sorted(VALID)), st.sampled_from([None, "Europe/Copenhagen", "UTC"]))
def test_no_damage_raises_anything_else(data: st.DataObject, format: str, timezone: str | None) -> None:
    damaged = VALID[format]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(damaged)))
        end = data.draw(st.integers(start, min(len(damaged), start + 12)))
        piece = data.draw(
            st.sampled_from(["", "9999", "-", "0001", "24:00", "T25", '"', "<", ">", "]", "}", "\n", "null"])
        )
        damaged = damaged[:start] + piece + damaged[end:]
    assert_sound(damaged.encode(), format, timezone)


PIECES = (
    b"", b"9999", b"-1", b"\x00", b"\xff", b'"', b"<", b"{", b"]", b"\n", b"null", b"99999999999999999999", b";", b",",
    b"FREQ=SECONDLY", b"INTERVAL=0", b"COUNT=-5", b"BYDAY=99MO", b"P9999999W", b"0001-01-01", b"9999-12-31T23:59:59",
    b"99991231T235959", b"BEGIN:VEVENT\r\n", b"<<<<<<< HEAD\n", b"\\ud800", b"[[[[",
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.data(), st.sampled_from(sorted(FEEDS)), st.sampled_from([None, "Europe/Berlin"]), st.booleans())
def test_no_cut_flip_or_splice_raises_anything_else(
    data: st.DataObject, format: str, timezone: str | None, demanded: bool
) -> None:
    damaged = FEEDS[format]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(damaged)))
        match data.draw(st.sampled_from(["cut", "flip", "piece", "splice"])):
            case "cut":
                damaged = damaged[:start]
            case "flip" if start < len(damaged):
                flipped = damaged[start] ^ (1 << data.draw(st.integers(0, 7)))
                damaged = damaged[:start] + bytes([flipped]) + damaged[start + 1 :]
            case "piece":
                end = data.draw(st.integers(start, min(len(damaged), start + 12)))
                damaged = damaged[:start] + data.draw(st.sampled_from(PIECES)) + damaged[end:]
            case _:
                other = FEEDS[data.draw(st.sampled_from(sorted(FEEDS)))]
                begin = data.draw(st.integers(0, len(other)))
                damaged = damaged[:start] + other[begin : begin + 60] + damaged[start:]
    assert_sound(damaged, format if demanded else None, timezone)


PARTS_OF_CELLS = (
    "9 9:30 24:00 0.4 12 am p – - UTC +02:00 -0500 EST Sat ² 31.03. 2025 2025-03-30 02:30 30/03/2025 March 9999-12-31 "
    "h noon 下午 ( ) to day"
)
CELLS = st.text(max_size=12) | st.lists(st.sampled_from([" ", *PARTS_OF_CELLS.split()]), max_size=5).map("".join)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS, CELLS), max_size=2), st.booleans())
def test_no_cell_raises_anything_else(rows: list[tuple[str, ...]], dated: bool) -> None:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["date" if dated else "room", "start", "end", "duration", "timezone", "all day", "title"])
    writer.writerows([*row, "T"] for row in rows)
    assert_sound(table.getvalue().encode(errors="replace"), "csv", "Europe/Berlin")


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_no_damage_inside_a_workbook_raises_anything_else(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(FEEDS["xlsx"])) as whole:
        parts = {name: whole.read(name).decode() for name in whole.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    start = data.draw(st.integers(0, len(parts[name])))
    end = data.draw(st.integers(start, min(len(parts[name]), start + 12)))
    piece = data.draw(
        st.sampled_from(["", "9", "-1", "1e308", "nan", "_x0000_", "s='9'", "t='d'", "A1:ZZ9999999", "<v/>", "<c>"])
    )
    parts[name] = parts[name][:start] + piece + parts[name][end:]
    assert_sound(archive(parts), None, "Europe/Berlin")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["a", "02:30", "9999-12-31"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
JSON_FEEDS = {name: FEEDS[name] for name in ("schedule-json", "pretalx", "indico", "sessionize")}
JSON_FEEDS["opencast"] = OPENCAST_JSON


@settings(deadline=None, max_examples=200)
@given(st.data(), st.sampled_from(sorted(JSON_FEEDS)), JSON_VALUES)
def test_no_value_in_the_place_of_another_raises_anything_else(data: st.DataObject, format: str, value: object) -> None:
    document = json.loads(JSON_FEEDS[format])
    place = document
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    assert_sound(json.dumps(document).encode(), format, "Europe/Berlin")
    assert_sound(json.dumps(document).encode(), None, "Europe/Berlin")


EVENTS = st.fixed_dictionaries(
    {"duration": JSON_VALUES | st.just("1:00"), "start": JSON_VALUES | st.just("02:30"), "date": JSON_VALUES},
    optional=dict.fromkeys(
        ("guid", "id", "room", "title", "persons", "do_not_record", "recording", "end", "abstract"), JSON_VALUES
    ),
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=3), JSON_VALUES | st.just("2025-03-30"))
def test_no_kind_of_json_value_raises_anything_else(events: list[object], date: object) -> None:
    document = {"schedule": {"conference": {"time_zone_name": "CET", "days": [{"date": date, "rooms": {"R": events}}]}}}
    assert_sound(json.dumps(document).encode(), "schedule-json", None)


def assert_sound(data: bytes, format: str | None, timezone: str | None) -> None:
    """A located TimetableError, or a timetable with unique ids and windows that have a length."""
    try:
        parsed = parse(data, name="feed", timezone=timezone, format=format)
    except TimetableError:
        return
    ids = [session.id for session in parsed.timetable.sessions]
    assert len(ids) == len(set(ids))
    assert all(session.start < session.end for session in parsed.timetable.sessions)
    assert parsed.timetable.revision.encode()
