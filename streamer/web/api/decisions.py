"""The programming interface under /api/v1: status and decisions, as the contract has them.

Only what can be done has an address: a capability that does not exist yet is a 404, not an excuse.
"""

from __future__ import annotations

from functools import partial

from aiohttp import web

from streamer.core.decisions.decision import Decision
from streamer.core.decisions.registry import DECISIONS
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.engine.programme.requests import UNDO
from streamer.engine.service.service import Service
from streamer.web.access.tokens import ACCESS
from streamer.web.api.decision_models import decision_request
from streamer.web.api.openapi import document
from streamer.web.api.recordings import ID
from streamer.web.http.answers import answer
from streamer.web.http.request_bodies import check_query, flag, idempotency_key, read_json


class Api:
    """The handlers under /api."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._document = document()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/openapi.json", self.openapi),
            web.get("/api/v1/status", self.status),
            web.get("/api/v1/me", self.me),
            *(web.post(f"/api/v1/{_pattern(kind.offer.path)}", partial(self.decide, kind)) for kind in DECISIONS),
            web.post(f"/api/v1/{_pattern('overrides/{id}/undo')}", self.undo),
        ]

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        return answer(self._document)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """The snapshot as viewers see it, whoever asks."""
        return answer(self._service.snapshot(Audience.VIEWER))

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Who the token or cookie belongs to."""
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER)
        return answer({"name": visitor.name, "role": str(visitor.role)})

    # -- decisions -----------------------------------------------------------------------------------

    async def decide(self, kind: type[Decision], request: web.Request) -> web.StreamResponse:
        """The crew decides; organisers what is for them too."""
        return await self._decided(request, kind.offer.action, for_organisers=kind.offer.organisers)

    async def undo(self, request: web.Request) -> web.StreamResponse:
        """Who may take a decision may drop it."""
        known = self._service.decision_of(request.match_info["id"])
        return await self._decided(request, UNDO, for_organisers=known is not None and known.offer.organisers)

    async def _decided(self, request: web.Request, action: str, *, for_organisers: bool) -> web.StreamResponse:
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER if for_organisers else Role.CREW)
        check_query(request, {"preview"})
        asked = decision_request(
            action,
            request.match_info.get("id", ""),
            await read_json(request),
            by=visitor.name,
            preview=flag(request, "preview"),
            key=idempotency_key(request),
        )
        return answer(await self._service.decide(asked))


def _pattern(path: str) -> str:
    return path.replace("{id}", f"{{id:{ID}}}")
