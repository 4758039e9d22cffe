"""Every error of the interface as a problem document (RFC 9457), and as nothing else.

A refusal says what is wrong, where, and what is possible instead. An unexpected error becomes a 500 with a number that
is in the log too. Clients never get a traceback or a text of a library.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, NotRequired

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from streamer.core.base.described import Described, TypedDict
from streamer.core.base.errors import Conflict, Forbidden, Invalid, NotFound, NotYet, Refused, StreamerError

CONTENT_TYPE = "application/problem+json"


class ProblemDocument(TypedDict):
    """What is wrong (RFC 9457), where, and what to do about it."""

    type: Annotated[str, Described(format="uri-reference")]
    title: Annotated[str, Described("The status in words")]
    status: Annotated[int, Described("The HTTP status", minimum=400)]
    detail: Annotated[str, Described("What is wrong")]
    where: NotRequired[Annotated[str, Described("The key, file or thing it is about")]]
    hint: NotRequired[Annotated[str, Described("What to do, or what is possible instead")]]
    id: NotRequired[Annotated[str, Described("Of an unexpected error: the log says more at it")]]


_log = structlog.stdlib.get_logger(__name__)


class Unauthenticated(Refused):
    """The request has no token, or an unknown one."""


class Misdirected(Refused):
    """The request names a host that is not ours."""


class Later(Refused):
    """It will be possible in ``retry_after`` seconds."""

    temporary = True

    def __init__(self, message: str, *, retry_after: int, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_after = retry_after


class TooMany(Later):
    """Too many failed attempts."""


class NotReady(Later):
    """The service is starting, or stopping."""


class Busy(Later):
    """As many such requests as the machine can serve are under way."""


class TooSlow(Refused):
    """A request did not arrive in time."""

    temporary = True


_STATUS: dict[type[Refused], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NotYet: HTTPStatus.SERVICE_UNAVAILABLE,
    Misdirected: HTTPStatus.MISDIRECTED_REQUEST,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    Conflict: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
}

_PLAIN_WORDS = {
    HTTPStatus.NOT_FOUND: "there is nothing at this address",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body of the request is too large",
}


def status_of(refusal: Refused) -> HTTPStatus:
    """The status that a refusal, or the nearest of its bases, is answered with."""
    for kind in type(refusal).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return HTTPStatus.BAD_REQUEST


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    where: str = "",
    hint: str = "",
    id: str = "",
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A problem document. ``where`` names the key or thing, ``hint`` says what to do, ``id`` leads to the log."""
    document: ProblemDocument = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if where:
        document["where"] = where
    if hint:
        document["hint"] = hint
    if id:
        document["id"] = id
    return web.Response(
        status=status.value,
        body=json.dumps(document).encode(),
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of_refusal(refusal: Refused) -> web.Response:
    headers = {}
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="streamer"'
    if isinstance(refusal, Later):
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, NotYet):
        headers["Retry-After"] = "1"
    return problem(status_of(refusal), refusal.message, where=refusal.where, hint=refusal.hint, headers=headers)


def of_http(raised: web.HTTPException) -> web.Response:
    """What aiohttp itself refused: an unknown address, a method, a body that is too large."""
    status = HTTPStatus(raised.status)
    if isinstance(raised, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(raised.allowed_methods))
        return problem(
            status, f"{raised.method} is not possible here", hint=f"possible: {allowed}", headers={"Allow": allowed}
        )
    return problem(status, _PLAIN_WORDS.get(status, status.description or status.phrase))


def of_fault(fault: Exception, doing: str) -> web.Response:
    """An unexpected error, logged under the id that the answer names. ``doing`` must hold no secret."""
    id = secrets.token_hex(6)
    _log.error("a request failed", id=id, request=doing, exc_info=fault)
    if isinstance(fault, StreamerError) and fault.temporary:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "this is not possible right now", hint="try again later", id=id)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the service made an error",
        hint=f"its log says more at {id}",
        id=id,
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what a handler raises into problem documents. A lost connection stays one."""
    try:
        return await handler(request)
    except Refused as refusal:
        return of_refusal(refusal)
    except web.HTTPException as raised:
        if raised.status < HTTPStatus.BAD_REQUEST:
            raise
        return of_http(raised)
    except ConnectionError:
        raise
    except Exception as fault:
        return of_fault(fault, f"{request.method} {request.path}")
