"""What is written as TOML or schedule.json reads back as the same timetable."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.feeds.certainty import certain
from support.feeds.made_up import FEEDS

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Room, Session, SessionKind, Speaker, Timetable
from streamer.timetables import parse
from streamer.timetables.frab.write_json import schedule_json_of
from streamer.timetables.items.text import line, paragraphs
from streamer.timetables.toml.writing import toml_of

WRITERS = {"toml": toml_of, "schedule-json": schedule_json_of}


@pytest.mark.parametrize("target", WRITERS)
@pytest.mark.parametrize("format", FEEDS)
def test_every_format_survives(format: str, target: str) -> None:
    original = certain(parse(FEEDS[format], name="feed", timezone="Europe/Berlin").timetable)
    again = parse(WRITERS[target](original).encode(), name="written", timezone=None)
    assert (again.timetable, again.format) == (original, target)
    assert again.timetable.revision == original.revision


ENTITIES = st.sampled_from(["&lt;b&gt;", "Q&amp;A &amp;amp; &#65;", "AT&T; &notit;"])
TEXTS = st.one_of(st.text(max_size=30), ENTITIES).map(line).filter(bool)
HTML = st.sampled_from(["&lt;p&gt; <i>a</i>", "a\n\nb", "<b>&amp;</b> \"'\\"])
ABSTRACTS = st.one_of(st.text(max_size=80), HTML).map(paragraphs)
SESSIONS = st.lists(
    st.builds(
        lambda minute, length, title, abstract, names, record, kind, foreign: (
            datetime(2025, 3, 30, tzinfo=UTC) + timedelta(minutes=minute),
            timedelta(minutes=length),
            title,
            abstract,
            names,
            record,
            kind,
            foreign,
        ),
        st.integers(0, 3000),
        st.integers(1, 1440),
        TEXTS,
        ABSTRACTS,
        st.lists(TEXTS, max_size=2, unique=True),
        st.sampled_from([True, False, None]),
        st.sampled_from(SessionKind),
        st.text(max_size=10).map(line),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=60)
@given(SESSIONS, st.text(max_size=10).map(line), st.sampled_from(sorted(WRITERS)))
def test_any_timetable_survives(rows: list[tuple], title: str, target: str) -> None:  # type: ignore[type-arg]
    rooms = (Room(id=RoomId("hall-amp-co"), name="Hall &amp; Co"), Room(id=RoomId("empty"), name="Empty"))
    sessions = tuple(
        Session(
            id=SessionId(f"s{number}"),
            room=RoomId("hall-amp-co"),
            title=name,
            start=start,
            end=start + length,
            speakers=tuple(Speaker(name=speaker) for speaker in names),
            abstract=abstract,
            record=record,
            stream=record,
            kind=kind,
            foreign=foreign,
            cancelled=record is False,
        )
        for number, (start, length, name, abstract, names, record, kind, foreign) in enumerate(rows)
    )
    original = Timetable(title=title, timezone="Europe/Berlin", rooms=rooms, sessions=sessions)
    again = parse(WRITERS[target](original).encode(), name="written", timezone=None)
    assert again.timetable == original


def test_what_is_written_is_for_people_and_for_others() -> None:
    original = parse(FEEDS["icalendar"], name="feed", timezone=None).timetable
    document = tomllib.loads(toml_of(original))
    assert document["conference"] == {"title": "Day", "timezone": "Europe/Berlin", "rooms": ["R"]}
    assert document["sessions"][0]["start"].isoformat() == "2025-03-30T11:30:00+02:00"
    days = json.loads(schedule_json_of(original))["schedule"]["conference"]["days"]
    assert [day["date"] for day in days] == ["2025-03-30", "2025-04-01"]
    assert days[0]["rooms"]["R"][0]["duration"] == "01:30"
