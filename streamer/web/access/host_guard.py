"""Refuses requests that name another host, before anything else looks at them."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from streamer.web.access.access_log import AccessEvent
from streamer.web.access.tokens import ACCESS
from streamer.web.http.problems import Misdirected

_SHOWN = 100
"""Characters of a host that are shown and logged."""


@web.middleware
async def for_our_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    access = request.app[ACCESS]
    host = access.perimeter.unknown_host(request)
    if host is not None:
        access.log.tell(AccessEvent.UNKNOWN_HOST, host=host[:_SHOWN], address=access.perimeter.address(request))
        raise Misdirected(
            f"this service is not known as {host[:_SHOWN]!r}",
            where="Host",
            hint="use its address, or add this name to [server] allowed_hosts in config.toml",
        )
    return await handler(request)
