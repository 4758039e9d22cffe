"""Admits clients to the crew's namespace: by a crew token, in a connection's auth or in the cookie of our own pages."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from streamer.core.base.errors import Forbidden, Invalid
from streamer.core.records.tokens import Role
from streamer.web.access.tokens import Access
from streamer.web.http.problems import Unauthenticated


async def crew_digest(access: Access, request: web.Request, auth: Any) -> str:
    """The digest of the token or browser that admits a client. ``auth`` is any input of the client. Raises Refused."""
    if auth is not None and not isinstance(auth, dict):
        raise Invalid("auth is not an object", where="auth", hint='send {"token": "…"}')
    secret = auth.get("token") if auth else None
    if secret is not None:
        if not isinstance(secret, str):
            raise Invalid("the token is not a string", where="token")
        token = await access.admit(secret, access.perimeter.address(request))
    else:
        known = await access.identify(access.cookie(request))
        if known is None:
            raise Unauthenticated(
                "this needs a token of the crew", where="token", hint='send auth {"token": "…"}, or sign in'
            )
        if not _comes_from_us(access, request):
            access.forbid(request, known.name, "another site")
            raise Forbidden("a page of another site sent this", where="Origin", hint='send auth {"token": "…"}')
        token = known
    if token.role is not Role.CREW:
        access.forbid(request, token.name, "role")
        raise Forbidden("only the crew may follow this", where="token")
    return token.digest


def _comes_from_us(access: Access, request: web.Request) -> bool:
    """Browsers always send Origin for a WebSocket, but for a GET only to another origin."""
    if "Origin" in request.headers or websocket(request) is not None:
        return access.perimeter.is_own(request.headers.get("Origin", ""), request)
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def websocket(request: web.Request) -> asyncio.Transport | None:
    """The connection of a request that becomes a WebSocket."""
    return request.transport if request.headers.get("Upgrade", "").lower() == "websocket" else None
