"""Identifies the sender of a request and checks its role.

A token identifies a person, in a header or in the cookie that signing in sets. The Unix socket in the data folder,
which only its owner can open, needs no token. Secrets are never logged or compared here: the service looks up their
digests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from aiohttp import web

from streamer.core.base.errors import Forbidden
from streamer.core.records.tokens import Role, Token
from streamer.engine.service.service import Service
from streamer.web.access.attempts import Attempts
from streamer.web.access.perimeter import Perimeter
from streamer.web.http.problems import TooMany, Unauthenticated

COOKIE = "streamer_token"
COOKIE_LIFE = 14 * 24 * 3600
"""Seconds for which a browser stays signed in."""
COMMAND_LINE = "command line"

_SECRET = re.compile(r"[\x21-\x7e]{16,256}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Via(Enum):
    """How a visitor was identified. Only a cookie is open to request forgery, because browsers add it by themselves."""

    BEARER = auto()
    COOKIE = auto()
    SOCKET = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """An identified sender. ``digest`` is the token's; empty on the Unix socket."""

    name: str
    role: Role
    via: Via
    digest: str = ""

    def has(self, role: Role) -> bool:
        """The crew has all rights of organisers."""
        return self.role is Role.CREW or self.role is role


def bearer(header: str) -> str:
    """The secret in an Authorization header (RFC 6750). Raises Unauthenticated if it is missing."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not _SECRET.fullmatch(secret.strip()):
        raise Unauthenticated("it has no bearer token", where="Authorization", hint="send Authorization: Bearer TOKEN")
    return secret.strip()


class Access:
    """Identifies senders. ``local`` is for the Unix socket: every client that can open it is the crew."""

    def __init__(self, service: Service, perimeter: Perimeter, attempts: Attempts, *, local: bool = False) -> None:
        self.perimeter = perimeter
        self._service = service
        self._attempts = attempts
        self._local = local

    async def identify(self, secret: str) -> Token | None:
        """The live token of a secret, which may be any text."""
        return self._service.tokens.identify(secret) if _SECRET.fullmatch(secret) else None

    async def admit(self, secret: str, address: str) -> Token:
        """Like :meth:`identify`; failures are counted. Raises Unauthenticated or TooMany."""
        token = await self.identify(secret)
        if token is None:
            self.refuse(address)
        return token

    def hold(self, address: str) -> None:
        """Raises TooMany while an address has failed too often."""
        wait = self._attempts.wait(address)
        if wait:
            raise TooMany("too many failed attempts from your address", hint=f"wait {wait} s", retry_after=wait)

    def failed(self, address: str) -> None:
        self._attempts.failed(address)

    def refuse(self, address: str) -> NoReturn:
        """Count a failure and raise the error for the answer."""
        self.hold(address)
        self._attempts.failed(address)
        raise Unauthenticated(
            "this token is unknown or has been revoked",
            where="token",
            hint="ask the crew for a link, or make one with: streamer token add",
        )

    async def visitor(self, request: web.Request) -> Visitor | None:
        """The sender; None without a token. Raises Unauthenticated or TooMany for a wrong bearer token."""
        if self._local:
            return Visitor(name=COMMAND_LINE, role=Role.CREW, via=Via.SOCKET)
        header = request.headers.get("Authorization")
        if header is not None:
            token = await self.admit(bearer(header), self.perimeter.address(request))
            return Visitor(name=token.name, role=token.role, via=Via.BEARER, digest=token.digest)
        known = await self.identify(request.cookies.get(COOKIE, ""))
        if known is None:
            return None
        return Visitor(name=known.name, role=known.role, via=Via.COOKIE, digest=known.digest)

    async def require(self, request: web.Request, role: Role) -> Visitor:
        """The sender, if it has this role. Raises Unauthenticated, Forbidden or TooMany.

        A change that is authorised only by a cookie must come from one of our own pages.
        """
        visitor = await self.visitor(request)
        if visitor is None:
            raise Unauthenticated(
                f"this needs a token of {_holder(role)}",
                where="Authorization",
                hint="sign in at /login, or send Authorization: Bearer TOKEN",
            )
        if not visitor.has(role):
            raise Forbidden(f"only {_holder(Role.CREW)} may do this", hint=f"you are {_holder(visitor.role)}")
        unsafe = request.method not in _SAFE_METHODS
        if unsafe and visitor.via is Via.COOKIE and not self.perimeter.is_same_site_change(request):
            raise Forbidden(
                "a page of another site sent this",
                where="Origin",
                hint="use the pages of this service, or a bearer token; behind a proxy set [server] public_url",
            )
        return visitor


def _holder(role: Role) -> str:
    return "the crew" if role is Role.CREW else "an organiser"


ACCESS = web.AppKey("access", Access)
