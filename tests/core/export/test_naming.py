"""Names of finished files, and what players read inside them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW, MAIN, NINE, session

from streamer.core.base.ids import RoomId, SessionId, room_id, session_id
from streamer.core.export.naming import file_stem, mp4_metadata
from streamer.core.timetable.sessions import Speaker

ZONE = ZoneInfo("Europe/Copenhagen")
UUID = "3f2a1b9c-9b1d-5c52-8f0e-1e9d2a7b6c55"


def stem(id: str, title: str = "Genomes", room: RoomId = RoomId("main")) -> str:  # noqa: B008 - a string
    return file_stem(replace(session("a"), id=SessionId(id), title=title), room, NINE, ZONE)


def test_a_name_says_when_where_and_what() -> None:
    assert stem("k1", "Keynote: Ægte gener & mere") == "2025-09-08_main_k1_keynote-aegte-gener-mere"
    assert stem(UUID) == f"2025-09-08_main_{UUID}_genomes"
    assert stem("k1", "講演") == "2025-09-08_main_k1"


def test_an_id_that_does_not_survive_whole_gets_a_hash() -> None:
    assert re.fullmatch("2025-09-08_main_talk-[0-9a-f]{8}_genomes", stem("Talk"))
    assert re.fullmatch("2025-09-08_main_[0-9a-f]{8}_genomes", stem("~~"))
    assert re.fullmatch("2025-09-08_main_x{27}-[0-9a-f]{8}_genomes", stem("x" * 37))
    assert stem("x" * 36) == f"2025-09-08_main_{'x' * 36}_genomes"


def test_the_date_is_the_venues() -> None:
    late = NINE.replace(hour=22, minute=30)
    assert file_stem(session("a"), MAIN, late, ZONE).startswith("2025-09-09_")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Talk", "talk"),
        ("a.b", "a-b"),
        ("x" * 60 + "1", "x" * 60 + "2"),
        (UUID, f"{UUID}~2"),
        ("~", "."),
    ],
)
def test_sessions_that_differ_in_little_have_names_that_differ(one: str, other: str) -> None:
    assert stem(one).lower() != stem(other).lower()


@LAW
@given(
    st.lists(st.text(max_size=80), min_size=2, max_size=12, unique=True), st.text(max_size=200), st.text(max_size=99)
)
def test_every_name_is_short_plain_and_its_own(foreign: list[str], title: str, room: str) -> None:
    ids = {session_id(f) for f in foreign}
    names = [stem(id, title, room_id(room)) for id in ids]
    assert len(set(names)) == len(ids)
    for name in names:
        assert re.fullmatch(r"[a-z0-9_-]{1,120}", name)


def test_players_read_title_speakers_conference_and_date() -> None:
    talk = session(
        "a",
        speakers=(Speaker(name="Ada", affiliation="KU"), Speaker(name="Bo")),
        abstract="First line.\n\n  Second   line.",
    )
    assert mp4_metadata(talk, NINE + timedelta(hours=14), ZONE, "DNGC 2025", "Main hall") == (
        ("title", "Title of a"),
        ("artist", "Ada (KU), Bo"),
        ("album", "DNGC 2025"),
        ("date", "2025-09-09"),
        ("location", "Main hall"),
        ("comment", "First line. Second line."),
    )


def test_what_is_empty_is_left_out() -> None:
    assert dict(mp4_metadata(session("a", abstract=" \n"), NINE, ZONE, "", "Main")).keys() == {
        "title",
        "date",
        "location",
    }
