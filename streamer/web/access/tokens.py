"""Identifies the sender of a request and checks its role.

A secret identifies a person: a token's in a header, or a browser's in the cookie that signing in sets. The Unix
socket in the data folder, which only its owner can open, needs none. Secrets are never logged or compared here: the
service looks up their digests.

A secret that is right is always accepted. Failures are limited for each address, but they lock nobody else out there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from aiohttp import web

from streamer.core.base.errors import Forbidden
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.engine.service.tokens import Credential
from streamer.web.access.access_log import AccessEvent, AccessLog
from streamer.web.access.attempts import Attempts
from streamer.web.access.perimeter import Perimeter
from streamer.web.http.problems import TooMany, Unauthenticated

COOKIE = "streamer_token"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Where people use https: browsers take it from this host alone, over https, for all its paths (RFC 6265bis)."""
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
    """An identified sender. ``digest`` is the token's or the browser's; empty on the Unix socket."""

    name: str
    role: Role
    via: Via
    digest: str = ""

    def has(self, role: Role) -> bool:
        """The crew has all rights of organisers."""
        return self.role is Role.CREW or self.role is role


def well_formed(secret: str) -> bool:
    """Whether a text can be a secret at all; no other text is looked up, so that each try costs little."""
    return _SECRET.fullmatch(secret) is not None


def bearer(header: str) -> str:
    """The secret in an Authorization header (RFC 6750). Raises Unauthenticated if it is missing."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not well_formed(secret.strip()):
        raise Unauthenticated("it has no bearer token", where="Authorization", hint="send Authorization: Bearer TOKEN")
    return secret.strip()


class Access:
    """Identifies senders. ``local`` is for the Unix socket: every client that can open it is the crew."""

    def __init__(
        self,
        service: Service,
        perimeter: Perimeter,
        attempts: Attempts,
        *,
        log: AccessLog | None = None,
        local: bool = False,
    ) -> None:
        self.perimeter = perimeter
        self.log = log or AccessLog()
        self._service = service
        self._attempts = attempts
        self._local = local

    async def identify(self, secret: str) -> Credential | None:
        """The live token or browser of a secret, which may be any text."""
        return self._service.tokens.identify(secret) if well_formed(secret) else None

    async def admit(self, secret: str, address: str) -> Credential:
        """Like :meth:`identify`; failures are counted. Raises Unauthenticated or TooMany."""
        known = await self.identify(secret)
        if known is None:
            self.refuse(address)
        return known

    def refuse(self, address: str) -> NoReturn:
        """Count a failure and raise the error for the answer: TooMany while the address has failed too often."""
        wait = self._attempts.wait(address)
        if wait:
            self.log.tell(AccessEvent.HELD_OFF, address=address)
            raise TooMany("too many failed attempts from your address", hint=f"wait {wait} s", retry_after=wait)
        self._attempts.failed(address)
        self.log.tell(AccessEvent.REFUSED, address=address, reason="unknown or revoked")
        raise Unauthenticated(
            "this token is unknown or has been revoked",
            where="token",
            hint="ask the crew for a link, or make one with: streamer token add",
        )

    def cookie_name(self, request: web.Request) -> str:
        return SECURE_COOKIE if self.perimeter.is_secure(request) else COOKIE

    def cookie(self, request: web.Request) -> str:
        """The secret in a browser's cookie; empty where there is none that could be one."""
        secret = request.cookies.get(self.cookie_name(request), "")
        return secret if well_formed(secret) else ""

    async def visitor(self, request: web.Request) -> Visitor | None:
        """The sender; None without a token. Raises Unauthenticated or TooMany for a wrong bearer token."""
        if self._local:
            return Visitor(name=COMMAND_LINE, role=Role.CREW, via=Via.SOCKET)
        header = request.headers.get("Authorization")
        if header is not None:
            token = await self.admit(bearer(header), self.perimeter.address(request))
            return Visitor(name=token.name, role=token.role, via=Via.BEARER, digest=token.digest)
        known = await self.identify(self.cookie(request))
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
            self.forbid(request, visitor.name, "role")
            raise Forbidden(f"only {_holder(Role.CREW)} may do this", hint=f"you are {_holder(visitor.role)}")
        unsafe = request.method not in _SAFE_METHODS
        if unsafe and visitor.via is Via.COOKIE and not self.perimeter.is_same_site_change(request):
            self.forbid(request, visitor.name, "another site")
            raise Forbidden(
                "a page of another site sent this",
                where="Origin",
                hint="use the pages of this service, or a bearer token; behind a proxy set [server] public_url",
            )
        return visitor

    def forbid(self, request: web.Request, name: str | None, reason: str) -> None:
        """Log what the caller is going to refuse. ``name`` is of the sender, None if it is not known."""
        address, path = self.perimeter.address(request), request.path[:100]
        self.log.tell(AccessEvent.FORBIDDEN, address=address, name=name, path=path, reason=reason)


def _holder(role: Role) -> str:
    return "the crew" if role is Role.CREW else "an organiser"


ACCESS = web.AppKey("access", Access)
