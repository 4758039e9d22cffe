"""One operation: what it takes and gives is declared, and what is declared is enforced before its handler is called.

The type of the body and of the answer are read from the handler's annotations: ``Call[NewToken]`` and what it returns.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from aiohttp import hdrs, web
from pydantic import BaseModel

from streamer.core.records.tokens import Role
from streamer.web.access.tokens import ACCESS, Visitor
from streamer.web.http.answers import answer
from streamer.web.http.request_bodies import check_query, read_body

ID = "[A-Za-z0-9._~-]{1,80}"
"""What an id looks like in a path."""
PATTERNS: Mapping[str, str] = {"id": ID, "room": ID}
"""Parts of a path that have to look like something; others are anything without a slash."""
NEEDS_SERVICE = ("/api/v1/", "/live/", "/socket.io/", "/control/snapshot")
"""Paths below which there is nothing before the service has started, or after it has stopped."""

_PARAMETER = re.compile(r"\{(\w+)\}")

B = TypeVar("B", bound=BaseModel | None, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[B]):
    """A request that was let in. ``visitor`` is None where everybody is; ``body`` where nothing is read."""

    request: web.Request
    visitor: Visitor | None
    body: B

    @property
    def by(self) -> str:
        """The name of the person who asks; for operations that need a role."""
        assert self.visitor is not None
        return self.visitor.name

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that a request may say beside its path and its body. ``place`` is ``query`` or ``header``."""

    name: str
    place: str
    type: Any
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a status means. ``document`` is the type of a JSON answer; ``media`` None: there is no content."""

    status: HTTPStatus = HTTPStatus.OK
    description: str
    document: Any = str
    media: str | None = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A handler under a method and a path; ``path`` as OpenAPI spells it, such as ``/api/v1/recordings/{id}``.

    ``role`` None lets everybody in; ``or_loopback`` lets in everybody on this machine. Where the role depends on the
    request, ``role`` is the least and ``role_for`` the needed one. ``target`` says what ``{id}`` is. ``answer``
    describes a success, or ``answers`` all of them where there are several or none is JSON. ``problems`` are the
    refusals beyond those that follow from the rest. ``body`` and ``document`` are read from the handler.
    """

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]
    id: str
    summary: str
    answer: str = ""
    description: str = ""
    role: Role | None = None
    role_for: Callable[[web.Request], Role] | None = None
    or_loopback: bool = False
    target: str = "The session's id"
    patterns: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    status: HTTPStatus = HTTPStatus.OK
    answers: tuple[Answer, ...] = ()
    problems: tuple[int, ...] = ()
    body: type[BaseModel] | None = None
    document: Any = None

    def __post_init__(self) -> None:
        if self.body is not None and self.document is not None:
            return
        hints = get_type_hints(self.handler)
        if self.body is None:
            (body,) = get_args(hints["call"])
            object.__setattr__(self, "body", None if body is type(None) else body)
        if self.document is None:
            object.__setattr__(self, "document", hints["return"])

    @property
    def parts(self) -> list[str]:
        """The names of the variable parts of the path."""
        return _PARAMETER.findall(self.path)

    @property
    def gives(self) -> tuple[Answer, ...]:
        """The answers of a success."""
        return self.answers or (Answer(status=self.status, description=self.answer, document=self.document),)

    @property
    def refuses(self) -> list[int]:
        """The statuses of its problems."""
        found = set(self.problems)
        if self.role is not None:
            found |= {401, 429}
            if self.role is Role.CREW or self.method != hdrs.METH_GET:
                found.add(403)
        if self.parts:
            found.add(404)
        if self.body is not None:
            found |= {400, 408, 413}
        if self.parameters:
            found.add(400)
        if self.path.startswith(NEEDS_SERVICE):
            found.add(503)
        return sorted(found)

    def route(self) -> web.RouteDef:
        patterns = {**PATTERNS, **self.patterns}
        path = _PARAMETER.sub(lambda m: f"{{{m[1]}:{patterns[m[1]]}}}" if m[1] in patterns else m[0], self.path)
        if self.method == hdrs.METH_GET:
            return web.get(path, self._serve)
        return web.route(self.method, path, self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        visitor = await self._admitted(request)
        queries = {p.name for p in self.parameters if p.place == "query"}
        if queries:
            check_query(request, queries)
        body = await read_body(request, self.body) if self.body is not None else None
        found = await self.handler(Call(request=request, visitor=visitor, body=body))
        return found if isinstance(found, web.StreamResponse) else answer(found, self.status)

    async def _admitted(self, request: web.Request) -> Visitor | None:
        """Raises Unauthenticated, Forbidden or TooMany."""
        access = request.app[ACCESS]
        if self.role is None or (self.or_loopback and access.perimeter.is_loopback(request)):
            return None
        return await access.require(request, self.role_for(request) if self.role_for is not None else self.role)
