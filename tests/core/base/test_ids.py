"""Identifiers: safe everywhere, the feed's own where that is safe, and never two for one or one for two."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.day.days import LAW

from streamer.core.base.ids import room_id, session_id, slug

SAFE = re.compile(r"[A-Za-z0-9._~-]{1,64}")


@pytest.mark.parametrize("foreign", ["a", "42", "DNGC-2025.k~1", "3f2a1b9c-9b1d-5c52-8f0e-1e9d2a7b6c55", "x" * 64])
def test_a_safe_foreign_id_is_kept_verbatim(foreign: str) -> None:
    assert session_id(foreign) == foreign


@pytest.mark.parametrize(
    ("foreign", "stem"),
    [
        ("Keynote: Genomes", "keynote-genomes-"),
        ("æøå/../etc", "aeoaa-etc-"),
        ("x" * 65, "x" * 48 + "-"),
        ("日本語", ""),
        ("", ""),
        (".", ""),
        ("..", ""),
    ],
)
def test_any_other_becomes_slug_and_hash(foreign: str, stem: str) -> None:
    assert re.fullmatch(re.escape(stem) + "[0-9a-f]{8}", session_id(foreign))


def test_only_later_occurrences_carry_a_suffix() -> None:
    assert [session_id("daily", n) for n in (1, 2, 3)] == ["daily", "daily~2", "daily~3"]


def test_rooms_have_the_slug_of_their_name_or_else_a_hash() -> None:
    assert room_id("Store Sal (1. sal)") == "store-sal-1-sal"
    assert re.fullmatch("room-[0-9a-f]{8}", room_id("会議室"))
    assert room_id("会議室") != room_id("教室")


@LAW
@given(st.text(max_size=90), st.integers(min_value=1, max_value=999))
def test_every_id_is_safe_in_a_url_and_as_a_file_name(foreign: str, occurrence: int) -> None:
    for id in (session_id(foreign, occurrence), room_id(foreign)):
        assert SAFE.fullmatch(id)
        assert id.strip(".")


@LAW
@given(st.lists(st.text(max_size=70), unique=True, max_size=20))
def test_different_foreign_ids_stay_different(foreign: list[str]) -> None:
    assert len({session_id(f) for f in foreign}) == len(foreign)


@LAW
@given(st.text(max_size=90))
def test_a_slug_is_plain_bounded_and_its_own_slug(text: str) -> None:
    found = slug(text)
    assert re.fullmatch("([a-z0-9]+(-[a-z0-9]+)*)?", found)
    assert len(found) <= 48
    assert slug(found) == found
