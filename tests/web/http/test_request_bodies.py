from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.core.base.errors import Invalid
from streamer.web.http.request_bodies import Kind, parse_object

FIELDS = {
    "at": Kind.INSTANT,
    "minutes": Kind.NUMBER,
    "record": Kind.FLAG,
    "if_revision": Kind.COUNT,
    "name": Kind.TEXT,
}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"minutes": "5"}', "minutes"),
        ('{"minutes": true}', "minutes"),
        ('{"minutes": null}', "minutes"),
        ('{"minutes": 1e400}', "minutes"),
        ('{"minutes": 1e12}', "minutes"),
        (f'{{"minutes": {"9" * 400}}}', "minutes"),
        ('{"at": "2025-09-08T10:00:00"}', "at"),
        ('{"at": "now"}', "at"),
        ('{"at": 5}', "at"),
        ('{"record": 1}', "record"),
        ('{"record": "yes"}', "record"),
        ('{"if_revision": 1.5}', "if_revision"),
        ('{"if_revision": -1}', "if_revision"),
        ('{"if_revision": true}', "if_revision"),
        ('{"name": "  "}', "name"),
        ('{"minute": 5}', "minute"),
        ('{"minutes": 5, "minutes": 6}', "minutes"),
        ('{"minutes": NaN}', "body"),
        ('{"minutes": Infinity}', "body"),
        (f'{{"minutes": {"9" * 5000}}}', "body"),
        ("[" * 40_000, "body"),
        ('{"minutes": }', "line 1, column 13"),
        ("[]", "body"),
        ('"text"', "body"),
        ("null", "body"),
        (b"\xff\xfe{", "body"),
        (b"{\x00}", "line 1, column 2"),
    ],
)
def test_a_bad_body_is_refused_by_naming_the_place(body: str | bytes, where: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_object(body.encode() if isinstance(body, str) else body, FIELDS)
    assert raised.value.where == where


def test_a_misspelt_key_gets_a_suggestion() -> None:
    with pytest.raises(Invalid) as raised:
        parse_object(b'{"minuets": 5}', FIELDS)
    assert raised.value.hint == "did you mean 'minutes'?"


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Invalid) as raised:
        parse_object(b"", FIELDS, required=("minutes",))
    assert raised.value.where == "minutes"


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_object(b"", FIELDS) == {}


def test_what_is_right_arrives_as_it_is() -> None:
    body = {"at": "2025-09-08T10:00:00+02:00", "minutes": -2.5, "record": False, "if_revision": 3}
    assert parse_object(json.dumps(body).encode(), FIELDS) == body


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_an_object_or_refused(body: bytes) -> None:
    try:
        found = parse_object(body, FIELDS)
    except Invalid:
        return
    assert set(found) <= set(FIELDS)
