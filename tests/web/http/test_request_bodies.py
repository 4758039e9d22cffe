from __future__ import annotations

import asyncio
import json
from typing import Annotated
from unittest.mock import Mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from pydantic import Field

from streamer.core.base.errors import Invalid
from streamer.web.http.problems import TooSlow
from streamer.web.http.request_bodies import (
    BODY_LIMIT,
    KEY_LENGTH,
    Body,
    Count,
    Flag,
    InstantText,
    Number,
    Text,
    Wanted,
    flag,
    idempotency_key,
    parse_body,
    read_body,
    unknown_name,
)


class Sample(Body):
    at: InstantText = ""
    minutes: Number = 0
    record: Flag = False
    if_revision: Count = 0
    name: Text = ""


class Needed(Body):
    minutes: Number
    name: Text = ""


class Limited(Body):
    minutes: Annotated[float, Field(ge=1, le=5), Wanted("a number", limits="from 1 to 5")]


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
        ('{"minutes": "5", "minute": 5}', "minute"),
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
        parse_body(body.encode() if isinstance(body, str) else body, Sample)
    assert raised.value.where == where


def test_a_misspelt_key_gets_a_suggestion() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(b'{"minuets": 5}', Needed)
    assert raised.value.hint == "did you mean 'minutes'?"


def test_without_a_similar_name_all_are_listed() -> None:
    assert unknown_name("zzz", ["record", "minutes"], "body").hint == "known: minutes, record"
    assert unknown_name("zzz", [], "query").hint == "nothing is expected here"


def test_a_body_that_is_not_an_object_gets_an_example() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(b"[]", Sample)
    assert raised.value.hint == 'write {"key": value}'


def test_a_refusal_says_what_the_value_has_to_be() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(b'{"record": "yes"}', Sample)
    assert raised.value.message == "'record' is not true or false"


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(b"", Needed)
    assert (raised.value.message, raised.value.where, raised.value.hint) == (
        "'minutes' is missing",
        "minutes",
        "give a number",
    )


def test_a_wrong_value_is_named_before_a_missing_key() -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(b'{"name": 5}', Needed)
    assert raised.value.where == "name"


@pytest.mark.parametrize(
    ("value", "wanted"), [("0", "has to be from 1 to 5"), ("6", "has to be from 1 to 5"), ('"x"', "is not a number")]
)
def test_a_number_outside_its_limits_is_told_the_limits(value: str, wanted: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_body(f'{{"minutes": {value}}}'.encode(), Limited)
    assert raised.value.message == f"'minutes' {wanted}"


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_body(b"", Sample).model_dump(exclude_unset=True) == {}


def test_what_is_right_arrives_as_it_is() -> None:
    body = {"at": "2025-09-08T10:00:00+02:00", "minutes": -2.5, "record": False, "if_revision": 3}
    assert parse_body(json.dumps(body).encode(), Sample).model_dump(exclude_unset=True) == body


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_an_object_or_refused(body: bytes) -> None:
    try:
        found = parse_body(body, Sample)
    except Invalid:
        return
    assert found.model_fields_set <= set(Sample.model_fields)


def sent(*chunks: bytes, whole: bool = True, **headers: str) -> web.Request:
    """A request whose body arrives in chunks."""
    payload = StreamReader(Mock(), limit=2**16, loop=asyncio.get_running_loop())
    for chunk in chunks:
        payload.feed_data(chunk)
    if whole:
        payload.feed_eof()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("POST", "/", headers=named, payload=payload)


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    assert (await read_body(sent(b'{"minutes"', b": 5}"), Sample)).minutes == 5
    with pytest.raises(TooSlow):
        await read_body(sent(b'{"minutes"', whole=False), Sample, within=0.0)


async def test_a_body_that_breaks_off_is_refused() -> None:
    broken = sent(b'{"minutes"', whole=False)
    broken.content.set_exception(web.RequestPayloadError("cut"))
    with pytest.raises(Invalid, match="can't be read"):
        await read_body(broken, Sample)


async def test_a_body_that_announces_too_much_is_not_read() -> None:
    at_the_limit = sent(b"{}", Content_Length=str(BODY_LIMIT))
    assert (await read_body(at_the_limit, Sample)).minutes == 0
    with pytest.raises(web.HTTPRequestEntityTooLarge):
        await read_body(sent(whole=False, Content_Length=str(BODY_LIMIT + 1)), Sample)


@pytest.mark.parametrize(
    ("query", "meaning"),
    [("", False), ("?dry=1", True), ("?dry=true", True), ("?dry=0", False), ("?dry=false", False), ("?wet=1", False)],
)
def test_a_flag_in_the_query(query: str, meaning: bool) -> None:
    assert flag(make_mocked_request("GET", f"/{query}"), "dry") is meaning


@pytest.mark.parametrize("query", ["?dry=maybe", "?dry=", "?dry=0&dry=1", "?dry=1&dry=1"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused(query: str) -> None:
    with pytest.raises(Invalid):
        flag(make_mocked_request("GET", f"/{query}"), "dry")


def keyed(*keys: str) -> web.Request:
    return make_mocked_request("POST", "/", headers=CIMultiDict(("Idempotency-Key", key) for key in keys))


@pytest.mark.parametrize("keys", [(), ("a",), ("~" * KEY_LENGTH,)])
def test_an_idempotency_key(keys: tuple[str, ...]) -> None:
    assert idempotency_key(keyed(*keys)) == next(iter(keys), None)


@pytest.mark.parametrize("keys", [("",), ("a b",), ("é",), ("a" * (KEY_LENGTH + 1),), ("a", "a")])
def test_an_odd_idempotency_key_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        idempotency_key(keyed(*keys))
