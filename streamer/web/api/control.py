"""What only the Unix socket in the data folder offers: stopping the service, its state, and tokens.

Whoever can open that socket owns the data folder; these addresses do not exist anywhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

import streamer
from streamer.core.base.errors import Invalid
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role, token_document
from streamer.engine.service.service import Service
from streamer.web.http.answers import answer
from streamer.web.http.request_bodies import Kind, read_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What lies around the service. ``stop`` asks it to end with all its media; ``revoked`` tells of a dead token.

    ``addresses`` are the URLs that it listens on, the one to show to people first.
    """

    stop: Callable[[], None]
    revoked: Callable[[], Any]
    addresses: Callable[[], Sequence[str]]


class Control:
    """The handlers under /control."""

    def __init__(self, service: Service, outside: Outside) -> None:
        self._service = service
        self._outside = outside

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/status", self.status),
            web.get("/control/snapshot", self.snapshot),
            web.get("/control/recordings", self.recordings),
            web.post("/control/stop", self.stop),
            web.get("/control/tokens", self.tokens),
            web.post("/control/tokens", self.add),
            web.delete("/control/tokens/{name}", self.revoke),
            web.post("/control/links", self.link),
        ]

    async def status(self, request: web.Request) -> web.StreamResponse:
        return answer(
            {
                "pid": os.getpid(),
                "version": streamer.__version__,
                "ready": self._service.ready,
                "rehearsal": self._service.rehearsal,
                "addresses": list(self._outside.addresses()),
                "health": self._service.health(),
            }
        )

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """The snapshot as the crew sees it."""
        return answer(self._service.snapshot(Audience.CREW))

    async def recordings(self, request: web.Request) -> web.StreamResponse:
        """With the paths of their files in the data folder, which whoever asks here owns."""
        return answer({"recordings": self._service.library.with_paths()})

    async def stop(self, request: web.Request) -> web.StreamResponse:
        """Answers first: the process ends soon after, within 15 s."""
        await read_object(request, {})
        self._outside.stop()
        return answer({"stopping": True, "pid": os.getpid()}, HTTPStatus.ACCEPTED)

    # -- tokens --------------------------------------------------------------------------------------

    async def tokens(self, request: web.Request) -> web.StreamResponse:
        return answer({"tokens": [token_document(token) for token in self._service.tokens.listing()]})

    async def add(self, request: web.Request) -> web.StreamResponse:
        """The answer holds the secret, for the only time."""
        body = await read_object(request, {"name": Kind.TEXT, "role": Kind.TEXT}, required=("name", "role"))
        role = _role(body)
        secret = await self._service.tokens.add(body["name"], role)
        return answer({"name": body["name"], "role": str(role), "secret": secret}, HTTPStatus.CREATED)

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        await self._service.tokens.revoke(name)
        await self._outside.revoked()
        return answer({"name": name, "revoked": True})

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A one-time link to sign in with."""
        role = _role(await read_object(request, {"role": Kind.TEXT}, required=("role",)))
        secret = await self._service.tokens.one_time(role)
        return answer({"role": str(role), "url": link(self._outside.addresses()[0], secret)}, HTTPStatus.CREATED)


def link(address: str, secret: str) -> str:
    """The one-time link of a secret."""
    return f"{address.rstrip('/')}/login?{urlencode({'token': secret})}"


def _role(body: Mapping[str, Any]) -> Role:
    try:
        return Role(body["role"])
    except ValueError as error:
        raise Invalid("there is no such role", where="role", hint=f"there are {', '.join(Role)}") from error
