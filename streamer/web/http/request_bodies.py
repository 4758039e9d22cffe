"""What a request may say, in its body and its query: names, types and sizes, checked before the service hears it.

What the words mean for a session is the service's business, not this module's.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NoReturn

from aiohttp import web

from streamer.core.base.errors import Invalid
from streamer.web.http.problems import TooSlow

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body."""
BODY_DEADLINE = 10.0
"""Seconds within which a body must be here."""
LARGEST = 1e9
"""No number in a request is larger: minutes, revisions."""
KEY_LENGTH = 200


class Kind(Enum):
    """What a key of a body may hold; the value says it to a person."""

    INSTANT = 'a time as ISO 8601 with offset, such as "2025-09-08T09:30:00+02:00"'
    NUMBER = "a number"
    COUNT = "a whole number, not negative"
    FLAG = "true or false"
    TEXT = "a text"


Fields = Mapping[str, Kind]


def _is_instant(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST and math.isfinite(value)


_CHECKS: Mapping[Kind, Callable[[Any], bool]] = {
    Kind.INSTANT: _is_instant,
    Kind.NUMBER: _is_number,
    Kind.COUNT: lambda value: _is_number(value) and isinstance(value, int) and value >= 0,
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.TEXT: lambda value: isinstance(value, str) and value.strip() != "",
}


def unknown_name(name: str, known: Collection[str], place: str) -> Invalid:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    else:
        hint = f"known: {', '.join(sorted(known))}" if known else "nothing is expected here"
    return Invalid(f"{name[:60]!r} is not known in the {place}", where=name[:60], hint=hint)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise Invalid(f"{name[:60]!r} is there twice", where=name[:60], hint="say it once")
        document[name] = value
    return document


def parse_json(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``, no key twice; an empty body is an empty object. Raises Invalid."""
    try:
        document = json.loads(raw or b"{}", object_pairs_hook=_once_each, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Invalid(
            "the body is no JSON", where=f"line {error.lineno}, column {error.colno}", hint=error.msg
        ) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("the body is no JSON", where="body") from error
    if not isinstance(document, dict):
        raise Invalid("the body is no JSON object", where="body", hint='write {"key": value}')
    return document


def parse_object(raw: bytes, fields: Fields, required: Collection[str] = ()) -> dict[str, Any]:
    """The JSON object in ``raw``, of known keys and right types; see :func:`parse_json`. Raises Invalid."""
    document = parse_json(raw)
    for name, value in document.items():
        if name not in fields:
            raise unknown_name(name, fields, "body")
        if not _CHECKS[fields[name]](value):
            raise Invalid(f"{name!r} is not {fields[name].value}", where=name)
    for name in required:
        if name not in document:
            raise Invalid(f"{name!r} is missing", where=name, hint=f"give {fields[name].value}")
    return document


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body of a request; see :func:`parse_json`."""
    return parse_json(await _read(request))


async def read_object(request: web.Request, fields: Fields, required: Collection[str] = ()) -> dict[str, Any]:
    """The body of a request; see :func:`parse_object`."""
    return parse_object(await _read(request), fields, required)


async def _read(request: web.Request) -> bytes:
    """Raises HTTPRequestEntityTooLarge beyond ``BODY_LIMIT``."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, request.content_length or 0)
    try:
        async with asyncio.timeout(BODY_DEADLINE):
            return await request.read()
    except TimeoutError as error:
        raise TooSlow("the body did not arrive in time", where="body") from error
    except web.RequestPayloadError as error:
        raise Invalid("the body can't be read", where="body") from error


def check_query(request: web.Request, known: Collection[str] = ()) -> None:
    """Refuse what is not known in the query: a misspelt ``preview`` must not act. Raises Invalid."""
    for name in request.query:
        if name not in known:
            raise unknown_name(name, known, "query")


def flag(request: web.Request, name: str) -> bool:
    """A yes or no in the query; absent is no. Raises Invalid."""
    values = request.query.getall(name, ["0"])
    meaning = {"1": True, "true": True, "0": False, "false": False}
    if len(values) != 1 or values[0] not in meaning:
        raise Invalid(f"{name!r} is neither 1 nor 0", where=name)
    return meaning[values[0]]


def idempotency_key(request: web.Request) -> str | None:
    """Raises Invalid for a key that is empty, too long or of odd characters."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    if len(keys) > 1 or not re.fullmatch(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}", keys[0]):
        raise Invalid(
            f"the key is not 1 to {KEY_LENGTH} visible ASCII characters",
            where="Idempotency-Key",
            hint="a random UUID does",
        )
    return keys[0]
