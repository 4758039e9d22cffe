"""What a request may say, in its body and its query: names, types and sizes, checked before the service hears it.

What the words mean for a session is the service's business, not this module's.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from streamer.core.base.errors import Invalid
from streamer.web.http.problems import TooSlow

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body."""
BODY_DEADLINE = 10.0
"""Seconds within which a body must be here."""
LARGEST = 1e9
"""No number in a request is larger: minutes, revisions."""
KEY_LENGTH = 200
AN_INSTANT = 'a time as ISO 8601 with offset, such as "2025-09-08T09:30:00+02:00"'


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a value has to be, in words for the person whose value is refused. For use in ``Annotated``."""

    text: str
    limits: str = ""
    """Of a number, in words."""


def _instant(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("the offset is missing")
    return text


def not_blank(text: str) -> str:
    """The text. Raises ValueError for one of white space alone."""
    if not text.strip():
        raise ValueError("it is blank")
    return text


InstantText = Annotated[
    str,
    AfterValidator(_instant),
    Field(json_schema_extra={"format": "date-time"}),
    Wanted(AN_INSTANT),
]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False), Wanted("a number")]
Count = Annotated[int, Field(ge=0, le=int(LARGEST)), Wanted("a whole number, not negative")]
Flag = Annotated[bool, Wanted("true or false")]
Text = Annotated[str, AfterValidator(not_blank), Field(min_length=1), Wanted("a text")]


class Body(BaseModel):
    """The body of a request: a JSON object of these keys and no others, of exactly these types.

    A key that may be left out has a default; ``model_fields_set`` says which keys are there.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NoKeys(Body):
    """A body that says nothing."""


B = TypeVar("B", bound=BaseModel)


def unknown_name(name: str, known: Collection[str], place: str) -> Invalid:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    else:
        hint = f"known: {', '.join(sorted(known))}" if known else "nothing is expected here"
    return Invalid(f"{name[:60]!r} is not known in the {place}", where=name[:60], hint=hint)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise Invalid(f"{name[:60]!r} is there twice", where=name[:60], hint="say it once")
        document[name] = value
    return document


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``; an empty body is an empty object. Raises Invalid."""
    try:
        document = json.loads(raw or b"{}", object_pairs_hook=_once_each, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Invalid(
            "the body is not JSON", where=f"line {error.lineno}, column {error.colno}", hint=error.msg
        ) from error
    except (ValueError, RecursionError) as error:
        raise Invalid("the body is not JSON", where="body") from error
    if not isinstance(document, dict):
        raise Invalid("the body is not a JSON object", where="body", hint='write {"key": value}')
    return document


def parse_body(raw: bytes, model: type[B]) -> B:
    """The body as ``model``; see :func:`validated`."""
    return validated(parse_object(raw), model)


def validated(document: Mapping[str, Any], model: type[B]) -> B:
    """The document as ``model``. Raises Invalid, which names the first key that is wrong: unknown, of a wrong value or
    missing, in this order."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _refused(error, model) from error


def _refused(error: ValidationError, model: type[BaseModel]) -> Invalid:
    order = {"extra_forbidden": 0, "missing": 2}
    first = min(error.errors(include_url=False), key=lambda one: order.get(one["type"], 1))
    name = str(first["loc"][0]) if first["loc"] else "body"
    if first["type"] == "extra_forbidden":
        return unknown_name(name, model.model_fields, "body")
    field = model.model_fields.get(name)
    found = [one for one in field.metadata if isinstance(one, Wanted)] if field is not None else []
    wanted = found[0] if found else Wanted("what is described")
    if first["type"] == "missing":
        return Invalid(f"{name!r} is missing", where=name, hint=f"give {wanted.text}")
    if wanted.limits and first["type"] in ("greater_than_equal", "less_than_equal", "string_too_long"):
        return Invalid(f"{name!r} has to be {wanted.limits}", where=name)
    return Invalid(f"{name!r} is not {wanted.text}", where=name)


async def read_body(request: web.Request, model: type[B], *, within: float = BODY_DEADLINE) -> B:
    """The body of a request; see :func:`parse_body` and :func:`read_raw`."""
    return parse_body(await read_raw(request, within=within), model)


async def read_raw(request: web.Request, *, within: float = BODY_DEADLINE) -> bytes:
    """The bytes of a body. Raises HTTPRequestEntityTooLarge beyond ``BODY_LIMIT``, TooSlow where it takes longer than
    ``within`` seconds."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, request.content_length or 0)
    try:
        async with asyncio.timeout(within):
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


def instant(request: web.Request, name: str) -> datetime | None:
    """An instant in the query; None where it is left out. Raises Invalid."""
    text = request.query.get(name)
    if text is None:
        return None
    hint = "write it as 2025-09-08T09:30:00+02:00, the + as %2B"
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("this is no instant", where=name, hint=hint) from error
    if at.tzinfo is None:
        raise Invalid("the instant has no offset", where=name, hint=hint)
    return at


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
